/** Whose sockets are talked to: every wrong owner, mode, link and age, on real directories and sockets. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { discoverAgents, removeStale, unwatchedNodes } from '../../src/collect/node/discover.ts';
import { scriptOf } from '../../src/collect/node/process-facts.ts';
import { temporaryDirectory } from '../support/cli.ts';
import { FakeProcfs, FakeRuntime, honest } from '../support/fake-agent.ts';

const uid = process.getuid?.() ?? 0;
const isRoot = uid === 0;
const PID = 4242;
let runtime: FakeRuntime;
let proc: FakeProcfs;

beforeEach(() => {
  runtime = new FakeRuntime();
  proc = new FakeProcfs();
});
afterEach(() => runtime.close());

const discover = (changes: Parameters<typeof discoverAgents>[0] = {}) =>
  discoverAgents({ procfs: proc.root, env: { CODOPERF_RUNTIME_DIR: runtime.directory }, uid, ...changes });

describe('in the directory that CODOPERF_RUNTIME_DIR names', () => {
  test('a living process that was there before its socket is found', async () => {
    proc.process(PID, { uid });
    const socket = await runtime.listen(PID, honest(PID));
    expect(discover()).toEqual({
      agents: [{ pid: PID, uid, socket, startTicks: 100_000 }],
      denied: [],
      stale: [],
    });
  });

  test('agents come in the order of their pids; other files are passed over', async () => {
    for (const pid of [900, 5, 77]) {
      proc.process(pid, { uid });
      await runtime.listen(pid, honest(pid));
    }
    for (const name of ['0.sock', '007.sock', 'x.sock', '12', '99999999999.sock', '.5.sock.tmp']) {
      fs.writeFileSync(path.join(runtime.directory, 'agents', name), '');
    }
    const { agents, denied } = discover();
    expect(agents.map(({ pid }) => pid)).toEqual([5, 77, 900]);
    expect(denied).toEqual([]);
  });

  test.each(['S', 'D', 'T'])('a process in state %s counts', async (state) => {
    proc.process(PID, { uid, state });
    await runtime.listen(PID, honest(PID));
    expect(discover().agents).toHaveLength(1);
  });

  test('nothing is there: nothing is found, and nothing made', () => {
    const nowhere = path.join(runtime.directory, 'nowhere');
    expect(discover({ env: { CODOPERF_RUNTIME_DIR: nowhere } })).toEqual({ agents: [], denied: [], stale: [] });
    expect(fs.existsSync(nowhere)).toBe(false);
  });

  test('a link and a plain file in the place of a socket are denied', async () => {
    for (const pid of [1, 2, 3]) proc.process(pid, { uid });
    const socket = await runtime.listen(1, honest(1));
    fs.symlinkSync(socket, runtime.socket(2));
    fs.writeFileSync(runtime.socket(3), '');
    const { agents, denied } = discover();
    expect(agents.map(({ pid }) => pid)).toEqual([1]);
    expect(denied).toEqual([
      { path: runtime.socket(2), reason: 'it is a symbolic link' },
      { path: runtime.socket(3), reason: 'it is not a socket' },
    ]);
  });

  test('a socket whose path Node.js would cut is denied', async () => {
    const long = path.join(runtime.directory, 'x'.repeat(60), 'y'.repeat(40));
    fs.mkdirSync(path.join(long, 'agents'), { recursive: true, mode: 0o700 });
    proc.process(PID, { uid });
    // Made where its path is short: what counts is the way that leads to it here.
    const socket = await runtime.listen(PID, honest(PID));
    fs.renameSync(socket, path.join(long, 'agents', `${PID}.sock`));
    const { agents, denied } = discover({ env: { CODOPERF_RUNTIME_DIR: long } });
    expect(agents).toEqual([]);
    expect(denied.map(({ reason }) => reason)).toEqual(["a socket's path has at most 107 bytes"]);
  });
});

describe('directories that others could have tampered with', () => {
  beforeEach(async () => {
    proc.process(PID, { uid });
    await runtime.listen(PID, honest(PID));
  });
  const folder = () => path.join(runtime.directory, 'agents');

  test.each([0o755, 0o770, 0o701, 0o777])('sockets in a directory of mode %o', (mode) => {
    fs.chmodSync(folder(), mode);
    expect(discover()).toMatchObject({
      agents: [],
      denied: [{ path: folder(), reason: `others may use it (mode ${mode.toString(8)})` }],
    });
  });

  test.each([0o777, 0o1777, 0o775])('below a directory of mode %o', (mode) => {
    fs.chmodSync(runtime.directory, mode);
    expect(discover()).toMatchObject({ agents: [], denied: [{ path: runtime.directory }] });
  });

  test('a link to it', () => {
    const link = path.join(temporaryDirectory(), 'link');
    fs.symlinkSync(runtime.directory, link);
    expect(discover({ env: { CODOPERF_RUNTIME_DIR: link } })).toMatchObject({
      agents: [],
      denied: [{ path: link, reason: 'it is a symbolic link' }],
    });
  });

  test('a link in the place of the directory of sockets', () => {
    const other = new FakeRuntime();
    fs.rmdirSync(path.join(other.directory, 'agents'));
    fs.symlinkSync(folder(), path.join(other.directory, 'agents'));
    expect(discover({ env: { CODOPERF_RUNTIME_DIR: other.directory } })).toMatchObject({
      agents: [],
      denied: [{ reason: 'it is a symbolic link' }],
    });
  });

  test('a file in the place of the directory', () => {
    const file = path.join(temporaryDirectory(), 'file');
    fs.writeFileSync(file, '');
    expect(discover({ env: { CODOPERF_RUNTIME_DIR: file } }).denied).toEqual([
      { path: file, reason: 'it is not a directory' },
    ]);
  });

  test.runIf(isRoot)('the directory of somebody else, for a user', () => {
    fs.chownSync(runtime.directory, 1234, 1234);
    expect(discover({ uid: 1000 })).toMatchObject({
      agents: [],
      denied: [{ reason: 'it belongs to uid 1234, not to 1000' }],
    });
  });

  test.runIf(isRoot)('a socket of somebody else in the own directory', () => {
    fs.chownSync(runtime.socket(PID), 1234, 1234);
    expect(discover()).toMatchObject({
      agents: [],
      denied: [{ reason: `it belongs to uid 1234, and its directory to ${uid}` }],
    });
  });

  test.runIf(isRoot)('a directory of sockets of another user than the one above it', () => {
    fs.chownSync(folder(), 1234, 1234);
    fs.chownSync(runtime.socket(PID), 1234, 1234);
    proc.process(PID, { uid: 1234 });
    expect(discover()).toMatchObject({ agents: [], denied: [{ path: folder() }] });
  });
});

describe.runIf(isRoot)('what root may read of others', () => {
  const USER = 1234;
  const others = (): string => path.join(runtime.directory, `tmp/codoperf-${USER}`);

  /** The sockets of a user below a root of its own. */
  async function make({ directory = USER, socket = USER, owner = USER, place = others() }): Promise<void> {
    proc.process(PID, { uid: owner });
    const made = new FakeRuntime(place);
    fs.chmodSync(place, 0o700);
    const own = await runtime.listen(PID, honest(PID));
    fs.renameSync(own, made.socket(PID));
    fs.chownSync(place, directory, directory);
    fs.chownSync(path.join(place, 'agents'), directory, directory);
    fs.chownSync(made.socket(PID), socket, socket);
  }
  const asRoot = () => discover({ env: {}, rootfs: runtime.directory, uid: 0 });
  // The directories that belong to the real root are not those below `rootfs`, and hold none of these pids.
  const found = () => asRoot().agents.map(({ pid, uid: owner }) => [pid, owner]);

  test('directory, socket and process belong to the same user', async () => {
    await make({});
    expect(found()).toEqual([[PID, USER]]);
  });

  test('his session directory too', async () => {
    await make({ place: path.join(runtime.directory, `run/user/${USER}/codoperf`) });
    expect(found()).toEqual([[PID, USER]]);
  });

  test("root's own agents below /run, whatever user their program has become since", async () => {
    await make({ directory: 0, socket: 0, owner: 33, place: path.join(runtime.directory, 'run/codoperf') });
    expect(found()).toEqual([[PID, 0]]);
  });

  test.each([
    ['the directory', { directory: 99 }],
    ['the socket', { socket: 99 }],
    ['the process', { owner: 99 }],
    ['the process, of root', { owner: 0 }],
  ])('%s belongs to another one', async (_, wrong) => {
    await make(wrong);
    expect(found()).toEqual([]);
    expect(asRoot().denied.length).toBe(1);
  });

  test('nobody else may, and does not look', async () => {
    await make({});
    const seen = discover({ env: {}, rootfs: runtime.directory, uid: 1235 });
    expect(seen).toEqual({ agents: [], denied: [], stale: [] });
  });

  test('a user finds his own in both of his places, once each', async () => {
    await make({});
    expect(discover({ env: {}, rootfs: runtime.directory, uid: USER }).agents.map(({ pid }) => pid)).toEqual([PID]);
  });

  test('a name in /tmp that is no number is not even looked at', async () => {
    await make({ place: path.join(runtime.directory, 'tmp/codoperf-../x') });
    expect(found()).toEqual([]);
  });
});

describe('what ended processes left', () => {
  /** A socket that nobody listens on. */
  async function abandoned(pid: number): Promise<string> {
    const other = new FakeRuntime();
    const socket = await other.listen(pid, honest(pid));
    fs.renameSync(socket, runtime.socket(pid));
    await other.close();
    return runtime.socket(pid);
  }

  test('the socket of a process that is gone is stale, and removed', async () => {
    const socket = await abandoned(PID);
    const seen = discover();
    expect(seen).toEqual({ agents: [], denied: [], stale: [socket] });
    expect(fs.existsSync(socket)).toBe(true);
    await removeStale(seen);
    expect(fs.existsSync(socket)).toBe(false);
  });

  test('a zombie is gone', async () => {
    proc.process(PID, { uid, state: 'Z' });
    await abandoned(PID);
    expect(discover()).toMatchObject({ agents: [], stale: [runtime.socket(PID)] });
  });

  test('one that somebody listens on stays: its process may only be out of our sight', async () => {
    const socket = await runtime.listen(PID, honest(PID));
    const seen = discover();
    expect(seen.stale).toEqual([socket]);
    await removeStale(seen);
    expect(fs.existsSync(socket)).toBe(true);
  });

  test('a process that began after the socket was made is another one with the same pid', async () => {
    const socket = await abandoned(PID);
    fs.utimesSync(socket, 1_500_000_000, 1_500_000_000);
    proc.process(PID, { uid, startTicks: 500_000_100 * 100 });
    expect(discover()).toMatchObject({ agents: [], stale: [socket] });
  });

  test('but not when it holds the socket: then only the clock was set', async () => {
    const socket = await runtime.listen(PID, honest(PID));
    fs.utimesSync(socket, 1_500_000_000, 1_500_000_000);
    proc.process(PID, { uid, startTicks: 500_000_100 * 100 });
    proc.write('net/unix', `Num RefCount …\n0000: 00000002 00000000 00010000 0001 01 777 ${socket}\n`);
    expect(discover().agents).toEqual([]);
    fs.mkdirSync(path.join(proc.root, `${PID}/fd`));
    fs.symlinkSync('socket:[777]', path.join(proc.root, `${PID}/fd/20`));
    expect(discover().agents).toHaveLength(1);
  });

  test('with the real /proc: a socket that is older than the process of its name', async () => {
    const child = spawn('sleep', ['30'], { stdio: 'ignore' });
    try {
      const socket = await abandoned(child.pid as number);
      fs.utimesSync(socket, 1_500_000_000, 1_500_000_000);
      expect(discover({ procfs: '/proc' })).toEqual({ agents: [], denied: [], stale: [socket] });
      fs.utimesSync(socket, new Date(), new Date());
      expect(discover({ procfs: '/proc' }).agents.map(({ pid }) => pid)).toEqual([child.pid]);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });
});

test.each([
  [['node', '/srv/app.js', '--port', '1'], 'app.js'],
  [['/usr/bin/node', '--require', '/x/register.cjs', '--max-old-space-size=64', 'bin/www', 'a'], 'www'],
  [['node', '--import=codoperf/register', '-e', 'secret code'], '[eval]'],
  [['node', '-r', 'x', '--eval=code'], '[eval]'],
  [['node'], 'node'],
  [['node', '-i'], 'node'],
  [['api-server'], 'api-server'],
  [['npm run start'], 'npm'],
])('%j is called %s until it tells itself', (words, name) => {
  proc.process(PID, { uid });
  proc.write(`${PID}/cmdline`, `${words.join('\0')}\0`);
  expect(scriptOf(proc.root, PID)).toBe(name);
});

describe('Node.js processes without the agent', () => {
  const unwatched = (user: number, watched: { pid: number }[] = []) =>
    unwatchedNodes(watched, { procfs: proc.root, uid: user }).map(({ pid }) => pid);

  beforeEach(() => {
    proc.process(10, { uid: 1000 });
    proc.process(20, { uid: 0, exe: '/opt/node-22/bin/node (deleted)', comm: 'worker' });
    proc.process(30, { uid: 1000, exe: '/usr/bin/nodejs' });
    proc.process(40, { uid: 1000, exe: '/usr/bin/python3', comm: 'node' });
    proc.process(50, { uid: 1000, exe: '', comm: 'MainThread' });
    proc.process(60, { uid: 1000, state: 'Z' });
  });

  test('root sees everybody, a user his own; by the program, or by the name where that is hidden', () => {
    expect(unwatched(0)).toEqual([10, 20, 30, 50]);
    expect(unwatched(1000)).toEqual([10, 30, 50]);
    expect(unwatched(0, [{ pid: 10 }, { pid: 30 }])).toEqual([20, 50]);
  });

  test('codoperf itself is none of them', () => {
    proc.write('10/cmdline', 'node\0/usr/local/bin/codoperf\0monitor-stats\0');
    proc.write('30/cmdline', 'node\0/srv/node_modules/codoperf/dist/codoperf.js\0');
    proc.process(process.pid, {});
    expect(unwatched(0)).toEqual([20, 50]);
  });

  test('secrets on the command line are not shown', () => {
    const [first] = unwatchedNodes([], { procfs: proc.root, uid: 0 });
    expect(first).toEqual({ pid: 10, uid: 1000, comm: 'node', command: 'node /srv/node.js …' });
  });

  test('with the real /proc: a child that runs Node.js', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    try {
      await once(child, 'spawn');
      expect(unwatchedNodes([]).map(({ pid }) => pid)).toContain(child.pid);
      expect(unwatchedNodes([{ pid: child.pid as number }]).map(({ pid }) => pid)).not.toContain(child.pid);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });
});
