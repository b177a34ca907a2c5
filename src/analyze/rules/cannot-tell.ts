/** What could not be judged, and why: the same reason stands once, with the rules it silences. */

/** Rules that could not tell, for one reason. */
export interface CannotTell {
  readonly reason: string;
  readonly metrics: readonly string[];
  readonly rules: readonly string[];
  /** There is nothing to judge (no Redis, no Node.js program with the agent), which is no blind spot. */
  readonly nothing_there: boolean;
}

/** Why one rule cannot tell. */
export interface Obstacle {
  readonly reason: string;
  readonly metrics: readonly string[];
  readonly nothingThere: boolean;
}

interface Origin {
  readonly names: RegExp;
  readonly live: string;
  readonly remote: string;
  readonly nothingThere?: boolean;
}

/** Whom a metric would come from, and why it may be missing. */
const origins: readonly Origin[] = [
  {
    names: /^(?:node|container)_pressure_/,
    live: 'this kernel has no pressure-stall information (it comes with Linux 4.20 and the boot parameter psi=1)',
    remote: 'no pressure-stall information: the kernel has none (psi=1) or the exporter is too old for it',
  },
  {
    names: /^node_schedstat_/,
    live: 'this kernel has no scheduler statistics (CONFIG_SCHEDSTATS)',
    remote: 'no scheduler statistics: the kernel has none, or the collector is off',
  },
  {
    names: /^(?:nodejs_|http_server_|http_client_|codoperf_(?:eventloop|threadpool|gc|http|nodejs|heap|worker))/,
    live: 'no Node.js process with the agent was seen; start one with `codoperf run -- node …`',
    remote: 'no Node.js process with the agent or prom-client is known there',
    nothingThere: true,
  },
  {
    names: /^codoperf_cache_/,
    live: 'no program with tracked caches was seen (see codoperf/caches)',
    remote: 'no tracked caches are known there',
    nothingThere: true,
  },
  {
    names: /^redis_/,
    live: 'no Redis was looked at; name it with --redis URL',
    remote: 'no redis_exporter is known there',
    nothingThere: true,
  },
  {
    names: /^memcached_/,
    live: 'no Memcached was looked at; name it with --memcached HOST:PORT',
    remote: 'no memcached_exporter is known there',
    nothingThere: true,
  },
  {
    names: /^container_/,
    live: 'no control groups could be read',
    remote: 'no figures of control groups: cAdvisor does not run there',
    nothingThere: true,
  },
  {
    names: /^(?:codoperf_|namedprocess_)/,
    live: 'codoperf did not collect them',
    remote: 'codoperf does not run there',
    nothingThere: true,
  },
  {
    names: /^node_(?:md|edac|zfs|nf_conntrack|hwmon|thermal|cooling|rapl|power|cpu_(?:core|package)_throttles)_/,
    live: 'this machine has nothing of that kind',
    remote: 'the machine has nothing of that kind, or the collector is off',
    nothingThere: true,
  },
  {
    names: /^node_/,
    live: 'this kernel or machine does not have them',
    remote: 'the exporter does not give them: it is too old, or their collector is off',
  },
];

const unknownOrigin = { live: 'nothing here gives them', remote: 'the server does not know them', nothingThere: true };

/** A metric that is not there. */
export function absentMetric(metric: string, live: boolean): Obstacle {
  const origin = origins.find(({ names }) => names.test(metric)) ?? unknownOrigin;
  return {
    reason: live ? origin.live : origin.remote,
    metrics: [metric],
    nothingThere: origin.nothingThere === true,
  };
}

/** The obstacles of all rules, those that matter first. */
export function grouped(obstacles: readonly { readonly rule: string; readonly obstacle: Obstacle }[]): CannotTell[] {
  const groups = new Map<string, { metrics: Set<string>; rules: Set<string>; nothingThere: boolean }>();
  for (const { rule, obstacle } of obstacles) {
    const { reason, metrics, nothingThere } = obstacle;
    const group = groups.get(reason) ?? { metrics: new Set(), rules: new Set(), nothingThere };
    for (const metric of metrics) group.metrics.add(metric);
    group.rules.add(rule);
    groups.set(reason, group);
  }
  return [...groups]
    .map(([reason, { metrics, rules, nothingThere }]) => ({
      reason,
      metrics: [...metrics].sort(),
      rules: [...rules].sort(),
      nothing_there: nothingThere,
    }))
    .toSorted((a, b) => Number(a.nothing_there) - Number(b.nothing_there));
}
