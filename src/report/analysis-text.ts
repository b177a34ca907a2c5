/** `analyze` for people: the causes in their order, each with what shows it and what to do. */
import type { RuleEvidence, RuleFinding } from '../analyze/rules/finding.ts';
import { printable } from '../core/printable.ts';
import type { AnalysisReport } from './analysis-report.ts';
import { formatBytes, formatRatio, formatSeconds, threeDigits } from './format.ts';
import { renderTable, statusStyle, styled } from './text-table.ts';

/** How the text is laid out. */
export interface AnalysisTextLayout {
  readonly verbose: boolean;
  readonly color: boolean;
  /** Width of the terminal; `Infinity` for files and pipes. */
  readonly columns: number;
}

/** Findings without `--verbose`. */
const SHORT_FINDINGS = 5;
const RULES_NAMED = 4;

/** The whole text. */
export function renderAnalysisText(report: AnalysisReport, layout: AnalysisTextLayout): string {
  const { verbose, color } = layout;
  const { verdict, findings } = report;
  const shown = verbose ? findings : findings.slice(0, SHORT_FINDINGS);
  const blocks = [
    header(report, color),
    styled(printable(verdict.summary), statusStyle[verdict.status], color),
    ...shown.map((finding, i) => findingBlock(finding, i + 1, layout)),
    findings.length > shown.length
      ? styled(`${findings.length - shown.length} more findings with --verbose or --format json`, 'dim', color)
      : '',
    blindLines(report, layout),
    report.notes.map((note) => styled(printable(note), 'dim', color)).join('\n'),
    verbose ? ruleTable(report, layout) : '',
    styled(cost(report), 'dim', color),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function header({ host, window, source }: AnalysisReport, color: boolean): string {
  const { start, duration_seconds, samples, interval_seconds, missed, interrupted } = window;
  const facts = [
    host.kernel,
    host.cpus_online === null ? null : `${host.cpus_online} CPUs`,
    host.memory_bytes === null ? null : formatBytes(host.memory_bytes),
  ].filter((fact) => fact !== null);
  const name = source.kind === 'remote' ? (source.instance ?? source.url) : (host.hostname ?? 'this host');
  const from = source.kind === 'remote' ? `over ${source.url}` : facts.join(', ');
  const ticks = samples === null ? '' : `: ${samples} samples every ${interval_seconds} s`;
  const lost = missed > 0 ? `, ${missed} missed` : '';
  const rates = source.kind === 'remote' ? ', rates extrapolated as PromQL does' : '';
  const when = start.replace(/\.\d+Z$/, 'Z').replace('T', ' ');
  return `${styled(printable(name), 'bold', color)}  ${printable(from)}\n${when}, ${formatSeconds(duration_seconds)}${ticks}${lost}${interrupted ? ', ended early' : ''}${rates}`;
}

function findingBlock(finding: RuleFinding, place: number, { color, verbose }: AnalysisTextLayout): string {
  const { severity, rule_id, symptoms, cause, recommendation, verify, source } = finding;
  const line = (what: string, text: string | null): string[] =>
    text === null || text === '' ? [] : [`   ${styled(what.padEnd(8), 'dim', color)} ${text}`];
  const head = `${place}. ${styled(severity, statusStyle[severity], color)}  ${about(finding)}${printable(finding.summary)} [${printable(rule_id)}]`;
  return [
    head,
    ...line('why', cause === null ? null : printable(cause)),
    ...evidenceLines(finding.evidence, line),
    ...line('', meta(finding)),
    ...line('do', recommendation === null ? null : printable(recommendation)),
    ...line('check', verify === null ? null : printable(verify)),
    ...symptoms.flatMap((symptom) =>
      line('explains', `${printable(symptom.summary)} [${printable(symptom.rule_id)}, ${symptom.severity}]`),
    ),
    ...(verbose ? line('source', printable(source)) : []),
  ].join('\n');
}

/** The subject, unless the sentence names it. */
function about({ subject, instance, summary }: RuleFinding): string {
  const names = [instance, subject].filter((name) => name !== null && name !== '' && !summary.includes(name));
  return names.length === 0 ? '' : `${names.map((name) => printable(name as string)).join(' ')}: `;
}

function evidenceLines(evidence: readonly RuleEvidence[], line: (what: string, text: string) => string[]): string[] {
  const stats = [...new Set(evidence.map(({ stat }) => stat))];
  return stats.flatMap((stat, i) => {
    const rows = evidence.filter((each) => each.stat === stat);
    const values = rows.map((row) => {
      const limit = row.limit === null ? '' : ` (limit ${amount(row.limit, row.unit)})`;
      return `${labelText(row)}${amount(row.value, row.unit)}${limit}`;
    });
    return line(i === 0 ? 'shows' : '', `${printable(stat)}: ${values.join(', ')}`);
  });
}

function labelText({ labels }: RuleEvidence): string {
  const { instance: _instance, job: _job, ...rest } = labels;
  const { comm, pid, ...others } = rest;
  const process = comm === undefined ? pid : pid === undefined ? comm : `${comm}[${pid}]`;
  const words = [...(process === undefined ? [] : [process]), ...Object.values(others)];
  return words.length === 0 ? '' : `${words.map(printable).join(' ')} `;
}

function amount(value: number | null, unit: string): string {
  if (value === null) return '-';
  if (unit === 'ratio') return formatRatio(value);
  if (unit === 'seconds') return formatSeconds(value);
  if (unit === 'bytes') return formatBytes(value);
  if (unit === 'bytes per second') return `${formatBytes(value)}/s`;
  if (unit === 'per second') return `${threeDigits(value)}/s`;
  return threeDigits(value);
}

function meta({ since, impact, confidence }: RuleFinding): string {
  const parts = [
    since === null ? '' : `since ${since.replace(/\.\d+Z$/, 'Z').replace(/^.*T/, '')}`,
    impact === null ? '' : `${formatRatio(impact)} of the time lost`,
    `confidence ${confidence}`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function blindLines({ cannot_tell }: AnalysisReport, { verbose, color }: AnalysisTextLayout): string {
  const shown = cannot_tell.filter(({ nothing_there }) => verbose || !nothing_there);
  if (shown.length === 0) return '';
  const lines = shown.map(({ reason, metrics, rules }) => {
    const names = rules.slice(0, RULES_NAMED).join(', ') + (rules.length > RULES_NAMED ? ', …' : '');
    const which =
      metrics.length === 0
        ? ''
        : `: ${metrics.slice(0, RULES_NAMED).join(', ')}${metrics.length > RULES_NAMED ? ', …' : ''}`;
    return `   ${printable(reason)}${printable(which)} (${printable(names)})`;
  });
  return [styled('Cannot tell, because', 'bold', color), ...lines].join('\n');
}

function ruleTable({ rules }: AnalysisReport, { color, columns }: AnalysisTextLayout): string {
  const words = { fired: 'found', silent: 'nothing', cannot_tell: 'cannot tell', failed: 'failed' };
  const rows = rules.map(({ rule_id, state, reason }) => [rule_id, words[state], reason ?? '']);
  return renderTable(['Rule', 'result', ''], rows, { color, columns, texts: new Set([0, 1, 2]) });
}

function cost({ overhead, rules }: AnalysisReport): string {
  const { cpu_seconds, cpu_ratio, max_rss_bytes } = overhead;
  return `${rules.length} rules; codoperf itself: ${formatSeconds(cpu_seconds)} of CPU (${formatRatio(cpu_ratio)} of one core), ${formatBytes(max_rss_bytes)} of memory`;
}
