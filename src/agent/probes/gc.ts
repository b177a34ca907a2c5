/**
 * Garbage collections by kind. Node.js hands them out in batches, so every entry of a batch counts: prom-client and
 * OpenTelemetry take the first one only, and lose most of them under load.
 */
import type { PerformanceEntry as AnyEntry } from 'node:perf_hooks';
import { PerformanceObserver } from 'node:perf_hooks';
import type { Column } from '../../core/metric.ts';
import { Histogram, histogramColumns } from '../../core/histogram.ts';
import { builtin } from '../guard.ts';
import type { Probe, RunningProbe } from '../probe.ts';
import { shielded } from '../shield.ts';

/** prom-client's. */
const bounds: readonly number[] = [0.001, 0.01, 0.1, 1, 2, 5];

const kinds = ['minor', 'major', 'incremental', 'weakcb'] as const;
/** Index in `kinds` by V8's `GCType`; 2 is the minor mark-sweep that may stand in for the scavenger. */
const indexByKind: Readonly<Record<number, number>> = { 1: 0, 2: 0, 4: 1, 8: 2, 16: 3 };
const MAJOR = 4;

/** The types know only the deprecated place of `kind`. */
type Entry = AnyEntry & { readonly detail?: { readonly kind?: number } };

const MS_PER_SECOND = 1000;

const durations = histogramColumns(
  'nodejs_gc_duration_seconds',
  'seconds',
  'Pauses for garbage collection by kind: minor, major, incremental or weakcb.',
  bounds,
);

const afterMajor: Column = {
  metric: 'codoperf_heap_used_after_major_gc_bytes',
  type: 'gauge',
  unit: 'bytes',
  help: 'Heap in use after the last major collection, read a moment later, so with what was allocated in that moment.',
};

function start(): RunningProbe {
  const histograms = kinds.map(() => new Histogram(bounds));
  let usedAfterMajor = Number.NaN;
  const take = (entries: readonly Entry[]): void => {
    let major = false;
    for (const entry of entries) {
      const kind = entry.detail?.kind ?? 0;
      histograms[indexByKind[kind]]?.add(entry.duration / MS_PER_SECOND);
      if (kind === MAJOR) major = true;
    }
    if (major) usedAfterMajor = builtin('node:v8').getHeapStatistics().used_heap_size;
  };
  const observer = new PerformanceObserver(
    shielded('gc: entries', (list: { getEntries(): Entry[] }) => take(list.getEntries())),
  );
  observer.observe({ entryTypes: ['gc'] });
  return {
    read(emit) {
      take(observer.takeRecords());
      for (const [i, kind] of kinds.entries()) emit('durations', [kind], histograms[i].figures());
      emit('heap', [], [usedAfterMajor]);
    },
    stop: () => observer.disconnect(),
  };
}

export default {
  name: 'gc',
  help: 'Garbage collections of V8.',
  scope: 'thread',
  tables: [
    { name: 'durations', labels: ['kind'], columns: durations },
    { name: 'heap', labels: [], columns: [afterMajor] },
  ],
  start,
} satisfies Probe;
