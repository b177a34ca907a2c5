/** Figures of an agent's answer by metric, over the descriptors of its probes. */
import { probes } from '../../agent/probes.gen.ts';
import { histogramQuantile } from '../../core/histogram.ts';
import type { Column } from '../../core/metric.ts';
import type { HttpFigures } from '../../report/run-report.ts';
import type { ProbeRow } from '../../wire/agent/messages.ts';

/** One figure with all its labels. */
interface Figure {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

type Accept = (labels: Readonly<Record<string, string>>) => boolean;
const anything: Accept = () => true;

const tables = new Map(probes.flatMap(({ name, tables: own }) => own.map((table) => [`${name}/${table.name}`, table])));

/** The figures of some rows; an older or newer agent may have others than we know, which are left out. */
export class Figures {
  private readonly all: readonly Figure[];

  constructor(rows: readonly ProbeRow[]) {
    this.all = rows.flatMap(([table, labels, figures]) => {
      const spec = tables.get(table);
      if (spec === undefined) return [];
      const own = Object.fromEntries(spec.labels.map((name, i) => [name, labels[i] ?? '']));
      return spec.columns.flatMap((column: Column, i): Figure[] => {
        const value = figures[i];
        return typeof value === 'number'
          ? [{ metric: column.metric, labels: { ...column.labels, ...own }, value }]
          : [];
      });
    });
  }

  /** Sum of a metric; `null` when no series of it is there. */
  sum(metric: string, accept: Accept = anything): number | null {
    const found = this.values(metric, accept);
    return found.length === 0 ? null : found.reduce((sum, value) => sum + value, 0);
  }

  /** Largest value of a metric. */
  max(metric: string, accept: Accept = anything): number | null {
    const found = this.values(metric, accept);
    return found.length === 0 ? null : Math.max(...found);
  }

  /** A quantile of a histogram over all its series. */
  quantile(metric: string, q: number, accept: Accept = anything): number | null {
    const byBound = new Map<number, number>();
    for (const { labels, value } of this.all.filter(
      (each) => each.metric === `${metric}_bucket` && accept(each.labels),
    )) {
      const bound = labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le);
      byBound.set(bound, (byBound.get(bound) ?? 0) + value);
    }
    const bounds = [...byBound.keys()].toSorted((a, b) => a - b);
    const counts = bounds.map((bound) => byBound.get(bound) ?? 0);
    const value = histogramQuantile(bounds.slice(0, -1), counts, q);
    return Number.isNaN(value) ? null : value;
  }

  private values(metric: string, accept: Accept): number[] {
    return this.all.filter((each) => each.metric === metric && accept(each.labels)).map(({ value }) => value);
  }
}

/** Requests of `http_server` or `http_client`; `null` when there were none. */
export function httpFigures(figures: Figures, side: 'http_server' | 'http_client'): HttpFigures | null {
  const metric = `${side}_request_duration_seconds`;
  const requests = figures.sum(`${metric}_count`) ?? 0;
  const inFlight = figures.sum(`${side}_active_requests`);
  if (requests === 0 && (inFlight ?? 0) === 0) return null;
  const seconds = figures.sum(`${metric}_sum`);
  return {
    requests,
    errors: figures.sum(`${metric}_count`, ({ error_type }) => (error_type ?? '') !== '') ?? 0,
    aborted: figures.sum(`${metric}_count`, ({ error_type }) => error_type === 'aborted') ?? 0,
    mean_seconds: requests === 0 || seconds === null ? null : seconds / requests,
    p99_seconds: figures.quantile(metric, 0.99),
    in_flight: inFlight,
  };
}
