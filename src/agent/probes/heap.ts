/** The heap of V8: in use, by space, and how much it may grow. */
import process from 'node:process';
import type { Column } from '../../core/metric.ts';
import { builtin } from '../guard.ts';
import type { Probe } from '../probe.ts';

function bytes(metric: string, help: string): Column {
  return { metric, type: 'gauge', unit: 'bytes', help };
}

function count(metric: string, help: string): Column {
  return { metric, type: 'gauge', unit: 'count', help };
}

const heap: readonly Column[] = [
  bytes('nodejs_heap_size_total_bytes', 'Heap that V8 has reserved.'),
  bytes('nodejs_heap_size_used_bytes', 'Heap in use, garbage that was not collected yet included.'),
  bytes('nodejs_external_memory_bytes', 'Memory of objects outside of the heap that V8 knows of, buffers included.'),
  bytes('codoperf_array_buffers_bytes', 'Memory of ArrayBuffers and Buffers, a part of the external memory.'),
  bytes('codoperf_heap_limit_bytes', 'Heap size at which the thread ends with "out of memory" (--max-old-space-size).'),
  bytes('codoperf_malloced_memory_bytes', "Memory of V8's own structures outside of the heap."),
  count('codoperf_native_contexts', 'Top-level contexts alive; a growing number hints at a leak.'),
  count('codoperf_detached_contexts', 'Contexts that were left but not collected: a leak when it stays above 0.'),
];

const spaces: readonly Column[] = [
  bytes('nodejs_heap_space_size_total_bytes', 'Size of a heap space.'),
  bytes('nodejs_heap_space_size_used_bytes', 'Part of a heap space in use.'),
  bytes('nodejs_heap_space_size_available_bytes', 'Part of a heap space that is free.'),
];

export default {
  name: 'heap',
  help: 'The heap of V8.',
  scope: 'thread',
  tables: [
    { name: 'heap', labels: [], columns: heap },
    { name: 'spaces', labels: ['space'], columns: spaces },
  ],
  start: () => ({
    read(emit) {
      const { heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage();
      const v8 = builtin('node:v8');
      const all = v8.getHeapStatistics();
      emit(
        'heap',
        [],
        [
          heapTotal,
          heapUsed,
          external,
          arrayBuffers,
          all.heap_size_limit,
          all.malloced_memory,
          all.number_of_native_contexts,
          all.number_of_detached_contexts,
        ],
      );
      for (const space of v8.getHeapSpaceStatistics()) {
        // As prom-client calls them: `old`, not `old_space`.
        const name = space.space_name.replace(/_space$/, '');
        emit('spaces', [name], [space.space_size, space.space_used_size, space.space_available_size]);
      }
    },
    stop() {},
  }),
} satisfies Probe;
