/** Real Redis servers for tests: of Debian, on free ports, with a directory of their own, always stopped. */
import { createClient } from '@redis/client';
import type { RunningServer } from './server.ts';
import { startServer } from './server.ts';
import { debianProgram } from './debian.ts';
import { temporaryDirectory } from './cli.ts';

/** A Redis that runs. */
export interface RunningRedis extends RunningServer {
  readonly url: string;
  readonly directory: string;
  /** Sends commands as a program would, the answers as text. */
  run(...commands: readonly (readonly string[])[]): Promise<unknown[]>;
}

/** What `startRedis` may be told. */
export interface RedisOptions {
  readonly directory?: string;
  /** User and password for `run`, as in a URL: `user:password@`. */
  readonly login?: string;
}

/** Starts a Redis without persistence; `args` are its options (`--maxmemory 2mb`), in which PORT is the free port. */
export async function startRedis(
  args = '',
  { directory = temporaryDirectory(), login = '' }: RedisOptions = {},
): Promise<RunningRedis> {
  const fixed = ['--save', '', '--bind', '127.0.0.1', '--dir', directory, '--loglevel', 'warning'];
  const given = (port: number): string[] => (args === '' ? [] : args.replaceAll('PORT', String(port)).split(' '));
  const server = await startServer(debianProgram('redis-server'), (port) => [
    '--port',
    String(port),
    ...fixed,
    ...given(port),
  ]);
  const url = `redis://127.0.0.1:${server.port}`;
  const own = `redis://${login}127.0.0.1:${server.port}`;
  return { ...server, url, directory, run: async (...commands) => await runOn(own, commands) };
}

/** Sends commands to any Redis. */
export async function runOn(url: string, commands: readonly (readonly string[])[]): Promise<unknown[]> {
  const client = createClient({ url, RESP: 2, disableClientInfo: true, socket: { reconnectStrategy: false } });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await Promise.all(commands.map(async (command) => await client.sendCommand(command)));
  } finally {
    client.destroy();
  }
}
