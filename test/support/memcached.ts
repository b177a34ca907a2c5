/** Real Memcached servers for tests: of Debian, on free ports, always stopped. */
import net from 'node:net';
import { debianProgram } from './debian.ts';
import type { RunningServer } from './server.ts';
import { startServer } from './server.ts';

/** A Memcached that runs. */
export interface RunningMemcached extends RunningServer {
  readonly address: string;
  /** Sends text and gives what comes back until it ends with `last`. */
  run(text: string | Buffer, last: string): Promise<string>;
}

/** Starts a Memcached; `args` are its options (`-m 8`). */
export async function startMemcached(args = ''): Promise<RunningMemcached> {
  const fixed = ['-l', '127.0.0.1', '-U', '0', ...(process.getuid?.() === 0 ? ['-u', 'nobody'] : [])];
  const given = args === '' ? [] : args.split(' ');
  const server = await startServer(debianProgram('memcached'), (port) => ['-p', String(port), ...fixed, ...given]);
  const { port } = server;
  return { ...server, address: `127.0.0.1:${port}`, run: async (text, last) => await talk(port, text, last) };
}

async function talk(port: number, text: string | Buffer, last: string): Promise<string> {
  const socket = net.connect(port, '127.0.0.1');
  socket.write(text);
  let said = '';
  for await (const chunk of socket) {
    said += (chunk as Buffer).toString('latin1');
    if (said.endsWith(last)) break;
  }
  socket.destroy();
  return said;
}

/** The command that stores a value. */
export function setCommand(key: string, value: string, expires = 0): string {
  return `set ${key} 0 ${expires} ${value.length}\r\n${value}\r\n`;
}
