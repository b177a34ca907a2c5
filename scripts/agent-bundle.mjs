// The agent as one CommonJS file for `--require` and `--import`. It starts with other people's programs, so what its
// imports cost at start-up matters: esbuild would copy every property of `node:fs` for each file that imports it, and
// Node.js makes an ES module of each built-in that is required by name.
import { builtinModules } from 'node:module';
import path from 'node:path';
import { bundledPackages, root } from './house.mjs';

/** `import … from 'node:fs'` as a module that takes from the built-in only what is used. */
const builtins = {
  name: 'builtins',
  setup(build) {
    build.onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'builtin', sideEffects: false }));
    build.onLoad({ filter: /./, namespace: 'builtin' }, async ({ path }) => {
      const names = Object.keys(await import(path)).filter((name) => name !== 'default');
      const whole = path === 'node:process' ? 'process' : `require(${JSON.stringify(path.slice(5))})`;
      const exports = names.map((name) => `export const ${name} = /* @__PURE__ */ of(${JSON.stringify(name)});`);
      return {
        contents: [`const all = ${whole};`, 'const of = (name) => all[name];', 'export default all;', ...exports].join(
          '\n',
        ),
      };
    });
  },
};

/** Modules that the two parts have in common: the second one gets those of the first from its `require`. */
const shared = {
  name: 'shared',
  setup(build) {
    build.onResolve({ filter: /\/(guard|missed|module-loads|probe-failures)\.ts$/ }, ({ path: file }) => ({
      path: path.basename(file),
      external: true,
    }));
  },
};

/**
 * The text of the bundle. Most of the agent is a comment in a function, whose text `register.ts` compiles when the
 * program has started: of all that can hold a text, a comment costs the least to be read over. Throws when a package is
 * in it. Names are short and nothing else is in it, as it is read with every program; no stack trace of it is shown.
 */
export async function bundleAgent(define) {
  const rest = await bundle({ define, entryPoints: ['src/agent/agent.ts'], plugins: [shared, builtins] });
  // In the strings and patterns of minified code, the only places of this, a stroke may as well be escaped.
  const footer = { js: `function REST(){/*${rest.trim().replaceAll('*/', String.raw`*\/`)}*/}` };
  return await bundle({ define, footer, entryPoints: ['src/agent/register.ts'], plugins: [builtins] });
}

async function bundle(options) {
  const { build } = await import('esbuild');
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    outfile: 'dist/register.cjs',
    bundle: true,
    write: false,
    metafile: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20.19',
    external: builtinModules,
    minify: true,
    legalComments: 'none',
    logLevel: 'silent',
    ...options,
  });
  const [strange] = bundledPackages(metafile);
  if (strange !== undefined) throw new Error(`the agent must have no package in it, and has ${strange}`);
  return outputFiles[0].text;
}
