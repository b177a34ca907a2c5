/** Names that others choose, process, device, mount point, control group: none reaches a terminal raw. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli, shell, temporaryDirectory } from '../../support/cli.ts';
import { FakeHost } from '../../support/fake-host.ts';

const quick = ['monitor-stats', '--duration', '0.3', '-i', '0.1'];
const hostile = [
  Buffer.from('a\nb"c\\\''),
  Buffer.from('\u001b[2J\u001b]0;x\u0007'),
  Buffer.from([0xff, 0xfe, 0x80]),
  Buffer.from('a) S 1 1'),
  Buffer.from('\u202egnp'),
  Buffer.from('=1+1'),
];
// biome-ignore lint: the control characters are what must not be there.
const RAW = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

const host = new FakeHost();
for (const [i, name] of hostile.entries()) {
  host.state.processes[200 + i] = { name, user: 100, system: 0, residentPages: 1000 + i };
  const plain = name.toString('latin1').replace(/[\s:/]/g, '_');
  host.state.disks[plain] = Array.from({ length: 17 }, () => i);
  host.state.interfaces[`${plain}x`] = Array.from({ length: 16 }, () => i);
}
host.show();

/** Real processes: the name of the program is the name of the process. */
const children: ReturnType<typeof spawn>[] = [];
const directory = temporaryDirectory();
beforeAll(() => {
  for (const name of ['evil\nname', '\u001b[31mred', 'quote"\'\\']) {
    const program = path.join(directory, name);
    fs.copyFileSync('/bin/sleep', program);
    children.push(spawn(program, ['60'], { stdio: 'ignore' }));
  }
});
afterAll(() => children.forEach((child) => child.kill()));

test.each(['text', 'json', 'ndjson', 'csv', 'sysstat-json'])('%s of a fake host', async (format) => {
  const { code, stdout } = await cli([...quick, '--format', format, '-v', ...host.args]);
  expect(code).toBe(0);
  expect(stdout).not.toMatch(RAW);
  if (format === 'json' || format === 'sysstat-json') JSON.parse(stdout);
  if (format === 'ndjson') for (const line of stdout.trimEnd().split('\n')) JSON.parse(line);
  if (format === 'csv')
    for (const line of stdout.trimEnd().split('\n'))
      expect(line).toMatch(/^[^,]+,[a-z]+,("([^"]|"")*"|[^",]*),[a-z0-9_]+,[a-z_]+,/);
});

test('JSON tells the true name', async () => {
  const { stdout } = await cli([...quick, '--format', 'json', ...host.args]);
  const { top_memory } = (
    JSON.parse(stdout) as { resources: { processes: { top_memory: { pid: number; command: string }[] } } }
  ).resources.processes;
  const names = Object.fromEntries(top_memory.map(({ pid, command }) => [pid, command]));
  expect(names[201]).toBe('\u001b[2J\u001b]0;x\u0007');
  expect(names[203]).toBe('a) S 1 1');
});

test('the exposition stays one series a line', async () => {
  const { stdout } = await cli(['monitor-stats', '--once', ...host.args]);
  for (const line of stdout.trimEnd().split('\n'))
    expect(line).toMatch(/^(# (HELP|TYPE) \S+ .*|[a-z_][A-Za-z0-9_]*(\{.*\})? \S+)$/su);
});

test.each(['text', 'json', 'csv', 'prometheus'])('%s of real processes with such names', async (format) => {
  const pids = children.flatMap(({ pid }) => ['--pid', String(pid)]);
  const { code, stdout } = await cli([...quick, '--format', format, '-v', ...pids]);
  expect(code).toBe(0);
  if (format === 'prometheus') return;
  expect(stdout).not.toMatch(RAW);
  if (format !== 'csv') expect(stdout).toMatch(/evil\\nname/);
});

test('on a terminal: every format, the live line included', async () => {
  const args = host.args.map((arg) => `'${arg}'`).join(' ');
  for (const format of ['json', 'csv', 'prometheus', 'ndjson']) {
    const { stdout } = await shell(
      `script -qec "\\"$NODE\\" \\"$ENTRY\\" monitor-stats --duration 1 -i 0.2 --no-color --format ${format} ${args}" /dev/null`,
      {
        env: { TERM: 'xterm', LANG: 'C.UTF-8' },
      },
    );
    const seen = stdout.replaceAll('\r\n', '\n').replaceAll('\r\u001b[K', '');
    expect(seen).not.toMatch(RAW);
    expect(stdout).toContain('measuring for 1 s');
  }
}, 30_000);
