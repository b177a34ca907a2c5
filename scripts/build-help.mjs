// The help pages and the version as `dist/help.json`: `codoperf --help` answers from it without loading
// commander. Rendered by commander itself from the table of commands, so that both are the same text.
import { readText, root } from './house.mjs';

/** The text of `dist/help.json`. */
export async function helpFile() {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    absWorkingDir: root,
    stdin: { contents: "export { renderHelpFile } from './src/cli/help-pages.ts';", resolveDir: root, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node20.19',
    external: ['yaml', 'zod/mini'],
    define: { 'process.env.CODOPERF_VERSION': JSON.stringify(JSON.parse(readText('package.json')).version) },
    logLevel: 'silent',
  });
  const module = { exports: {} };
  const { createRequire } = await import('node:module');
  new Function('module', 'exports', 'require', outputFiles[0].text)(module, module.exports, createRequire(import.meta.url));
  return module.exports.renderHelpFile();
}
