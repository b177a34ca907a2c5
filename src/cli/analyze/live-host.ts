/** Measures this host into a ring, its cache servers included. */
import type { Frame } from '../../core/frame.ts';
import { seriesFilter } from '../../query/matchers.ts';
import { hostFacts } from '../../report/host-facts.ts';
import type { HostFacts } from '../../report/monitor-report.ts';
import { Ring } from '../../store/ring.ts';
import { assertDirectory, assertSomethingCollected, missingParts } from '../monitor-stats/measure.ts';
import { collectLive, type LiveWindow } from '../query/live.ts';
import { LiveServers } from './live-servers.ts';
import type { AnalyzeSettings } from './settings.ts';

/** The ring keeps this much more than is collected. */
const SPARE_SECONDS = 60;
/** The last sample is in the window, and the moment that is judged is on no sample. */
const AFTER_MS = 1;

/** What every host has; other collectors may succeed on an empty folder. */
const proving = new Set(['cpu', 'stat', 'meminfo']);

/** What was measured. */
export interface MeasuredHost {
  readonly ring: Ring;
  readonly window: LiveWindow;
  readonly host: HostFacts;
  /** The moment to judge, in Unix ms. */
  readonly atMs: number;
  /** Sources that every host has and this one does not show. */
  readonly missing: readonly string[];
  readonly servers: LiveServers;
}

/** Follows a measurement. */
export interface LiveHooks {
  readonly stop: AbortSignal;
  warn(message: string): void;
  onFrame?(frame: Frame): void | Promise<void>;
}

/** Measures for the duration of the settings, or until `stop`. */
export async function measureHost(
  settings: AnalyzeSettings,
  collectors: readonly string[],
  hooks: LiveHooks,
): Promise<MeasuredHost> {
  const { paths, pids, durationSeconds, intervalSeconds } = settings;
  for (const tree of ['procfs', 'rootfs'] as const) assertDirectory(`--path.${tree}`, paths[tree]);
  const ring = new Ring({ filter: seriesFilter, seconds: durationSeconds + SPARE_SECONDS });
  const servers = new LiveServers((group, t_ms, rows) => ring.addRows(group, t_ms, rows));
  let last: Frame | undefined;
  try {
    await servers.connect(settings.servers);
    const window = await collectLive({
      ring,
      collectors,
      paths,
      pids,
      durationSeconds,
      intervalSeconds,
      self: true,
      stop: hooks.stop,
      warn: hooks.warn,
      onFrame: (frame) => {
        if (frame.index === 0) assertSomethingCollected(frame.collectors.filter(({ name }) => proving.has(name)));
        last = frame;
        servers.look(frame.t_ms);
        return hooks.onFrame?.(frame);
      },
    });
    const host = hostFacts(last as Frame);
    return { ring, window, host, atMs: window.endMs + AFTER_MS, missing: missingParts(window.collectors), servers };
  } finally {
    await servers.close();
  }
}
