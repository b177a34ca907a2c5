/** A program with `main` of codoperf and commands that do one thing each, for tests of the shell around commands. */
import { AtomicFile } from '../../src/cli/atomic-file.ts';
import type { Command } from '../../src/cli/command.ts';
import { main } from '../../src/cli/main.ts';
import { interval, outputFile } from '../../src/cli/options.ts';

const base = { summary: 'A probe.', options: [], examples: [] };
const sleep = async (ms: number): Promise<void> => await new Promise((resolve) => setTimeout(resolve, ms));

const commands: Command[] = [
  {
    ...base,
    name: 'values',
    options: [interval, { name: 'tag', kind: { type: 'text', placeholder: 'text' }, help: 'Tags.', repeatable: true }],
    run: async (options, _, { stdout }) => {
      await stdout.write(`${JSON.stringify(options)}\n`);
      return 0;
    },
  },
  {
    ...base,
    name: 'bytes',
    positionals: [{ syntax: '<count>', help: 'How many.' }],
    run: async (_, [count], { stdout }) => {
      await stdout.write('x'.repeat(Number(count)));
      return 0;
    },
  },
  {
    ...base,
    name: 'lines',
    run: async (_, __, { stdout, stderr, stop }) => {
      for (let i = 0; !stop.signal.aborted; i++) await stdout.write(`${i}\n`);
      await stderr.write(`stopped: ${stop.reason}\n`);
      return 0;
    },
  },
  {
    ...base,
    name: 'wait',
    run: async (_, __, { stdout, stop }) => {
      const off = stop.onSummary(() => void stdout.write('summary\n'));
      await stdout.write('ready\n');
      while (!stop.signal.aborted) await sleep(10);
      off();
      await stdout.write(`stopped: ${stop.reason}\n`);
      return 0;
    },
  },
  {
    ...base,
    name: 'stubborn',
    options: [outputFile],
    run: async (options, _, io) => {
      await AtomicFile.open(String(options.outputFile), io);
      await io.stdout.write('ready\n');
      await sleep(60_000);
      return 0;
    },
  },
  {
    ...base,
    name: 'file',
    options: [outputFile, { name: 'fail', kind: { type: 'flag' }, help: 'Fail half-way.' }],
    positionals: [{ syntax: '[bytes]', help: 'How many.' }],
    run: async (options, [bytes], io) => {
      const file = await AtomicFile.open(String(options.outputFile), io);
      await file.write('first\n');
      if (options.fail === true) {
        await file.discard();
        return 3;
      }
      await file.write('x'.repeat(Number(bytes ?? 0)));
      await file.commit();
      return 0;
    },
  },
  {
    ...base,
    name: 'color',
    run: async (_, __, { stdout, stderr }) => {
      await stdout.write(stdout.color ? '\u001b[1mbold\u001b[0m\n' : 'plain\n');
      await stderr.write(stderr.color ? '\u001b[1mbold\u001b[0m\n' : 'plain\n');
      return 0;
    },
  },
  {
    ...base,
    name: 'log',
    run: async (_, __, { log }) => {
      log.error('an error');
      log.warn('a warning\u001b[2J\nwith a line');
      log.info('some information');
      log.debug('a detail');
      return 0;
    },
  },
  {
    ...base,
    name: 'boom',
    run: async () => {
      throw new TypeError('boom');
    },
  },
];

process.exitCode = await main(process.argv.slice(2), { commands, exit: (code) => process.exit(code) });
