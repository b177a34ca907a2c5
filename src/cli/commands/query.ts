import type { Command } from '../command.ts';
import { interval, outputFile, pathOptions } from '../options.ts';
import { queryDuration, queryFormat, range, serverOptions, step, time } from '../query/options.ts';

export default {
  name: 'query',
  summary: 'Answer a PromQL expression, live from this host or from a server.',
  positionals: [{ syntax: '<expression>', help: 'PromQL; in single quotes, as shells use its signs for themselves.' }],
  options: [queryDuration, interval, ...serverOptions, time, range, step, queryFormat, outputFile, ...pathOptions],
  examples: [
    'codoperf query node_load1',
    "codoperf query 'sum by (mode) (rate(node_cpu_seconds_total[2s]))' --duration 2",
    "codoperf query 'rate(node_context_switches_total[1s])' --duration 3 -i 0.5 --format chart",
  ],
  async run(options, [expression], io) {
    const { run } = await import('../query/run.ts');
    return run(expression, options, io);
  },
} satisfies Command;
