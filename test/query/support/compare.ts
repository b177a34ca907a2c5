/** Compares an answer of Prometheus with ours. */
import type { QueryResult } from '../../../src/core/querier.ts';

type Sample = readonly [number, string];
type Row = {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: Sample;
  readonly values?: readonly Sample[];
};

const TOLERANCE = 1e-9;

/** What differs, in words; `undefined` when the two say the same. */
export function difference(
  theirs: { readonly resultType: string; readonly result: unknown },
  ours: QueryResult,
  ordered: boolean,
): string | undefined {
  if (theirs.resultType !== ours.resultType) return `type ${theirs.resultType}, ours ${ours.resultType}`;
  if (ours.resultType === 'scalar' || ours.resultType === 'string')
    return sample(theirs.result as Sample, ours.result, '');
  const [left, right] = [theirs.result as readonly Row[], ours.result as readonly Row[]];
  // By values: the order of equal ones is not defined.
  const places = ordered ? left.findIndex((row, i) => !same(row.value, right[i]?.value)) : -1;
  if (places >= 0) return `another order from place ${places}`;
  const mine = new Map(right.map((row) => [keyOf(row), row]));
  if (mine.size !== right.length) return 'a label set twice';
  for (const row of left) {
    const key = keyOf(row);
    const own = mine.get(key);
    if (own === undefined) return `no ${key}, but ${[...mine.keys()].slice(0, 5).join(' ')}`;
    mine.delete(key);
    const problem = samples(row.values ?? [row.value as Sample], own.values ?? [own.value as Sample], key);
    if (problem !== undefined) return problem;
  }
  return mine.size > 0 ? `too much: ${[...mine.keys()].slice(0, 5).join(' ')}` : undefined;
}

function same(theirs: Sample | undefined, ours: Sample | undefined): boolean {
  return theirs !== undefined && ours !== undefined && sample(theirs, ours, '') === undefined;
}

function keyOf({ metric }: Row): string {
  return JSON.stringify(Object.entries(metric).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function samples(theirs: readonly Sample[], ours: readonly Sample[], key: string): string | undefined {
  if (theirs.length !== ours.length) return `${theirs.length} samples of ${key}, ours ${ours.length}`;
  for (const [i, each] of theirs.entries()) {
    const problem = sample(each, ours[i], key);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function sample([time, text]: Sample, [ourTime, ourText]: Sample, key: string): string | undefined {
  if (time !== ourTime) return `time ${time} of ${key}, ours ${ourTime}`;
  return text === ourText || close(parse(text), parse(ourText)) ? undefined : `${text} of ${key}, ours ${ourText}`;
}

function parse(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}

function close(a: number, b: number): boolean {
  if (Number.isNaN(a)) return Number.isNaN(b);
  return a === b || Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b));
}
