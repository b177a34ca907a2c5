import { bytes } from '../amounts.ts';
import type { ServerCacheRule } from '../cache-rule.ts';
import { WORTH_BYTES, redisDocs } from '../redis-facts.ts';
import { figure } from '../server-window.ts';

/** Resident memory is seldom below what is used, but for pages that were never touched. */
const MUCH_LESS = 0.85;

export default {
  id: 'redis.memory.swapped',
  about: 'redis',
  help: 'Less memory is resident than is used: the rest is in swap.',
  source: `${redisDocs.info} (used_memory_rss); ${redisDocs.latency}#latency-induced-by-swapping-operating-system-paging`,
  check(facts) {
    const [used, resident] = [figure(facts, 'used_memory'), figure(facts, 'used_memory_rss')];
    if (used === undefined || resident === undefined || resident === 0) return undefined;
    if (resident > MUCH_LESS * used || used - resident < WORTH_BYTES) return undefined;
    const pid = figure(facts, 'process_id');
    return {
      severity: 'critical',
      summary: 'A part of its data is in swap.',
      value: `${bytes(used)} used, ${bytes(resident)} resident`,
      reason: 'Every key in swap costs a read from disk, and all clients wait for it.',
      command: facts.host === null || pid === undefined ? null : `grep VmSwap /proc/${pid}/status`,
    };
  },
} satisfies ServerCacheRule;
