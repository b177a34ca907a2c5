/** The end of a run for people: a block a process, then its caches and what to do about them. */
import { printable } from '../core/printable.ts';
import type { CacheTextLayout } from './cache-text.ts';
import { adviceLines, functionTable, groupTable, measuredTable } from './cache-text.ts';
import { formatBytes, formatRatio, formatSeconds, threeDigits } from './format.ts';
import type { HttpFigures, ReportedThread, RunProcess, RunReport } from './run-report.ts';
import { styled } from './text-table.ts';

/** Processes that are shown without `--verbose`. */
const MOST_PROCESSES = 8;

/** The whole text. */
export function renderRunText(report: RunReport, layout: CacheTextLayout): string {
  const { processes } = report;
  const shown = layout.verbose ? processes : processes.slice(0, MOST_PROCESSES);
  const hidden = processes.length - shown.length;
  const tables = {
    processes: processes.map(({ pid, name }) => ({ pid, name })),
    caches: processes.flatMap(({ caches }) => caches),
    functions: processes.flatMap(({ functions }) => functions),
  };
  const blocks = [
    head(report, layout),
    ...shown.map((process) => processBlock(process, layout)),
    hidden > 0 ? `${hidden} more processes with --verbose` : undefined,
    functionTable(tables, layout),
    groupTable(tables, layout),
    measuredTable(tables, layout),
    ...adviceLines(tables, layout),
    ...report.notes.map(printable),
  ];
  return `${blocks.filter((block) => block !== undefined && block !== '').join('\n\n')}\n`;
}

function head({ command, exit_code, signal, window }: RunReport, { color }: CacheTextLayout): string {
  const end = signal === null ? `ended with ${exit_code}` : `was ended by ${signal}`;
  const what = printable(command.join(' ').slice(0, 200));
  return `${styled('codoperf run', 'bold', color)}  ${what}: ${end} after ${formatSeconds(window.duration_seconds)}`;
}

function processBlock(process: RunProcess, { color }: CacheTextLayout): string {
  const { name, pid, node, duration_seconds, cpu_seconds, resident_bytes, at_exit, threads } = process;
  const share = duration_seconds === null || cpu_seconds === null ? null : cpu_seconds / duration_seconds;
  const title = styled(`${printable(name)}[${pid}]`, 'bold', color);
  const facts = [
    `Node.js ${printable(node)}`,
    formatSeconds(duration_seconds),
    `CPU ${formatSeconds(cpu_seconds)} (${formatRatio(share)} of one core)`,
    formatBytes(resident_bytes),
  ];
  if (!at_exit) facts.push('as last heard before its end');
  const pool = process.threadpool_max_seconds;
  const lines = threads.flatMap((thread) => threadLines(thread, threads.length > 1));
  if (pool !== null) lines.push(`  thread pool   a small job took ${formatSeconds(pool)} at most`);
  return [`${title}  ${facts.join(', ')}`, ...lines].join('\n');
}

function threadLines(
  { thread, name, state, loop, gc, heap_used_bytes, heap_limit_bytes, http_server, http_client }: ReportedThread,
  several: boolean,
): string[] {
  const lines: string[] = several
    ? [
        `  ${thread === 0 ? 'main thread' : `thread ${thread} ${printable(name)}`.trim()}${state === 'answered' ? '' : ` (${state})`}`,
      ]
    : [];
  lines.push(
    `  event loop    busy ${formatRatio(loop.active_ratio)}, delay p50 ${formatSeconds(loop.delay_p50_seconds)}, p99 ${formatSeconds(loop.delay_p99_seconds)}, longest ${formatSeconds(loop.delay_max_seconds)}`,
  );
  if (gc.pauses !== null)
    lines.push(
      `  collections   ${gc.pauses} pauses, ${formatSeconds(gc.seconds)} (${formatRatio(gc.ratio)} of the time)`,
    );
  if (heap_used_bytes !== null)
    lines.push(`  heap          ${formatBytes(heap_used_bytes)} of ${formatBytes(heap_limit_bytes)}`);
  if (http_server !== null) lines.push(`  HTTP server   ${requests(http_server)}`);
  if (http_client !== null) lines.push(`  HTTP client   ${requests(http_client)}`);
  return lines;
}

function requests({ requests: count, errors, aborted, mean_seconds, p99_seconds, in_flight }: HttpFigures): string {
  const failed = errors > 0 ? `, ${threeDigits((errors / count) * 100)} % failed (${aborted} aborted)` : '';
  const open = in_flight !== null && in_flight > 0 ? `, ${in_flight} unfinished` : '';
  return `${count} requests, mean ${formatSeconds(mean_seconds)}, p99 ${formatSeconds(p99_seconds)}${failed}${open}`;
}
