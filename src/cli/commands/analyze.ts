import { analyzeDuration, analyzeFormat, resource, rules } from '../analyze/options.ts';
import { memcached, redis } from '../cache-info/options.ts';
import type { Command } from '../command.ts';
import { failOn, interval, outputFile, pathOptions, pid } from '../options.ts';
import { serverOptions } from '../query/options.ts';

export default {
  name: 'analyze',
  summary: 'Find what slows this host, or one that a server knows: ranked causes, with proof and remedy.',
  options: [
    analyzeDuration,
    interval,
    ...serverOptions,
    rules,
    resource,
    redis,
    memcached,
    pid,
    analyzeFormat,
    outputFile,
    failOn,
    ...pathOptions,
  ],
  examples: [
    'codoperf analyze --duration 5',
    'codoperf analyze --duration 5 --resource cpu --resource memory -v',
    'codoperf analyze --duration 5 --output-file diagnosis.json --fail-on critical',
  ],
  async run(options, _positionals, io) {
    const { run } = await import('../analyze/run.ts');
    return run(options, io);
  },
} satisfies Command;
