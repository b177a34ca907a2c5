import type { ServerCacheRule } from '../cache-rule.ts';
import { redisCli } from '../server-command.ts';

export default {
  id: 'redis.latency-monitor.off',
  about: 'redis',
  help: 'Latency spikes are not recorded.',
  source: 'https://redis.io/docs/latest/operate/oss_and_stack/management/optimization/latency-monitor/',
  check(facts) {
    if (facts.config['latency-monitor-threshold'] !== '0') return undefined;
    return {
      severity: 'info',
      summary: 'Latency spikes are not recorded.',
      value: 'latency-monitor-threshold = 0',
      reason:
        'LATENCY LATEST and LATENCY DOCTOR tell what caused a spike (fork, disk, eviction, expiry) once it is on; it costs next to nothing.',
      command: redisCli(facts, 'CONFIG', 'SET', 'latency-monitor-threshold', '100'),
    };
  },
} satisfies ServerCacheRule;
