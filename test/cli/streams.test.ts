/** Standard streams, colour, messages and signals, with real processes. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { wantsColor } from '../../src/cli/output.ts';
import { probeEntry, shell, temporaryDirectory } from '../support/cli.ts';

describe('pipes', () => {
  test('3 MB through a pipe arrive whole, also to a slow reader', async () => {
    expect((await shell('probe bytes 3000000 | wc -c')).stdout.trim()).toBe('3000000');
    expect((await shell('probe bytes 3000000 | { sleep 0.5; wc -c; }')).stdout.trim()).toBe('3000000');
  });

  test.each(['bytes 3000000', 'lines'])(
    'a reader that leaves early: `%s | head -c 1` is silent, exit 0',
    async (args) => {
      const { stdout, stderr } = await shell(
        `probe ${args} 2> err | head -c 1; echo " \${PIPESTATUS[0]}"; cat err >&2`,
        {
          cwd: temporaryDirectory(),
        },
      );
      expect(stdout).toMatch(/^[x0] 0\n$/);
      expect(stderr).toBe(args === 'lines' ? 'stopped: closed\n' : '');
    },
  );

  test('help, errors and results with stdout or stderr closed', async () => {
    expect((await shell('codoperf --help | true; echo ${PIPESTATUS[0]}')).stdout).toBe('0\n');
    expect((await shell('codoperf config show >&-; echo $?')).stdout).toMatch(/^[05]\n$/);
    expect((await shell('{ codoperf bogus; echo $? >&3; } 3>&1 2> >(true)')).stdout).toBe('2\n');
  });

  test('a full disk behind stdout: exit 5', async () => {
    for (const command of ['codoperf --help', 'codoperf config show', 'probe bytes 3000000']) {
      const { stdout, stderr } = await shell(`${command} > /dev/full; echo $?`);
      expect(stderr).toMatch(
        /^codoperf: cannot write 'standard output': no space left on the device\n {2}Free some space/,
      );
      expect(stdout).toBe('5\n');
    }
  });
});

describe('colour', () => {
  const cases: [flag: boolean | undefined, env: Record<string, string>, tty: boolean, color: boolean][] = [
    [undefined, {}, true, true],
    [undefined, {}, false, false],
    [undefined, { TERM: 'dumb' }, true, false],
    [undefined, { NO_COLOR: '1' }, true, false],
    [undefined, { NO_COLOR: '' }, true, true],
    [undefined, { FORCE_COLOR: '1', NO_COLOR: '1', TERM: 'dumb' }, false, true],
    [undefined, { FORCE_COLOR: '0' }, true, false],
    [undefined, { FORCE_COLOR: '' }, false, false],
    [false, { FORCE_COLOR: '1' }, true, false],
    [true, { NO_COLOR: '1' }, false, true],
  ];
  test.each(cases)('flag %s, %j, terminal %s: %s', (flag, env, tty, color) => {
    expect(wantsColor({ flag, env }, tty)).toBe(color);
  });

  test('in a process: flag before or after the command, variable, NO_COLOR on a terminal', async () => {
    const bold = '\u001b[1mbold\u001b[0m\n';
    expect((await shell('probe color 2>&1')).stdout).toBe('plain\nplain\n');
    expect((await shell('probe --color color')).stdout).toBe(bold);
    expect((await shell('probe color --color')).stdout).toBe(bold);
    expect((await shell('probe color --no-color', { env: { FORCE_COLOR: '1' } })).stdout).toBe('plain\n');
    expect((await shell('probe color', { env: { CODOPERF_COLOR: 'yes' } })).stdout).toBe(bold);
    const onTerminal = 'script -qec \'"$NODE" "$PROBE" color\' /dev/null';
    expect((await shell(onTerminal, { env: { TERM: 'xterm' } })).stdout).toContain('\u001b');
    expect((await shell(onTerminal, { env: { TERM: 'xterm', NO_COLOR: '1' } })).stdout).not.toContain('\u001b');
  });
});

describe('messages', () => {
  test('warnings and errors by default, more with -v and --log-level', async () => {
    const warnings = 'codoperf: an error\ncodoperf: warning: a warning\\x1b[2J\\nwith a line\n';
    expect((await shell('probe log')).stderr).toBe(warnings);
    expect((await shell('probe log --log-level error')).stderr).toBe('codoperf: an error\n');
    expect((await shell('probe -v log')).stderr).toBe(`${warnings}codoperf: some information\n`);
    expect((await shell('probe log --log-level debug')).stderr).toContain('codoperf: debug: a detail\n');
  });

  test("--log-file: time and level in the file, which is the owner's alone; warnings on stderr too", async () => {
    const cwd = temporaryDirectory();
    expect((await shell('probe log --log-file log.txt --log-level info', { cwd })).stderr).not.toContain('information');
    const file = path.join(cwd, 'log.txt');
    const lines = fs.readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (error|warn|info) /);
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    const refused = await shell('probe log --log-file /nonexistent/log; echo $?');
    expect(refused.stderr).toContain("cannot write '/nonexistent/log': its directory does not exist");
    expect(refused.stdout).toBe('5\n');
  });

  test('an unexpected failure: exit 1, no stack unless debugging', async () => {
    const { stdout, stderr } = await shell('probe boom; echo $?');
    expect(stdout).toBe('1\n');
    expect(stderr).toMatch(/^codoperf: internal failure: TypeError: boom\n {2}This is a defect/);
    expect(stderr).not.toContain('    at ');
    expect((await shell('probe boom --log-level debug')).stderr).toContain('    at ');
  });
});

describe('signals', () => {
  /** Starts a probe, sends each signal once the one before has had its effect, and gives its end. */
  async function signalled(
    args: string[],
    signals: [NodeJS.Signals, waitFor: string][],
  ): Promise<{ end: number | string | null; out: string }> {
    const child = spawn(process.execPath, [await probeEntry(), ...args], { cwd: temporaryDirectory() });
    let out = '';
    let sent = 0;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      while (sent < signals.length && out.includes(signals[sent][1])) child.kill(signals[sent++][0]);
    });
    const end = await new Promise<number | string | null>((resolve) => {
      child.on('close', (code, signal) => resolve(code ?? signal));
    });
    return { end, out };
  }

  test.each([
    ['SIGINT', 0, 'interrupt'],
    ['SIGTERM', 143, 'terminate'],
    ['SIGHUP', 129, 'hangup'],
  ] as const)('%s: a whole result, exit %i', async (signal, code, reason) => {
    expect(await signalled(['wait'], [[signal, 'ready']])).toEqual({ end: code, out: `ready\nstopped: ${reason}\n` });
  });

  test('SIGUSR2 asks for a summary and ends nothing', async () => {
    const { end, out } = await signalled(
      ['wait'],
      [
        ['SIGUSR2', 'ready'],
        ['SIGINT', 'summary'],
      ],
    );
    expect([end, out]).toEqual([0, 'ready\nsummary\nstopped: interrupt\n']);
  });

  test('the second Ctrl-C ends it at once with 130 and leaves no temporary file', async () => {
    const cwd = temporaryDirectory();
    const child = spawn(process.execPath, [await probeEntry(), 'stubborn', '--output-file', 'out.txt'], { cwd });
    const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(fs.readdirSync(cwd)).toHaveLength(1);
    child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(child.exitCode).toBeNull();
    child.kill('SIGINT');
    expect(await closed).toBe(130);
    expect(fs.readdirSync(cwd)).toEqual([]);
  });
});
