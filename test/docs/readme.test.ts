/** Every example of README.md runs as it stands there. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blocks, chapter, commandLines, page, root } from './markdown.ts';

const program = path.join(root, 'dist/codoperf.js');
/** This chapter needs a service and a Redis: `shop.test.ts` runs it. */
const readme = page('README.md').replace(chapter('README.md', 'A service and its caches'), '');
const lines = commandLines(readme);
let place = '';

function shim(name: string, text: string): void {
  fs.writeFileSync(path.join(place, 'bin', name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}

beforeAll(() => {
  if (!fs.existsSync(program)) throw new Error('dist/ is missing: run `npm run build`, or `npm test`, which does it');
  place = fs.mkdtempSync(path.join(os.tmpdir(), 'codoperf-readme-'));
  fs.mkdirSync(path.join(place, 'bin'));
  fs.mkdirSync(path.join(place, 'node_modules'));
  fs.symlinkSync(root, path.join(place, 'node_modules/codoperf'));
  fs.symlinkSync(path.join(root, 'node_modules/lru-cache'), path.join(place, 'node_modules/lru-cache'));
  shim('codoperf', `exec '${process.execPath}' '${program}' "$@"`);
  shim('npx', 'exec "$@"');
});

afterAll(() => fs.rmSync(place, { recursive: true, force: true }));

function run(command: string, args: string[]) {
  const env = { ...process.env, PATH: `${path.join(place, 'bin')}:${process.env.PATH}`, HOME: place };
  return spawnSync(command, args, { cwd: place, env, encoding: 'utf8', timeout: 60_000 });
}

test('there are examples', () => {
  expect(lines.filter((line) => line.includes('codoperf')).length).toBeGreaterThan(5);
});

test.each(lines.filter((line) => /^(npx )?codoperf /.test(line)))('%s', (line) => {
  const { status, stdout, stderr } = run('bash', ['-o', 'pipefail', '-c', line]);
  // Findings are this machine's own matter; that they set the exit code is what the example shows.
  const allowed = line.includes('--fail-on') ? [0, 20, 21] : [0];
  expect(allowed, stderr).toContain(status);
  const file = /--output-file (\S+)/.exec(line)?.[1];
  const text = file === undefined ? stdout : fs.readFileSync(path.join(place, file), 'utf8');
  expect(text.trim()).not.toBe('');
});

test.each(lines.filter((line) => line.startsWith('npm ')))('%s is a script', (line) => {
  const { scripts } = JSON.parse(page('package.json')) as { scripts: Record<string, string> };
  const name = line.split(' ')[1];
  expect(Object.keys(scripts)).toContain(name);
  expect(fs.existsSync(path.join(root, scripts[name].split(' ')[1]))).toBe(true);
});

test.each(blocks(page('README.md'), 'js').map((code, index) => [index, code] as const))(
  'library example %i runs',
  (index, code) => {
    const file = path.join(place, `example-${index}.mjs`);
    fs.writeFileSync(file, code);
    const { status, stdout, stderr } = run(process.execPath, [file]);
    expect(status, stderr).toBe(0);
    expect(stdout.trim()).not.toBe('');
  },
);
