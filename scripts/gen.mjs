// Writes the generated files of the repository: every generator in scripts/gen/, in the order of the file names.
// `--check` compares instead and fails when a file is not what it should be.
//
// A generator's default export is `(house) => [{ file, text }]`, or a promise of it; `house.load('src/x.ts')`
// imports TypeScript. The registries come first because the generated pages load them.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, walk } from './house.mjs';
import { load } from './load.mjs';

const check = process.argv.includes('--check');

/** Writes a file that differs; with `--check`, only says so. Answers whether the file is right now. */
function settle({ file, text }) {
  const target = path.join(root, file);
  const now = fs.existsSync(target) ? fs.readFileSync(target, 'utf8') : '';
  if (now === text) return true;
  if (check) {
    console.error(`${file} is not what \`npm run gen\` writes`);
    return false;
  }
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.writeFileSync(target, text);
  return true;
}

for (const file of walk('scripts/gen', (name) => name.endsWith('.mjs'))) {
  try {
    const { default: generate } = await import(pathToFileURL(path.join(root, file)).href);
    const written = await generate({ load });
    if (!written.map(settle).every(Boolean)) process.exitCode = 1;
  } catch (error) {
    console.error(`${file}: ${error.message}`);
    process.exitCode = 1;
  }
}
