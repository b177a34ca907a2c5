/** Wrong arguments: exit 2, what happened and how to put it right in two lines on stderr, nothing on stdout. */
import { expect, test } from 'vitest';
import { cli } from '../support/cli.ts';

const cases: [args: string, message: string | RegExp, remedy: string | RegExp][] = [
  ['monitor-stat', "unknown command 'monitor-stat'. Did you mean monitor-stats?", 'codoperf --help'],
  ['config chek', "unknown command 'config chek'. Did you mean config check?", 'codoperf --help'],
  ['help monitr-stats', "unknown command 'monitr-stats'. Did you mean monitor-stats?", 'codoperf --help'],
  ['zzzzzz', "unknown command 'zzzzzz'\n", 'codoperf --help'],
  ['monitor-stats --intervall 2', "unknown option '--intervall'. Did you mean --interval?", 'monitor-stats --help'],
  ['--verbos monitor-stats', "unknown option '--verbos'. Did you mean --verbose?", 'codoperf --help'],
  ['monitor-stats --monitor-type cpus', /must be one of cpu, .* Did you mean cpu\? \(got 'cpus'\)/, 'one of these'],
  ['monitor-stats --monitor-type mem', 'Did you mean memory?', 'one of these'],
  ['monitor-stats cpu', "unexpected argument 'cpu'. Did you mean --monitor-type cpu?", 'monitor-stats --help'],
  ['monitor-stats --interval', "option '--interval' needs a value", 'monitor-stats --help'],
  [
    'monitor-stats -i 0',
    "option '--interval': must be a number of seconds from 0.01 to 86400 (got '0')",
    'Use --interval 0.01 or more.',
  ],
  ['monitor-stats -i -1', "(got '-1')", 'Use --interval 0.01 or more.'],
  ['monitor-stats -i 1e9', "(got '1e9')", 'Use --interval 86400 or less.'],
  ['monitor-stats -i nan', "(got 'nan')", 'plain digits'],
  ['monitor-stats -i NaN', "(got 'NaN')", 'plain digits'],
  ['monitor-stats -i Infinity', "(got 'Infinity')", 'plain digits'],
  ['monitor-stats -i 5s', "(got '5s')", 'Leave the unit out (it is seconds): --interval 5'],
  ['monitor-stats -i 0x10', "(got '0x10')", 'Write it in decimal: --interval 16'],
  ['monitor-stats -i 0,5', "(got '0,5')", 'Write the fraction with a point: --interval 0.5'],
  ['monitor-stats --interval --duration 5', "(got '--duration')", 'Put a value between --interval and --duration.'],
  ['monitor-stats --interval=', "(got '')", 'plain digits'],
  ['monitor-stats --duration 0', 'must be a number of seconds above 0, up to 31536000', 'Use a --duration above 0.'],
  ['monitor-stats --duration -5', "(got '-5')", 'Use a --duration above 0.'],
  ['monitor-stats --duration 1e9', "(got '1e9')", 'Use --duration 31536000 or less.'],
  ['monitor-stats --duration abc', "(got 'abc')", 'plain digits'],
  ['monitor-stats --pid 0', 'must be a whole number from 1 to', 'Use --pid 1 or more.'],
  ['monitor-stats --pid 1.5', 'must be a whole number', 'plain digits'],
  ['monitor-stats --pid self', 'must be a whole number', 'plain digits'],
  ['monitor-stats --interval 5 --duration 2', 'longer than the duration', '--interval 2 or less'],
  ['monitor-stats --output-file', "option '--output-file' needs a value", 'monitor-stats --help'],
  ['monitor-stats --log-level loud', /must be one of error, warn, info or debug \(got 'loud'\)/, 'one of these'],
  ['-i 2 config check', "command 'config check' does not sample", 'Leave --interval out'],
  ['config check -i 2', "command 'config check' does not sample", 'Leave --interval out'],
  ['completion tcsh', '<shell> must be one of bash, zsh, fish', 'completion --help'],
  ['completion', "argument 'shell' is missing", 'completion --help'],
];

test.each(cases)('codoperf %s', async (args, message, remedy) => {
  const { code, stdout, stderr } = await cli(args.split(' '));
  expect(stderr).toMatch(/^codoperf: /);
  expect(stderr).toMatch(message);
  expect(stderr.split('\n')[1]).toMatch(remedy);
  expect(stderr.trimEnd().split('\n')).toHaveLength(2);
  expect(stdout).toBe('');
  expect(code).toBe(2);
});

test('no arguments: help on stderr, exit 2', async () => {
  const bare = await cli([]);
  const help = await cli(['--help']);
  expect(bare.stderr).toBe(help.stdout);
  expect([bare.code, bare.stdout]).toEqual([2, '']);
});

test('a group without its command: help on stderr, exit 2', async () => {
  const { code, stdout, stderr } = await cli(['config']);
  expect(stderr).toContain('Usage: codoperf config');
  expect([code, stdout]).toEqual([2, '']);
});

test('hostile arguments are shown in one line without control characters', async () => {
  const hostile = '\u001b[2J\u0007a\nb\r\u202ec\u009b';
  const hostiles = [[hostile], ['monitor-stats', `--${hostile}`], ['monitor-stats', '-i', hostile], ['help', hostile]];
  for (const args of [...hostiles, ['config', 'check', hostile], ['x'.repeat(100_000)]]) {
    const { code, stderr } = await cli(args);
    // biome-ignore lint: the control characters are what must not be there.
    expect(stderr.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    expect(stderr.trimEnd().split('\n')).toHaveLength(2);
    expect(stderr.length).toBeLessThan(600);
    expect(code).toBe(args[0] === 'config' ? 6 : 2);
  }
});

test('the code of an error stands in brackets with -v, its stack with --log-level debug', async () => {
  expect((await cli(['config', 'shwo'])).stderr).not.toContain('[');
  expect((await cli(['-v', 'config', 'shwo'])).stderr).toContain('[UNKNOWN_COMMAND]\n');
  const debug = await cli(['--log-level', 'debug', 'config', 'check', '/nonexistent.yaml']);
  expect(debug.stderr).toContain('[CONFIGURATION_UNREADABLE]\n');
  expect(debug.stderr).toMatch(/\n +at /);
  expect((await cli(['-v', 'config', 'check', '/nonexistent.yaml'])).stderr).not.toMatch(/\n +at /);
});
