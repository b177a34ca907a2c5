import { printable } from '../../core/printable.ts';
import type { Finding } from '../finding.ts';
import { formatBytes, formatRatio, formatSeconds } from '../format.ts';
import type { CollectorReport, MonitorReport } from '../monitor-report.ts';
import type { Section, TextColumn, TextTable } from '../section.ts';
import type { ProcessLedger } from '../process-ledger.ts';
import type { SectionState, SubjectRow } from '../summarizer.ts';
import type { Style } from '../text-table.ts';
import { clip, pad, renderTable, styled } from '../text-table.ts';
import type { Verdict } from '../verdict.ts';
import type { Format, ViewContext } from '../view.ts';

/** Rows of a ranked table without `--verbose`. */
const SHORT_ROWS = 8;

const statusStyle: Record<string, Style> = {
  ok: 'green',
  info: 'cyan',
  warning: 'yellow',
  critical: 'red',
  unknown: 'dim',
};

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

/** Columns of the verdict table that give way when the terminal is narrow keep at least this much. */
const LEAST_TOP_COLUMNS = 12;

function verdictLines({ status, summary, resources }: Verdict, columns: number, color: boolean): string {
  const rows = resources.map(({ resource, status: state, utilisation, saturation, errors, top }) =>
    [resource, state, utilisation, saturation, errors, top ?? ''].map(printable),
  );
  const heads = ['', '', 'utilisation', 'saturation', 'errors', 'most used by'];
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => [...row[i]].length)));
  const line = (row: readonly string[], state: string): string => {
    const cells = row.map((cell, i) =>
      i === 1
        ? styled(pad(cell, widths[1], 'right'), statusStyle[state] ?? 'dim', color)
        : pad(cell, widths[i], 'right'),
    );
    const fixed = widths.slice(0, 5).reduce((sum, width) => sum + width + 2, 0);
    cells[5] = clip(row[5], Math.max(LEAST_TOP_COLUMNS, columns - fixed));
    return cells.join('  ').trimEnd();
  };
  const verdict = styled(printable(summary), statusStyle[status], color);
  return `${verdict}\n\n${[styled(line(heads, ''), 'dim', color), ...rows.map((row, i) => line(row, resources[i].status))].join('\n')}`;
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
    if (pick === 'mean') return cell(distribution.mean(), column);
    return cell(pick === 'max' ? distribution.maximum() : distribution.summary().p95, column);
  });
}

/** One row a subject; without subjects, the mean, the 95th percentile and the maximum as rows. */
function tableLines(state: SectionState, table: TextTable, verbose: boolean, color: boolean): string | undefined {
  if (table.verbose === true && !verbose) return undefined;
  const { section } = state;
  const heads = [table.title, ...table.columns.map(({ head }) => head)];
  if (section.subject === undefined) {
    const row = state.subject('');
    if (row === undefined || row.distributions.every(({ samples }) => samples === 0)) return undefined;
    const picks: Pick[] = ['mean', 'p95', 'max'];
    return renderTable(
      heads,
      picks.map((pick) => [pick, ...rowCells(section, table, row, pick)]),
      color,
    );
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
  return renderTable(heads, lines, color) + rest;
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

function processLines(ledger: ProcessLedger, verbose: boolean, color: boolean): string | undefined {
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
  return renderTable(heads, rows, color, new Set([9]));
}

function collectorLines(collectors: readonly CollectorReport[], color: boolean): string {
  const rows = collectors.map(({ name, success, failure, duration_seconds }) => [
    name,
    success ? 'ok' : 'none',
    (duration_seconds * 1e3).toFixed(3),
    failure ?? '',
  ]);
  return renderTable(['Collector', 'read', 'ms', ''], rows, color);
}

function render(report: MonitorReport, { summarizer, processes, verbose, color, columns }: ViewContext): string {
  const blocks: (string | undefined)[] = [header(report, color), verdictLines(report.verdict, columns, color)];
  if (report.findings.length > 0) blocks.push(findingLines(report.findings, color));
  for (const state of summarizer.sections) {
    for (const table of state.section.tables) blocks.push(tableLines(state, table, verbose, color));
  }
  blocks.push(processLines(processes, verbose, color));
  if (verbose) blocks.push(collectorLines(report.collectors, color));
  const { cpu_seconds, cpu_ratio, max_rss_bytes } = report.overhead;
  const cost = `codoperf itself: ${formatSeconds(cpu_seconds)} of CPU (${formatRatio(cpu_ratio)} of one core), ${formatBytes(max_rss_bytes)} of memory`;
  blocks.push(styled(cost, 'dim', color));
  return `${blocks.filter((block) => block !== undefined).join('\n\n')}\n`;
}

export default {
  name: 'text',
  extensions: ['.txt', '.log'],
  open: (context) => ({ end: (report) => render(report, context) }),
} satisfies Format;
