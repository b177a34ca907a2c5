/** Programs with the agent in them, and the other end of its socket, as small as it can be. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { FrameReader, MAX_REPLY_BYTES, encodeFrame } from '../../src/wire/agent/frames.ts';
import type { AgentCaches, AgentMetrics, AgentProcess } from '../../src/wire/agent/messages.ts';
import { writeAgent } from './agent-bundle.ts';
import { temporaryDirectory } from './cli.ts';

const PATIENCE_MS = 15_000;
const POLL_MS = 10;

let bundled: Promise<string> | undefined;

/** Path of the agent's bundle, as `dist/register.cjs` is; made once in a test file. Readable for other users. */
export function agentFile(): Promise<string> {
  bundled ??= bundle();
  return bundled;
}

async function bundle(): Promise<string> {
  const folder = temporaryDirectory();
  fs.chmodSync(folder, 0o755);
  const outfile = path.join(folder, 'register.cjs');
  await writeAgent(outfile);
  return outfile;
}

/** Resolves with what `look` finds; fails when it does not within 15 s. */
export async function eventually<T>(what: string, look: () => T | undefined | false): Promise<T> {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; ) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`${what}: not within ${PATIENCE_MS} ms`);
}

/** How a program is started. */
export interface ProgramOptions {
  /** CommonJS, run with `-e` unless there are `args`. */
  readonly code?: string;
  /** In place of `--require <agent>`. */
  readonly flags?: readonly string[];
  /** After the flags; script and its arguments. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Runtime directory; a new one when absent. */
  readonly runtime?: string;
  readonly node?: string;
  readonly uid?: number;
  /** Gives it a stream to read from. */
  readonly stdin?: boolean;
}

/** How a program ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs with the agent; it ends with the test that started it. */
export class Program {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly runtime: string;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';

  private constructor(child: ChildProcess, runtime: string) {
    this.child = child;
    this.pid = child.pid as number;
    this.runtime = runtime;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  static async start(options: ProgramOptions): Promise<Program> {
    const { code = '', node = process.execPath, env = {}, uid, runtime = temporaryDirectory() } = options;
    const flags = options.flags ?? ['--require', await agentFile()];
    const child = spawn(node, [...flags, ...(options.args ?? ['-e', code])], {
      cwd: '/',
      env: { PATH: process.env.PATH, TMPDIR: process.env.TMPDIR, CODOPERF_RUNTIME_DIR: runtime, ...env },
      uid,
      gid: uid,
      stdio: [options.stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    });
    const program = new Program(child, runtime);
    onTestFinished(async () => await program.kill());
    return program;
  }

  get socket(): string {
    return path.join(this.runtime, 'agents', `${this.pid}.sock`);
  }

  /** Resolves once the program printed a line with `text`. */
  async said(text: string): Promise<void> {
    await eventually(`'${text}' in '${this.stdout}' ${this.stderr}`, () => this.stdout.includes(text));
  }

  /** A connection, as soon as the agent listens. */
  async connect(pid = this.pid): Promise<Connection> {
    const socket = path.join(this.runtime, 'agents', `${pid}.sock`);
    await eventually(`${socket}, which has ${this.stderr}`, () => isPrivate(socket));
    return await Connection.open(socket);
  }

  /** Ends it, unless it has ended. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

/** Whether the agent has set the socket up: the mode comes last. */
function isPrivate(socket: string): boolean {
  return ((fs.lstatSync(socket, { throwIfNoEntry: false })?.mode ?? 0) & 0o777) === 0o600;
}

/** Any reply. */
export interface Reply {
  readonly id: number;
  readonly ok: boolean;
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
}

/** A client that trusts the agent, and can break the protocol. */
export class Connection {
  readonly socket: net.Socket;
  /** Resolves when the agent has closed it, with the milliseconds since it was opened. */
  readonly closed: Promise<number>;
  private readonly replies: Reply[] = [];
  private readonly reader = new FrameReader(MAX_REPLY_BYTES);
  private id = 0;

  private constructor(socket: net.Socket) {
    const since = performance.now();
    this.socket = socket;
    socket.on('error', () => {
      // Told by `close`.
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', () => resolve(performance.now() - since));
    });
    socket.on('data', (chunk) => this.replies.push(...(this.reader.push(chunk) as Reply[])));
  }

  static async open(path: string): Promise<Connection> {
    const socket = net.createConnection({ path });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
    });
    return new Connection(socket);
  }

  /** The reply to a request, whose number is given by us. */
  async ask(request: Readonly<Record<string, unknown>>): Promise<Reply> {
    const id = ++this.id;
    this.socket.write(encodeFrame({ id, ...request }));
    return await this.reply(id);
  }

  /** The reply with a number; fails when the agent closes instead. */
  async reply(id: number): Promise<Reply> {
    return await eventually(`reply ${id}`, () => {
      const found = this.replies.find((each) => each.id === id);
      if (found === undefined && this.socket.destroyed) throw new Error(`closed before reply ${id}`);
      return found;
    });
  }

  async result<T>(request: Readonly<Record<string, unknown>>): Promise<T> {
    const { ok, result, error } = await this.ask(request);
    if (!ok) throw new Error(`${error?.code}: ${error?.message}`);
    return result as T;
  }

  async hello(): Promise<AgentProcess> {
    return await this.result({ op: 'hello' });
  }

  async metrics(): Promise<AgentMetrics> {
    return await this.result({ op: 'metrics' });
  }

  async caches(): Promise<AgentCaches> {
    return await this.result({ op: 'caches' });
  }

  close(): void {
    this.socket.destroy();
  }
}
