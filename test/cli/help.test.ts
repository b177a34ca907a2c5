/** Help and version: rendered when the package is built, and the same as commander's own. */
import { expect, test } from 'vitest';
import { commands } from '../../src/cli/commands.gen.ts';
import { helpPages, parseArguments } from '../../src/cli/program.ts';
import { cli } from '../support/cli.ts';

const names = [...helpPages(commands).keys()];

test.each(names)('help of "%s": the rendered page is the live one', async (name) => {
  const words = name.split(' ').filter(Boolean);
  const live = parseArguments([...words, '--help'], commands);
  expect(live).toMatchObject({ kind: 'print', stream: 'stdout', exitCode: 0 });
  const text = live.kind === 'print' ? live.text : '';
  for (const args of [
    [...words, '--help'],
    [...words, '-h'],
    ['help', ...words],
  ]) {
    if (name === 'help' && args[0] === 'help' && args.length === 2 && !args[1].startsWith('-')) continue;
    expect(await cli(args)).toEqual({ code: 0, signal: null, stdout: text, stderr: '' });
  }
});

test('a page that was not rendered is printed by commander, on stdout too', async () => {
  const rendered = await cli(['monitor-stats', '--help']);
  expect(await cli(['-v', 'monitor-stats', '-i', '2', '--help'])).toEqual(rendered);
});

test('help is at most 80 columns wide and names every command', async () => {
  const { stdout } = await cli(['--help']);
  for (const { name } of commands) expect(stdout).toContain(`\n  ${name} `);
  for (const page of helpPages(commands).values()) {
    for (const line of page.split('\n').filter((each) => !each.startsWith('  codoperf '))) {
      expect(line.length, line).toBeLessThanOrEqual(80);
    }
  }
});

test("the program's help", async () => {
  expect((await cli(['--help'])).stdout).toMatchSnapshot();
});

test('--version', async () => {
  for (const flag of ['--version', '-V']) {
    expect(await cli([flag])).toEqual({ code: 0, signal: null, stdout: '1.2.3\n', stderr: '' });
  }
  expect((await cli(['--version', '-v'])).stdout).toBe('1.2.3\n');
});
