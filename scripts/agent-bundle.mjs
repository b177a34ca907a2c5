// The agent as one CommonJS file for `--require` and `--import`. It starts with other people's programs, so what its
// imports cost at start-up matters: esbuild would copy every property of `node:fs` for each file that imports it, and
// Node.js makes an ES module of each built-in that is required by name.
import { builtinModules } from 'node:module';
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

/** The text of the bundle. Throws when a package is in it. */
export async function bundleAgent(options) {
  const { build } = await import('esbuild');
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/agent/register.ts'],
    outfile: 'dist/register.cjs',
    bundle: true,
    write: false,
    metafile: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20.19',
    external: builtinModules,
    logLevel: 'silent',
    ...options,
    plugins: [builtins],
  });
  const [strange] = bundledPackages(metafile);
  if (strange !== undefined) throw new Error(`the agent must have no package in it, and has ${strange}`);
  return outputFiles[0].text;
}
