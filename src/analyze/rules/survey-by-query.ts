/** A survey of data that are elsewhere: in queries of PromQL only, few and small ones. */
import type { Querier } from '../../core/querier.ts';
import { medianDistance, type MetricFacts, type Surveyor } from './survey.ts';

/** Names in one query. */
const NAMES_AT_ONCE = 60;
/** How far back a metric is looked for that gives nothing now, to tell stale from absent. */
const STALE_LOOK = '1h';
const STALE_LOOK_MS = 3_600_000;
/** One series is read this far back at most, to see how often it is sampled. */
const MAX_LOOK_MS = 24 * 3_600_000;

/** Asks for what is there; the series of one job are taken to be sampled alike. */
export function surveyByQueries(querier: Querier, signal?: AbortSignal): Surveyor {
  return async (metrics, atMs, horizonMs) => {
    const survey = new Map<string, MetricFacts>();
    const jobs = new Map<string, Promise<Spacing>>();
    const ask = async (expr: string): Promise<Counted[]> => countedOf(await querier.instant(expr, atMs, { signal }));
    for (let i = 0; i < metrics.length; i += NAMES_AT_ONCE) {
      const names = metrics.slice(i, i + NAMES_AT_ONCE).join('|');
      for (const { metric, job, count } of await ask(`count by (__name__, job) ({__name__=~"${names}"})`)) {
        if (!jobs.has(job)) jobs.set(job, spacingOf(querier, metric, job, atMs, horizonMs, signal));
        const spacing = await (jobs.get(job) as Promise<Spacing>);
        const known = survey.get(metric);
        if (known === undefined || known.samples < spacing.samples) survey.set(metric, { series: count, ...spacing });
      }
    }
    await addStale(metrics, survey, ask, atMs);
    return survey;
  };
}

/** Metrics without a current sample that had one a while ago. */
async function addStale(
  metrics: readonly string[],
  survey: Map<string, MetricFacts>,
  ask: (expr: string) => Promise<Counted[]>,
  atMs: number,
): Promise<void> {
  const missing = metrics.filter((metric) => !survey.has(metric));
  for (let i = 0; i < missing.length; i += NAMES_AT_ONCE) {
    const names = missing.slice(i, i + NAMES_AT_ONCE).join('|');
    for (const { metric, count } of await ask(
      `count by (__name__) (last_over_time({__name__=~"${names}"}[${STALE_LOOK}]))`,
    )) {
      const longAgo = atMs - STALE_LOOK_MS;
      survey.set(metric, { series: count, samples: 2, intervalMs: Number.NaN, firstMs: longAgo, lastMs: longAgo });
    }
  }
}

interface Counted {
  readonly metric: string;
  readonly job: string;
  readonly count: number;
}

type Spacing = Omit<MetricFacts, 'series'>;

function countedOf(result: Awaited<ReturnType<Querier['instant']>>): Counted[] {
  if (result.resultType !== 'vector') return [];
  return result.result.map(({ metric: { __name__: metric = '', job = '' }, value }) => ({
    metric,
    job,
    count: Number(value[1]),
  }));
}

/** Reads one series raw. */
async function spacingOf(
  querier: Querier,
  metric: string,
  job: string,
  atMs: number,
  horizonMs: number,
  signal: AbortSignal | undefined,
): Promise<Spacing> {
  const seconds = Math.ceil(Math.min(horizonMs, MAX_LOOK_MS) / 1000);
  const one = await querier.instant(`topk(1, ${metric}{job=${JSON.stringify(job)}})`, atMs, { signal });
  const labels = one.resultType === 'vector' ? (one.result[0]?.metric ?? {}) : {};
  const matchers = Object.entries(labels)
    .filter(([name]) => name !== '__name__')
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const raw = await querier.instant(`${metric}{${matchers.join(',')}}[${seconds}s]`, atMs, { signal });
  const samples = raw.resultType === 'matrix' ? (raw.result[0]?.values ?? []) : [];
  const times = samples.map(([time]) => time * 1000);
  if (times.length === 0) return { samples: 1, intervalMs: Number.NaN, firstMs: atMs, lastMs: atMs };
  return {
    samples: times.length,
    intervalMs: medianDistance(times),
    firstMs: times[0],
    lastMs: times[times.length - 1],
  };
}
