/** The functions of a thread that the program wrapped by `measure()`. */
import { cacheRegistry } from '../../caches/registry.ts';
import type { Column } from '../../core/metric.ts';
import type { Probe, RunningProbe } from '../probe.ts';

const columns: readonly Column[] = [
  { metric: 'codoperf_function_calls_total', type: 'counter', unit: 'count', help: 'Calls.' },
  { metric: 'codoperf_function_errors_total', type: 'counter', unit: 'count', help: 'Calls that threw or rejected.' },
  {
    metric: 'codoperf_function_duration_seconds_total',
    type: 'counter',
    unit: 'seconds',
    help: 'Wall time of the calls; of promises, until they settled.',
  },
  {
    metric: 'codoperf_function_max_duration_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'Longest call so far.',
  },
  {
    metric: 'codoperf_function_cpu_seconds_total',
    type: 'counter',
    unit: 'seconds',
    help: 'CPU time of the synchronous part of the calls, extrapolated from samples.',
  },
  {
    metric: 'codoperf_function_heap_bytes_total',
    type: 'counter',
    unit: 'bytes',
    help: 'Heap allocated by the synchronous part of the calls, extrapolated from samples that no collection disturbed.',
  },
];

function start(): RunningProbe {
  return {
    read(emit) {
      for (const each of cacheRegistry().functions()) {
        const { calls, errors, duration_seconds, max_seconds, cpu_seconds, heap_bytes } = each;
        const unknown = Number.NaN;
        emit(
          'functions',
          [each.name],
          [calls, errors, duration_seconds, max_seconds, cpu_seconds ?? unknown, heap_bytes ?? unknown],
        );
      }
    },
    stop: () => undefined,
  };
}

export default {
  name: 'functions',
  help: 'Functions wrapped by measure(): calls, errors, duration, CPU time and heap.',
  tables: [{ name: 'functions', labels: ['function'], columns }],
  scope: 'thread',
  start,
} satisfies Probe;
