/** Redis and Memcached as series, looked at again and again while the host is measured. */
import type { CacheServer } from '../../collect/server/cache-server.ts';
import { CodoperfError } from '../../core/errors.ts';
import type { SeriesRow } from '../../core/series.ts';
import { openServer } from '../cache-info/servers.ts';

/** A server that was named, or is looked for where servers usually are. */
export interface ServerPlace {
  readonly kind: 'redis' | 'memcached';
  readonly address: string;
}

const usual: readonly ServerPlace[] = [
  { kind: 'redis', address: 'redis://127.0.0.1:6379/0' },
  { kind: 'memcached', address: '127.0.0.1:11211' },
];
const USUAL_TIMEOUT_MS = 300;
/** A look costs the server something. */
const LEAST_DISTANCE_MS = 1000;

/** Takes the rows of one look. */
export type RowsSink = (group: string, t_ms: number, rows: Iterable<SeriesRow>) => void;

/** The servers of one run. */
export class LiveServers {
  /** Servers that were named and cannot be reached. */
  readonly failures: CodoperfError[] = [];
  private readonly open: { readonly server: CacheServer; readonly config: Readonly<Record<string, string>> }[] = [];
  private readonly sink: RowsSink;
  private lookedAt = Number.NEGATIVE_INFINITY;
  private looking: Promise<void> | undefined;

  constructor(sink: RowsSink) {
    this.sink = sink;
  }

  /** Connects to those that were named, or to those that answer in the usual places. */
  async connect(named: readonly ServerPlace[]): Promise<void> {
    const places = named.length > 0 ? named : usual;
    const timeoutMs = named.length > 0 ? undefined : USUAL_TIMEOUT_MS;
    await Promise.all(
      places.map(async (place) => {
        try {
          const server = await openServer(place, timeoutMs);
          this.open.push({ server, config: await server.config() });
        } catch (error) {
          if (!(error instanceof CodoperfError)) throw error;
          if (named.length > 0) this.failures.push(error);
        }
      }),
    );
  }

  /** Begins a look unless one is under way; a slow server holds nothing up. */
  look(t_ms: number): void {
    if (this.open.length === 0 || this.looking !== undefined || t_ms - this.lookedAt < LEAST_DISTANCE_MS - 20) return;
    this.lookedAt = t_ms;
    this.looking = this.lookAt(t_ms).finally(() => (this.looking = undefined));
  }

  /** Waits for the look that is under way, and closes. */
  async close(): Promise<void> {
    await this.looking;
    await Promise.all(this.open.splice(0).map(({ server }) => server.close()));
  }

  private async lookAt(t_ms: number): Promise<void> {
    const { serverRows } = await import('../../collect/server/server-rows.ts');
    await Promise.all(
      this.open.map(async ({ server, config }) => {
        const sample = await server.sample().catch(() => null);
        const rows = [...serverRows(server.kind, sample, config)];
        // Several are told apart by it, and one is named.
        const named = rows.map((row) => ({ ...row, labels: { ...row.labels, instance: server.name } }));
        this.sink(server.name, t_ms, named);
      }),
    );
  }
}
