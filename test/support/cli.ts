/** The real program for tests: bundled once in a test run, spawned as a user would. */
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { writeAgent } from './agent-bundle.ts';

const root = path.resolve(import.meta.dirname, '../..');
const top = path.join(root, '.cache/test-dist');
/** vitest runs each file in a process of its own; their parent is the run. */
const folder = path.join(top, String(process.ppid));
const BUILD_TIMEOUT_MS = 60_000;
const POLL_MS = 50;

/** Path of the bundled program. The first test file that asks builds it; the others wait. */
async function cliEntry(): Promise<string> {
  const ready = path.join(folder, 'ready');
  const entry = path.join(folder, 'codoperf.js');
  fs.mkdirSync(top, { recursive: true });
  try {
    fs.mkdirSync(folder);
  } catch {
    return await waitFor(ready, entry); // Another test file builds it.
  }
  removeOld();
  await bundle();
  fs.writeFileSync(ready, '');
  return entry;
}

async function waitFor(ready: string, entry: string): Promise<string> {
  for (let waited = 0; waited < BUILD_TIMEOUT_MS; waited += POLL_MS) {
    if (fs.existsSync(ready)) return entry;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`${ready} did not appear`);
}

function removeOld(): void {
  for (const name of fs.readdirSync(top)) {
    if (!fs.existsSync(`/proc/${name}`)) fs.rmSync(path.join(top, name), { recursive: true, force: true });
  }
}

async function bundle(): Promise<void> {
  const common = {
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    define: { 'process.env.CODOPERF_VERSION': '"1.2.3"' },
    banner: { js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);" },
    logLevel: 'silent',
  } as const;
  await build({ ...common, entryPoints: { codoperf: 'src/cli/bin.ts' }, outdir: folder, splitting: true });
  await build({ ...common, entryPoints: { probe: 'test/support/probe.ts' }, outdir: folder });
  await build({ ...common, entryPoints: { caches: 'src/caches.ts' }, outdir: folder });
  await writeAgent(path.join(folder, 'register.cjs'));
  const pages = path.join(folder, 'help-pages.js');
  await build({ ...common, entryPoints: ['src/cli/help-pages.ts'], outfile: pages });
  const script = `import(process.argv[1]).then((m) => process.stdout.write(m.renderHelpFile()))`;
  fs.writeFileSync(path.join(folder, 'help.json'), execFileSync(process.execPath, ['-e', script, pages]));
  // Loaded only by the test file that bundles.
  const { compileRuleFiles } = await import('../../src/analyze/rules/rule-files.ts');
  fs.writeFileSync(path.join(folder, 'rules.json'), compileRuleFiles(path.join(root, 'rules')));
}

/** What a run of the program gave. */
export interface CliResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run it. */
export interface CliOptions {
  readonly cwd?: string;
  /** Added to an environment with nothing but PATH and HOME. */
  readonly env?: Record<string, string>;
  readonly uid?: number;
}

/** Runs the program with its streams in pipes. */
export async function cli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return await run(process.execPath, [await cliEntry(), ...args], options);
}

/** Path of `test/support/probe.ts`, bundled. */
export async function probeEntry(): Promise<string> {
  return path.join(path.dirname(await cliEntry()), 'probe.js');
}

/** Paths of the bundled agent and of `codoperf/caches`, as one build. */
export async function agentEntries(): Promise<{ agent: string; caches: string }> {
  const place = path.dirname(await cliEntry());
  return { agent: path.join(place, 'register.cjs'), caches: path.join(place, 'caches.js') };
}

/** Runs a line of bash in which `codoperf` is the program and `probe` the one of `probe.ts`. */
export async function shell(line: string, options: CliOptions = {}): Promise<CliResult> {
  const script = `codoperf() { "$NODE" "$ENTRY" "$@"; }\nprobe() { "$NODE" "$PROBE" "$@"; }\n${line}`;
  const env = { NODE: process.execPath, ENTRY: await cliEntry(), PROBE: await probeEntry(), ...options.env };
  return await run('bash', ['-c', script], { ...options, env });
}

async function run(command: string, args: string[], { cwd, env, uid }: CliOptions): Promise<CliResult> {
  const child = spawn(command, args, {
    cwd: cwd ?? emptyDirectory(),
    env: { PATH: process.env.PATH, HOME: '/nonexistent', CODOPERF_CONFIG_DIR: '/nonexistent/config', ...env },
    uid,
  });
  child.stdin.end();
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.on('close', (...result) => resolve(result));
  });
  return { code, signal, stdout, stderr };
}

let empty: string | undefined;

/** A directory without configuration, kept for the process. */
function emptyDirectory(): string {
  empty ??= temporaryDirectory();
  return empty;
}

const temporaries: string[] = [];
process.on('exit', () => {
  for (const directory of temporaries) fs.rmSync(directory, { recursive: true, force: true });
});

/** A new directory that goes with the process. */
export function temporaryDirectory(): string {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'codoperf-test-'));
  temporaries.push(directory);
  return directory;
}
