/** Programs that tests attach to: each is a process of its own, and always ends with the test. */
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { ProgramOptions } from './agent.ts';
import { Program } from './agent.ts';
import { temporaryDirectory } from './cli.ts';

/** Old enough for an attach, which takes no process younger than a second. */
const GROWN_MS = 1100;

/** A server that does what the path of a request says, and tells about itself. */
const SERVER = `
import http from 'node:http';
import inspector from 'node:inspector';
import { createRequire } from 'node:module';
import { execSync } from 'node:child_process';
const { cache } = createRequire(import.meta.url);
const { close } = inspector;
let served = 0;
const deeds = {
  '/loop': () => { for (const until = performance.now() + 60000; performance.now() < until; ); },
  '/exec': () => execSync('exec sleep ' + process.env.SLEEP),
  '/exit': () => process.exit(3),
  '/mend': () => { inspector.close = close; },
  '/open': () => inspector.open(0, '127.0.0.1'),
};
if (process.env.STUCK) inspector.close = () => {};
if (process.env.WRONG) Object.defineProperty(process, 'pid', { value: 1 });
if (process.env.MOVED) process.env.CODOPERF_RUNTIME_DIR = process.env.MOVED;
if (process.env.OWN_HANDLER) process.on('SIGUSR1', () => { deeds.handled = true; });
const server = http.createServer((request, response) => {
  served++;
  const deed = deeds[request.url];
  if (typeof deed === 'function') setTimeout(deed, 20);
  response.end(JSON.stringify({
    pid: process.pid,
    served,
    handled: deeds.handled === true,
    inspector: inspector.url() ?? null,
    symbols: [...Object.getOwnPropertySymbols(globalThis), ...Object.getOwnPropertySymbols(process)]
      .map(String).filter((each) => each.includes('codoperf')),
    names: Object.getOwnPropertyNames(globalThis).length,
    modules: Object.keys(cache),
    listeners: process.eventNames().map((name) => String(name) + process.listenerCount(name)),
    resources: process.getActiveResourcesInfo().filter((each) => !['TCPSocketWrap', 'HTTPINCOMINGMESSAGE', 'Timeout', 'Immediate'].includes(each)),
  }));
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

/** What the server tells about itself. */
export interface Facts {
  readonly pid: number;
  readonly served: number;
  readonly handled: boolean;
  readonly inspector: string | null;
  readonly symbols: readonly string[];
  readonly names: number;
  readonly modules: readonly string[];
  readonly listeners: readonly string[];
  readonly resources: readonly string[];
}

/** A server that runs until the test ends. */
export class TargetServer {
  readonly program: Program;
  readonly pid: number;
  private port = 0;
  private readonly started = performance.now();
  private readonly kept = new http.Agent({ keepAlive: true, maxSockets: 1 });

  private constructor(program: Program) {
    this.program = program;
    this.pid = program.pid;
    onTestFinished(() => this.kept.destroy());
  }

  /** Starts it and waits until it serves; not until it is old enough. */
  static async start({ flags = [], ...options }: ProgramOptions): Promise<TargetServer> {
    const folder = temporaryDirectory();
    fs.chmodSync(folder, 0o755);
    const script = path.join(folder, 'server.mjs');
    fs.writeFileSync(script, SERVER);
    const target = new TargetServer(await Program.start({ ...options, flags, args: [script] }));
    await target.program.said('\n');
    target.port = Number(target.program.stdout);
    return target;
  }

  /** As `start`, and old enough. */
  static async grown(options: ProgramOptions): Promise<TargetServer> {
    const target = await TargetServer.start(options);
    await sleep(Math.max(GROWN_MS - (performance.now() - target.started), 0));
    return target;
  }

  /** A request on a connection that stays open. */
  async get(url = '/'): Promise<Facts> {
    const request = http.get({ host: '127.0.0.1', port: this.port, path: url, agent: this.kept });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    let body = '';
    for await (const chunk of response.setEncoding('utf8')) body += chunk as string;
    return JSON.parse(body) as Facts;
  }

  get running(): boolean {
    const { exitCode, signalCode } = this.program.child;
    return exitCode === null && signalCode === null;
  }

  /** The ports that it listens on beside its own, by the kernel. */
  otherPorts(): number[] {
    const sockets = new Set(
      fs.readdirSync(`/proc/${this.pid}/fd`).map((fd) => {
        try {
          return fs.readlinkSync(`/proc/${this.pid}/fd/${fd}`);
        } catch {
          return ''; // Closed in the meantime.
        }
      }),
    );
    return fs
      .readFileSync(`/proc/${this.pid}/net/tcp`, 'latin1')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((words) => words[3] === '0A' && sockets.has(`socket:[${words[9]}]`))
      .map((words) => Number.parseInt(words[1].split(':')[1], 16))
      .filter((port) => port !== this.port);
  }
}

/** A TCP port of the loopback interface that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = net.createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
