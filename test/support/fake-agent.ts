/** Sockets that behave as agents, or as badly as they like, for the tests of the far end. */
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { FrameReader, MAX_REQUEST_BYTES, encodeFrame } from '../../src/wire/agent/frames.ts';
import type { AgentMetrics, AgentProcess, AgentRequest } from '../../src/wire/agent/messages.ts';
import { temporaryDirectory } from './cli.ts';

/** What a fake agent does with a request. */
export type Handler = (request: AgentRequest, connection: net.Socket) => void;

/** A process as an agent describes it. */
export function processOf(pid: number, changes: Partial<AgentProcess> = {}): AgentProcess {
  return {
    protocol: 1,
    agent: '0.0.0',
    pid,
    ppid: 1,
    uid: process.getuid?.() ?? 0,
    node: 'v20.20.2',
    name: `service-${pid}`,
    command: `node service-${pid}.js`,
    started_ms: 1_767_225_600_000,
    pool_tids: null,
    cluster: null,
    ...changes,
  };
}

/** Answers every question about the process `pid`; `metrics` with these. */
export function honest(pid: number, metrics: Partial<AgentMetrics> = {}): Handler {
  return ({ id, op }, connection) => {
    const subject = processOf(pid);
    const results: Record<AgentRequest['op'], unknown> = {
      hello: subject,
      metrics: { process: subject, at: 1000, threads: [], ...metrics },
      caches: { process: subject, at: 1000, caches: [], functions: [], silent_threads: [] },
      clear: { process: subject, caches: [], refused: [] },
      stop: null,
    };
    connection.write(encodeFrame({ id, ok: true, result: results[op] }));
  };
}

/** A runtime directory with sockets in it, and the servers behind them. */
export class FakeRuntime {
  readonly directory: string;
  readonly requests: AgentRequest[] = [];
  private readonly servers: net.Server[] = [];
  private readonly connections = new Set<net.Socket>();

  constructor(directory = temporaryDirectory()) {
    this.directory = directory;
    fs.mkdirSync(path.join(directory, 'agents'), { mode: 0o700, recursive: true });
  }

  socket(pid: number): string {
    return path.join(this.directory, 'agents', `${pid}.sock`);
  }

  /** Listens as the agent of `pid`. */
  async listen(pid: number, handler: Handler): Promise<string> {
    const socket = this.socket(pid);
    const server = net.createServer((connection) => {
      this.connections.add(connection);
      const reader = new FrameReader(MAX_REQUEST_BYTES);
      connection.on('error', () => connection.destroy());
      connection.on('close', () => this.connections.delete(connection));
      connection.on('data', (chunk) => {
        for (const request of reader.push(chunk) as AgentRequest[]) {
          this.requests.push(request);
          handler(request, connection);
        }
      });
    });
    this.servers.push(server);
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    fs.chmodSync(socket, 0o600);
    return socket;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.connections.size;
  }

  async close(): Promise<void> {
    for (const connection of this.connections) connection.destroy();
    await Promise.all(this.servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

/** A procfs with processes that run Node.js, each older than any socket. */
export class FakeProcfs {
  readonly root = temporaryDirectory();

  constructor() {
    this.write('stat', 'cpu 0 0 0 0\nbtime 1000000000\n');
    this.write('uptime', '5000.00 9000.00\n');
    this.write('net/unix', 'Num RefCount Protocol Flags Type St Inode Path\n');
  }

  write(file: string, text: string): void {
    fs.mkdirSync(path.dirname(path.join(this.root, file)), { recursive: true });
    fs.writeFileSync(path.join(this.root, file), text);
  }

  /** A process of `uid`; `startTicks` in hundredths of a second since boot. */
  process(
    pid: number,
    { uid = 0, startTicks = 100_000, comm = 'node', exe = '/usr/bin/node', state = 'S' } = {},
  ): void {
    const rest = Array.from({ length: 30 }, (_, i) => (i === 18 ? startTicks : 0));
    rest[0] = 1;
    this.write(`${pid}/stat`, `${pid} (${comm}) ${state} ${rest.join(' ')}\n`);
    this.write(`${pid}/status`, `Name:\t${comm}\nPPid:\t1\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\n`);
    this.write(`${pid}/comm`, `${comm}\n`);
    this.write(`${pid}/cmdline`, `node\0/srv/${comm}.js\0--token=secret\0`);
    fs.rmSync(path.join(this.root, `${pid}/exe`), { force: true });
    if (exe !== '') fs.symlinkSync(exe, path.join(this.root, `${pid}/exe`));
  }

  end(pid: number): void {
    fs.rmSync(path.join(this.root, String(pid)), { recursive: true });
  }
}
