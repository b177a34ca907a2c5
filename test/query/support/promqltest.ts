/**
 * Prometheus's language for tests of PromQL engines: `load`, `clear`, `eval instant at`, `eval range from … to … step`,
 * and what to expect of it (`expect fail`, `expect warn`, `expect ordered` …, series with points).
 */
import { markStale } from '../../../src/core/stale.ts';
import { createQueryEngine, type QueryEngineOptions } from '../../../src/query/engine.ts';
import { createMemorySource, type MemorySeries } from '../../../src/query/memory-source.ts';
import { durationMs } from '../../../src/query/promql/literals.ts';
import { parsePromql } from '../../../src/query/promql/parse.ts';
import type { QueryResult } from '../../../src/core/querier.ts';

/** A value of a series: a number, nothing, or a stale marker. */
type Point = number | null | 'stale';

/** A series of a test. */
interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly Point[];
}

/** One `eval` with the data that was loaded before it. */
export interface Evaluation {
  readonly line: number;
  readonly expr: string;
  readonly startMs: number;
  readonly endMs: number;
  /** 0 for an instant query. */
  readonly stepMs: number;
  readonly data: readonly MemorySeries[];
  /** The lines below it. */
  readonly expected: readonly string[];
}

/** The evaluations of a test file. */
export function parseTestFile(text: string): Evaluation[] {
  const evaluations: Evaluation[] = [];
  let data = new Map<string, MemorySeries>();
  for (const block of blocksOf(text)) {
    const [head, ...body] = block.lines;
    if (head === 'clear') data = new Map();
    else if (head.startsWith('load ')) data = load(data, durationMs(head.slice(5).trim()), body);
    else evaluations.push({ ...evaluationOf(head), line: block.line, data: [...data.values()], expected: body });
  }
  return evaluations;
}

/** Commands with the lines that belong to them; `#` begins a comment, an empty line ends a command. */
function blocksOf(text: string): { line: number; lines: string[] }[] {
  const blocks: { line: number; lines: string[] }[] = [];
  for (const [i, full] of text.split('\n').entries()) {
    const line = full.trim();
    if (line === '' || line.startsWith('#')) continue;
    if (/^(?:load|clear|eval)\b/.test(line)) blocks.push({ line: i + 1, lines: [line] });
    else blocks.at(-1)?.lines.push(line);
  }
  return blocks;
}

function evaluationOf(head: string): Omit<Evaluation, 'line' | 'data' | 'expected'> {
  const instant = /^eval instant at (\S+)\s+(.*)$/.exec(head);
  if (instant !== null) return { expr: instant[2], startMs: time(instant[1]), endMs: time(instant[1]), stepMs: 0 };
  const range = /^eval range from (\S+) to (\S+) step (\S+)\s+(.*)$/.exec(head);
  if (range === null) throw new Error(`not a command: ${head}`);
  return { expr: range[4], startMs: time(range[1]), endMs: time(range[2]), stepMs: time(range[3]) };
}

function time(text: string): number {
  return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) * 1000 : durationMs(text);
}

function load(
  before: ReadonlyMap<string, MemorySeries>,
  stepMs: number,
  lines: readonly string[],
): Map<string, MemorySeries> {
  const data = new Map(before);
  for (const line of lines) {
    const { labels, points } = seriesOf(line);
    const kept = points.flatMap((point, i) => (point === null ? [] : [{ time: i * stepMs, point }]));
    const values = Float64Array.from(kept, ({ point }) => (point === 'stale' ? 0 : point));
    for (const [i, { point }] of kept.entries()) if (point === 'stale') markStale(values, i);
    data.set(JSON.stringify(labels), { labels, timestamps_ms: kept.map((each) => each.time), values });
  }
  return data;
}

/** A line `name{label="value"} points`, in the notation that Prometheus's tests have for series. */
export function seriesOf(line: string): Series {
  const match = /^((?:[a-zA-Z_:][\w:]*)?(?:\{[^}]*\})?)\s+(.*)$/.exec(line);
  if (match === null) throw new Error(`not a series: ${line}`);
  return { labels: labelsOf(match[1]), points: match[2].split(/\s+/).flatMap(pointsOf) };
}

function labelsOf(text: string): Record<string, string> {
  if (text === '{}') return {};
  const selector = parsePromql(text);
  if (selector.type !== 'vector') throw new Error(`not a series: ${text}`);
  return Object.fromEntries(selector.matchers.map(({ name, value }) => [name, value]));
}

/** Not in hexadecimal: `0x3` is 0 and three more, as Prometheus has it (promql/parser/lex.go, scanNumber). */
const NUMBER = '[-+]?(?:Inf|NaN|\\d*\\.?\\d+(?:e[-+]?\\d+)?)';

/** `1`, `_`, `stale`, `1x3`, `1+2x3`, `1-2x3`, `_x3`. */
function pointsOf(text: string): Point[] {
  if (text === 'stale') return ['stale'];
  const gap = /^_(?:x(\d+))?$/.exec(text);
  if (gap !== null) return Array<Point>(Number(gap[1] ?? 1)).fill(null);
  const match = new RegExp(`^(${NUMBER})(?:([-+]${NUMBER.slice(5)}))?(?:x(\\d+))?$`, 'i').exec(text);
  if (match === null) throw new Error(`not a point: ${text}`);
  const [first, step] = [number(match[1]), number(match[2] ?? '0')];
  return Array.from({ length: Number(match[3] ?? 0) + 1 }, (_, i) => (i === 0 ? first : first + i * step));
}

function number(text: string): number {
  return Number(text.replace(/inf/i, 'Infinity').replace(/nan/i, 'NaN').replace('+', ''));
}

/** Runs an evaluation; resolves to what is not as expected, in words. */
export async function check(evaluation: Evaluation, options: QueryEngineOptions = {}): Promise<string | undefined> {
  const { expr, startMs, endMs, stepMs, data, expected } = evaluation;
  const engine = createQueryEngine(createMemorySource(data), options);
  const expectations = expected.filter((line) => line.startsWith('expect '));
  const result = await (stepMs === 0
    ? engine.instant(expr, startMs)
    : engine.range(expr, startMs, endMs, stepMs)
  ).catch((error: Error) => error);
  const fails = expectations.filter((line) => line.startsWith('expect fail'));
  if (result instanceof Error)
    return fails.length > 0 && fails.every((line) => says(line, [result.message]))
      ? undefined
      : `failed: ${result.message}`;
  if (fails.length > 0) return 'did not fail';
  const note = expectations.find((line) => !annotated(line, result));
  if (note !== undefined) return `${note}, but ${JSON.stringify([result.warnings, result.infos])}`;
  const lines = expected.filter((line) => !line.startsWith('expect '));
  return valuesDiffer(evaluation, lines, expectations.includes('expect ordered'), result);
}

function annotated(line: string, { warnings, infos }: QueryResult): boolean {
  const [, kind] = line.split(' ');
  if (kind === 'no_warn') return warnings.length === 0;
  if (kind === 'no_info') return infos.length === 0;
  return kind === 'ordered' || says(line, kind === 'warn' ? warnings : infos);
}

/** Whether a message is the one of `expect … msg: …` or `expect … regex: …`, places left out. */
function says(line: string, messages: readonly string[]): boolean {
  const [, how, wanted] = /^expect \w+\s*(?:(msg|regex):\s*(.*))?$/.exec(line) ?? [];
  const plain = messages.map((message) => message.replace(/ \(\d+:\d+\)$/, ''));
  if (how === undefined) return plain.length > 0;
  return plain.some((message) => (how === 'msg' ? message === wanted : new RegExp(wanted).test(message)));
}

function valuesDiffer(
  { startMs, stepMs }: Evaluation,
  lines: readonly string[],
  ordered: boolean,
  result: QueryResult,
): string | undefined {
  if (result.resultType === 'string')
    return lines[0] === JSON.stringify(result.result[1]) ? undefined : result.result[1];
  if (result.resultType === 'scalar')
    return close(number(lines[0]), number(result.result[1])) ? undefined : result.result[1];
  const got = result.result.map((row) => {
    const samples = 'value' in row ? [row.value] : row.values;
    return { key: keyOf(row.metric), samples: samples.map(([at, value]) => ({ at, value: number(value) })) };
  });
  const wanted = lines.map(seriesOf).map(({ labels, points }) => ({
    key: keyOf(labels),
    samples: points.flatMap((point, i) =>
      typeof point === 'number' ? [{ at: (startMs + i * stepMs) / 1000, value: point }] : [],
    ),
  }));
  if (!ordered) for (const list of [got, wanted]) list.sort((a, b) => (a.key < b.key ? -1 : 1));
  const same =
    got.length === wanted.length &&
    wanted.every(
      ({ key, samples }, i) =>
        key === got[i].key &&
        samples.length === got[i].samples.length &&
        samples.every(({ at, value }, k) => at === got[i].samples[k].at && close(value, got[i].samples[k].value)),
    );
  return same ? undefined : `got ${JSON.stringify(result.result)}`;
}

function keyOf(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function close(a: number, b: number): boolean {
  return Object.is(a, b) || a === b || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
}
