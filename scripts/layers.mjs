// Imports only point to the left: checks every import of `src/` (types too) against the one layer table, which
// stands in ARCHITECTURE.md. `layers.mjs FOLDER` checks a tree laid out like `src/` (the canary).
import { builtinModules } from 'node:module';
import path from 'node:path';
import { readText, root, walk } from './house.mjs';

const IMPORTS =
  /(?:^|[\s;}])(?:import|export)\s[^'"`;()]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(\s*['"]([^'"]+)['"]|^import\s*['"]([^'"]+)['"]/gm;
const builtins = new Set(builtinModules);

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
  if (rule.never.includes(specifier)) return `${layer} never imports ${specifier}`;
  if (!specifier.startsWith('.')) {
    const builtin = specifier.startsWith('node:') || builtins.has(specifier);
    return builtin || rule.packages.includes('any') ? undefined : `${layer} imports no package`;
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
  for (const file of walk(top, (name) => /\.(ts|tsx|mts)$/.test(name))) {
    for (const match of readText(file).matchAll(IMPORTS)) {
      imports++;
      const specifier = match[1] ?? match[2] ?? match[3];
      const reason = objection(table, top, file, specifier);
      if (reason !== undefined) problems.push(`${file}: ${reason} ('${specifier}')`);
    }
  }
  return { problems, imports };
}

if (process.argv[1] === path.join(root, 'scripts/layers.mjs')) {
  const { problems, imports } = checkLayers(process.argv[2] ?? 'src');
  for (const problem of problems) console.error(problem);
  console.log(`${imports} imports, ${problems.length} not allowed`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
