import type { Frame } from '../../core/frame.ts';
import { NodeFigure } from '../node-figures.ts';
import { NodeProcesses } from '../node-processes.ts';
import type { NodeProcessView } from '../node-processes.ts';
import type { Section, SectionWriter, Stat } from '../section.ts';

const stats = [
  { name: 'heap_used_bytes', unit: 'bytes', help: 'Heap of V8 in use, garbage included.' },
  { name: 'heap_used_ratio', unit: 'ratio', help: 'Heap in use of its limit, garbage included.' },
  { name: 'heap_live_bytes', unit: 'bytes', help: 'Heap in use after the last major collection.' },
  {
    name: 'heap_live_ratio',
    unit: 'ratio',
    help: 'Heap in use after the last major collection, of its limit: at 100 % the process ends.',
  },
  { name: 'external_bytes', unit: 'bytes', help: 'Memory outside of the heap that V8 knows of, buffers included.' },
  { name: 'buffers_bytes', unit: 'bytes', help: 'Memory of ArrayBuffers and Buffers.' },
  { name: 'resident_bytes', unit: 'bytes', help: 'Memory of the process in RAM.' },
  { name: 'cache_hit_ratio', unit: 'ratio', help: 'Hits of all lookups in the tracked caches of the process.' },
] as const satisfies readonly Stat[];
type Name = (typeof stats)[number]['name'];
const at = Object.fromEntries(stats.map(({ name }, index) => [name, index])) as Record<Name, number>;

const processes = new NodeProcesses();
const used = new NodeFigure('nodejs_heap_size_used_bytes');
const live = new NodeFigure('codoperf_heap_used_after_major_gc_bytes');
const limit = new NodeFigure('codoperf_heap_limit_bytes');
const external = new NodeFigure('nodejs_external_memory_bytes');
const buffers = new NodeFigure('codoperf_array_buffers_bytes');
const resident = new NodeFigure('process_resident_memory_bytes');
const hits = new NodeFigure('codoperf_cache_hits_total');
const misses = new NodeFigure('codoperf_cache_misses_total');
const figures = [used, live, limit, external, buffers, resident, hits, misses];

function write(row: Float64Array, { pid }: NodeProcessView, thread: string): void {
  row[at.heap_used_bytes] = used.value(pid, thread);
  row[at.heap_used_ratio] = used.value(pid, thread) / limit.value(pid, thread);
  row[at.heap_live_bytes] = live.value(pid, thread);
  row[at.heap_live_ratio] = live.value(pid, thread) / limit.value(pid, thread);
  row[at.external_bytes] = external.value(pid, thread);
  row[at.buffers_bytes] = buffers.value(pid, thread);
  row[at.resident_bytes] = resident.value(pid, thread);
  const found = hits.increase(pid, thread);
  row[at.cache_hit_ratio] = found / (found + misses.increase(pid, thread));
}

function compute(frame: Frame, out: SectionWriter): void {
  const found = processes.of(frame);
  for (const figure of figures) figure.bind(frame);
  for (const process of found) {
    const { subject, threads, elapsedSeconds } = process;
    if (Number.isNaN(elapsedSeconds)) continue;
    for (const thread of threads) {
      write(out.row(thread === '' ? subject : `${subject} worker ${thread}`, elapsedSeconds), process, thread);
    }
  }
}

const MB = 1 / 1024 ** 2;

export default {
  resource: 'nodejs',
  key: 'memory',
  subject: 'process',
  types: ['memory'],
  collectors: ['nodejs'],
  stats,
  tables: [
    {
      title: 'Node.js memory',
      subject: 'process',
      rankBy: 'heap_used_bytes',
      columns: [
        { head: 'heap MB', stat: 'heap_used_bytes', scale: MB },
        { head: '%limit', stat: 'heap_used_ratio', scale: 100 },
        { head: 'live MB', stat: 'heap_live_bytes', scale: MB },
        { head: '%live', stat: 'heap_live_ratio', scale: 100 },
        { head: 'RSS MB', stat: 'resident_bytes', scale: MB },
        { head: '%hit', stat: 'cache_hit_ratio', scale: 100 },
        { head: 'ext MB', stat: 'external_bytes', scale: MB },
        { head: 'buf MB', stat: 'buffers_bytes', scale: MB },
      ],
    },
  ],
  compute,
} satisfies Section;
