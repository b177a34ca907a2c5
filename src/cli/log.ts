/** Messages for people: on stderr in plain words, in the log file with time and level. */
import fs from 'node:fs';
import { printable } from '../core/printable.ts';
import type { Output } from './output.ts';
import { describeWriteFailure } from './write-failure.ts';

/** Severities, the gravest first. */
export const logLevels = ['error', 'warn', 'info', 'debug'] as const;

/** One of `logLevels`. */
export type LogLevel = (typeof logLevels)[number];

/** Where a command reports what is not its result. Each message is one line. */
export interface Log {
  readonly level: LogLevel;
  error(message: string): void;
  warn(message: string): void;
  info(message: string): void;
  debug(message: string): void;
}

/** What a log is made of; set once the options are known. */
export interface LogSettings {
  readonly level: LogLevel;
  /** Appended to; created readable by its owner only, as messages may hold names and addresses. */
  readonly file?: string;
}

/**
 * A log on stderr. With a file, every message of its level goes there and only warnings and errors
 * also to stderr.
 */
export class StderrLog implements Log {
  level: LogLevel = 'warn';
  private readonly stderr: Output;
  private readonly now: () => number;
  private fd = -1;
  private path = '';

  constructor(stderr: Output, now: () => number = Date.now) {
    this.stderr = stderr;
    this.now = now;
  }

  /** Applies the settings; until then only warnings and errors are shown. */
  configure(settings: LogSettings): void {
    this.level = settings.level;
    if (settings.file !== undefined) this.open(settings.file);
  }

  error(message: string): void {
    this.write('error', message);
  }

  warn(message: string): void {
    this.write('warn', message);
  }

  info(message: string): void {
    this.write('info', message);
  }

  debug(message: string): void {
    this.write('debug', message);
  }

  /** Closes the log file, if there is one. */
  close(): void {
    if (this.fd >= 0) fs.closeSync(this.fd);
    this.fd = -1;
  }

  private open(path: string): void {
    this.path = path;
    try {
      this.fd = fs.openSync(path, fs.constants.O_WRONLY | fs.constants.O_APPEND | fs.constants.O_CREAT, 0o600);
    } catch (error) {
      throw describeWriteFailure(error, path);
    }
  }

  private write(level: LogLevel, message: string): void {
    const rank = logLevels.indexOf(level);
    if (rank > logLevels.indexOf(this.level)) return;
    const text = printable(message);
    if (this.fd >= 0) this.append(`${new Date(this.now()).toISOString()} ${level} ${text}\n`);
    if (this.fd < 0 || rank <= logLevels.indexOf('warn')) void this.stderr.write(`codoperf: ${prefix(level)}${text}\n`);
  }

  private append(line: string): void {
    try {
      fs.writeSync(this.fd, line);
    } catch (error) {
      this.close();
      this.warn(`${describeWriteFailure(error, this.path).message}; logging goes on here`);
    }
  }
}

function prefix(level: LogLevel): string {
  if (level === 'warn') return 'warning: ';
  return level === 'debug' ? 'debug: ' : '';
}
