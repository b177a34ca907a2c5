/** `cache-info` for people: what needs attention, one table a kind of cache, and how to get further. */
import { printable } from '../core/printable.ts';
import type { CacheAdvice } from '../core/cache.ts';
import type { CacheReport, ReportedCache, ReportedCacheStats, ReportedProcess } from './cache-report.ts';
import { subjectOf } from './cache-report.ts';
import { formatBytes, formatRatio, formatSeconds, threeDigits } from './format.ts';
import { renderTable, statusStyle, styled } from './text-table.ts';

/** How the text is laid out. */
export interface CacheTextLayout {
  readonly verbose: boolean;
  readonly color: boolean;
  /** Width of the terminal; `Infinity` for files and pipes. */
  readonly columns: number;
}

/** The part of a report that the tables are made of. */
export interface CacheTables {
  readonly processes: readonly Pick<ReportedProcess, 'pid' | 'name'>[];
  readonly caches: readonly ReportedCache[];
  readonly functions: CacheReport['functions'];
}

const MAX_HINTED = 5;
const GROUPS_SHOWN = 10;

/** The whole text. A terminal shows the end of what is printed, so there the advice comes last. */
export function renderCacheText(report: CacheReport, layout: CacheTextLayout): string {
  const verdict = [summary(report, layout), ...adviceLines(report, layout)];
  const tables = [
    functionTable(report, layout),
    groupTable(report, layout),
    measuredTable(report, layout),
    moduleTable(report, layout),
    serverTable(report, layout),
    keyTable(report, layout),
  ];
  const onTerminal = Number.isFinite(layout.columns);
  const cleared = clearLines(report, layout);
  const blocks = [
    header(report, layout),
    ...(onTerminal ? [...tables, ...verdict, cleared] : [cleared, ...verdict, ...tables]),
    silentLines(report),
    notes(report, layout),
    cost(report, layout),
  ];
  return `${blocks.filter((block) => block !== undefined && block !== '').join('\n\n')}\n`;
}

function header(
  { host, window, processes, caches, version, cache_type }: CacheReport,
  { color }: CacheTextLayout,
): string {
  const servers = caches.filter(({ type }) => type === 'server').length;
  const answered = processes.filter(({ state }) => state === 'answered').length;
  const programs = `${count(answered, 'Node.js process', 'Node.js processes')} with the agent`;
  const counts = [
    ...(cache_type === 'server' ? [] : [programs]),
    ...(cache_type === 'server' || cache_type === 'all' ? [count(servers, 'cache server')] : []),
  ].join(', ');
  const facts = [styled(printable(host.hostname ?? 'this host'), 'bold', color), counts].join('  ');
  return `${facts}\n${window.start.replace('T', ' ').replace(/\.\d+Z$/, 'Z')}  codoperf ${version}`;
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

function summary({ caches, findings, processes }: CacheReport, { color }: CacheTextLayout): string {
  if (findings.length > 0) {
    const [worst] = findings;
    const more = findings.length > 1 ? ` (and ${findings.length - 1} more, below)` : '';
    return styled(`${printable(worst.summary)}${more}`, statusStyle[worst.severity], color);
  }
  if (caches.length === 0) return styled(emptyText(processes), 'bold', color);
  const suggestions = caches.reduce((sum, { advice }) => sum + advice.length, 0);
  const rest = suggestions > 0 ? ` ${count(suggestions, 'suggestion')} below.` : '';
  return styled(`Nothing is wrong with ${count(caches.length, 'cache')}.${rest}`, 'green', color);
}

function emptyText(processes: readonly ReportedProcess[]): string {
  const answered = processes.filter(({ state }) => state === 'answered').length;
  if (answered === 0) return 'No caches found: no Node.js process runs with the agent.';
  return `No caches found: ${count(answered, 'process', 'processes')} answered, and none tracks a cache.`;
}

/** What the rules say about the caches, and what to do. */
export function adviceLines({ caches }: Pick<CacheTables, 'caches'>, layout: CacheTextLayout): string[] {
  const all = caches.flatMap((cache) => cache.advice.map((advice) => ({ cache, advice })));
  const shown = layout.verbose ? all : all.filter(({ advice }) => advice.severity !== 'info' || all.length <= 8);
  if (shown.length === 0) return [];
  const hidden = all.length - shown.length;
  const rest = hidden > 0 ? [styled(`  ${count(hidden, 'more suggestion')} with --verbose`, 'dim', layout.color)] : [];
  return [[...shown.map(({ cache, advice }) => adviceText(cache, advice, layout)), ...rest].join('\n')];
}

function adviceText(cache: ReportedCache, advice: CacheAdvice, { color, verbose }: CacheTextLayout): string {
  const { severity, summary: what, value, reason, source, command, rule_id } = advice;
  const head = `  ${styled(severity, statusStyle[severity], color)}  ${printable(subjectOf(cache))}: ${printable(what)} [${rule_id}]`;
  const lines = [head, `    ${printable(value)}: ${printable(reason)}`];
  if (command !== null) lines.push(`    ${styled(printable(command), 'cyan', color)}`);
  if (verbose) lines.push(styled(`    source: ${printable(source)}`, 'dim', color));
  return lines.join('\n');
}

function number(value: number | null | undefined, digits = 0): string {
  return value === null || value === undefined ? '-' : value.toFixed(digits);
}

function rate(value: number | null | undefined): string {
  return value === null || value === undefined ? '-' : threeDigits(value);
}

function processName({ processes }: Pick<CacheTables, 'processes'>, { pid, thread }: ReportedCache): string {
  const name = processes.find((each) => each.pid === pid)?.name ?? 'node';
  return `${name}[${pid}]${thread === null || thread === 0 ? '' : `/${thread}`}`;
}

/** Caches in programs. */
export function functionTable(report: CacheTables, layout: CacheTextLayout): string | undefined {
  const caches = report.caches.filter(({ type }) => type === 'function');
  if (caches.length === 0) return undefined;
  const withStats = caches.some(({ stats }) => stats !== null);
  const heads = withStats
    ? ['Cache', 'Kind', 'Process', 'entries', 'capacity', '%hit', 'lookups/s', 'evict/s', 'load', 'hit', 'errors']
    : ['Cache', 'Kind', 'Process'];
  const rows = caches.map((cache) => {
    const { stats, name, kind, detail } = cache;
    const texts = [name, kind, processName(report, cache)];
    if (!withStats) return texts;
    return [
      ...texts,
      number(stats?.entries),
      stats?.capacity === null ? 'none' : number(stats?.capacity),
      percent(stats?.hit_ratio),
      rate(stats?.lookups_per_second),
      rate(stats?.evictions_per_second),
      formatSeconds(stats?.load_mean_seconds ?? null),
      formatSeconds(stats?.hit_mean_seconds ?? null),
      number(typeof detail.errors === 'number' ? detail.errors : null),
    ];
  });
  return renderTable(heads, rows, { ...layout, texts: new Set([0, 1, 2]) });
}

function percent(ratio: number | null | undefined): string {
  return ratio === null || ratio === undefined ? '-' : (ratio * 100).toFixed(1);
}

/** Their keys by prefix. */
export function groupTable(report: CacheTables, layout: CacheTextLayout): string | undefined {
  const rows = report.caches.flatMap((cache) =>
    cache.groups.slice(0, layout.verbose ? undefined : GROUPS_SHOWN).map(({ prefix, hits, misses, sets }) => {
      const lookups = hits + misses;
      return [
        cache.name,
        prefix,
        number(hits),
        number(misses),
        percent(lookups === 0 ? null : hits / lookups),
        number(sets),
      ];
    }),
  );
  if (rows.length === 0) return undefined;
  return renderTable(['Cache', 'Keys', 'hits', 'misses', '%hit', 'sets'], rows, { ...layout, texts: new Set([0, 1]) });
}

/** Functions that are measured. */
export function measuredTable(report: CacheTables, layout: CacheTextLayout): string | undefined {
  if (report.functions.length === 0) return undefined;
  const rows = report.functions.map((each) => [
    each.name,
    `${report.processes.find(({ pid }) => pid === each.pid)?.name ?? 'node'}[${each.pid}]`,
    number(each.calls),
    number(each.errors),
    formatSeconds(each.mean_seconds),
    formatSeconds(each.max_seconds),
    formatSeconds(each.duration_seconds),
    formatSeconds(each.cpu_seconds),
    formatBytes(each.heap_bytes),
  ]);
  const heads = ['Function', 'Process', 'calls', 'errors', 'mean', 'max', 'total', 'CPU', 'heap'];
  return renderTable(heads, rows, { ...layout, texts: new Set([0, 1]) });
}

function moduleTable(report: CacheReport, layout: CacheTextLayout): string | undefined {
  const caches = report.caches.filter(({ type }) => type === 'module');
  if (caches.length === 0) return undefined;
  const rows = caches.map((cache) => [
    cache.name,
    processName(report, cache),
    number(cache.stats?.entries),
    formatBytes(cache.stats?.weight ?? null),
    formatSeconds(cache.stats?.load_seconds ?? null),
    stateOf(cache),
  ]);
  const heads = ['Modules', 'Process', 'entries', 'size', 'load time', ''];
  const largest = layout.verbose ? largestModules(caches, layout) : undefined;
  const table = renderTable(heads, rows, { ...layout, texts: new Set([0, 1, 5]) });
  return largest === undefined ? table : `${table}\n\n${largest}`;
}

function stateOf({ config, kind }: ReportedCache): string {
  if (kind !== 'compile-cache') return '';
  const { enabled, directory } = config;
  return enabled === true && typeof directory === 'string' ? directory : 'off';
}

/** One of the lists that the module cache of a process is told by. */
function listed(caches: readonly ReportedCache[], list: string): (Record<string, unknown> & { pid: string })[] {
  return caches.flatMap(({ detail, pid }) => {
    const rows: unknown = detail[list];
    return (Array.isArray(rows) ? rows : []).map((row: unknown) => ({ ...(row as object), pid: String(pid) }));
  });
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

/** What the modules of each process consist of: packages, and single files. */
function largestModules(caches: readonly ReportedCache[], layout: CacheTextLayout): string | undefined {
  const packages = listed(caches, 'packages').map(({ name, pid, modules, bytes, self_seconds }) => [
    String(name),
    pid,
    number(numberOf(modules)),
    formatBytes(numberOf(bytes)),
    formatSeconds(numberOf(self_seconds)),
  ]);
  const files = listed(caches, 'largest_modules').map(({ path, pid, bytes, total_seconds }) => [
    String(path),
    pid,
    formatBytes(numberOf(bytes)),
    formatSeconds(numberOf(total_seconds)),
  ]);
  const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string[] =>
    rows.length === 0 ? [] : [renderTable(heads, rows, { ...layout, texts: new Set([0]) })];
  const tables = [
    ...table(['Packages', 'PID', 'modules', 'source', 'own load time'], packages),
    ...table(['Largest modules', 'PID', 'source', 'load time'], files),
  ];
  return tables.length === 0 ? undefined : tables.join('\n\n');
}

function serverTable(report: CacheReport, layout: CacheTextLayout): string | undefined {
  const servers = report.caches.filter(({ type }) => type === 'server');
  if (servers.length === 0) return undefined;
  const rows = servers.map(({ name, stats }) => [
    name,
    number(stats?.entries),
    formatBytes(stats?.weight ?? null),
    stats?.capacity === null ? 'none' : formatBytes(stats?.capacity ?? null),
    percent(stats?.hit_ratio),
    rate(stats?.lookups_per_second),
    rate(stats?.evictions_per_second),
    percent(stats === null ? null : lifetimeRatio(stats)),
    number(stats?.evictions),
    number(stats?.expirations),
  ]);
  const heads = [
    'Server',
    'keys',
    'memory',
    'limit',
    '%hit',
    'lookups/s',
    'evict/s',
    '%hit ever',
    'evicted',
    'expired',
  ];
  return renderTable(heads, rows, { ...layout, texts: new Set([0]) });
}

/** Since the counters began: what a quiet moment does not show. */
function lifetimeRatio({ hits, misses }: ReportedCacheStats): number | null {
  return hits === null || misses === null || hits + misses === 0 ? null : hits / (hits + misses);
}

function keyTable({ caches }: CacheReport, layout: CacheTextLayout): string | undefined {
  const rows = caches.flatMap(({ name, key_groups }) =>
    (key_groups ?? []).map((group) => [
      name,
      group.prefix,
      number(group.sampled),
      number(group.keys_estimate),
      formatBytes(group.memory_bytes_estimate),
      formatRatio(group.without_ttl_ratio),
      formatSeconds(group.ttl_p50_seconds),
      formatSeconds(group.ttl_p95_seconds),
    ]),
  );
  if (rows.length === 0) return undefined;
  const heads = ['Server', 'Keys', 'sampled', '~keys', '~memory', 'no TTL', 'TTL p50', 'TTL p95'];
  return renderTable(heads, rows, { ...layout, texts: new Set([0, 1]) });
}

function clearLines({ cleared, would_clear }: CacheReport, { color }: CacheTextLayout): string | undefined {
  const list = would_clear ?? cleared;
  if (list === null) return undefined;
  const dry = would_clear !== null;
  const lines = list.map(({ name, pid, entries_before, entries_after, bytes_freed }) => {
    const where = pid === null ? name : `${name} in ${pid}`;
    if (dry) return `  ${printable(where)}: ${number(entries_before)} entries`;
    const freed = bytes_freed === null ? '' : `, ${formatBytes(bytes_freed)} freed`;
    return `  ${printable(where)}: ${number(entries_before)} entries before, ${number(entries_after)} after${freed}`;
  });
  const head = dry
    ? `Would clear ${count(list.length, 'cache')} (nothing was cleared; name them with --cache or --prefix and add --yes):`
    : `Cleared ${count(list.length, 'cache')}:`;
  return [styled(head, 'bold', color), ...lines].join('\n');
}

function silentLines({ processes }: CacheReport): string | undefined {
  const lines = processes
    .filter(({ state }) => state !== 'answered')
    .map(
      ({ name, pid, reason }) => `${printable(name)}[${pid}] did not answer: ${printable(reason ?? 'no reason known')}`,
    );
  return lines.length === 0 ? undefined : lines.join('\n');
}

/** What the reader can do next; the first thing on the screen when there is nothing else. */
function notes(report: CacheReport, { color }: CacheTextLayout): string | undefined {
  const lines = [...report.notes.map(printable), ...howTo(report)];
  for (const { name, notes: own } of report.caches)
    for (const note of own) lines.push(`${printable(name)}: ${printable(note)}`);
  return lines.length === 0 ? undefined : styled(lines.join('\n'), 'dim', color);
}

function howTo({ processes, unwatched, caches, cache_type }: CacheReport): string[] {
  if (cache_type === 'server') return [];
  const lines: string[] = [];
  if (!processes.some(({ state }) => state === 'answered')) {
    lines.push(
      'To see the caches of a program, start it with the agent:',
      '  codoperf run -- node app.js            or  node --import codoperf/register app.js',
    );
  }
  if (!caches.some(({ type }) => type === 'function')) {
    lines.push("and name its caches:  import { track } from 'codoperf/caches'; track(cache, { name: 'users' });");
    lines.push('or have every lru-cache picked up with CODOPERF_LRU_AUTO=1 (docs/caches.md).');
  }
  if (unwatched.length > 0) {
    const names = unwatched.slice(0, MAX_HINTED).map(({ name, pid }) => `${printable(name)}[${pid}]`);
    const rest = unwatched.length > MAX_HINTED ? ` and ${unwatched.length - MAX_HINTED} more` : '';
    lines.push(
      `${count(unwatched.length, 'Node.js process runs', 'Node.js processes run')} without the agent: ${names.join(', ')}${rest};`,
      `  look into one as it runs: codoperf cache-info --attach ${unwatched[0].pid} --allow-attach`,
    );
  }
  return lines;
}

function cost({ overhead, window }: CacheReport, { color }: CacheTextLayout): string {
  const { cpu_seconds, max_rss_bytes } = overhead;
  const took = formatSeconds(window.duration_seconds);
  return styled(
    `codoperf itself: ${formatSeconds(cpu_seconds)} of CPU in ${took}, ${formatBytes(max_rss_bytes)} of memory`,
    'dim',
    color,
  );
}
