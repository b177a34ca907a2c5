/**
 * Which threads of the process belong to libuv's pool. From libuv 1.51 on they are called `libuv-worker`; before, all
 * threads are called `node`, so the ids are those that come up around the first use of the pool.
 */
import fs from 'node:fs';
import process from 'node:process';

const TASKS = '/proc/self/task';
const NAME = 'libuv-worker';
// Seen in 1.51; where they have none or it is unsure, the other way works, too.
const NAMED_SINCE = [1, 51];
const DEFAULT_SIZE = 4;
const LARGEST_SIZE = 1024;

/** Finds the pool's threads; made before the program runs, so that the pool was not used yet. */
export class PoolThreads {
  private readonly before = isNamed() ? undefined : tasks();
  private found: readonly number[] | null = null;

  /**
   * Where threads have no names: uses the pool, which makes all its threads at once, and looks which are new. When
   * others came up in the meantime, the figure is not known.
   */
  settle(): void {
    const { before } = this;
    if (before === undefined) return;
    fs.stat('/', () => {
      // Only asked so that the pool is made, which is done when this call returns.
    });
    const fresh = tasks().filter((tid) => !before.includes(tid));
    if (fresh.length === poolSize()) this.found = fresh;
  }

  /** Thread ids; empty while the pool was not used, `null` when they cannot be told. */
  ids(): readonly number[] | null {
    return this.before === undefined ? tasks().filter(isPoolThread) : this.found;
  }
}

function isNamed(): boolean {
  const [major, minor] = process.versions.uv.split('.').map(Number);
  return major > NAMED_SINCE[0] || (major === NAMED_SINCE[0] && minor >= NAMED_SINCE[1]);
}

function tasks(): number[] {
  try {
    return fs.readdirSync(TASKS).map(Number);
  } catch {
    return []; // No /proc here, or the permission model: the difference will not be the pool.
  }
}

function isPoolThread(tid: number): boolean {
  try {
    return fs.readFileSync(`${TASKS}/${tid}/comm`, 'latin1').trimEnd() === NAME;
  } catch {
    return false; // It has ended.
  }
}

/** Number of threads of the pool, 1 to 1024, as `uv_threadpool` reads it. https://docs.libuv.org/en/v1.x/threadpool.html */
export function poolSize(): number {
  const wanted = process.env.UV_THREADPOOL_SIZE;
  if (wanted === undefined) return DEFAULT_SIZE;
  const size = Number.parseInt(wanted, 10);
  return Math.min(Math.max(Number.isNaN(size) ? 1 : size, 1), LARGEST_SIZE);
}
