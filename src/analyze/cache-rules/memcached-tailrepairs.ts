import { several } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { memcachedDocs } from '../memcached-facts.ts';
import { gainedInClasses, inWindow } from '../server-window.ts';

export default {
  id: 'memcached.tailrepairs',
  about: 'memcached',
  help: 'It had to repair its lists of items.',
  source: `${memcachedDocs.protocol}, "Item statistics" (tailrepairs)`,
  check(facts) {
    const repairs = gainedInClasses(facts, 'tailrepairs');
    if (repairs === 0) return undefined;
    return {
      severity: 'warning',
      summary: 'It had to repair its lists of items.',
      value: `${several(repairs, 'repair')}${inWindow(facts)}, version ${facts.after.info.version ?? 'unknown'}`,
      reason:
        'That does not happen unless it has a defect: use the newest version, and report it upstream if it goes on.',
      command: null,
    };
  },
} satisfies ServerCacheRule;
