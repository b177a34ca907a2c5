import type { Command } from '../command.ts';
import { format, maxOverhead, monitorType, once } from '../monitor-stats/options.ts';
import { crit, duration, failOn, interval, outputFile, pathOptions, pid, warn } from '../options.ts';

export default {
  name: 'monitor-stats',
  summary: 'Measure the host: what is short, and who uses it.',
  options: [
    monitorType,
    duration,
    interval,
    format,
    outputFile,
    once,
    pid,
    warn,
    crit,
    failOn,
    maxOverhead,
    ...pathOptions,
  ],
  examples: [
    'codoperf monitor-stats --duration 5',
    'codoperf monitor-stats --monitor-type disk -i 0.5 --duration 2 -v',
    'codoperf monitor-stats --duration 2 --output-file host.json',
    "codoperf monitor-stats --duration 2 --warn cpu=85 --crit 'memory.available<5%' --fail-on critical",
    'codoperf monitor-stats --once',
  ],
  async run(options, _positionals, io) {
    const { run } = await import('../monitor-stats/run.ts');
    return run(options, io);
  },
} satisfies Command;
