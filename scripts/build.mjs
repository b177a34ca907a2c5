// Builds the package: `dist/` holds plain JavaScript with everything bundled, so that an install has no
// dependencies (docs/decisions/002-bundled.md). Does nothing when no input changed, unless `--force`.
import fs from 'node:fs';
import path from 'node:path';
import { bundleAgent } from './agent-bundle.mjs';
import { bin, bundledPackages, readText, root, run, walk } from './house.mjs';
import { defines, load } from './load.mjs';

const dist = path.join(root, 'dist');
const stampFile = path.join(root, '.cache/build.json');
const banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);\n";
const TYPE_IMPORT = /((?:from|import\()\s*['"])(\.{1,2}\/[^'"]+)\.ts(['"])/g;
const entryPoints = {
  codoperf: 'src/cli/bin.ts',
  index: 'src/index.ts',
  collector: 'src/collector.ts',
  caches: 'src/caches.ts',
};

/** One line for each input: path, size and time of change. */
function fingerprint() {
  const inputs = [
    ...walk('src'),
    ...walk('rules'),
    ...walk('scripts', (name) => /^(agent-bundle|build|house|load)\.mjs$/.test(name)),
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
  ];
  return inputs.map((file) => {
    const { size, mtimeMs } = fs.statSync(path.join(root, file));
    return `${file} ${size} ${mtimeMs}`;
  });
}

function upToDate(stamp) {
  if (!fs.existsSync(stampFile)) return false;
  const { inputs, outputs } = JSON.parse(fs.readFileSync(stampFile, 'utf8'));
  return inputs === stamp && outputs.every((file) => fs.existsSync(path.join(root, file)));
}

/** CommonJS packages call `require` for Node.js's own modules, which an ES module does not have. */
function withRequire(text) {
  if (!text.includes('typeof require')) return text;
  const afterHashbang = text.startsWith('#!') ? text.indexOf('\n') + 1 : 0;
  return text.slice(0, afterHashbang) + banner + text.slice(afterHashbang);
}

async function bundle() {
  const { build } = await import('esbuild');
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir: 'dist',
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    chunkNames: 'chunks/[name]-[hash]',
    // Names stay, so that a stack trace in a bug report can be read without source maps.
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'silent',
    define: defines,
  });
  const files = new Map(outputFiles.map((file) => [path.relative(root, file.path), withRequire(file.text)]));
  files.set('dist/register.cjs', await bundleAgent(defines));
  // To `import` CommonJS, Node.js first searches it for exports, which takes 50 ms for the agent.
  const load = `process.getBuiltinModule('node:module').createRequire(import.meta.url)('./register.cjs');\n`;
  files.set('dist/register.js', load);
  return { files, packages: bundledPackages(metafile) };
}

/** Licence texts that a package has in its repository, and forgot to publish. */
const licencesOfOurs = new Map([['@redis/client', 'scripts/licences/redis-client.txt']]);

/** The licence texts that redistribution asks for. */
function thirdPartyLicences(packages) {
  const sections = packages.map((folder) => {
    const { name, version, license } = JSON.parse(readText(`${folder}/package.json`));
    const own = fs.readdirSync(path.join(root, folder)).find((each) => /^(licen[cs]e|copying)/i.test(each));
    const file = own === undefined ? licencesOfOurs.get(name) : `${folder}/${own}`;
    if (file === undefined) throw new Error(`${folder} has no licence file to pass on`);
    return `${name} ${version} (${license})\n\n${readText(file).trim()}\n`;
  });
  const head = 'codoperf contains code of these packages:\n';
  return [head, ...sections].join(`\n${'-'.repeat(80)}\n\n`);
}

/** Writes what differs and removes what no longer belongs, so that a running codoperf keeps its files. */
function write(files) {
  for (const [file, text] of files) {
    const target = path.join(root, file);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    if (!fs.existsSync(target) || fs.readFileSync(target, 'utf8') !== text) fs.writeFileSync(target, text);
  }
  fs.chmodSync(path.join(dist, 'codoperf.js'), 0o755);
  for (const file of walk('dist')) {
    if (!files.has(file) && !file.startsWith('dist/types/')) fs.rmSync(path.join(root, file));
  }
}

/** Declarations of the public entry points and of what they mention. */
function declarations() {
  fs.rmSync(path.join(dist, 'types'), { recursive: true, force: true });
  const { code, output } = run(process.execPath, [bin('tsc'), '-p', 'tsconfig.build.json']);
  if (code !== 0) throw new Error(output);
  // The compiler writes one for every module of the program.
  const mentioned = new Set();
  for (const entry of ['index', 'collector', 'caches']) finish(`dist/types/${entry}.d.ts`, mentioned);
  for (const file of walk('dist/types')) if (!mentioned.has(file)) fs.rmSync(path.join(root, file));
  // To load the agent is to start it; it gives nothing.
  for (const type of ['ts', 'cts']) fs.writeFileSync(path.join(dist, `types/register.d.${type}`), 'export {};\n');
}

/** Finishes a declaration and those that it imports: a package ships no `.ts` sources, and names none. */
function finish(file, done) {
  if (done.has(file)) return;
  done.add(file);
  const text = readText(file);
  fs.writeFileSync(path.join(root, file), text.replace(TYPE_IMPORT, '$1$2.js$3'));
  for (const [, , module] of text.matchAll(TYPE_IMPORT)) finish(path.join(path.dirname(file), `${module}.d.ts`), done);
}

const quiet = process.argv.includes('--quiet');
const stamp = fingerprint().join('\n');
if (!process.argv.includes('--force') && upToDate(stamp)) {
  if (!quiet) console.log('dist is up to date');
} else {
  try {
    const started = performance.now();
    const { files, packages } = await bundle();
    files.set('dist/THIRD_PARTY_LICENSES.txt', thirdPartyLicences(packages));
    const { renderHelpFile } = await load('src/cli/help-pages.ts');
    files.set('dist/help.json', renderHelpFile());
    const { compileRuleFiles } = await load('src/analyze/rules/rule-files.ts');
    files.set('dist/rules.json', compileRuleFiles(path.join(root, 'rules')));
    write(files);
    declarations();
    fs.mkdirSync(path.dirname(stampFile), { recursive: true });
    fs.writeFileSync(stampFile, JSON.stringify({ inputs: stamp, outputs: [...files.keys()] }));
    if (!quiet) console.log(`dist: ${files.size} files in ${Math.round(performance.now() - started)} ms`);
  } catch (error) {
    console.error(`build: ${error.message}`);
    process.exitCode = 1;
  }
}
