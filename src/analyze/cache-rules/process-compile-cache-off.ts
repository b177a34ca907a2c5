import { several } from '../amounts.ts';
import type { ProcessCacheRule } from '../cache-rule.ts';
import { duration } from '../process-facts.ts';

const LONG_SECONDS = 0.3;
const MANY_MODULES = 100;

export default {
  id: 'module.compile-cache.off',
  about: 'process',
  help: 'Modules take long to load, and the compile cache is off.',
  source:
    'Node.js docs, module.enableCompileCache(), >= 22.1; own measurement: 40 modules 218 ms, then 88 ms (Node.js 24)',
  check({ kind, stats, config }) {
    const { load_seconds, loads, entries } = stats;
    if (kind !== 'require' || config.compile_cache !== false || load_seconds === null) return undefined;
    if (load_seconds < LONG_SECONDS || (entries ?? 0) < MANY_MODULES) return undefined;
    return {
      severity: 'info',
      summary: 'Modules take long to load, and the compile cache is off.',
      value: `${duration(load_seconds)} for ${several(loads ?? 0, 'module')}`,
      reason: 'V8 compiles every module anew at each start; with the cache it reads what it compiled the last time.',
      command: 'NODE_COMPILE_CACHE="$HOME/.cache/node-compile-cache" node app.js',
    };
  },
} satisfies ProcessCacheRule;
