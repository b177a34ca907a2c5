import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** A module of ours as plain JavaScript, for programs that run without the test runner. */
export interface Bundle {
  readonly file: string;
  readonly url: string;
  remove(): void;
}

const root = path.resolve(import.meta.dirname, '../..');

/** Bundles `src/caches.ts`, or some other text of exports, as ES module or CommonJS. */
export async function bundled(
  contents = `export * from './caches.ts';`,
  format: 'esm' | 'cjs' = 'esm',
): Promise<Bundle> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'codoperf-caches-'));
  const file = path.join(folder, format === 'esm' ? 'bundle.mjs' : 'bundle.cjs');
  await build({
    stdin: { contents, resolveDir: path.join(root, 'src'), loader: 'ts' },
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format,
    outfile: file,
    logLevel: 'silent',
  });
  return { file, url: pathToFileURL(file).href, remove: () => fs.rmSync(folder, { recursive: true }) };
}
