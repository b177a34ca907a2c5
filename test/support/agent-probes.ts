/** Probes of the agent in real programs: each test bundles the ones it wants, and preloads them with `--require`. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { build } from 'esbuild';
import { temporaryDirectory } from './cli.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** What the program under test can use: the probes are started, and settle at once. */
const HARNESS = `
import { probeFailures } from './src/agent/probe-failures.ts';
import { seriesKey } from './src/core/series.ts';
const running = probes.filter((probe) => probe.supported?.() !== false).map((probe) => [probe, probe.start()]);
for (const [, probe] of running) probe.settle?.();
globalThis.sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
globalThis.busy = (ms) => { for (const end = performance.now() + ms; performance.now() < end; ); };
globalThis.stop = () => { for (const [, probe] of running) probe.stop(); };
globalThis.out = (value) => require('fs').writeSync(1, JSON.stringify(value) + '\\n');
globalThis.read = (window = 60) => {
  const series = { failures: probeFailures() };
  for (const [{ tables }, probe] of running) {
    probe.read((name, labels, figures) => {
      const table = tables.find((each) => each.name === name);
      if (figures.length !== table.columns.length) throw new Error(name + ' has ' + figures.length + ' figures');
      if (labels.length !== table.labels.length) throw new Error(name + ' has ' + labels.length + ' labels');
      const subject = Object.fromEntries(table.labels.map((label, i) => [label, labels[i]]));
      table.columns.forEach((column, i) => {
        const key = seriesKey(column.metric, { ...column.labels, ...subject });
        if (key in series) throw new Error(key + ' comes twice');
        if (!Number.isNaN(figures[i])) series[key] = figures[i];
      });
    }, window);
  }
  return series;
};
`;

/** Series by name and labels; an unknown figure is not there. `failures` is how often the probes threw. */
export type Series = Readonly<Record<string, number>>;

/** How to run a program. */
export interface ProgramOptions {
  readonly node?: string;
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Called with the process id once it runs. */
  readonly onStart?: (pid: number) => void;
}

/** Path of a preload that starts these probes. */
export async function probePreload(names: readonly string[]): Promise<string> {
  const imports = names.map((name, i) => `import p${i} from './src/agent/probes/${name}.ts';`);
  const list = `const probes = [${names.map((_, i) => `p${i}`).join(', ')}];`;
  const outfile = path.join(temporaryDirectory(), 'preload.cjs');
  await build({
    absWorkingDir: root,
    stdin: { contents: [...imports, list, HARNESS].join('\n'), resolveDir: root },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20.19',
    outfile,
    logLevel: 'silent',
  });
  return outfile;
}

/** Runs the text of a program (an `async` function's body) with a preload; gives what it handed to `out`. */
export async function runProgram<T>(preload: string, text: string, options: ProgramOptions = {}): Promise<T[]> {
  const { stdout } = await runRaw(preload, text, options);
  return stdout
    .split('\n')
    .filter((line) => /^[[{"\d]/.test(line) && !line.startsWith('[/'))
    .flatMap((line) => (line.startsWith('[') && line.includes(' ms: ') ? [] : [JSON.parse(line) as T]));
}

/** As `runProgram`, but gives all that it printed. Fails when the program does, or prints on stderr. */
export async function runRaw(preload: string, text: string, options: ProgramOptions = {}): Promise<{ stdout: string }> {
  const script = `(async () => {${text}\n})().catch((error) => { console.error(error); process.exitCode = 1; });`;
  const child = spawn(
    options.node ?? process.execPath,
    ['--require', preload, ...(options.flags ?? []), '-e', script],
    {
      env: { PATH: process.env.PATH, TMPDIR: process.env.TMPDIR, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  if (child.pid !== undefined) options.onStart?.(child.pid);
  const code = await new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  if (code !== 0 || stderr !== '') throw new Error(`the program ended with ${code}: ${stderr}`);
  return { stdout };
}
