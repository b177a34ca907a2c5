/**
 * What codoperf did to processes and has not taken back, and who is at it. It stands in files below the user's
 * runtime directory, because whoever did it may have been killed: the next attach to the same process takes over.
 */
import fs from 'node:fs';
import path from 'node:path';
import { errnoOf } from '../../../core/errors.ts';
import { listDirectory, readText } from '../../files.ts';
import { processFacts } from '../process-facts.ts';
import type { Target } from './target.ts';

const FOLDER = 'attach';
const PORT_LOCK = 'port.lock';
const OWNER_ONLY = 0o700;

/** What is to be taken back from a process. */
export interface Debt {
  /** Its inspector was asked to open, and was not seen closed. */
  readonly inspector: boolean;
  /** The agent was brought in, and was not seen to end. */
  readonly agent: boolean;
}

/** Somebody else is at it. */
export interface Holder {
  readonly pid: number;
}

/** The right to be the only one; held until `release`, or until this process ends. */
export interface Hold {
  release(): void;
}

/** The files of one user. */
export class Ledger {
  private readonly folder: string;
  private readonly procfs: string;

  /** `runtime` is a directory that only this user can write to. */
  constructor(runtime: string, procfs: string) {
    this.folder = path.join(runtime, FOLDER);
    this.procfs = procfs;
    fs.mkdirSync(this.folder, { recursive: true, mode: OWNER_ONLY });
    this.sweep();
  }

  /** One codoperf at a time reads a process through an agent that it brought. */
  holdProcess({ pid }: Target): Hold | Holder {
    return this.take(path.join(this.folder, `${pid}.lock`));
  }

  /** Inspectors share a port, so processes are attached to one after the other. */
  holdPort(): Hold | Holder {
    return this.take(path.join(this.folder, PORT_LOCK));
  }

  debt({ pid, startTicks }: Target): Debt {
    const noted = readText(this.debtFile(pid))?.split(' ') ?? [];
    if (noted[0] !== String(startTicks)) return { inspector: false, agent: false };
    return { inspector: noted.includes('inspector'), agent: noted.includes('agent') };
  }

  /** Written before what it says is done. */
  note(target: Target, debt: Partial<Debt>): void {
    const all = { ...this.debt(target), ...debt };
    const words = [target.startTicks, ...(all.inspector ? ['inspector'] : []), ...(all.agent ? ['agent'] : [])];
    const file = this.debtFile(target.pid);
    if (words.length === 1) fs.rmSync(file, { force: true });
    else fs.writeFileSync(file, words.join(' '), { mode: 0o600 });
  }

  private debtFile(pid: number): string {
    return path.join(this.folder, `${pid}.debt`);
  }

  /** Processes that have ended owe nothing. */
  private sweep(): void {
    for (const name of listDirectory(this.folder)) {
      const pid = /^(\d+)\.debt$/.exec(name)?.[1];
      if (pid !== undefined && processFacts(this.procfs, Number(pid)) === undefined)
        fs.rmSync(path.join(this.folder, name), { force: true });
    }
  }

  /** A link is made with its content in it and fails when the name is taken, so that nobody sees half a lock. */
  private take(file: string): Hold | Holder {
    const own = `${file}.${process.pid}`;
    const content = `${process.pid} ${processFacts(this.procfs, process.pid)?.startTicks}`;
    for (;;) {
      fs.writeFileSync(own, content, { mode: 0o600 });
      try {
        fs.linkSync(own, file);
        let held = true;
        return {
          release: () => {
            if (held) fs.rmSync(file, { force: true });
            held = false;
          },
        };
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error;
      } finally {
        fs.rmSync(own, { force: true });
      }
      const found = readText(file);
      if (found === undefined) continue; // Released just now.
      const [pid, startTicks] = found.split(' ').map(Number);
      const holder = processFacts(this.procfs, pid);
      if (holder !== undefined && holder.startTicks === startTicks && !holder.dead) return { pid };
      this.removeStale(file, own, found);
    }
  }

  /** Only one of several that found the same stale lock gets to move it away; a fresh one is put back. */
  private removeStale(file: string, own: string, stale: string): void {
    try {
      fs.renameSync(file, own);
      if (readText(own) !== stale) fs.linkSync(own, file);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'EEXIST') throw error;
    } finally {
      fs.rmSync(own, { force: true });
    }
  }
}
