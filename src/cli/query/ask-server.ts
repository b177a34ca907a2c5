/** A query that a server answers. */
import { ownCpuSeconds } from '../../record/budget.ts';
import type { CommandIo } from '../command.ts';
import type { Answer } from './ask-live.ts';
import { answered } from './failure.ts';
import { queryReport, unknownHost } from './report.ts';
import { openServer, type ServerSettings } from './server.ts';
import type { QuerySettings } from './settings.ts';

/** About so many values of a range, when no step was given. */
const VALUES = 240;

/** Asks it. */
export async function askServer(settings: QuerySettings, server: ServerSettings, io: CommandIo): Promise<Answer> {
  const { expr, rangeMs, stepMs } = settings;
  const { signal } = io.stop;
  const cpuAtStart = ownCpuSeconds();
  const querier = openServer(server, io.env, (message) => io.log.warn(message));
  const endMs = settings.timeMs ?? Date.now();
  const length = rangeMs ?? 0;
  const step = stepMs ?? Math.max(1000, Math.round(length / VALUES / 1000) * 1000);
  const result = await answered(expr, () =>
    rangeMs === undefined
      ? querier.instant(expr, endMs, { signal })
      : querier.range(expr, endMs - length, endMs, step, { signal }),
  );
  const { product, version } = await querier.server();
  const samples = rangeMs === undefined ? 1 : Math.floor(length / step) + 1;
  const intervalSeconds = rangeMs === undefined ? 0 : step / 1000;
  const window = { startMs: endMs - length, endMs, intervalSeconds, samples, missed: 0, interrupted: false };
  const source = { kind: 'server', url: querier.name, instance: server.instance ?? null, product, version } as const;
  const empty = Array.isArray(result.result) && result.result.length === 0 && server.instance !== undefined;
  const notes = [
    ...(empty ? [`No series has instance="${server.instance}" (with or without a port) and the rest.`] : []),
    ...(product === 'victoriametrics' ? [DIFFERENT] : []),
  ];
  return {
    report: queryReport(expr, { source, host: unknownHost, window, notes, result, cpuAtStart }),
    partial: false,
  };
}

/** https://docs.victoriametrics.com/victoriametrics/metricsql/ */
const DIFFERENT =
  'VictoriaMetrics answers in MetricsQL: rate() and increase() do not extrapolate, and some functions keep metric names.';
