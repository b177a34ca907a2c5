/** The cache servers of one run: opened, looked at twice, closed. */
import { adviceOnServer } from '../../analyze/cache-advice.ts';
import type { CacheServer } from '../../collect/server/cache-server.ts';
import type { ServerFacts, ServerSample } from '../../core/cache.ts';
import { CodoperfError } from '../../core/errors.ts';
import type { SeriesRow } from '../../core/series.ts';
import type { ReportedCache, ReportedKeyGroup } from '../../report/cache-report.ts';
import { reportedStats } from '../../report/cache-report.ts';
import type { CacheInfoSettings, ServerAddress } from './settings.ts';

/** Where servers usually are; tried when none was named. */
const usual: readonly ServerAddress[] = [
  { kind: 'redis', address: 'redis://127.0.0.1:6379/0' },
  { kind: 'memcached', address: '127.0.0.1:11211' },
];
const NAMED_TIMEOUT_MS = 2000;
const USUAL_TIMEOUT_MS = 300;

/** Opens a server. Throws a `CodoperfError` that says why not. */
export async function openServer({ kind, address }: ServerAddress, timeoutMs = NAMED_TIMEOUT_MS): Promise<CacheServer> {
  // Loaded only now: most runs talk to no server.
  if (kind === 'redis') return (await import('../../collect/server/redis.ts')).openRedis(address, { timeoutMs });
  return (await import('../../collect/server/memcached.ts')).openMemcached(address, { timeoutMs });
}

/** A server that answers, with the first look at it. */
interface Opened {
  readonly server: CacheServer;
  before: ServerSample;
  config?: Readonly<Record<string, string>>;
}

/** The servers of one run. */
export class Servers {
  /** What kept a server that was named from being shown. */
  readonly failures: CodoperfError[] = [];
  /** Which usual places were tried and did not answer. */
  readonly notes: string[] = [];
  private readonly opened: Opened[] = [];

  /** Opens those of the settings, or those in the usual places; takes the first look. */
  async open({ type, servers, pids, attach }: CacheInfoSettings): Promise<void> {
    if (type !== 'server' && type !== 'all') return;
    if (servers.length > 0) {
      await Promise.all(
        servers.map((address) => this.add(address, NAMED_TIMEOUT_MS, (error) => this.failures.push(error))),
      );
      // A usage error is about the command line, not about a server that is down.
      const usage = this.failures.find(({ exitCode }) => exitCode === 2);
      if (usage !== undefined) throw usage;
    } else if (pids === undefined && attach === undefined) {
      await Promise.all(
        usual.map((address) => this.add(address, USUAL_TIMEOUT_MS, (error) => this.miss(address, error))),
      );
      const missed = this.notes.splice(0);
      if (missed.length > 0)
        this.notes.push(
          `Also tried: ${missed.toSorted().join(', ')}. Name others with --redis URL or --memcached HOST:PORT.`,
        );
    }
  }

  get present(): boolean {
    return this.opened.length > 0;
  }

  /** The second look, and what follows from both. */
  async report({ showStats, sampleKeys }: CacheInfoSettings): Promise<ReportedCache[]> {
    const caches = await Promise.all(
      this.opened.map(async (each) => {
        try {
          return await reportServer(each, showStats, sampleKeys);
        } catch (error) {
          if (!(error instanceof CodoperfError)) throw error;
          this.failures.push(error);
          return undefined;
        }
      }),
    );
    return caches.filter((each) => each !== undefined);
  }

  /** The series of the last look; several servers of a kind are told apart by `instance`. */
  async series(): Promise<SeriesRow[]> {
    if (!this.present) return [];
    const { serverRows } = await import('../../collect/server/server-rows.ts');
    return this.opened.flatMap(({ server, before, config }) => {
      const several = this.opened.filter((each) => each.server.kind === server.kind).length > 1;
      const rows = [...serverRows(server.kind, before, config)];
      return several ? rows.map((row) => ({ ...row, labels: { ...row.labels, instance: server.name } })) : rows;
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.opened.splice(0).map(({ server }) => server.close()));
  }

  private async add(address: ServerAddress, timeoutMs: number, failed: (error: CodoperfError) => void): Promise<void> {
    try {
      const server = await openServer(address, timeoutMs);
      this.opened.push({ server, before: await server.sample() });
    } catch (error) {
      if (!(error instanceof CodoperfError)) throw error;
      failed(error);
    }
  }

  private miss({ kind, address }: ServerAddress, error: CodoperfError): void {
    const place = kind === 'redis' ? `Redis at ${address.replace(/^redis:\/\/|\/0$/g, '')}` : `Memcached at ${address}`;
    this.notes.push(error.code === 'SERVER_UNREACHABLE' ? `${place} (nobody there)` : `${place} (${error.message})`);
  }
}

async function reportServer(opened: Opened, showStats: boolean, keys: number | undefined): Promise<ReportedCache> {
  const { serverConfig, serverStats } = await import('../../collect/server/server-stats.ts');
  const { server, before } = opened;
  const after = await server.sample();
  const config = await server.config();
  const facts: ServerFacts = { kind: server.kind, name: server.name, before, after, config, host: server.host() };
  const keyGroups = keys === undefined ? null : await keyGroupsOf(server, keys);
  // With --watch the next look compares with this one.
  opened.before = after;
  opened.config = config;
  const then = serverStats({ ...facts, after: before });
  return {
    type: 'server',
    name: server.name,
    kind: server.kind,
    pid: null,
    thread: null,
    stats: showStats ? reportedStats(serverStats(facts), then, after.at - before.at, null) : null,
    config: serverConfig(facts),
    groups: [],
    key_groups: keyGroups,
    detail: {},
    notes: [...server.notes],
    advice: adviceOnServer(facts),
  };
}

async function keyGroupsOf(server: CacheServer, limit: number): Promise<ReportedKeyGroup[]> {
  const groups = await server.sampleKeys(limit);
  return groups.map((group) => ({ ...group }));
}
