// What the scripts of the house share: paths, the install and build checks, quiet child processes.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** The repository. */
export const root = path.resolve(import.meta.dirname, '..');

/** Every file below `folder` (repository-relative, sorted) whose name passes `accept`. */
export function walk(folder, accept = () => true) {
  const top = path.join(root, folder);
  if (!fs.existsSync(top)) return [];
  return fs
    .readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && accept(entry.name))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .toSorted();
}

/** The text of a file of the repository. */
export function readText(file) {
  return fs.readFileSync(path.join(root, file), 'utf8');
}

/** The program of an installed package, started without npx: `bin('vitest')` is its JavaScript file. */
export function bin(name) {
  return fs.realpathSync(path.join(root, 'node_modules/.bin', name));
}

/** Runs a command in the repository; its output is kept, not shown. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 2 ** 20, ...options });
  if (result.error) throw result.error;
  return {
    code: result.status ?? 1,
    output: `${result.stdout ?? ''}${result.stderr ?? ''}`,
    stdout: result.stdout ?? '',
  };
}

/** Runs `npm ci` when node_modules is missing or older than the lock file. Messages go to stderr. */
export function ensureInstalled() {
  const lock = path.join(root, 'package-lock.json');
  const installed = path.join(root, 'node_modules/.package-lock.json');
  if (fs.existsSync(installed) && fs.statSync(installed).mtimeMs >= fs.statSync(lock).mtimeMs) return;
  process.stderr.write('codoperf: installing development packages (npm ci)…\n');
  const { code, output } = run('npm', ['ci', '--no-audit', '--no-fund', '--include=dev', '--loglevel=error']);
  if (code !== 0) {
    process.stderr.write(output);
    throw new Error('npm ci failed: see its messages above');
  }
  const now = new Date();
  fs.utimesSync(installed, now, now);
}

/** Builds `dist/` in a process of its own, so that the caller's CPU and memory stay its own. */
export function ensureBuilt() {
  const { code, output } = run(process.execPath, ['scripts/build.mjs', '--quiet']);
  if (code === 0) return;
  process.stderr.write(output);
  throw new Error('the build failed: see its messages above');
}
