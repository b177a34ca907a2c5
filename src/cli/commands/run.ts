import type { OptionSpec } from '../../config/option.ts';
import type { Command } from '../command.ts';
import { outputFile } from '../options.ts';

const format: OptionSpec = {
  name: 'format',
  kind: { type: 'choice', choices: ['text', 'json'] },
  help: 'How to write the report (default: by the extension of --output-file, else text).',
  configurable: false,
};

const lruAuto: OptionSpec = {
  name: 'lru-auto',
  kind: { type: 'flag' },
  help: 'Also pick up every lru-cache (11.3 and later) of the program; halves the speed of its get.',
  configurable: false,
};

export default {
  name: 'run',
  summary: 'Start a Node.js program with the agent and report at its end.',
  positionals: [{ syntax: '<command...>', help: 'The program and its arguments, after --.' }],
  options: [format, outputFile, lruAuto],
  examples: [
    'codoperf run -- node -e "setTimeout(() => {}, 300)"',
    'codoperf run --output-file run.json -- node -e "JSON.parse(JSON.stringify(process.versions))"',
  ],
  async run(options, positionals, io) {
    const { run } = await import('../run/run.ts');
    return run(options, positionals, io);
  },
} satisfies Command;
