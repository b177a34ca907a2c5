/** A Memcached: what `stats` and its parts say, its settings, its keys. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ClearedCache, ServerHost, ServerSample } from '../../core/cache.ts';
import { numberIn } from '../../core/decimal.ts';
import { CodoperfError } from '../../core/errors.ts';
import type { CacheServer, ClearTarget, KeyGroup, ServerOptions } from './cache-server.ts';
import { DEFAULT_TIMEOUT_MS } from './cache-server.ts';
import { groupKeys } from './key-groups.ts';
import { parseMemcachedAddress } from './memcached-address.ts';
import { MemcachedConnection } from './memcached-connection.ts';
import { quoted, withoutStats } from './memcached-failure.ts';
import { countDumped, deleteDumped, sampleMemcachedKeys } from './memcached-keys.ts';
import { isOwnAddress, serverHost } from './server-host.ts';
import type { Texts } from './texts.ts';
import { emptyTexts, textsOf } from './texts.ts';

const PROGRAMS = /^memcached/;
/** What flush_all invalidates is given back as the crawler passes. */
const CRAWLED_WITHIN_MS = 2000;
const CRAWL_POLL_MS = 50;

/** Connects, once. Throws a `CodoperfError`. */
export async function openMemcached(
  hostPort: string,
  { timeoutMs = DEFAULT_TIMEOUT_MS }: ServerOptions = {},
): Promise<CacheServer> {
  const connection = await MemcachedConnection.open(parseMemcachedAddress(hostPort), timeoutMs);
  try {
    return new MemcachedServer(connection, await readStats(connection));
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** The lines `STAT name text` of `stats` or one of its parts. */
async function readStats(connection: MemcachedConnection, part = ''): Promise<Texts> {
  const command = part === '' ? 'stats' : `stats ${part}`;
  const lines = await connection.ask(command, (all) => all.length > 0 && (all.at(-1) === 'END' || !isStat(all[0])));
  if (!isStat(lines[0]) && (part === '' || lines[0] !== 'END')) throw withoutStats(connection.address, lines[0]);
  return textsOf(
    lines.flatMap((line): [string, string][] => {
      const match = /^STAT (\S+) ?(.*)$/.exec(line);
      return match === null ? [] : [[match[1], match[2]]];
    }),
  );
}

function isStat(line: string): boolean {
  return line.startsWith('STAT ');
}

class MemcachedServer implements CacheServer {
  readonly kind = 'memcached';
  readonly name: string;
  readonly notes: string[] = [];
  private readonly connection: MemcachedConnection;
  private readonly first: Texts;

  constructor(connection: MemcachedConnection, stats: Texts) {
    this.connection = connection;
    this.name = connection.address.name;
    this.first = stats;
  }

  async sample(): Promise<ServerSample> {
    const info = await readStats(this.connection);
    const items = await readStats(this.connection, 'items');
    const slabs = await readStats(this.connection, 'slabs');
    const classes = Object.entries(items).map(([name, text]) => [name.replace(/^items:/, ''), text] as const);
    return { at: performance.now() / 1000, info, more: { items: textsOf(classes), slabs } };
  }

  async config(): Promise<Readonly<Record<string, string>>> {
    try {
      return await readStats(this.connection, 'settings');
    } catch (error) {
      if (!(error instanceof CodoperfError && error.code === 'SERVER_WITHOUT_STATS')) throw error;
      this.note(`The settings may not be read (${error.message}): rules about them are silent.`);
      return emptyTexts();
    }
  }

  host(): ServerHost | null {
    if (!isOwnAddress(this.connection.address)) return null;
    const pid = numberIn(this.first.pid);
    return serverHost({ pid, uptimeSeconds: numberIn(this.first.uptime), programs: PROGRAMS });
  }

  async sampleKeys(limit: number): Promise<KeyGroup[]> {
    const stats = await readStats(this.connection);
    const keys = await this.dumping(async (dump) => await sampleMemcachedKeys(dump, limit, numberIn(stats.time)));
    return groupKeys(keys, numberIn(stats.curr_items));
  }

  async clear(target: ClearTarget, dry: boolean): Promise<ClearedCache> {
    const before = await readStats(this.connection);
    const prefix = 'prefix' in target ? target.prefix : undefined;
    const entries = prefix === undefined ? numberIn(before.curr_items) : await this.count(prefix);
    const cleared = { name: this.name, pid: null, entries_before: entries ?? null };
    if (dry) return { ...cleared, entries_after: null, bytes_freed: null };
    if (prefix === undefined) {
      const after = await this.flush();
      return { ...cleared, entries_after: numberIn(after?.curr_items) ?? null, bytes_freed: freed(before, after) };
    }
    await this.dumping(async (dump) => await deleteDumped(dump, this.connection, prefix));
    const after = await readStats(this.connection);
    return { ...cleared, entries_after: await this.count(prefix), bytes_freed: freed(before, after) };
  }

  async close(): Promise<void> {
    this.connection.close();
  }

  private async count(prefix: string): Promise<number> {
    return await this.dumping(async (dump) => await countDumped(dump, prefix));
  }

  /** A list of keys takes a connection for itself: it may be left before its end. */
  private async dumping<T>(work: (dump: MemcachedConnection) => Promise<T>): Promise<T> {
    const dump = await MemcachedConnection.open(this.connection.address, this.connection.timeoutMs);
    try {
      return await work(dump);
    } finally {
      dump.close();
    }
  }

  /** Invalidates everything; the stats once the crawler has taken the dead items away, `undefined` when it does not. */
  private async flush(): Promise<Texts | undefined> {
    const [answer] = await this.connection.ask('flush_all', (lines) => lines.length > 0);
    if (answer !== 'OK') {
      const fix = 'It was started with -F, which forbids it: clear by prefix, or restart it.';
      throw new CodoperfError('SERVER_REFUSED', { name: this.name, command: 'flush_all', reason: quoted(answer), fix });
    }
    const [crawl] = await this.connection.ask('lru_crawler crawl all', (lines) => lines.length > 0);
    if (crawl !== 'OK') return undefined;
    const end = Date.now() + CRAWLED_WITHIN_MS;
    do {
      await pause(CRAWL_POLL_MS);
      const stats = await readStats(this.connection);
      if (stats.lru_crawler_running === '0') return stats;
    } while (Date.now() < end);
    return undefined;
  }

  private note(text: string): void {
    if (!this.notes.includes(text)) this.notes.push(text);
  }
}

/** Bytes of items less than before; `null` when others wrote more meanwhile, or it is not known. */
function freed(before: Texts, after: Texts | undefined): number | null {
  const [from, to] = [numberIn(before.bytes), numberIn(after?.bytes)];
  return from === undefined || to === undefined || to > from ? null : from - to;
}
