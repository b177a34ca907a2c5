import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { otherNode } from '../support/node-versions.ts';
import { temporaryDirectory } from '../support/cli.ts';
import { bundled, type Bundle } from './bundled.ts';

const exported = `
  export { moduleCaches } from './caches/module-cache.ts';
  export { clearModules } from './caches/module-clear.ts';
  export { moduleLoads } from './caches/module-loads.ts';
`;

let bundle: Bundle;
beforeAll(async () => {
  bundle = await bundled(exported, 'cjs');
});
afterAll(() => bundle.remove());

/** Makes the files of a program in a folder of its own. */
function program(files: Readonly<Record<string, string>>): string {
  const folder = fs.realpathSync(temporaryDirectory());
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

interface Run {
  readonly env?: Record<string, string>;
  readonly node?: string;
  readonly flags?: readonly string[];
  readonly main?: string;
}

/** Runs `main.cjs` of a program, which has \`codoperf\`, and reads the JSON that it prints. */
function run(
  folder: string,
  { env = {}, node = process.execPath, flags = [], main = 'main.cjs' }: Run = {},
): ReturnType<typeof JSON.parse> {
  const { stdout, stderr, status } = spawnSync(node, [...flags, main], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, CODOPERF: bundle.file, TMPDIR: folder, ...env },
  });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return JSON.parse(stdout);
}

const allowed = { CODOPERF_ALLOW_MODULE_CLEAR: '1' };
const head = 'const codoperf = require(process.env.CODOPERF);';
const tell = 'console.log(JSON.stringify(result));';

describe('the inventory of require', () => {
  it('counts modules, bytes, links and packages', () => {
    const folder = program({
      'main.cjs': `${head} require('./a.cjs'); require('big'); require('@scope/small/x.js');
        const result = codoperf.moduleCaches(); ${tell}`,
      'a.cjs': `require('./b.json');`,
      'b.json': '{}',
      'node_modules/big/index.js': `// ${'x'.repeat(50_000)}`,
      'node_modules/@scope/small/x.js': '1',
    });
    const [cache] = run(folder);
    expect(cache).toMatchObject({
      type: 'module',
      name: 'require',
      kind: 'require',
      thread: 0,
      config: { timed: false },
    });
    expect(cache.stats).toMatchObject({ entries: 6, loads: null });
    const bytes = ['main.cjs', 'a.cjs', 'b.json', 'node_modules/big/index.js', 'node_modules/@scope/small/x.js']
      .map((name) => fs.statSync(path.join(folder, name)).size)
      .reduce((a, b) => a + b, fs.statSync(bundle.file).size);
    expect(cache.stats.weight).toBe(bytes);
    expect(cache.detail).toMatchObject({ native_addons: 0, links: 5, unsized_modules: 0 });
    expect(cache.detail.packages.map((each: { name: string }) => each.name).toSorted()).toEqual([
      '(application)',
      '@scope/small',
      'big',
    ]);
    expect(cache.detail.largest_modules[0].bytes).toBeGreaterThan(40_000);
  });

  it('times modules, own and total, on Node.js 22', () => {
    const folder = program({
      'main.cjs': `${head} codoperf.moduleLoads.start(); require('./outer.cjs'); require('./outer.cjs'); require('node:zlib');
        import('./esm.mjs').then(() => setImmediate(() => {
          const { requires, imports } = codoperf.moduleLoads;
          const result = { cache: codoperf.moduleCaches()[0], requires, imports }; ${tell}
        }));`,
      'outer.cjs': `require('./inner.cjs'); require('./inner.cjs'); const t = Date.now(); while (Date.now() < t + 30);`,
      'inner.cjs': `const t = Date.now(); while (Date.now() < t + 60);`,
      'esm.mjs': 'export default 1;',
    });
    const { cache, requires, imports } = run(folder, { node: otherNode('22.23.3') });
    expect(requires.loads).toBe(2);
    expect(imports.loads).toBe(1);
    const slow = Object.fromEntries(
      cache.detail.slowest_modules.map((each: { path: string }) => [path.basename(each.path), each]),
    );
    expect(slow['inner.cjs'].self_seconds).toBeGreaterThan(0.058);
    expect(slow['inner.cjs'].total_seconds).toBe(slow['inner.cjs'].self_seconds);
    expect(slow['outer.cjs'].self_seconds).toBeGreaterThan(0.028);
    expect(slow['outer.cjs'].total_seconds).toBeCloseTo(
      slow['outer.cjs'].self_seconds + slow['inner.cjs'].total_seconds,
      6,
    );
    expect(cache.stats.load_seconds).toBeCloseTo(slow['outer.cjs'].total_seconds, 6);
  });

  it('says nothing of times where Node.js does not tell', () => {
    const folder = program({
      'main.cjs': `${head} codoperf.moduleLoads.start(); require('./a.cjs');
        const result = [codoperf.moduleCaches(), codoperf.moduleLoads.running]; ${tell}`,
      'a.cjs': '',
    });
    const [caches, running] = run(folder);
    expect(running).toBe(!process.versions.node.startsWith('20.'));
    expect(caches[0].stats.load_seconds !== null).toBe(running);
  });
});

describe('clearing require', () => {
  it('is refused unless the process allows it', () => {
    const folder = program({
      'main.cjs': `${head} require('./a.cjs');
        codoperf.clearModules({ type: 'module', name: '*', dry: false }).then((result) => { ${tell} });`,
      'a.cjs': '',
    });
    expect(run(folder)).toEqual({
      caches: [],
      refused: ['*: not allowed: start the process with CODOPERF_ALLOW_MODULE_CLEAR=1'],
    });
  });

  it('drops application files only, with their links and paths, and names what is still used', () => {
    const folder = program({
      'main.cjs': `${head}
        const used = require('./used.cjs'); require('./lib/free.cjs'); require('dep');
        const Module = require('node:module');
        const known = () => [Object.keys(require.cache), module.children.map((each) => each.filename),
          Object.values(Module._pathCache)].map((list) => list.map((each) => require('node:path').basename(each)));
        (async () => {
          const dry = await codoperf.clearModules({ type: 'module', name: 'require', dry: true });
          const kept = known();
          const real = await codoperf.clearModules({ type: 'module', name: 'require', dry: false });
          const result = { dry, kept, real, left: known(), used: used.call(), again: require('./lib/free.cjs') !== undefined };
          ${tell}
        })();`,
      'used.cjs': `module.exports = { call: () => 7, text: 'x'.repeat(1000) };`,
      'lib/free.cjs': `require('./child.cjs'); module.exports = { a: 1 };`,
      'lib/child.cjs': `module.exports = {};`,
      'node_modules/dep/index.js': '',
    });
    const { dry, kept, real, left, used, again } = run(folder, { env: allowed });
    expect(dry).toEqual({
      caches: [{ name: 'require', pid: expect.any(Number), entries_before: 6, entries_after: null, bytes_freed: null }],
      refused: [],
    });
    expect(kept[0]).toContain('free.cjs');
    expect(real.caches).toMatchObject([{ name: 'require', entries_before: 6, entries_after: 3 }]);
    expect(real.caches[0].bytes_freed).toBeGreaterThanOrEqual(0);
    expect(real.refused).toEqual([
      `require: 1 modules are still used by the program, so they are not freed: ${folder}/used.cjs`,
    ]);
    for (const list of left) expect(list).not.toContain('free.cjs');
    for (const list of left) expect(list).not.toContain('child.cjs');
    expect(left[0].toSorted()).toEqual(['bundle.cjs', 'index.js', 'main.cjs']);
    expect([used, again]).toEqual([7, true]);
  });

  it('takes a path or a prefix, from the working directory where it is relative', () => {
    const folder = program({
      'main.cjs': `${head} require('./lib/a.cjs'); require('./lib/b.cjs'); require('./library.cjs');
        (async () => {
          const result = [];
          for (const what of [{ prefix: 'nowhere/' }, { name: require.resolve('./lib/a.cjs') }, { prefix: 'lib/' }]) {
            const { caches } = await codoperf.clearModules({ type: 'module', dry: false, ...what });
            result.push(caches.map((each) => each.entries_before - each.entries_after));
          }
          ${tell}
        })();`,
      'lib/a.cjs': '',
      'lib/b.cjs': '',
      'library.cjs': '',
    });
    expect(run(folder, { env: allowed })).toEqual([[], [1], [1]]);
  });

  it('leaves native addons and whatever leads to one', () => {
    const folder = program({
      'main.cjs': `${head} const Module = require('node:module');
        // An addon as the cache shows it: none is built here.
        Module._extensions['.node'] = (module) => { module.exports = {}; };
        require('./top.cjs'); require('./plain.cjs');
        codoperf.clearModules({ type: 'module', name: 'require', dry: false }).then((cleared) => {
          const result = { cleared, left: Object.keys(require.cache).map((each) => require('node:path').basename(each)) };
          ${tell}
        });`,
      'top.cjs': `require('./middle.cjs');`,
      'middle.cjs': `require('./top.cjs'); require('./addon.node');`,
      'addon.node': '',
      'plain.cjs': '',
    });
    const { cleared, left } = run(folder, { env: allowed });
    expect(left.toSorted()).toEqual(['addon.node', 'bundle.cjs', 'main.cjs', 'middle.cjs', 'top.cjs']);
    expect(cleared.refused[0]).toMatch(/^require: 3 modules lead to a native addon, which cannot be loaded twice: /);
  });

  it('says that ES modules cannot be cleared', () => {
    const folder = program({
      'main.mjs': `import { createRequire } from 'node:module';
        const require = createRequire(import.meta.url); ${head} require('./a.cjs');
        const result = await codoperf.clearModules({ type: 'module', name: 'require', dry: false }); ${tell}`,
      'a.cjs': '',
    });
    const { caches, refused } = run(folder, { env: allowed, main: 'main.mjs' });
    expect(refused).toEqual(['ES modules cannot be cleared: they are freed by a restart only']);
    expect(caches).toHaveLength(1);
  });

  it('keeps the memory flat over 50 reloads of a module of 1 MB', () => {
    const folder = program({
      'main.cjs': `${head}
        (async () => {
          const heaps = [];
          for (let i = 0; i < 50; i++) {
            require('./large.cjs');
            await codoperf.clearModules({ type: 'module', name: 'require', dry: false });
            gc();
            heaps.push(process.memoryUsage().heapUsed);
          }
          const result = heaps; ${tell}
        })();`,
      'large.cjs': `module.exports = ${JSON.stringify(Array.from({ length: 20_000 }, (_, i) => `text number ${i} ${'x'.repeat(30)}`))};`,
    });
    const heaps = run(folder, { env: allowed, flags: ['--expose-gc'] }) as number[];
    expect(fs.statSync(path.join(folder, 'large.cjs')).size).toBeGreaterThan(1e6);
    expect(heaps.at(-1)! - heaps[4]).toBeLessThan(1.5e6);
  });
});

describe('the compile cache', () => {
  const node = (): string => otherNode('22.23.3')!;
  const main = `${head} (async () => {
      const before = codoperf.moduleCaches()[1];
      const dry = await codoperf.clearModules({ type: 'module', name: 'compile-cache', dry: true });
      const real = await codoperf.clearModules({ type: 'module', name: 'compile-cache', dry: false });
      const result = { before, dry, real, after: codoperf.moduleCaches()[1] }; ${tell}
    })();`;

  it('is absent on Node.js 20', () => {
    const folder = program({
      'main.cjs': `${head} const result = codoperf.moduleCaches().map((each) => each.kind); ${tell}`,
    });
    if (process.versions.node.startsWith('20.')) expect(run(folder)).toEqual(['require']);
    else expect(run(folder)).toEqual(['require', 'compile-cache']);
  });

  it('tells stale directories, and removes exactly those', () => {
    const uid = process.getuid?.();
    const stale = `cache/v22.1.0-${process.arch}-9de703df-${uid}`;
    const folder = program({
      'main.cjs': main,
      [`${stale}/02a293f7`]: 'x'.repeat(1000),
      [`${stale}/0000000a`]: 'x'.repeat(500),
      [`cache/v22.1.0-${process.arch}-9de703df-${uid}-more/02a293f7`]: 'kept: another name',
      [`cache/v22.1.0-${process.arch}-9de703df-${Number(uid) + 1}/02a293f7`]: 'kept: another user',
      [`cache/v22.1.0-other-9de703df-${uid}/02a293f7`]: 'kept: another architecture',
      [`cache/v21.0.0-${process.arch}-00000000-${uid}/notes.txt and more`]: 'kept: no file of the cache',
      'elsewhere/02a293f7': 'kept: only linked to',
    });
    const link = path.join(folder, `cache/v20.0.0-${process.arch}-9de703df-${uid}`);
    fs.symlinkSync(path.join(folder, 'elsewhere'), link);
    fs.symlinkSync(path.join(folder, 'elsewhere/02a293f7'), path.join(folder, stale, '0000000b'));
    const env = { ...allowed, NODE_COMPILE_CACHE: path.join(folder, 'cache') };
    run(folder, { env, node: node() });
    fs.mkdirSync(path.join(folder, stale), { recursive: true });
    fs.writeFileSync(path.join(folder, stale, '02a293f7'), 'x'.repeat(1000));
    const { before, dry, real, after } = run(folder, { env, node: node() });
    expect(before.config).toMatchObject({ enabled: true, disabled_by_environment: false });
    expect(path.basename(before.config.directory)).toMatch(/^v22\.23\.3-/);
    expect(
      before.detail.stale_directories.map((each: { path: string }) => path.basename(each.path)).toSorted(),
    ).toEqual([path.basename(stale), `v21.0.0-${process.arch}-00000000-${uid}`].toSorted());
    expect(dry.caches).toMatchObject([{ name: 'compile-cache', entries_before: 3, entries_after: null }]);
    expect(real.caches).toMatchObject([
      { name: 'compile-cache', entries_before: 3, entries_after: 2, bytes_freed: 1000 },
    ]);
    expect(after.detail.stale_directories).toHaveLength(2);
    const left = fs.readdirSync(path.join(folder, 'cache'), { recursive: true }).map(String).toSorted();
    // Links are never followed, and not removed either: what a directory holds besides the cache is not ours.
    expect(left.filter((each) => each.includes('v22.1.0')).map((each) => each.slice(0, 60))).toHaveLength(8);
    expect(left).not.toContain(`${path.basename(stale)}/02a293f7`);
    expect(fs.existsSync(path.join(folder, 'elsewhere/02a293f7'))).toBe(true);
    expect(fs.existsSync(path.join(folder, `cache/v21.0.0-${process.arch}-00000000-${uid}/notes.txt and more`))).toBe(
      true,
    );
  });

  it('removes a stale directory that holds nothing else', () => {
    const stale = `cache/v18.0.0-${process.arch}-9de703df-${process.getuid?.()}`;
    const folder = program({ 'main.cjs': main, [`${stale}/02a293f7`]: 'x'.repeat(1000) });
    const { real, after } = run(folder, {
      env: { ...allowed, NODE_COMPILE_CACHE: path.join(folder, 'cache') },
      node: node(),
    });
    expect(real.caches).toMatchObject([{ entries_before: 1, entries_after: 0, bytes_freed: 1000 }]);
    expect(after.detail).toMatchObject({ stale_directories: [], stale_bytes: 0 });
    expect(fs.existsSync(path.join(folder, stale))).toBe(false);
  });

  it('is off unless it was asked for, and says where it looked', () => {
    const folder = program({ 'main.cjs': main });
    const { before } = run(folder, { env: allowed, node: node() });
    expect(before).toMatchObject({ stats: { entries: null }, config: { enabled: false, directory: null } });
    expect(before.detail.base_directory).toBe(path.join(folder, 'node-compile-cache'));
  });
});
