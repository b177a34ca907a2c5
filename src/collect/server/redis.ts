/** A Redis (or Valkey, KeyDB): what `INFO` and its neighbours say, its configuration, its keys. */
import type { ClearedCache, ServerHost, ServerSample } from '../../core/cache.ts';
import { numberIn } from '../../core/decimal.ts';
import { CodoperfError } from '../../core/errors.ts';
import type { CacheServer, ClearTarget, KeyGroup, ServerOptions } from './cache-server.ts';
import { DEFAULT_TIMEOUT_MS } from './cache-server.ts';
import { groupKeys } from './key-groups.ts';
import { parseRedisUrl } from './redis-address.ts';
import type { RedisReply } from './redis-connection.ts';
import { RedisConnection, itemsOf, numberOf, textOf } from './redis-connection.ts';
import { countKeys, isRefusal, removeKeys, sampleRedisKeys, settledMemory } from './redis-keys.ts';
import { clusterTexts, defaultUserTexts, histogramTexts, latencyTexts, slowlogTexts } from './redis-replies.ts';
import { isOwnAddress, serverHost } from './server-host.ts';
import type { Texts } from './texts.ts';
import { emptyTexts, parseInfo, textsOf } from './texts.ts';

/** Settings that hold a password; only whether there is one may be seen. */
const SECRET = /(^requirepass|masterauth|primaryauth|pass)$/;
const PROGRAMS = /redis|valkey|keydb/;
/** Since then a connection can look at keys without making them young. https://redis.io/docs/latest/commands/client-no-touch/ */
const NO_TOUCH_SINCE = 7.2;

/** Connects and logs in, once. Throws a `CodoperfError`. */
export async function openRedis(
  url: string,
  { timeoutMs = DEFAULT_TIMEOUT_MS }: ServerOptions = {},
): Promise<CacheServer> {
  const connection = await RedisConnection.open(parseRedisUrl(url), timeoutMs);
  try {
    const info = await readInfo(connection);
    if (info.loading === '1') throw loading(connection.address.name, info);
    return new RedisServer(connection, info);
  } catch (error) {
    connection.close();
    throw error;
  }
}

async function readInfo(connection: RedisConnection): Promise<Texts> {
  const text = (await infoOfAll(connection)) || textOf(await connection.send('INFO')) || '';
  const info = parseInfo(text);
  if (info.redis_version !== undefined || info.valkey_version !== undefined || info.used_memory !== undefined)
    return info;
  const reason = 'its INFO is none of a Redis';
  throw new CodoperfError('SERVER_OF_OTHER_KIND', {
    name: connection.address.name,
    kind: 'Redis',
    reason,
    fix: 'Check host and port.',
  });
}

/** Nothing from old servers and some managed ones, which know no sections. */
async function infoOfAll(connection: RedisConnection): Promise<string | undefined> {
  try {
    return textOf(await connection.send('INFO', 'all'));
  } catch (error) {
    if (error instanceof CodoperfError && error.code === 'SERVER_REFUSED' && connection.isOpen) return undefined;
    throw error;
  }
}

function loading(name: string, info: Texts): CodoperfError {
  const percent = numberIn(info.loading_loaded_perc);
  const left = numberIn(info.loading_eta_seconds);
  const told = [
    percent === undefined ? '' : ` (${Math.round(percent)} % done`,
    percent !== undefined && left !== undefined ? `, about ${left} s left` : '',
    percent === undefined ? '' : ')',
  ];
  return new CodoperfError('SERVER_LOADING', { name, progress: told.join('') });
}

class RedisServer implements CacheServer {
  readonly kind = 'redis';
  readonly name: string;
  /** Out of reach of whoever prints the server: it knows the password. */
  readonly #connection: RedisConnection;
  private readonly first: Texts;
  /** Commands that the user may not run. */
  private readonly denied = new Set<string>();
  private configDenied = false;

  constructor(connection: RedisConnection, info: Texts) {
    this.#connection = connection;
    this.name = connection.address.name;
    this.first = info;
  }

  get notes(): readonly string[] {
    const notes: string[] = [];
    if (this.configDenied)
      notes.push(
        'The configuration may not be read (CONFIG GET): rules about it are silent, but for what INFO repeats.',
      );
    if (this.denied.size > 0)
      notes.push(`This user may not run ${[...this.denied].toSorted().join(', ')}: what they tell is left out.`);
    if (this.first.redis_mode === 'sentinel') notes.push('It is a Sentinel, which watches caches and is none.');
    return notes;
  }

  async sample(): Promise<ServerSample> {
    const [info, length, newest, latest, histogram, user, cluster] = await Promise.all([
      readInfo(this.#connection),
      this.optional('SLOWLOG LEN'),
      this.optional('SLOWLOG GET', '1'),
      this.optional('LATENCY LATEST'),
      this.optional('LATENCY HISTOGRAM'),
      this.optional('ACL GETUSER', 'default'),
      this.first.cluster_enabled === '1' ? this.optional('CLUSTER INFO') : undefined,
    ]);
    const more = {
      clock: textsOf([['unix_seconds', String(Math.floor(Date.now() / 1000))]]),
      slowlog: slowlogTexts(length, newest),
      latency: latencyTexts(latest),
      histogram: histogramTexts(histogram),
      acl: defaultUserTexts(user),
      cluster: clusterTexts(cluster),
      commandlog: await this.commandLog(info),
    };
    return { at: performance.now() / 1000, info, more };
  }

  async config(): Promise<Readonly<Record<string, string>>> {
    try {
      const flat = itemsOf(await this.#connection.send('CONFIG GET', '*')).map((each) => textOf(each) ?? '');
      const pairs = flat.flatMap((name, i): [string, string][] => (i % 2 === 0 ? [[name, flat[i + 1] ?? '']] : []));
      return textsOf(pairs.map(([name, value]) => [name, SECRET.test(name) && value !== '' ? '(set)' : value]));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.configDenied = true;
      return emptyTexts();
    }
  }

  host(): ServerHost | null {
    if (!isOwnAddress(this.#connection.address)) return null;
    const pid = numberIn(this.first.process_id);
    return serverHost({ pid, uptimeSeconds: numberIn(this.first.uptime_in_seconds), programs: PROGRAMS });
  }

  async sampleKeys(limit: number): Promise<KeyGroup[]> {
    if (Number.parseFloat(this.first.redis_version ?? '0') >= NO_TOUCH_SINCE)
      await this.optional('CLIENT NO-TOUCH', 'ON');
    const total = numberOf(await this.#connection.send('DBSIZE'));
    return groupKeys(await sampleRedisKeys(this.#connection, limit), total);
  }

  async clear(target: ClearTarget, dry: boolean): Promise<ClearedCache> {
    const { name } = this;
    const connection = this.#connection;
    await this.refuseReplica();
    const prefix = 'prefix' in target ? target.prefix : undefined;
    const before =
      prefix === undefined ? numberOf(await connection.send('DBSIZE')) : await countKeys(connection, prefix);
    const cleared = { name, pid: null, entries_before: before ?? null };
    if (dry) return { ...cleared, entries_after: null, bytes_freed: null };
    const memory = numberIn(parseInfo(textOf(await connection.send('INFO', 'memory')) ?? '').used_memory);
    let after: number | undefined;
    if (prefix === undefined) {
      await this.flush();
      after = numberOf(await connection.send('DBSIZE'));
    } else {
      await removeKeys(connection, prefix);
      after = await countKeys(connection, prefix);
    }
    const left = await settledMemory(connection);
    const freed = memory === undefined || left === undefined ? null : memory - left;
    // Others go on writing meanwhile: less than nothing was not freed, it is not known.
    return { ...cleared, entries_after: after ?? null, bytes_freed: freed !== null && freed >= 0 ? freed : null };
  }

  async close(): Promise<void> {
    this.#connection.close();
  }

  private async flush(): Promise<void> {
    try {
      await this.#connection.send('FLUSHDB', 'ASYNC');
    } catch (error) {
      // Before Redis 4 there was no ASYNC, and a refusal of FLUSHDB itself is told again.
      if (!isRefusal(error)) throw error;
      await this.#connection.send('FLUSHDB');
    }
  }

  private async refuseReplica(): Promise<void> {
    const info = parseInfo(textOf(await this.#connection.send('INFO', 'replication')) ?? '');
    if (info.role !== 'slave' || info.slave_read_only !== '1') return;
    const master = `${info.master_host}:${info.master_port}`;
    throw new CodoperfError('SERVER_READ_ONLY', { name: this.name, master });
  }

  /** Valkey's successor of the slow log. https://valkey.io/commands/commandlog/ */
  private async commandLog(info: Texts): Promise<Texts> {
    if (info.valkey_version === undefined) return emptyTexts();
    const kinds = ['slow', 'large-request', 'large-reply'];
    const lengths = await Promise.all(kinds.map(async (kind) => await this.optional('COMMANDLOG LEN', kind)));
    return textsOf(
      kinds.flatMap((kind, i): [string, string][] => {
        const length = numberOf(lengths[i]);
        return length === undefined ? [] : [[kind, String(length)]];
      }),
    );
  }

  /** A command that an older server does not know or the user may not run: then its answer is absent. */
  private async optional(command: string, ...args: string[]): Promise<RedisReply | undefined> {
    if (this.denied.has(command)) return undefined;
    try {
      return await this.#connection.send(command, ...args);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (error.code === 'SERVER_PERMISSION') this.denied.add(command);
      return undefined;
    }
  }
}
