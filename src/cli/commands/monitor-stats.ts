import type { OptionSpec } from '../../config/option.ts';
import type { Command } from '../command.ts';
import { crit, duration, failOn, interval, outputFile, pathOptions, pid, warn } from '../options.ts';

const monitorType: OptionSpec = {
  name: 'monitor-type',
  kind: { type: 'choice', choices: ['cpu', 'memory', 'disk', 'network', 'all'] },
  help: 'What to watch.',
  default: 'all',
};
const format: OptionSpec = {
  name: 'format',
  kind: { type: 'choice', choices: ['text', 'json', 'ndjson', 'csv', 'prometheus', 'sysstat-json'] },
  help: 'How to write the result (default: by the extension of --output-file, else text).',
};
const once: OptionSpec = {
  name: 'once',
  kind: { type: 'flag' },
  help: 'Show the raw series of a single sample instead of measuring over time (prometheus or json).',
  configurable: false,
};
const maxOverhead: OptionSpec = {
  name: 'max-overhead',
  kind: { type: 'number', min: 0.1, max: 100, unit: '% of one core' },
  help: 'CPU that codoperf itself may use; above it, the interval doubles.',
  default: 10,
};

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
