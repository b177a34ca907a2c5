/** Programs with the agent, for tests that look at them from another process as a user would. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { agentEntries, temporaryDirectory } from './cli.ts';

/** How long a program may take to be ready, and its agent to listen. */
const READY_MS = 20_000;

/** A program that runs with the agent. */
export interface Watched {
  readonly child: ChildProcess;
  readonly pid: number;
  /** What it printed. */
  readonly output: () => string;
  stop(): Promise<void>;
}

/** A runtime directory of its own, so that agents of other tests are not in the way: `CODOPERF_*_DIR` for all. */
export class WatchedPlace {
  readonly root = temporaryDirectory();
  readonly env: Record<string, string>;
  private readonly running = new Set<Watched>();

  constructor() {
    this.env = {
      CODOPERF_RUNTIME_DIR: path.join(this.root, 'run'),
      CODOPERF_STATE_DIR: path.join(this.root, 'state'),
    };
  }

  /**
   * Starts a module whose source is `code`; `caches` in it is what `codoperf/caches` exports, `LRUCache` is that of
   * lru-cache, and `ready()` says that it is. Resolves when it is and its agent listens.
   */
  async start(code: string, { env = {}, args = [] as string[] } = {}): Promise<Watched> {
    const { agent, caches } = await agentEntries();
    const lru = path.resolve(import.meta.dirname, '../../node_modules/lru-cache/dist/esm/index.js');
    const file = path.join(this.root, `app-${this.running.size}.mjs`);
    const head = [
      `import * as caches from ${JSON.stringify(caches)};`,
      `import { LRUCache } from ${JSON.stringify(lru)};`,
      `const ready = () => console.log('ready');`,
    ];
    fs.writeFileSync(file, `${head.join(' ')}\n${code}\n`);
    const child = spawn(process.execPath, ['--require', agent, ...args, file], {
      env: { PATH: process.env.PATH, TMPDIR: process.env.TMPDIR, ...this.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: this.root,
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const watched: Watched = {
      child,
      pid: child.pid as number,
      output: () => text,
      stop: async () => {
        child.kill('SIGKILL');
        await gone;
        this.running.delete(watched);
      },
    };
    this.running.add(watched);
    const socket = path.join(this.env.CODOPERF_RUNTIME_DIR, 'agents', `${watched.pid}.sock`);
    for (let waited = 0; waited < READY_MS; waited += 20) {
      if (child.exitCode !== null) throw new Error(`the program ended: ${text}`);
      if (/^ready$/m.test(text) && fs.existsSync(socket)) return watched;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await watched.stop();
    throw new Error(`the program was not ready, or its agent does not listen at ${socket}: ${text}`);
  }

  /** Ends every program that still runs. */
  async close(): Promise<void> {
    await Promise.all([...this.running].map((each) => each.stop()));
  }
}
