/** Modules that a thread loaded, from the channels of Node.js >= 22; nothing is patched on older versions. */
import { canTimeModules, moduleLoads } from '../../caches/module-loads.ts';
import type { Column } from '../../core/metric.ts';
import type { Probe, RunningProbe } from '../probe.ts';

const columns: readonly Column[] = [
  {
    metric: 'codoperf_module_loads_total',
    type: 'counter',
    unit: 'count',
    help: 'Modules loaded by require, and calls of import(); the static imports of ES modules are not told.',
  },
  {
    metric: 'codoperf_module_load_seconds_total',
    type: 'counter',
    unit: 'seconds',
    help: 'Time to load them: for require, each module without those below it; for import(), until it settled.',
  },
];

function start(): RunningProbe {
  moduleLoads.start();
  return {
    read(emit) {
      const { requires, imports } = moduleLoads;
      emit('modules', ['require'], [requires.loads, requires.seconds]);
      emit('modules', ['import'], [imports.loads, imports.seconds]);
    },
    stop: () => moduleLoads.stop(),
  };
}

export default {
  name: 'modules',
  help: 'Modules loaded and the time it took, on Node.js >= 22.',
  tables: [{ name: 'modules', labels: ['kind'], columns }],
  scope: 'thread',
  supported: canTimeModules,
  start,
} satisfies Probe;
