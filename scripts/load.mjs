// Imports TypeScript modules of the repository into a script: Node.js 20 cannot strip types.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { readText, root } from './house.mjs';

/** What the bundler puts in place of expressions. */
export const defines = { 'process.env.CODOPERF_VERSION': JSON.stringify(JSON.parse(readText('package.json')).version) };

/** The exports of a TypeScript module, bundled on the fly. */
export async function load(file) {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [file],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    packages: 'external',
    define: defines,
    logLevel: 'silent',
  });
  const { contents } = outputFiles[0];
  const digest = crypto.createHash('sha256').update(contents).digest('hex').slice(0, 16);
  // In the repository, so that packages are found; with the pid, as two scripts may run at a time.
  const bundle = path.join(root, '.cache/load', `${path.basename(file, '.ts')}-${digest}-${process.pid}.mjs`);
  fs.mkdirSync(path.dirname(bundle), { recursive: true });
  fs.writeFileSync(bundle, contents);
  try {
    return await import(pathToFileURL(bundle).href);
  } finally {
    fs.rmSync(bundle, { force: true });
  }
}
