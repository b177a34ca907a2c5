// `npm run check [STEP…]`: everything about the repository that is not a test, one line a step and the summary
// `N passed, N failed, N skipped`. Each gate proves that it looked: its canary in test/canary/ must fail, and
// the number of files it saw must not be smaller than the number there is.
import fs from 'node:fs';
import path from 'node:path';
import { bin, ensureBuilt, ensureInstalled, root, run, walk } from './house.mjs';
import { checkLayers } from './layers.mjs';
import { checkTsdoc, documentedSources } from './tsdoc.mjs';

const CANARY = 'test/canary';
const LINTED = ['src', 'scripts', 'test', 'bench'];
const LINT_RULES = [
  'max-lines',
  'max-lines-per-function',
  'no-empty',
  'no-explicit-any',
  'no-floating-promises',
  'no-cycle',
];

class Rejected extends Error {}

/** Fails the step with `text` unless `condition` holds. */
function need(condition, text) {
  if (!condition) throw new Rejected(text);
}

/** Runs a JavaScript program of a development package or of the repository; the step fails with its output. */
function node(script, ...args) {
  const { code, output } = run(process.execPath, [script, ...args]);
  need(code === 0, output);
  return output;
}

/** Runs a native or JavaScript tool of node_modules. */
function tool(name, ...args) {
  return run(path.join(root, 'node_modules/.bin', name), args);
}

function lint(...args) {
  return tool('oxlint', '--type-aware', '--report-unused-disable-directives', ...args);
}

const steps = {
  'generated files': () => void node('scripts/gen.mjs', '--check'),

  format() {
    const { code, output } = tool('biome', 'format', '--max-diagnostics=20', '.');
    need(code === 0, output);
    return `${counted(output, /Checked (\d+) files/, walkAll().length)} files`;
  },

  lint() {
    const { code, output } = lint(
      '--ignore-pattern',
      `${CANARY}/**`,
      ...LINTED.filter((each) => fs.existsSync(path.join(root, each))),
    );
    need(code === 0, output);
    return `${counted(output, /on (\d+) files/, walkAll().length)} files`;
  },

  'lint canaries'() {
    const { code, output } = lint('--format=unix', CANARY);
    need(code !== 0, 'oxlint accepts test/canary/lint, where every file breaks a rule');
    for (const rule of LINT_RULES) need(output.includes(`(${rule})`), `oxlint no longer reports ${rule}:\n${output}`);
    return `${LINT_RULES.length} rules bite`;
  },

  layers() {
    const { problems, imports } = checkLayers('src');
    need(problems.length === 0, problems.join('\n'));
    need(imports >= documentedSources().length, `only ${imports} imports were seen`);
    const canary = checkLayers(`${CANARY}/layers`).problems;
    need(canary.length === 3, `the canary breaks the table three times, not as reported:\n${canary.join('\n')}`);
    return `${imports} imports`;
  },

  'doc comments'() {
    const { problems, symbols } = checkTsdoc(documentedSources());
    need(problems.length === 0, problems.join('\n'));
    const canary = checkTsdoc([`${CANARY}/undocumented.ts`]).problems;
    need(canary.length === 2, `the canary lacks two sentences, not as reported:\n${canary.join('\n')}`);
    return `${symbols} exported symbols`;
  },

  types: () => void node(bin('tsc'), '-p', '.'),

  'unused code': () => void node(bin('knip'), '--no-progress', '--treat-config-hints-as-errors'),

  build: () => ensureBuilt(),

  package() {
    const { stdout } = run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', '.cache']);
    const [{ filename, size, files }] = JSON.parse(stdout.slice(stdout.indexOf('[')));
    const tarball = path.join('.cache', filename);
    try {
      need(
        files.every((file) => !file.path.endsWith('.map')),
        'source maps are in the package',
      );
      for (const file of [
        'dist/codoperf.js',
        'dist/index.js',
        'dist/collector.js',
        'dist/caches.js',
        'dist/register.cjs',
        'dist/register.js',
        'dist/types/index.d.ts',
        'dist/THIRD_PARTY_LICENSES.txt',
        'LICENSE',
      ]) {
        need(
          files.some((each) => each.path === file),
          `${file} is not in the package`,
        );
      }
      node(bin('publint'), 'run', tarball, '--strict');
      node(bin('attw'), tarball, '--profile', 'esm-only', '--format', 'ascii');
    } finally {
      fs.rmSync(path.join(root, tarball), { force: true });
    }
    return `${files.length} files, ${Math.round(size / 1024)} KiB packed`;
  },
};

/** Every file of ours that format and lint are about. */
function walkAll() {
  return LINTED.flatMap((folder) =>
    walk(folder, (name) => /\.(ts|mjs)$/.test(name) && !name.endsWith('.gen.ts')),
  ).filter((file) => !file.startsWith(CANARY) && !file.startsWith('test/fixtures'));
}

/** The number of files that a tool says it looked at; fewer than there are is a failure. */
function counted(output, pattern, atLeast) {
  const count = Number(pattern.exec(output)?.[1] ?? 0);
  need(count >= atLeast, `only ${count} of ${atLeast} files were looked at`);
  return count;
}

ensureInstalled();
fs.mkdirSync(path.join(root, '.cache'), { recursive: true });
const wanted = process.argv.slice(2);
for (const name of wanted) if (!(name in steps)) throw new Error(`no step '${name}': ${Object.keys(steps).join(', ')}`);
let passed = 0;
let failed = 0;
for (const [name, step] of Object.entries(steps)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const started = performance.now();
  try {
    const detail = step();
    passed++;
    console.log(`ok    ${name}${detail ? ` (${detail})` : ''}, ${Math.round(performance.now() - started)} ms`);
  } catch (error) {
    failed++;
    console.log(`FAIL  ${name}\n${(error instanceof Rejected ? error.message : error.stack).trimEnd()}`);
  }
}
process.exitCode = failed > 0 ? 1 : 0;
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
