/** A result file is there as a whole or not at all. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { shell, temporaryDirectory } from '../support/cli.ts';

const isRoot = process.geteuid?.() === 0;
/** Root of a container may not mount. */
const canMount = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

/** `probe file` with its exit code on the last line of stdout. */
async function write(
  target: string,
  cwd: string,
  more = '',
  uid?: number,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { stdout, stderr } = await shell(`probe file --output-file ${target} ${more}; echo $?`, { cwd, uid });
  const lines = stdout.trimEnd().split('\n');
  return { code: Number(lines.pop()), stdout: lines.join('\n'), stderr };
}

describe('targets', () => {
  test('a new file and an existing one, whose mode and owner stay', async () => {
    const cwd = temporaryDirectory();
    expect((await write('new.txt', cwd)).code).toBe(0);
    expect(fs.readFileSync(`${cwd}/new.txt`, 'utf8')).toBe('first\n');
    fs.chmodSync(`${cwd}/new.txt`, 0o640);
    if (isRoot) fs.chownSync(`${cwd}/new.txt`, 12_345, 12_346);
    expect((await write('new.txt', cwd, '3')).code).toBe(0);
    expect(fs.readFileSync(`${cwd}/new.txt`, 'utf8')).toBe('first\nxxx');
    const { mode, uid, gid } = fs.statSync(`${cwd}/new.txt`);
    expect(mode & 0o777).toBe(0o640);
    if (isRoot) expect([uid, gid]).toEqual([12_345, 12_346]);
    expect(fs.readdirSync(cwd)).toEqual(['new.txt']);
  });

  test('links are followed, also to a file that is not there yet', async () => {
    const cwd = temporaryDirectory();
    fs.mkdirSync(`${cwd}/sub`);
    fs.symlinkSync('sub/real.txt', `${cwd}/link.txt`);
    for (const text of ['first\n', 'first\nx']) {
      expect((await write('link.txt', cwd, String(text.length - 6))).code).toBe(0);
      expect(fs.readlinkSync(`${cwd}/link.txt`)).toBe('sub/real.txt');
      expect(fs.readFileSync(`${cwd}/sub/real.txt`, 'utf8')).toBe(text);
    }
    fs.symlinkSync('loop', `${cwd}/loop`);
    expect((await write('loop', cwd)).stderr).toContain("cannot write 'loop': its symbolic links go round in a circle");
  });

  test('stdout under its names, devices and pipes', async () => {
    const cwd = temporaryDirectory();
    for (const name of ['-', '/dev/stdout', '/dev/fd/1']) {
      expect(await write(name, cwd)).toEqual({ code: 0, stdout: 'first', stderr: '' });
    }
    expect(await write('/dev/null', cwd, '100000')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(fs.statSync('/dev/null').isCharacterDevice()).toBe(true);
    expect((await write('>(cat >&2)', cwd)).stderr).toBe('first\n');
    const fifo = 'mkfifo pipe; (sleep 0.3; cat pipe) & probe file --output-file pipe 200000 & wait; rm pipe';
    expect((await shell(fifo, { cwd })).stdout).toHaveLength(200_006);
    const early = 'mkfifo pipe; head -c 2 pipe & probe file --output-file pipe 2000000; echo " $?"; wait';
    expect((await shell(early, { cwd })).stdout.split('').toSorted().join('').trim()).toContain('0');
    expect(fs.readdirSync(cwd)).toEqual(['pipe']);
  });

  test('when the command fails half-way the old file stays', async () => {
    const cwd = temporaryDirectory();
    fs.writeFileSync(`${cwd}/out.txt`, 'old');
    expect((await write('out.txt', cwd, '--fail')).code).toBe(3);
    expect(fs.readFileSync(`${cwd}/out.txt`, 'utf8')).toBe('old');
    expect(fs.readdirSync(cwd)).toEqual(['out.txt']);
  });
});

describe('what cannot be written: exit 5 and what to do', () => {
  test('directories, missing ones, files as directories, sockets, long names', async () => {
    const cwd = temporaryDirectory();
    fs.mkdirSync(`${cwd}/dir`);
    fs.writeFileSync(`${cwd}/file`, '');
    const server = net.createServer().listen(`${cwd}/socket`);
    await new Promise((resolve) => server.once('listening', resolve));
    const cases: [target: string, reason: string, fix: string][] = [
      ['dir', 'it is a directory', 'Add a file name'],
      ['new/', 'it is a directory', 'Add a file name'],
      ['missing/out.json', 'its directory does not exist', 'Create the directory first'],
      ['file/out.json', 'a part of its path is a file, not a directory', 'Choose a directory'],
      ['socket', 'it is a socket', 'Choose a file'],
      ['x'.repeat(300), 'the name is too long', 'shorter name'],
    ];
    for (const [target, reason, fix] of cases) {
      const { code, stderr } = await write(target, cwd);
      expect(stderr).toContain(`cannot write '${target}': ${reason}`);
      expect(stderr.split('\n')[1]).toContain(fix);
      expect(code).toBe(5);
    }
    server.close();
    expect(fs.readdirSync(cwd).toSorted()).toEqual(['dir', 'file']);
  });

  test('no permission, on the directory or on the file', async () => {
    const cwd = temporaryDirectory();
    fs.chmodSync(cwd, 0o755);
    fs.mkdirSync(`${cwd}/closed`, { mode: 0o555 });
    fs.mkdirSync(`${cwd}/open`, { mode: 0o777 });
    fs.chmodSync(`${cwd}/open`, 0o777);
    fs.writeFileSync(`${cwd}/open/read-only`, 'old', { mode: 0o444 });
    for (const target of ['closed/out.txt', 'open/read-only']) {
      const { code, stderr } = await write(target, cwd, '', isRoot ? 65_534 : undefined);
      expect(stderr).toContain(`not allowed to write '${target}': permission denied`);
      expect(code).toBe(5);
    }
    expect(fs.readFileSync(`${cwd}/open/read-only`, 'utf8')).toBe('old');
  });

  const mounts: string[] = [];
  afterAll(() => mounts.forEach((mount) => spawnSync('umount', [mount])));

  test.runIf(canMount)('a full disk and a read-only file system', async () => {
    const cwd = temporaryDirectory();
    const disk = path.join(cwd, 'disk');
    fs.mkdirSync(disk);
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).status).toBe(0);
    mounts.push(disk);
    fs.writeFileSync(`${disk}/out.txt`, 'old');
    const full = await write('disk/out.txt', cwd, '1000000');
    expect(full.stderr).toMatch(/cannot write 'disk\/out.txt': no space left on the device\n {2}Free some space there/);
    expect(full.code).toBe(5);
    expect(fs.readFileSync(`${disk}/out.txt`, 'utf8')).toBe('old');
    expect(fs.readdirSync(disk)).toEqual(['out.txt']);
    spawnSync('mount', ['-o', 'remount,ro', disk]);
    const readOnly = await write('disk/new.txt', cwd);
    expect(readOnly.stderr).toContain("cannot write 'disk/new.txt': the file system is read-only");
    expect(readOnly.code).toBe(5);
  });

  test.runIf(canMount)('a disk itself is refused', async () => {
    const cwd = temporaryDirectory();
    expect(spawnSync('mknod', [`${cwd}/disk`, 'b', '7', '99']).status).toBe(0);
    const { code, stderr } = await write('disk', cwd);
    expect(stderr).toContain("not allowed to write 'disk'");
    expect(code).toBe(5);
  });
});
