// Imports only point to the left: checks every import of `src/` (types too) against the one layer table, which
// stands in ARCHITECTURE.md. `layers.mjs FOLDER` checks a tree laid out like `src/` (the canary).
import { builtinModules } from 'node:module';
import path from 'node:path';
import { readText, root, walk } from './house.mjs';

const IMPORTS =
  /(?:^|[\s;}])(?:import|export)\s[^'"`;()]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(\s*['"]([^'"]+)['"]|^import\s*['"]([^'"]+)['"]/gm;
const builtins = new Set(builtinModules);

/**
 * Imports that one file may have and its layer may not, each with its reason. One that no file uses is a problem.
 *
 * `remote-statfs.ts` asks for the size of file systems on other machines through `stat -f`: a server that no longer
 * answers blocks whoever asks, for ever, even in `process.exit()`; a thread of ours cannot be given up, a child can.
 */
const EXCEPTIONS = new Map([['collect/remote-statfs.ts', 'node:child_process']]);

/** Rows of the table under `## Layers`: layer, may import, packages, plugin folders, never. */
export function layerTable() {
  const section = /\n## Layers\n([\s\S]*?)\n## /.exec(readText('ARCHITECTURE.md'))?.[1] ?? '';
  const rows = section.split('\n').filter((line) => /^\| [a-z]/.test(line));
  const table = new Map();
  for (const line of rows.slice(1)) {
    const [layers, may, packages, plugins, never] = line.slice(1).split('|').map(words);
    for (const layer of layers) table.set(layer, { may, packages, plugins, never });
  }
  if (table.size < 5) throw new Error('ARCHITECTURE.md has no layer table');
  return table;
}

function words(cell) {
  return cell
    .replaceAll('`', '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '' && word !== '-');
}

/** Why `from` (a file of layer tree `top`) may not import `specifier`, or `undefined`. */
function objection(table, top, from, specifier) {
  const inside = path.relative(top, from);
  const layer = inside.includes('/') ? inside.split('/')[0] : 'entry';
  const rule = table.get(layer);
  if (rule === undefined) return `folder '${layer}' is not in the layer table of ARCHITECTURE.md`;
  if (EXCEPTIONS.get(inside) === specifier) return undefined;
  if (rule.never.includes(specifier)) return `${layer} never imports ${specifier}`;
  if (!specifier.startsWith('.')) {
    return specifier.startsWith('node:') || rule.packages.includes('any') ? undefined : `${layer} imports no package`;
  }
  const target = path.relative(top, path.join(path.dirname(from), specifier));
  if (target.startsWith('..')) return rule.may.includes('everything') ? undefined : 'the import leaves src/';
  const other = target.includes('/') ? target.split('/')[0] : 'entry';
  if (other !== layer)
    return rule.may.includes(other) || rule.may.includes('everything') ? undefined : `${layer} may not import ${other}`;
  const sibling = rule.plugins.find((folder) => isPlugin(inside, layer, folder) && isPlugin(target, layer, folder));
  return sibling === undefined ? undefined : `plugins of ${layer}/${sibling} never import each other`;
}

function isPlugin(file, layer, folder) {
  return path.dirname(file) === path.join(layer, folder);
}

/** Every import that the table does not allow, as `file: reason`, and how many imports were looked at. */
export function checkLayers(top) {
  const table = layerTable();
  const problems = [];
  let imports = 0;
  const unused = new Set(top === 'src' ? EXCEPTIONS.keys() : []);
  for (const file of walk(top, (name) => /\.(ts|tsx|mts)$/.test(name))) {
    for (const match of readText(file).matchAll(IMPORTS)) {
      imports++;
      const written = match[1] ?? match[2] ?? match[3];
      const specifier = builtins.has(written) && !written.startsWith('node:') ? `node:${written}` : written;
      const inside = path.relative(top, file);
      if (EXCEPTIONS.get(inside) === specifier) unused.delete(inside);
      const reason = objection(table, top, file, specifier);
      if (reason !== undefined) problems.push(`${file}: ${reason} ('${specifier}')`);
    }
  }
  for (const inside of unused) problems.push(`${top}/${inside}: needs no exception from the layer table any more`);
  return { problems, imports };
}

if (process.argv[1] === path.join(root, 'scripts/layers.mjs')) {
  const { problems, imports } = checkLayers(process.argv[2] ?? 'src');
  for (const problem of problems) console.error(problem);
  console.log(`${imports} imports, ${problems.length} not allowed`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
