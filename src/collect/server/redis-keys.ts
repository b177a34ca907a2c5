/** Keys of one database of a Redis: a sample of them, and all that begin with a text. Found by SCAN, never by KEYS. */
import { setTimeout as pause } from 'node:timers/promises';
import { numberIn } from '../../core/decimal.ts';
import { CodoperfError } from '../../core/errors.ts';
import type { SampledKey } from './key-groups.ts';
import type { RedisConnection, RedisReply } from './redis-connection.ts';
import { itemsOf, numberOf, textOf } from './redis-connection.ts';
import { parseInfo } from './texts.ts';

const PAGE = 1000;
/** A sample is a glimpse: what it did not find by then is left out. */
const SAMPLE_MS = 3000;
/** 10^8 keys take about as long; a server that never ends its SCAN does not keep us longer. */
const WALK_MS = 300_000;
/** Memory is given back by a thread of its own. */
const FREED_WITHIN_MS = 2000;
const FREED_POLL_MS = 50;

/** At most `limit` keys with their time to live and memory: the first of SCAN's order, which is that of a hash. */
export async function sampleRedisKeys(connection: RedisConnection, limit: number): Promise<SampledKey[]> {
  const end = Date.now() + SAMPLE_MS;
  const sampled: SampledKey[] = [];
  for await (const page of pages(connection, end)) {
    const keys = page.slice(0, limit - sampled.length);
    sampled.push(...(await Promise.all(keys.map(async (key) => await lookAt(connection, key)))));
    if (sampled.length >= limit) break;
  }
  return sampled;
}

async function lookAt(connection: RedisConnection, key: Buffer): Promise<SampledKey> {
  const [ttl, bytes] = await Promise.all([
    unlessRefused(connection.send('PTTL', key)),
    unlessRefused(connection.send('MEMORY USAGE', key)),
  ]);
  return { key, ttlSeconds: ttlOf(ttl), bytes: numberOf(bytes) };
}

/** -1 is a key that never expires, -2 one that is gone by now. */
function ttlOf(reply: RedisReply | undefined): number | null | undefined {
  const ms = numberOf(reply);
  if (ms === -1) return null;
  return ms === undefined || ms < 0 ? undefined : ms / 1000;
}

async function unlessRefused(reply: Promise<RedisReply>): Promise<RedisReply | undefined> {
  try {
    return await reply;
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

/** Whether the server said no to one command, and is there for others. */
export function isRefusal(error: unknown): error is CodoperfError {
  return error instanceof CodoperfError && (error.code === 'SERVER_PERMISSION' || error.code === 'SERVER_REFUSED');
}

/** How many keys begin with `prefix`. */
export async function countKeys(connection: RedisConnection, prefix: string): Promise<number> {
  let count = 0;
  for await (const page of pages(connection, Date.now() + WALK_MS, prefix)) count += page.length;
  return count;
}

/** Removes the keys that begin with `prefix`, in the background of the server; how many there were. */
export async function removeKeys(connection: RedisConnection, prefix: string): Promise<number> {
  let removed = 0;
  for await (const page of pages(connection, Date.now() + WALK_MS, prefix)) {
    if (page.length > 0) removed += numberOf(await connection.send('UNLINK', ...page)) ?? 0;
  }
  return removed;
}

/** Pages of keys until SCAN is through, or `end` (milliseconds) has come: with a prefix that is an error. */
async function* pages(connection: RedisConnection, end: number, prefix?: string): AsyncIterable<Buffer[]> {
  const wanted = prefix === undefined ? undefined : Buffer.from(prefix);
  const match = prefix === undefined ? [] : ['MATCH', `${escapeGlob(prefix)}*`];
  let cursor = '0';
  do {
    const [next, keys] = itemsOf(await connection.send('SCAN', cursor, ...match, 'COUNT', String(PAGE)));
    yield itemsOf(keys).filter((key) => Buffer.isBuffer(key) && beginsWith(key, wanted)) as Buffer[];
    cursor = textOf(next) ?? '0';
    if (Date.now() < end || cursor === '0') continue;
    if (prefix === undefined) return;
    const { name } = connection.address;
    throw new CodoperfError('SERVER_TIMEOUT', { name, command: 'SCAN to its end', seconds: WALK_MS / 1000 });
  } while (cursor !== '0');
}

/** The server compares patterns; what is removed is compared here once more, byte by byte. */
function beginsWith(key: Buffer, wanted: Buffer | undefined): boolean {
  return wanted === undefined || key.subarray(0, wanted.length).equals(wanted);
}

/** A text as a pattern that matches itself. https://redis.io/docs/latest/commands/keys/ */
function escapeGlob(text: string): string {
  return text.replace(/[*?[\]\\]/g, '\\$&');
}

/** Memory of the data now, once what was removed is given back; `undefined` when that takes too long. */
export async function settledMemory(connection: RedisConnection): Promise<number | undefined> {
  const end = Date.now() + FREED_WITHIN_MS;
  do {
    const info = parseInfo(textOf(await connection.send('INFO', 'memory')) ?? '');
    if (info.lazyfree_pending_objects === '0') return numberIn(info.used_memory);
    await pause(FREED_POLL_MS);
  } while (Date.now() < end);
  return undefined;
}
