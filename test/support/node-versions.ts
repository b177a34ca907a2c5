/** Other versions of Node.js, from npm's `node-linux-*` packages, unpacked once into `.cache/`. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const cache = path.resolve(import.meta.dirname, '../../.cache');

/** The versions that tests use, one of each line that is supported beside the oldest. */
export const otherNodes = ['22.23.3', '24.9.0'] as const;

/** Path of the program; `undefined` when npm cannot fetch it here. */
export function otherNode(version: (typeof otherNodes)[number]): string | undefined {
  const name = `node-linux-${process.arch}`;
  const folder = path.join(cache, `node-${version}`);
  const program = path.join(folder, 'node_modules', name, 'bin/node');
  if (fs.existsSync(program)) return program;
  // Unpacked beside its place and moved: what is in place is whole.
  const temporary = `${folder}.${process.pid}`;
  fs.mkdirSync(temporary, { recursive: true });
  fs.writeFileSync(path.join(temporary, 'package.json'), '{ "private": true }\n');
  const flags = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  const { status } = spawnSync('npm', ['install', ...flags, `${name}@${version}`], { cwd: temporary, stdio: 'pipe' });
  if (status === 0) {
    fs.rmSync(folder, { recursive: true, force: true });
    fs.renameSync(temporary, folder);
  }
  fs.rmSync(temporary, { recursive: true, force: true });
  return fs.existsSync(program) ? program : undefined;
}
