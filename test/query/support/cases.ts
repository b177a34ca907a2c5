/** Asks Prometheus and our engine the same. */
import type { QueryEngine } from '../../../src/query/engine.ts';
import { QueryError } from '../../../src/query/query-error.ts';
import { difference } from './compare.ts';
import { BEGIN_MS } from './dataset.ts';
import { excluded } from './exclusions.ts';
import type { Prometheus } from './prometheus.ts';

/** One question. */
export interface Case {
  readonly expr: string;
  /** A moment, or the ends and the step of a range, in Unix ms. */
  readonly at: number | { readonly start: number; readonly end: number; readonly step: number };
}

/** How a comparison went. */
export interface Outcome {
  compared: number;
  /** Answers that are not empty. */
  filled: number;
  /** Answers that are errors. */
  refused: number;
  readonly different: { readonly expr: string; readonly where: string; readonly problem: string }[];
}

/** Moments that no sample and no step of a subquery falls on. */
const moments = [7 * 60_000, 19 * 60_000, 31 * 60_000, 44 * 60_000].map((ms) => BEGIN_MS + ms + 500);
const ranges = [
  { start: BEGIN_MS + 5 * 60_000 + 500, end: BEGIN_MS + 50 * 60_000 + 500, step: 67_000 },
  { start: BEGIN_MS - 59_500, end: BEGIN_MS + 62 * 60_000 + 500, step: 5 * 60_000 },
  { start: BEGIN_MS + 20 * 60_000 + 500, end: BEGIN_MS + 23 * 60_000 + 500, step: 7000 },
];

/** An instant and a range query of each expression, at changing times. */
export function casesOf(expressions: readonly string[]): Case[] {
  return expressions.flatMap((expr, i) => [
    { expr, at: moments[i % moments.length] },
    { expr, at: ranges[i % ranges.length] },
  ]);
}

/** So many questions are under way together. */
const AT_ONCE = 6;

/** Asks all of them, except what is excluded. */
export async function runCases(cases: readonly Case[], prometheus: Prometheus, engine: QueryEngine): Promise<Outcome> {
  const outcome: Outcome = { compared: 0, filled: 0, refused: 0, different: [] };
  const asked = cases.filter(({ expr }) => excluded(expr) === undefined);
  for (let i = 0; i < asked.length; i += AT_ONCE) {
    await Promise.all(
      asked.slice(i, i + AT_ONCE).map(async ({ expr, at }) => {
        outcome.compared++;
        const problem = await compare(expr, at, prometheus, engine, outcome);
        if (problem !== undefined) outcome.different.push({ expr, where: JSON.stringify(at), problem });
      }),
    );
  }
  return outcome;
}

const seconds = (ms: number): string => String(ms / 1000);

async function compare(
  expr: string,
  at: Case['at'],
  prometheus: Prometheus,
  engine: QueryEngine,
  outcome: Outcome,
): Promise<string | undefined> {
  const theirs =
    typeof at === 'number'
      ? await prometheus.query('query', { query: expr, time: seconds(at) })
      : await prometheus.query('query_range', {
          query: expr,
          start: seconds(at.start),
          end: seconds(at.end),
          step: seconds(at.step),
        });
  const asked = typeof at === 'number' ? engine.instant(expr, at) : engine.range(expr, at.start, at.end, at.step);
  const ours = await asked.catch((error: unknown) => {
    if (error instanceof QueryError) return error;
    throw error;
  });
  if (theirs.status === 'error') {
    outcome.refused++;
    if (!(ours instanceof QueryError)) return `${theirs.errorType}: ${theirs.error}; ours has an answer`;
    return ours.code === theirs.errorType
      ? undefined
      : `${theirs.errorType}: ${theirs.error}; ours ${ours.code}: ${ours.message}`;
  }
  if (ours instanceof QueryError) return `ours ${ours.code}: ${ours.message}`;
  const { resultType, result } = theirs.data;
  if (resultType === 'scalar' || resultType === 'string' || (result as unknown[]).length > 0) outcome.filled++;
  return difference(theirs.data, ours, typeof at === 'number' && /^(?:sort|topk|bottomk)/.test(expr));
}
