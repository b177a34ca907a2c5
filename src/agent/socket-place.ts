/**
 * Where the agent's socket stands: `<runtime>/agents/<pid>.sock`, in directories that are ours alone. What another user
 * could have put in the way is not used: then there is no socket, and the agent only counts.
 */
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { AGENTS_FOLDER, LONGEST_SOCKET_PATH_BYTES, agentSocket, runtimePath } from '../core/runtime-place.ts';
import { builtin, guarded } from './guard.ts';

const OWN_DIRECTORY = 0o700;
const WRITE_BY_OTHERS = 0o022;
const ANY_ACCESS_BY_OTHERS = 0o077;
const SOCKET_NAME = /^([1-9]\d{0,9})\.sock$/;

/** There can be no socket; `message` says why. */
class NoPlace extends Error {
  override readonly name = 'NoPlace';
}

/** Path for the socket of this process, its directories made and checked. Throws `NoPlace`, and what `fs` throws. */
export async function socketPlace(env: NodeJS.ProcessEnv): Promise<string> {
  const uid = process.geteuid?.() ?? 0;
  const runtime = runtimePath(env, uid);
  const socket = agentSocket(runtime, process.pid);
  if (Buffer.byteLength(socket) > LONGEST_SOCKET_PATH_BYTES) {
    throw new NoPlace(`${socket} has more than ${LONGEST_SOCKET_PATH_BYTES} bytes`);
  }
  fs.mkdirSync(runtime, { recursive: true, mode: OWN_DIRECTORY });
  check(runtime, uid, WRITE_BY_OTHERS);
  const folder = path.join(runtime, AGENTS_FOLDER);
  if (fs.lstatSync(folder, { throwIfNoEntry: false }) === undefined) makeFolder(folder);
  check(folder, uid, ANY_ACCESS_BY_OTHERS);
  // Left by a process that had our pid before; or one with the same pid in another container listens on it.
  if (!(await removedWhenDead(socket))) throw new NoPlace(`somebody else listens on ${socket}`);
  return socket;
}

function makeFolder(folder: string): void {
  try {
    fs.mkdirSync(folder, { mode: OWN_DIRECTORY });
  } catch (error) {
    // Another process of ours was faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function check(directory: string, uid: number, forbidden: number): void {
  const stat = fs.lstatSync(directory);
  if (!stat.isDirectory()) throw new NoPlace(`${directory} is not a directory`);
  if (stat.uid !== uid) throw new NoPlace(`${directory} belongs to uid ${stat.uid}`);
  if ((stat.mode & forbidden) !== 0) throw new NoPlace(`others may use ${directory}`);
}

/** Removes the sockets of processes that ended without doing it. `folder` was checked. */
export async function removeStaleSockets(folder: string): Promise<void> {
  for (const name of fs.readdirSync(folder)) {
    const pid = Number(SOCKET_NAME.exec(name)?.[1]);
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    const socket = path.join(folder, name);
    if (fs.lstatSync(socket, { throwIfNoEntry: false })?.isSocket()) await removedWhenDead(socket);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/**
 * Whether the path is free now. That nobody listens is asked of the socket itself: its process may run where we do
 * not see it, in a container that shares the directory.
 */
async function removedWhenDead(socket: string): Promise<boolean> {
  const failure = await connectFailure(socket);
  if (failure === 'ENOENT') return true;
  if (failure !== 'ECONNREFUSED') return false;
  guarded('stale socket', () => fs.unlinkSync(socket));
  return !fs.existsSync(socket);
}

/** Why one cannot connect; `undefined` when one can. */
function connectFailure(socket: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const connection = builtin('node:net').createConnection({ path: socket });
    connection.unref();
    connection.on('connect', () => {
      connection.destroy();
      resolve(undefined);
    });
    connection.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}
