/** The last words of a process, for `codoperf run`: its figures and caches as a file, written while it ends. */
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { AgentCaches, AgentMetrics } from '../wire/agent/messages.ts';

const OWNER_ONLY = 0o600;

/** What a process leaves behind: its answers to `metrics` and `caches`. */
export interface LastWords {
  readonly metrics: AgentMetrics;
  readonly caches: AgentCaches;
}

/**
 * Writes `<directory>/<pid>.json`, whole or not at all. The variable that names the directory is inherited by programs
 * that it was not meant for, so the directory must be ours. Throws what `fs` throws.
 */
export function writeLastWords(directory: string, words: LastWords): void {
  const stat = fs.lstatSync(directory);
  if (!stat.isDirectory() || stat.uid !== process.geteuid?.())
    throw new Error(`${directory} is not a directory of ours`);
  const file = path.join(directory, `${process.pid}.json`);
  const temporary = path.join(directory, `.${process.pid}.tmp`);
  // Left by a process that was killed while it wrote; `wx` would follow no link, and take nothing that is there.
  fs.rmSync(temporary, { force: true });
  fs.writeFileSync(temporary, JSON.stringify(words), { mode: OWNER_ONLY, flag: 'wx' });
  fs.renameSync(temporary, file);
}
