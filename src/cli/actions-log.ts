/**
 * What codoperf changed on this machine, one JSON line each in `actions.ndjson` of the state directory: who, when,
 * what, and what came of it. Nothing is changed before its line can be written.
 */
import fs from 'node:fs';
import path from 'node:path';
import { currentIdentity, ensurePlace } from '../config/places.ts';
import { describeWriteFailure } from './write-failure.ts';

const FILE = 'actions.ndjson';

/** An action, as it is written down. */
export interface Action {
  readonly action: 'clear' | 'attach' | 'detach';
  readonly target: string;
  readonly [detail: string]: unknown;
}

/** The log of actions, open for appending. */
export class ActionsLog {
  private readonly fd: number;
  private readonly file: string;

  /** Opens the log of the user. Throws CANNOT_WRITE or UNSAFE_DIRECTORY. */
  constructor(env: Readonly<Record<string, string | undefined>>) {
    const directory = ensurePlace('state', currentIdentity(env));
    this.file = path.join(directory, FILE);
    try {
      const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = fs.constants;
      this.fd = fs.openSync(this.file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
    } catch (error) {
      throw describeWriteFailure(error, this.file);
    }
  }

  /** Appends one line. */
  write(action: Action): void {
    const line = { t: new Date().toISOString(), uid: process.getuid?.() ?? null, by: 'cache-info', ...action };
    try {
      fs.writeSync(this.fd, `${JSON.stringify(line)}\n`);
    } catch (error) {
      throw describeWriteFailure(error, this.file);
    }
  }

  close(): void {
    fs.closeSync(this.fd);
  }
}
