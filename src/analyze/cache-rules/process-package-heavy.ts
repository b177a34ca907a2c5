import type { ConfigValue } from '../../core/cache.ts';
import { percent, several } from '../amounts.ts';
import type { ProcessCacheRule } from '../cache-rule.ts';
import { duration } from '../process-facts.ts';

const LONG_SECONDS = 0.2;
const SHARE = 0.25;
/** What a package can be called; the name comes from another process. */
const NAME = /^(?:@[\w.-]+\/)?[\w.-]+$/;

interface Package {
  readonly name: string;
  readonly modules: number;
  readonly seconds: number;
}

/** The packages of an inventory; what is not one is left out. */
function packagesOf(list: ConfigValue | undefined): Package[] {
  if (!Array.isArray(list)) return [];
  return (list as readonly Readonly<Record<string, ConfigValue>>[]).flatMap(
    ({ name, modules, self_seconds: seconds }) => {
      const known =
        typeof name === 'string' && NAME.test(name) && typeof modules === 'number' && typeof seconds === 'number';
      return known ? [{ name, modules, seconds }] : [];
    },
  );
}

export default {
  id: 'module.package.heavy',
  about: 'process',
  help: 'One package takes a large part of the time to load.',
  source: 'Node.js docs, "import() expressions"; 0.2 s and a quarter of the time: our own choice',
  check({ kind, stats, detail }) {
    const all = stats.load_seconds;
    if (kind !== 'require' || all === null) return undefined;
    const heavy = packagesOf(detail.packages).find(({ seconds }) => seconds >= LONG_SECONDS && seconds >= SHARE * all);
    if (heavy === undefined) return undefined;
    return {
      severity: 'info',
      summary: `The package ${heavy.name} takes a large part of the time to load.`,
      value: `${duration(heavy.seconds)} of ${duration(all)} (${percent(heavy.seconds / all)}), ${several(heavy.modules, 'module')}`,
      reason: 'What is not needed to start can be loaded when it is first used; often a part of the package is enough.',
      command: `const it = await import('${heavy.name}') // where it is first used`,
    };
  },
} satisfies ProcessCacheRule;
