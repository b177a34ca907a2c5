/** Keys of a Memcached, from `lru_crawler metadump`, which lists them without stopping the server. */
import type { SampledKey } from './key-groups.ts';
import type { MemcachedConnection } from './memcached-connection.ts';

/** A sample is a glimpse: what it did not find by then is left out. */
const SAMPLE_MS = 3000;
/** Keys that are deleted with one question. */
const BATCH = 200;
const SPACE = 0x20;
const DELETE = 0x7f;

/** A key with what the dump says about it. */
interface Dumped {
  readonly key: Buffer;
  /** Unix seconds; -1 when it never expires. */
  readonly expires: number;
  readonly bytes: number;
}

/** At most `limit` keys at random, and how many there were to choose from. `now` is the server's clock. */
export async function sampleMemcachedKeys(
  dump: MemcachedConnection,
  limit: number,
  now: number | undefined,
): Promise<SampledKey[]> {
  const end = Date.now() + SAMPLE_MS;
  const chosen: SampledKey[] = [];
  let seen = 0;
  for await (const lines of dump.dump('no keys can be sampled')) {
    for (const each of lines) {
      const item = parseDumped(each);
      if (item === undefined) continue;
      // The list goes by size of items, so every part of it must have its chance (reservoir sampling).
      const at = seen++ < limit ? chosen.length : Math.floor(Math.random() * seen);
      if (at < limit) chosen[at] = { key: item.key, ttlSeconds: ttlOf(item, now), bytes: item.bytes };
    }
    if (Date.now() > end) break;
  }
  return chosen;
}

function ttlOf({ expires }: Dumped, now: number | undefined): number | null | undefined {
  if (expires === -1) return null;
  return now === undefined ? undefined : Math.max(0, expires - now);
}

/** How many keys begin with `prefix`. */
export async function countDumped(dump: MemcachedConnection, prefix: string): Promise<number> {
  let count = 0;
  for await (const keys of matching(dump, prefix)) count += keys.length;
  return count;
}

/** Deletes the keys that begin with `prefix`, over a second connection while the first one lists them. */
export async function deleteDumped(
  dump: MemcachedConnection,
  connection: MemcachedConnection,
  prefix: string,
): Promise<void> {
  for await (const keys of matching(dump, prefix)) {
    for (let from = 0; from < keys.length; from += BATCH) {
      const batch = keys.slice(from, from + BATCH);
      await connection.ask(batch.map(deletion).join('\r\n'), (lines) => lines.length >= batch.length);
    }
  }
}

async function* matching(dump: MemcachedConnection, prefix: string): AsyncIterable<Buffer[]> {
  const wanted = Buffer.from(prefix);
  for await (const lines of dump.dump('keys cannot be cleared by prefix')) {
    const keys = lines.flatMap((line) => parseDumped(line)?.key ?? []);
    yield keys.filter((key) => key.subarray(0, wanted.length).equals(wanted));
  }
}

/** The command that deletes a key; one that is no word goes as base64, which the meta commands take. */
function deletion(key: Buffer): string {
  const isWord = key.length > 0 && key.every((byte) => byte > SPACE && byte !== DELETE);
  return isWord ? `delete ${key.toString('latin1')}` : `md ${key.toString('base64')} b`;
}

/** `key=a%3A1 exp=-1 la=… cas=… fetch=yes cls=1 size=65`; `undefined` for anything else. */
function parseDumped(line: string): Dumped | undefined {
  const match = /^key=(\S+) exp=(-?\d+) .*\bsize=(\d+)/.exec(line);
  if (match === null) return undefined;
  return { key: bytesOf(match[1]), expires: Number(match[2]), bytes: Number(match[3]) };
}

function bytesOf(escaped: string): Buffer {
  const text = escaped.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(text, 'latin1');
}
