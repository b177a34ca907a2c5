/** The program while it runs: for tests that send it signals, stop it or take its streams away. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import path from 'node:path';
import type { CliResult } from './cli.ts';
import { probeEntry, temporaryDirectory } from './cli.ts';

/** A started program. */
export interface Running {
  readonly child: ChildProcess;
  readonly stdout: string;
  readonly stderr: string;
  readonly ended: Promise<CliResult>;
  kill(signal: NodeJS.Signals): void;
  /** Milliseconds from now, as long as it runs. */
  wait(ms: number): Promise<void>;
}

/** Starts the program with its streams in pipes. */
export async function start(args: readonly string[], env: Record<string, string> = {}): Promise<Running> {
  const entry = path.join(path.dirname(await probeEntry()), 'codoperf.js');
  const child = spawn(process.execPath, [entry, ...args], {
    cwd: temporaryDirectory(),
    env: { PATH: process.env.PATH, HOME: '/nonexistent', CODOPERF_CONFIG_DIR: '/nonexistent/config', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<CliResult>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return {
    child,
    get stdout() {
      return stdout;
    },
    get stderr() {
      return stderr;
    },
    ended,
    kill: (signal) => child.kill(signal),
    wait: (ms) => Promise.race([new Promise<void>((resolve) => setTimeout(resolve, ms)), ended.then(() => undefined)]),
  };
}
