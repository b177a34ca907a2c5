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

/** Whether node_modules holds what package-lock.json says; times of change mean nothing after a checkout. */
function isInstalled() {
  const state = path.join(root, 'node_modules/.package-lock.json');
  if (!fs.existsSync(state)) return false;
  const { packages: wanted } = JSON.parse(readText('package-lock.json'));
  const { packages: present } = JSON.parse(fs.readFileSync(state, 'utf8'));
  return Object.entries(wanted).every(
    ([place, { version, optional }]) =>
      place === '' ||
      (optional && present[place] === undefined) ||
      (present[place]?.version === version && fs.existsSync(path.join(root, place, 'package.json'))),
  );
}

/**
 * Installs the development packages of package-lock.json when they are missing. Messages go to stderr.
 * Not `npm ci`: it refuses a lock file without the optional packages of other platforms, and a registry
 * mirror that lacks those packages (they are for Windows, macOS and Android) leaves them out of the lock.
 * `npm install --no-save` installs the same locked versions, checks the same hashes and writes no lock.
 */
export function ensureInstalled() {
  if (isInstalled()) return;
  process.stderr.write('codoperf: installing development packages…\n');
  const flags = ['--no-save', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const { code, output } = run('npm', ['install', ...flags]);
  if (code === 0) return;
  process.stderr.write(output);
  throw new Error('npm install failed: see its messages above');
}

/** Builds `dist/` in a process of its own, so that the caller's CPU and memory stay its own. */
export function ensureBuilt() {
  const { code, output } = run(process.execPath, ['scripts/build.mjs', '--quiet']);
  if (code === 0) return;
  process.stderr.write(output);
  throw new Error('the build failed: see its messages above');
}

/** Folders of the packages whose code went into the bundle. */
export function bundledPackages({ outputs }) {
  const inputs = Object.values(outputs).flatMap((output) => Object.keys(output.inputs));
  const folders = inputs.map((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1]);
  return [...new Set(folders.filter(Boolean))].toSorted((a, b) => a.localeCompare(b));
}
