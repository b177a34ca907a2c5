/** A query about this host: collect what the expression needs, then answer it from the ring. */
import type { Collector } from '../../collect/collector.ts';
import { collectors as allCollectors } from '../../collect/registry.gen.ts';
import { createSampler } from '../../collect/sampler.ts';
import { closest } from '../../config/suggest.ts';
import { CodoperfError } from '../../core/errors.ts';
import type { QueryResult } from '../../core/querier.ts';
import { createQueryEngine } from '../../query/engine.ts';
import { seriesFilter } from '../../query/matchers.ts';
import { parsePromql } from '../../query/promql/parse.ts';
import { ownCpuSeconds } from '../../record/budget.ts';
import type { QueryReport } from '../../report/query-report.ts';
import { Ring } from '../../store/ring.ts';
import { readHostFacts } from '../cache-info/host.ts';
import type { CommandIo } from '../command.ts';
import { assertSomethingCollected, missingParts } from '../monitor-stats/measure.ts';
import { answered } from './failure.ts';
import { collectLive, type LiveWindow } from './live.ts';
import { describedMetrics, type Needs, needsOf } from './needs.ts';
import { queryReport, unknownHost } from './report.ts';
import type { QuerySettings } from './settings.ts';

/** An answer, and whether something is missing from it that should be there. */
export interface Answer {
  readonly report: QueryReport;
  readonly partial: boolean;
}

const DEFAULT_SECONDS = 10;
/** The ring keeps this much more than is collected. */
const SPARE_SECONDS = 60;

/** Collects and answers. Throws what is wrong with the expression before anything is collected. */
export async function askLive(settings: QuerySettings, io: CommandIo): Promise<Answer> {
  const { expr } = settings;
  const cpuAtStart = ownCpuSeconds();
  const tree = await answered(expr, async () => parsePromql(expr));
  const isOn = ({ name, enabledByDefault }: Collector): boolean => io.settings.collectors?.[name] ?? enabledByDefault;
  const needs = needsOf(tree, isOn);
  await tellUnknown(needs, settings, io);
  const collectors = chosen(needs, io);
  const durationSeconds =
    settings.durationSeconds ?? (needs.backMs === 0 && settings.rangeMs === undefined ? 0 : DEFAULT_SECONDS);
  const ring = new Ring({ filter: seriesFilter, seconds: durationSeconds + SPARE_SECONDS });
  const live = await collecting(durationSeconds, io, () =>
    collectLive({
      ring,
      collectors,
      paths: settings.paths,
      durationSeconds,
      intervalSeconds: settings.intervalSeconds,
      self: needs.self,
      stop: io.stop.signal,
      warn: (message) => io.log.warn(message),
    }),
  );
  if (collectors.length > 0) assertSomethingCollected(live.collectors);
  const missing = missingParts(live.collectors);
  for (const part of missing) io.log.warn(part);
  const engine = createQueryEngine(ring);
  const range = rangeOf(settings, live);
  const result = await answered(expr, () =>
    range === undefined
      ? engine.instant(expr, live.endMs)
      : engine.range(expr, range.startMs, live.endMs, range.stepMs),
  );
  const notes = notesOn(needs, live, ring, result);
  const host = settings.format === 'json' ? await readHostFacts() : unknownHost;
  const source = { kind: 'live', url: null, instance: null, product: null, version: null } as const;
  const { startMs, endMs, samples, missed, interrupted } = live;
  const window = {
    startMs: range?.startMs ?? startMs,
    endMs,
    intervalSeconds: live.intervalSeconds,
    samples,
    missed,
    interrupted,
  };
  return {
    report: queryReport(expr, { source, host, window, notes, result, cpuAtStart }),
    partial: missing.length > 0,
  };
}

/** Says what nobody has; when the expression asks for nothing else there is no point in collecting. */
async function tellUnknown(
  { unknown, collectors, self }: Needs,
  { paths }: QuerySettings,
  io: CommandIo,
): Promise<void> {
  if (unknown.length === 0) return;
  const names = new Set([...describedMetrics(), ...(await metricsThere(paths))]);
  const hints = unknown.map((name) => ({ name, guess: closest(name, names) ?? containing(name, names) }));
  if (collectors.size === 0 && !self) {
    const guesses = hints.flatMap(({ guess }) => (guess === undefined ? [] : [guess]));
    const suggestion = guesses.length === 0 ? '' : `. Did you mean ${guesses.join(', ')}?`;
    throw new CodoperfError('UNKNOWN_METRIC', { names: unknown.join(', '), suggestion });
  }
  for (const { name, guess } of hints)
    io.log.warn(`nothing here has the name ${name}${guess === undefined ? '' : `. Did you mean ${guess}?`}`);
}

/** The names that this host shows now: those of `/proc/meminfo` and the like stand in no descriptor. */
async function metricsThere(paths: QuerySettings['paths']): Promise<Set<string>> {
  const sampler = await createSampler({ paths, processes: false, eager: true });
  try {
    sampler.sample();
    return new Set(Array.from(sampler.rows(), ({ name }) => name));
  } finally {
    sampler.close();
  }
}

/** `cpu_seconds` means `node_cpu_seconds_total`. */
function containing(name: string, names: ReadonlySet<string>): string | undefined {
  return name.length < 4
    ? undefined
    : [...names].filter((each) => each.includes(name)).toSorted((a, b) => a.length - b.length)[0];
}

function chosen({ collectors }: Needs, { settings, log }: CommandIo): string[] {
  return allCollectors
    .filter(({ name }) => collectors.has(name))
    .filter(({ name }) => {
      const off = settings.collectors?.[name] === false;
      if (off) log.warn(`the collector ${name} is switched off in the configuration`);
      return !off;
    })
    .map(({ name }) => name);
}

/** Says on a terminal that it takes a while. */
async function collecting<T>(seconds: number, { stderr }: CommandIo, work: () => Promise<T>): Promise<T> {
  if (!stderr.isTTY || seconds === 0) return work();
  await stderr.write(`collecting for ${seconds} s; Ctrl-C ends early with the result so far`);
  try {
    return await work();
  } finally {
    await stderr.write('\r\u001b[K');
  }
}

function rangeOf({ rangeMs, stepMs, intervalSeconds }: QuerySettings, live: LiveWindow) {
  if (rangeMs === undefined) return undefined;
  const step = stepMs ?? Math.max(1, Math.round((live.intervalSeconds || intervalSeconds) * 1000));
  const length = Math.min(rangeMs, live.endMs - live.startMs);
  // From the end: the last value is the newest.
  return { startMs: live.endMs - Math.floor(length / step) * step, stepMs: step };
}

/** What may surprise about the answer. */
function notesOn({ backMs }: Needs, live: LiveWindow, ring: Ring, result: QueryResult): string[] {
  const notes: string[] = [];
  const collected = live.endMs - live.startMs;
  const seconds = (ms: number): string => `${Number((ms / 1000).toPrecision(3))} s`;
  // A range is open on the left, and the last tick may come a little early.
  if (backMs > collected + live.intervalSeconds * 1000)
    notes.push(
      `The expression looks back ${seconds(backMs)}, but only ${seconds(collected)} were collected: rates over a longer ` +
        `range come out too small. Use a range of [${Math.max(1, Math.floor(collected / 1000))}s], or a longer --duration.`,
    );
  const { refused, evicted, shortened } = ring.status();
  if (refused > 0 || evicted > 0) notes.push(`There were too many series to keep: ${refused + evicted} are left out.`);
  if (shortened) notes.push('There were too many samples to keep: the oldest are left out.');
  const { resultType, result: found } = result;
  const isEmpty = (resultType === 'vector' || resultType === 'matrix') && found.length === 0;
  if (isEmpty && live.samples < 2 && backMs > 0) notes.push('A rate needs two samples or more.');
  return notes;
}
