import { cgroupSpecs, openCgroups } from '../cgroup/reader.ts';
import type { Collector } from '../collector.ts';

export default {
  name: 'cgroup',
  enabledByDefault: true,
  help: 'CPU, throttling, memory, I/O, threads, pressure and limits of every cgroup, and the limits on our own.',
  tables: cgroupSpecs,
  // Reading hundreds of cgroups costs milliseconds, and quota periods last a tenth of a second anyway.
  minIntervalSeconds: 1,
  open: (context) => openCgroups(context),
} satisfies Collector;
