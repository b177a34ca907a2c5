/** Live attach across the borders of users and namespaces. */
import { execFile, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { beforeAll, expect, test } from 'vitest';
import { agentFile } from '../support/agent.ts';
import { TargetServer, freePort } from '../support/attach-target.ts';
import { temporaryDirectory } from '../support/cli.ts';

const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;
const hasNamespaces = spawnSync('unshare', ['-n', '-p', '-m', '-f', 'true']).status === 0;
const UP = ['sh', '-c', 'ip link set lo up; exec "$0" "$@"'];
const run = promisify(execFile);
let driver: string;

beforeAll(async () => {
  const folder = temporaryDirectory();
  fs.chmodSync(folder, 0o755);
  driver = path.join(folder, 'driver.mjs');
  await build({
    entryPoints: ['test/support/attach-driver.ts'],
    outfile: driver,
    bundle: true,
    format: 'esm',
    platform: 'node',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'silent',
  });
});

/** A directory that a user may write to, below one that he may pass. */
function home(uid = 0): string {
  const folder = path.join(temporaryDirectory(), 'home');
  fs.chmodSync(path.dirname(folder), 0o755);
  fs.mkdirSync(folder, { mode: 0o700 });
  fs.chownSync(folder, uid, uid);
  return folder;
}

/** What an attach gives, and a detach, in a process that is started through `wrapper`. */
async function attachFrom(wrapper: readonly string[], pid: number, runtime: string, uid?: number): Promise<object> {
  const [command, ...args] = [...wrapper, process.execPath, driver, String(pid), runtime, await agentFile()];
  const { stdout } = await run(command, args, { uid, gid: uid });
  return JSON.parse(stdout) as object;
}

async function ownPort(): Promise<string> {
  return `--inspect-port=${await freePort()}`;
}

test.skipIf(!isRoot)('a user attaches to his own process', async () => {
  const runtime = home(NOBODY);
  const target = await TargetServer.grown({ uid: NOBODY, runtime, flags: [await ownPort()] });
  expect(await attachFrom([], target.pid, runtime, NOBODY)).toMatchObject({ brought: true, answered: true });
  expect(await target.get()).toMatchObject({ inspector: null, symbols: [] });
});

test.skipIf(!isRoot)("a user does not attach to somebody else's process", async () => {
  const target = await TargetServer.grown({ uid: NOBODY - 1, runtime: home(NOBODY - 1), flags: [] });
  expect(await attachFrom([], target.pid, home(NOBODY), NOBODY)).toMatchObject({
    code: 'ATTACH_PERMISSION',
    exitCode: 7,
  });
  expect(target.program.stderr).toBe('');
});

test.skipIf(!hasNamespaces)('another network: refused from outside, and the remedy works', async () => {
  const runtime = home();
  const target = await TargetServer.grown({ runtime, node: 'unshare', flags: ['-n', ...UP, process.execPath] });
  const refusal = await attachFrom([], target.pid, runtime);
  expect(refusal).toMatchObject({ code: 'ATTACH_OTHER_NETWORK', exitCode: 4 });
  expect((refusal as { remedy: string }).remedy).toContain(`nsenter -n -t ${target.pid} codoperf`);
  expect(target.program.stderr).toBe('');
  const inside = await attachFrom(['nsenter', '-n', '-t', String(target.pid)], target.pid, runtime);
  expect(inside).toMatchObject({ brought: true, answered: true });
});

test.skipIf(!hasNamespaces)(
  'another pid and mount namespace, as in a container with the network of the host',
  async () => {
    const runtime = home();
    const flags = ['-p', '-m', '-f', '--kill-child', '--mount-proc', process.execPath, await ownPort()];
    const target = await TargetServer.grown({ runtime, node: 'unshare', flags });
    const pid = Number(fs.readFileSync(`/proc/${target.pid}/task/${target.pid}/children`, 'latin1').trim());
    const socket = `/proc/${pid}/root${runtime}/agents/1.sock`;
    expect(await attachFrom([], pid, runtime)).toEqual({ brought: true, answered: true, socket });
    expect(await target.get()).toMatchObject({ pid: 1, inspector: null, symbols: [] });
  },
);

test.skipIf(!hasNamespaces)('from a pid namespace whose /proc is the one of the host', async () => {
  const runtime = home();
  const target = await TargetServer.grown({ runtime, flags: [await ownPort()] });
  const refusal = await attachFrom(['unshare', '-p', '-f', '--kill-child'], target.pid, runtime);
  expect(refusal).toMatchObject({ code: 'ATTACH_OTHER_PIDS', exitCode: 4 });
  expect(target.program.stderr).toBe('');
});
