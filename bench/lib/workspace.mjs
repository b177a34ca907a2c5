// Where a bench works: a copy of the build (others may build meanwhile), programs compiled and bundled on the
// spot, programs of Debian, rivals from npm.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { load } from '../../scripts/load.mjs';
import { complete, removeAtEnd } from './children.mjs';

/** Makes the working folders of one run, inside the repository so that packages and `"type": "module"` are found. */
export function makeWorkspace(root) {
  const base = path.join(root, '.cache/bench');
  fs.mkdirSync(base, { recursive: true });
  removeStale(base);
  const folder = removeAtEnd(fs.mkdtempSync(path.join(base, `run-${process.pid}-`)));
  const scratch = removeAtEnd(fs.mkdtempSync(path.join(os.tmpdir(), 'codoperf-bench-')));
  fs.cpSync(path.join(root, 'dist'), path.join(folder, 'dist'), {
    recursive: true,
    filter: (source) => path.basename(source) !== 'types',
  });
  return {
    root,
    /** For what programs write. */
    scratch,
    codoperf: path.join(folder, 'dist/codoperf.js'),
    library: path.join(folder, 'dist/index.js'),
    agent: path.join(folder, 'dist/register.cjs'),
    caches: path.join(folder, 'dist/caches.js'),
    child: (name) => path.join(root, 'bench/child', name),
    compile: (name) => compile(root, folder, name),
    bundle: (name) => bundle(root, folder, name),
    debian: async (name) => (await load('test/support/debian.ts')).debianProgram(name),
    rivals: () => installRivals(root, base),
  };
}

/** Folders of runs that were killed. */
function removeStale(base) {
  for (const name of fs.readdirSync(base)) {
    const pid = /^run-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !fs.existsSync(`/proc/${pid}`)) fs.rmSync(path.join(base, name), { recursive: true });
  }
}

function compile(root, folder, name) {
  const program = path.join(folder, name);
  execFileSync('cc', ['-O2', '-Wall', '-o', program, path.join(root, `bench/floor/${name}.c`)]);
  return program;
}

async function bundle(root, folder, name) {
  const { build } = await import('esbuild');
  const outfile = path.join(folder, name.replace(/\.ts$/, '.mjs'));
  await build({
    entryPoints: [path.join(root, 'bench/child', name)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    // CommonJS packages call `require` for Node.js's own modules, which an ES module does not have.
    banner: { js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);" },
    logLevel: 'silent',
  });
  return outfile;
}

/** The rivals of bench/package.json in a folder of their own, installed when its lock changed. */
async function installRivals(root, base) {
  const folder = path.join(base, 'rivals');
  const lock = fs.readFileSync(path.join(root, 'bench/package-lock.json'), 'utf8');
  const stamp = path.join(folder, 'installed.json');
  if (!fs.existsSync(stamp) || fs.readFileSync(stamp, 'utf8') !== lock) {
    fs.mkdirSync(folder, { recursive: true });
    for (const file of ['package.json', 'package-lock.json'])
      fs.copyFileSync(path.join(root, 'bench', file), path.join(folder, file));
    await complete('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'], { cwd: folder });
    fs.writeFileSync(stamp, lock);
  }
  return path.join(folder, 'node_modules');
}
