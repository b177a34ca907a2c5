import { cgroupSpecs, openCgroups } from '../cgroup/reader.ts';
import type { Collector } from '../collector.ts';

export default {
  name: 'cgroup',
  enabledByDefault: true,
  help: 'CPU, throttling, memory, I/O, threads, pressure and limits of every cgroup, and the limits on our own.',
  tables: cgroupSpecs,
  // A dozen files a cgroup: dear, and its counters give the exact mean of any interval. `sample()` reads it each time.
  minIntervalSeconds: 5,
  open: (context) => openCgroups(context),
} satisfies Collector;
