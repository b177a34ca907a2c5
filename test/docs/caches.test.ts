/** Every example of docs/caches.md runs, against the built module, and prints what it says. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundled, type Bundle } from '../caches/bundled.ts';
import { temporaryDirectory } from '../support/cli.ts';
import { blocks, page } from './markdown.ts';

const root = path.resolve(import.meta.dirname, '../..');
const examples = blocks(page('docs/caches.md'), 'js');

let bundle: Bundle;
beforeAll(async () => {
  bundle = await bundled();
});
afterAll(() => bundle.remove());

/** A folder in which an example finds what it imports. */
function installation(): string {
  const folder = temporaryDirectory();
  const own = path.join(folder, 'node_modules/codoperf');
  fs.mkdirSync(own, { recursive: true });
  fs.copyFileSync(bundle.file, path.join(own, 'caches.js'));
  const manifest = { name: 'codoperf', type: 'module', exports: { './caches': './caches.js' } };
  fs.writeFileSync(path.join(own, 'package.json'), JSON.stringify(manifest));
  fs.symlinkSync(path.join(root, 'node_modules/lru-cache'), path.join(folder, 'node_modules/lru-cache'));
  return folder;
}

/** What an example says that it prints: the comments behind its calls of console.log. */
function promised(example: string): string[] {
  return [...example.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1]);
}

test('there are examples, and each prints something', () => {
  expect(examples.length).toBeGreaterThanOrEqual(5);
  for (const example of examples) expect(promised(example).length).toBeGreaterThan(0);
});

test.each(examples.map((example, i) => [i + 1, example] as const))('example %i', (_, example) => {
  const folder = installation();
  fs.writeFileSync(path.join(folder, 'example.mjs'), example);
  const { stdout, stderr } = spawnSync(process.execPath, ['example.mjs'], { cwd: folder, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(stdout.trim().split('\n')).toEqual(promised(example));
});
