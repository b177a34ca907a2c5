/**
 * Figures of file systems on other machines, whose server may have stopped to answer. A `statfs` of
 * such a mount can block for ever, and a blocked call in this process takes a thread of the pool with
 * it and keeps even `process.exit()` from returning (measured with Node.js 20). So each is asked by a
 * child (`stat -f` of coreutils or busybox), one at a time for a mount, that may be left behind.
 */
import { execFile } from 'node:child_process';
import type { StatFs } from './collector.ts';

/** After this long without an answer a mount counts as stuck; node_exporter's rule. */
const STUCK_AFTER_SECONDS = 5;
/** How often a mount is asked. */
const ASK_EVERY_SECONDS = 30;
/** Longest wait for the first answers. */
const READY_MS = 1000;

/** File systems whose answer depends on another machine or on a user's process. */
export const REMOTE_TYPES =
  /^(nfs[34]?|cifs|smb3|smbfs|ncpfs|9p|afs|ceph|coda|lustre|gpfs|gfs2?|ocfs2|beegfs|orangefs|pvfs2|glusterfs|davfs|fuse(\..+)?)$/;

/** The last known answer about one mount. */
export interface RemoteAnswer {
  figures?: StatFs;
  /** Why there are none, in the words of the C library. */
  error?: string;
}

interface Asked extends RemoteAnswer {
  askedAt: number;
  pending: boolean;
}

/** Asks for one path; the callback may come late or never. */
export type AskRemote = (path: string, done: (answer: RemoteAnswer) => void) => void;

/** What is known about mounts on other machines, by path. */
export class RemoteStatfs {
  private readonly asked = new Map<string, Asked>();
  private readonly ask: AskRemote;

  constructor(ask: AskRemote = askChild) {
    this.ask = ask;
  }

  /** The last answer, at most about half a minute old; `undefined` before the first. Never waits. */
  answer(path: string, monotonicSeconds: number): RemoteAnswer | undefined {
    const known = this.asked.get(path) ?? this.start(path, monotonicSeconds);
    const age = monotonicSeconds - known.askedAt;
    if (known.pending && age > STUCK_AFTER_SECONDS) return { error: 'mountpoint timeout' };
    if (!known.pending && age >= ASK_EVERY_SECONDS) this.start(path, monotonicSeconds, known);
    return known.figures === undefined && known.error === undefined ? undefined : known;
  }

  /** Asks for these paths and resolves when all have answered, after a second at most. */
  async first(paths: readonly string[], monotonicSeconds: number): Promise<void> {
    if (paths.length === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, READY_MS);
      let left = paths.length;
      const done = (): void => {
        if (--left > 0) return;
        clearTimeout(timer);
        resolve();
      };
      for (const path of paths) this.start(path, monotonicSeconds, undefined, done);
    });
  }

  /** Forgets mounts that are gone. */
  keep(paths: ReadonlySet<string>): void {
    for (const path of this.asked.keys()) if (!paths.has(path)) this.asked.delete(path);
  }

  private start(path: string, now: number, known?: Asked, then?: () => void): Asked {
    const entry: Asked = known ?? { askedAt: now, pending: true };
    entry.askedAt = now;
    entry.pending = true;
    this.asked.set(path, entry);
    this.ask(path, ({ figures, error }) => {
      entry.pending = false;
      entry.figures = figures;
      entry.error = error;
      then?.();
    });
    return entry;
  }
}

/** Asks after the sample in hand is done: starting a program takes milliseconds. */
function askChild(path: string, done: (answer: RemoteAnswer) => void): void {
  setImmediate(runStat, path, done);
}

/** Asks by `stat -f`; neither the child nor its pipes keep this process alive. */
function runStat(path: string, done: (answer: RemoteAnswer) => void): void {
  const args = ['-f', '-c', '%s %b %f %a %c %d', '--', path];
  const options = {
    timeout: STUCK_AFTER_SECONDS * 2000,
    killSignal: 'SIGKILL',
    env: { ...process.env, LC_ALL: 'C' },
  } as const;
  const child = execFile('stat', args, options, (error, stdout, stderr) => {
    done(error === null ? parseStat(stdout) : { error: reason(error, stderr) });
  });
  child.unref();
  for (const pipe of [child.stdout, child.stderr]) (pipe as { unref?(): void } | null)?.unref?.();
}

function parseStat(stdout: string): RemoteAnswer {
  const [bsize, blocks, bfree, bavail, files, ffree] = stdout.trim().split(' ').map(Number);
  if (Number.isNaN(bsize) || ffree === undefined) return { error: 'unexpected answer of stat -f' };
  return { figures: { bsize, blocks, bfree, bavail, files, ffree } };
}

function reason(error: Error, stderr: string): string {
  const text = /: ([^:\n]+)\s*$/.exec(stderr)?.[1] ?? error.message;
  return text.charAt(0).toLowerCase() + text.slice(1);
}
