/** The tracked caches of a thread, and, when asked for, every `lru-cache` of it without code. */
import process from 'node:process';
import { LruPickUp } from '../../caches/lru-auto.ts';
import { cacheRegistry } from '../../caches/registry.ts';
import { type CacheStats, cacheCounters, type ProcessCache } from '../../core/cache.ts';
import type { Column } from '../../core/metric.ts';
import type { Probe, RunningProbe } from '../probe.ts';

const counterHelp: Readonly<Record<(typeof cacheCounters)[number], string>> = {
  hits: 'Lookups that gave a value.',
  misses: 'Lookups that gave none.',
  stale_hits: 'Lookups that gave a value past its time to live; they are hits, too.',
  sets: 'Values stored.',
  evictions: 'Entries dropped to make room.',
  expirations: 'Entries dropped because their time to live was over.',
  deletes: 'Entries that the program removed.',
  loads: 'Missing values computed or fetched.',
  load_failures: 'Loads that threw or rejected.',
  load_seconds: 'Time spent in loads.',
};

/** What the stats do not have: loads that one of them would have done for all, and what `has` found. */
const extraHelp = {
  concurrent_loads: 'Loads of a value that was being loaded already.',
  coalesced_loads: 'Lookups that waited for a load under way instead of loading, too.',
  found: 'Times that has() found the key; a lookup that mostly follows is the hit.',
} as const;

const gauges = {
  entries: 'Entries now.',
  weight: "Size now, in the cache's own unit.",
  capacity: 'The most it may hold, in entries or its own unit; absent when it has no bound.',
} as const;

const columns: readonly Column[] = [
  ...cacheCounters.map((name): Column => {
    const unit = name === 'load_seconds' ? 'seconds' : 'count';
    return { metric: `codoperf_cache_${name}_total`, type: 'counter', unit, help: counterHelp[name] };
  }),
  ...Object.entries(extraHelp).map(([name, help]): Column => {
    return { metric: `codoperf_cache_${name}_total`, type: 'counter', unit: 'count', help };
  }),
  ...Object.entries(gauges).map(([name, help]): Column => {
    return { metric: `codoperf_cache_${name}`, type: 'gauge', unit: 'count', help };
  }),
];

const groupColumns = (['hits', 'misses', 'sets'] as const).map((name): Column => {
  const help = `${counterHelp[name].slice(0, -1)}, by group of keys (prefixOf).`;
  return { metric: `codoperf_cache_group_${name}_total`, type: 'counter', unit: 'count', help };
});

const sizes = ['entries', 'weight', 'capacity'] as const satisfies readonly (keyof CacheStats)[];

/** In the order of `columns`. */
function figuresOf({ stats, concurrent_loads, coalesced_loads, detail }: ProcessCache): number[] {
  const found = typeof detail.found_by_has === 'number' ? detail.found_by_has : null;
  return [
    ...cacheCounters.map((name) => stats[name]),
    concurrent_loads,
    coalesced_loads,
    found,
    ...sizes.map((name) => stats[name]),
  ].map((figure) => figure ?? Number.NaN);
}

function start(): RunningProbe {
  const pickUp = process.env.CODOPERF_LRU_AUTO === '1' ? new LruPickUp() : undefined;
  pickUp?.start();
  return {
    read(emit) {
      const registry = cacheRegistry();
      for (const cache of registry.caches()) {
        const labels = [cache.name, cache.type];
        emit('caches', labels, figuresOf(cache));
        for (const { prefix, hits, misses, sets } of cache.groups)
          emit('groups', [...labels, prefix], [hits, misses, sets]);
      }
      if (registry.overflow > 0) emit('untracked', [], [registry.overflow]);
    },
    stop: () => pickUp?.stop(),
  };
}

export default {
  name: 'caches',
  help: 'Tracked caches: hits, misses, evictions, loads and size, also by group of keys.',
  tables: [
    { name: 'caches', labels: ['cache', 'type'], columns },
    { name: 'groups', labels: ['cache', 'type', 'group'], columns: groupColumns },
    {
      name: 'untracked',
      labels: [],
      columns: [
        {
          metric: 'codoperf_cache_untracked_total',
          type: 'counter',
          unit: 'count',
          help: 'Caches and measured functions that are not counted because a thread has too many (over 1000).',
        },
      ],
    },
  ],
  scope: 'thread',
  start,
} satisfies Probe;
