import type { OptionSpec } from '../../config/option.ts';
import type { Command } from '../command.ts';

const origin: OptionSpec = {
  name: 'origin',
  kind: { type: 'flag' },
  help: 'Show where each value came from.',
  configurable: false,
};

const format: OptionSpec = {
  name: 'format',
  kind: { type: 'choice', choices: ['text', 'json'] },
  help: 'How to print it; text is a valid configuration file.',
  default: 'text',
  configurable: false,
};

const check: Command = {
  name: 'check',
  summary: 'Check configuration files and name every problem with its line.',
  positionals: [{ syntax: '[file]', help: 'The file to check; by default those that apply here.' }],
  options: [],
  ignoresConfigFiles: true,
  examples: ['codoperf config check', 'codoperf config check codoperf.config.yaml'],
  run: async (options, positionals, io) => (await import('../config-check.ts')).checkConfig(options, positionals, io),
};

const show: Command = {
  name: 'show',
  summary: 'Show the settings that apply here.',
  options: [origin, format],
  ignoresConfigFiles: true,
  examples: ['codoperf config show --origin', 'codoperf config show --format json'],
  run: async (options, _positionals, io) => (await import('../config-show.ts')).showConfig(options, io),
};

export default {
  name: 'config',
  summary: 'Check and show the configuration.',
  options: [],
  examples: [],
  subcommands: [check, show],
} satisfies Command;
