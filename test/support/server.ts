/** Servers that tests start on free ports of the loopback interface and always stop. */
import { spawn } from 'node:child_process';
import net from 'node:net';
import type { Runnable } from './debian.ts';

/** A server that runs. */
export interface RunningServer {
  readonly port: number;
  /** Ends the process and waits until it is gone. */
  stop(): Promise<void>;
}

/** A TCP port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a program and waits until its port accepts connections, or fails with what it printed. */
export async function startServer(
  { command, env }: Runnable,
  args: (port: number) => readonly string[],
): Promise<RunningServer> {
  const port = await freePort();
  const child = spawn(command, args(port), { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (printed += text.toString()));
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  const stop = async (): Promise<void> => {
    process.off('exit', kill);
    child.kill('SIGTERM');
    const timer = setTimeout(kill, 2000);
    await gone;
    clearTimeout(timer);
  };
  for (let attempt = 0; attempt < 400; attempt++) {
    if (child.exitCode !== null) break;
    if (await accepts(port)) return { port, stop };
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  await stop();
  throw new Error(`${command} does not listen: ${printed.slice(-2000)}`);
}

async function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
