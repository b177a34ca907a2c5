import { printable } from '../../core/printable.ts';
import type { Finding } from '../finding.ts';
import { formatBytes, formatRatio, formatSeconds } from '../format.ts';
import { agentHint } from '../node-hint.ts';
import type { CollectorReport, MonitorReport } from '../monitor-report.ts';
import type { Section, TextColumn, TextTable } from '../section.ts';
import type { SectionState, SubjectRow } from '../summarizer.ts';
import { clip, displayWidth, pad, renderTable, statusStyle, styled } from '../text-table.ts';
import type { Verdict } from '../verdict.ts';
import type { Format, ViewContext } from '../view.ts';

/** Rows of a ranked table without `--verbose`. */
const SHORT_ROWS = 8;

function header({ host, window }: MonitorReport, color: boolean): string {
  const facts = [
    host.kernel,
    host.cpus_online === null ? null : `${host.cpus_online} CPUs`,
    host.memory_bytes === null ? null : formatBytes(host.memory_bytes),
  ].filter((fact) => fact !== null);
  const name = styled(printable(host.hostname ?? 'this host'), 'bold', color);
  const early = window.interrupted ? ', ended early' : '';
  const lost = window.missed + window.gaps > 0 ? `, ${window.missed} missed, ${window.gaps} gaps` : '';
  const when = window.start.replace(/\.\d+Z$/, 'Z').replace('T', ' ');
  return (
    `${name}  ${printable(facts.join(', '))}\n` +
    `${when}, ${formatSeconds(window.duration_seconds)}: ${window.samples} samples every ${window.effective_interval_seconds} s${lost}${early}`
  );
}

/** The column of the users is left out where less than this is left for it, and shown below each line. */
const LEAST_TOP_COLUMNS = 16;
const STATUS = 1;
const TOP = 5;

function verdictLines({ status, summary, resources }: Verdict, columns: number, color: boolean): string {
  const rows = resources.map(({ resource, status: state, utilisation, saturation, errors, top }) =>
    [resource, state, utilisation, saturation, errors, top ?? ''].map(printable),
  );
  const heads = ['', '', 'utilisation', 'saturation', 'errors', 'most used by'];
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => displayWidth(row[i]))));
  const room = columns - widths.slice(0, TOP).reduce((sum, width) => sum + width + 2, 0);
  const wide = room >= LEAST_TOP_COLUMNS;
  const line = (row: readonly string[], state: string): string => {
    const cells = row.slice(0, TOP).map((text, i) => pad(text, widths[i], 'right'));
    cells[STATUS] = styled(cells[STATUS], statusStyle[state] ?? 'dim', color);
    if (wide) cells.push(clip(row[TOP], room));
    const below =
      wide || row[TOP] === '' || state === '' ? '' : `\n${' '.repeat(widths[0] + 2)}most used by ${row[TOP]}`;
    return cells.join('  ').trimEnd() + below;
  };
  const lines = [styled(line(heads, ''), 'dim', color), ...rows.map((row, i) => line(row, resources[i].status))];
  return `${styled(printable(summary), statusStyle[status], color)}\n\n${lines.join('\n')}`;
}

function findingLines(findings: readonly Finding[], color: boolean): string {
  return findings
    .map(({ severity, summary, recommendation, rule_id }) => {
      const fix = recommendation === null ? '' : `\n    ${printable(recommendation)}`;
      return `  ${styled(severity, statusStyle[severity], color)}  ${printable(summary)} [${printable(rule_id)}]${fix}`;
    })
    .join('\n');
}

function cell(value: number | null, { scale = 1, digits = 1 }: TextColumn): string {
  return value === null || Number.isNaN(value) ? '-' : (value * scale).toFixed(digits);
}

type Pick = 'mean' | 'p95' | 'max';

function rowCells(section: Section, table: TextTable, row: SubjectRow | undefined, pick: Pick): string[] {
  return table.columns.map((column) => {
    const index = section.stats.findIndex(({ name }) => name === column.stat);
    const distribution = row?.distributions[index];
    if (distribution === undefined) return '-';
    if (pick === 'mean' && column.largest !== true) return cell(distribution.mean(), column);
    return cell(pick !== 'p95' ? distribution.maximum() : distribution.summary().p95, column);
  });
}

/** One row a subject; without subjects, the mean, the 95th percentile (verbose) and the maximum as rows. */
function tableLines(state: SectionState, table: TextTable, context: ViewContext): string | undefined {
  const { verbose, color, columns } = context;
  const layout = { color, columns };
  if (table.verbose === true && !verbose) return undefined;
  const { section } = state;
  const heads = [table.title, ...table.columns.map(({ head }) => head)];
  if (section.subject === undefined) {
    const row = state.subject('');
    if (row === undefined || row.distributions.every(({ samples }) => samples === 0)) return undefined;
    const picks: Pick[] = verbose ? ['mean', 'p95', 'max'] : ['mean', 'max'];
    const lines = picks.map((pick) => [pick, ...rowCells(section, table, row, pick)]);
    return renderTable(heads, lines, layout);
  }
  const rows = ranked(state, table, verbose);
  if (rows.length === 0) return undefined;
  const picks: Pick[] = verbose ? ['mean', 'max'] : ['mean'];
  const lines = rows.flatMap((row) =>
    picks.map((pick) => [pick === 'mean' ? row.subject : '  max', ...rowCells(section, table, row, pick)]),
  );
  const all = [...state.subjects()].length;
  const rest =
    all > rows.length ? styled(`\n${all - rows.length} more with --verbose or --format json`, 'dim', color) : '';
  return renderTable(heads, lines, layout) + rest;
}

function ranked(state: SectionState, table: TextTable, verbose: boolean): SubjectRow[] {
  const rows = [...state.subjects()];
  if (table.rankBy === undefined) return rows;
  const index = state.section.stats.findIndex(({ name }) => name === table.rankBy);
  const amount = (row: SubjectRow): number => row.distributions[index].mean() || 0;
  const sorted = rows.toSorted((a, b) => amount(b) - amount(a));
  if (verbose) return sorted;
  const busy = sorted.filter((row) => amount(row) > 0);
  return (busy.length > 0 ? busy : sorted.slice(0, 1)).slice(0, SHORT_ROWS);
}

/** Enough of a long name to know the process by; the whole is in the JSON report. */
const COMMAND_COLUMNS = 24;
const COMMAND = 9;

function processLines({ processes: ledger, verbose, color, columns }: ViewContext): string | undefined {
  const count = verbose ? 20 : 5;
  const chosen = new Map(ledger.top('cpu', count).map((use) => [use.pid, use]));
  for (const order of ['memory', 'disk'] as const) {
    for (const use of ledger.top(order, verbose ? count : 2)) chosen.set(use.pid, use);
  }
  if (chosen.size === 0) return undefined;
  const number = (value: number | null, scale: number, digits: number): string =>
    cell(value, { head: '', stat: '', scale, digits });
  const rows = [...chosen.values()].map((use) => [
    String(use.pid),
    number(use.user_cores, 100, 1),
    number(use.system_cores, 100, 1),
    number(use.run_queue_wait_ratio, 100, 1),
    number(use.cpu_cores, 100, 1),
    number(use.resident_bytes, 1 / 1024, 0),
    number(use.read_bytes_per_second, 1 / 1024, 1),
    number(use.write_bytes_per_second, 1 / 1024, 1),
    number(use.major_faults_per_second, 1, 1),
    clip(printable(use.command), COMMAND_COLUMNS) + (use.exited ? ' (ended)' : ''),
  ]);
  const heads = ['PID', '%usr', '%system', '%wait', '%CPU', 'RSS', 'kB_rd/s', 'kB_wr/s', 'majflt/s', 'Command'];
  return renderTable(heads, rows, { color, columns, texts: new Set([COMMAND]) });
}

function collectorLines(collectors: readonly CollectorReport[], color: boolean): string {
  const rows = collectors.map(({ name, success, failure, duration_seconds }) => [
    name,
    success ? 'ok' : 'none',
    (duration_seconds * 1e3).toFixed(3),
    failure ?? '',
  ]);
  return renderTable(['Collector', 'read', 'ms', ''], rows, { color, columns: Number.POSITIVE_INFINITY });
}

function tables(report: MonitorReport, context: ViewContext): (string | undefined)[] {
  const { summarizer, verbose, color } = context;
  const blocks = summarizer.sections.flatMap((state) =>
    state.section.tables.map((table) => tableLines(state, table, context)),
  );
  blocks.push(processLines(context));
  if (verbose) blocks.push(collectorLines(report.collectors, color));
  return blocks;
}

/** A terminal shows the end of what is printed, a file is read from its start: the verdict stands there. */
function render(report: MonitorReport, context: ViewContext): string {
  const { color, columns } = context;
  const verdict = [verdictLines(report.verdict, columns, color)];
  if (report.findings.length > 0) verdict.push(findingLines(report.findings, color));
  const hint = agentHint(context.processes, context.summarizer);
  if (hint !== undefined) verdict.push(styled(hint, 'dim', color));
  const { cpu_seconds, cpu_ratio, max_rss_bytes } = report.overhead;
  const cost = `codoperf itself: ${formatSeconds(cpu_seconds)} of CPU (${formatRatio(cpu_ratio)} of one core), ${formatBytes(max_rss_bytes)} of memory`;
  const figures = [...tables(report, context), styled(cost, 'dim', color)];
  const onTerminal = Number.isFinite(columns);
  const blocks = [header(report, color), ...(onTerminal ? [...figures, ...verdict] : [...verdict, ...figures])];
  return `${blocks.filter((block) => block !== undefined).join('\n\n')}\n`;
}

export default {
  name: 'text',
  extensions: ['.txt', '.log'],
  open: (context) => ({ end: (report) => render(report, context) }),
} satisfies Format;
