/** Real servers of Debian: Prometheus 2.42 and VictoriaMetrics 1.79 answer through the remote querier. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CodoperfError } from '../../src/core/errors.ts';
import { compareEntries, type LabelEntry } from '../../src/core/label-order.ts';
import type { LabelMatcher, SeriesSource } from '../../src/core/source.ts';
import { onInstance } from '../../src/query/promql/instance.ts';
import { printPromql } from '../../src/query/promql/print.ts';
import type { RemoteQuerier } from '../../src/remote/read.ts';
import { remoteQuerier } from '../../src/remote/read.ts';
import { contractSeries, sourceContract } from '../contract/source.ts';
import { type Prometheus, startPrometheus } from '../query/support/prometheus.ts';
import { startVictoriaMetrics, type VictoriaMetrics } from '../support/victoria-metrics.ts';

/** A server as a source: a range selector gives the samples themselves. */
function sourceOf(querier: RemoteQuerier): SeriesSource {
  return {
    async select(matchers: readonly LabelMatcher[], startMs, endMs) {
      const selector = { type: 'vector', metric: '', matchers, offsetMs: 0, from: 0, to: 0 } as const;
      // Closed on the left in 2.42, open since 3.0: a ms more holds both.
      const rangeMs = endMs - startMs + 1;
      const expr = printPromql({ type: 'matrix', selector, rangeMs, from: 0, to: 0 });
      const answer = await querier.instant(expr, endMs);
      if (answer.resultType !== 'matrix') throw new Error(answer.resultType);
      const series = answer.result.map(({ metric, values }) => ({
        labels: metric,
        timestamps: Float64Array.from(values, ([t]) => Math.round(t * 1000)),
        values: Float64Array.from(values, ([, text]) => Number(text.replace('Inf', 'Infinity'))),
      }));
      const entries = ({ labels }: (typeof series)[number]): LabelEntry[] =>
        Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
      return series.sort((a, b) => compareEntries(entries(a), entries(b)));
    },
  };
}

async function problem(query: Promise<unknown>): Promise<CodoperfError> {
  return query.then(
    (answer) => expect.unreachable(JSON.stringify(answer)),
    (error: unknown) => error as CodoperfError,
  );
}

describe('Prometheus', () => {
  let prometheus: Prometheus;
  let querier: RemoteQuerier;
  beforeAll(async () => {
    prometheus = await startPrometheus(contractSeries);
    querier = remoteQuerier({ url: prometheus.url });
  });
  afterAll(() => prometheus?.stop());

  describe('keeps the contract of a source', () => {
    sourceContract({ make: async () => sourceOf(querier), markers: false });
  });

  test('tells who it is', async () => {
    expect(await querier.server()).toEqual({
      product: 'prometheus',
      version: expect.stringMatching(/^2\.42\./) as string,
    });
  });

  test('says where an expression is wrong', async () => {
    const error = await problem(querier.instant('sum(rate(x[5m]', 1000));
    expect(error).toMatchObject({ code: 'QUERY_SYNTAX', exitCode: 2, excerpt: `sum(rate(x[5m]\n${' '.repeat(14)}^` });
  });

  test('says what it cannot compute', async () => {
    const at = contractSeries[0].timestamps_ms[10];
    const error = await problem(querier.instant('disk_bytes_total + on () disk_bytes_total', at));
    expect(error).toMatchObject({ code: 'QUERY_FAILED', exitCode: 2 });
  });

  test('gives up on too many values', async () => {
    const error = await problem(querier.range('up', 0, 1e9, 1000));
    expect(error).toMatchObject({ code: 'QUERY_TOO_LARGE', exitCode: 2 });
  });
});

describe('VictoriaMetrics', () => {
  let server: VictoriaMetrics;
  let querier: RemoteQuerier;
  /** It keeps what is younger than a month. */
  const end = Math.floor(Date.now() / 60_000) * 60_000 - 600_000;

  beforeAll(async () => {
    server = await startVictoriaMetrics();
    const lines: string[] = [];
    for (const instance of ['web-7:9100', 'web-8:9100'])
      for (let i = 0; i <= 60; i++)
        lines.push(`requests_total{instance="${instance}"} ${i * 30} ${end - 900_000 + i * 15_000}`);
    await server.write(lines);
    querier = remoteQuerier({ url: server.url, rewrite: (expr) => onInstance(expr, 'web-7') });
  });
  afterAll(() => server?.stop());

  test('tells who it is', async () => {
    expect(await querier.server()).toEqual({ product: 'victoriametrics', version: null });
  });

  test('one host of two, at one moment', async () => {
    expect(await querier.instant('sum(rate(requests_total[5m]))', end)).toMatchObject({
      resultType: 'vector',
      result: [{ metric: {}, value: [end / 1000, '2'] }],
    });
  });

  test('a range begins and ends where it was asked to', async () => {
    const start = end - 100_500;
    const { result } = await querier.range('requests_total', start, end - 500, 20_000);
    const [{ values }] = result as unknown as { values: [number, string][] }[];
    expect(values.map(([t]) => t * 1000)).toEqual([0, 1, 2, 3, 4, 5].map((i) => start + i * 20_000));
  });

  test('an expression that it cannot parse', async () => {
    const plain = remoteQuerier({ url: server.url });
    const error = await problem(plain.instant('sum(rate(x[5m]', end));
    expect(error).toMatchObject({ code: 'QUERY_SYNTAX', exitCode: 2, excerpt: 'sum(rate(x[5m]' });
    expect(error.message).toBe(
      'the expression is not PromQL: argList: unexpected token ""; want ",", ")"; unparsed data: ""',
    );
    expect(await problem(plain.instant('no_such_function(x)', end))).toMatchObject({
      code: 'QUERY_SYNTAX',
      exitCode: 2,
    });
  });
});
