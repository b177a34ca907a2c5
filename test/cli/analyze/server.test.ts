/** `analyze --url`: a host of a fleet that codoperf never saw, by node_exporter's series in a real Prometheus. */
import fs from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MemorySeries } from '../../../src/query/memory-source.ts';
import type { AnalysisReport } from '../../../src/report/analysis-report.ts';
import { type Prometheus, startPrometheus } from '../../query/support/prometheus.ts';
import { exposedKey } from '../../../src/core/series.ts';
import { cli, probeEntry } from '../../support/cli.ts';
import { freePort } from '../../support/server.ts';
import { startVictoriaMetrics } from '../../support/victoria-metrics.ts';

const ajv = new Ajv2020({ strict: true, formats: { 'date-time': true } });
const schema = ajv.compile(JSON.parse(fs.readFileSync('schemas/analyze.schema.json', 'utf8')) as object);
const MINUTES = 40;
const INTERVAL_MS = 15_000;

/** What node_exporter tells of a host with two CPUs of which so much is waited for. */
function host(instance: string, pressure: number, runnable: number, idle: number): MemorySeries[] {
  const start = Date.now() - MINUTES * 60_000;
  const times = Array.from({ length: (MINUTES * 60_000) / INTERVAL_MS }, (_, i) => start + i * INTERVAL_MS + 7);
  const series = (name: string, labels: Record<string, string>, at: (second: number) => number): MemorySeries => ({
    labels: { __name__: name, job: 'node', instance, ...labels },
    timestamps_ms: times,
    values: times.map((time) => at((time - start) / 1000)),
  });
  return [
    series('node_pressure_cpu_waiting_seconds_total', {}, (second) => 1000 + second * pressure),
    series('node_procs_running', {}, () => runnable),
    ...['0', '1'].flatMap((cpu) => [
      series('node_cpu_seconds_total', { cpu, mode: 'idle' }, (second) => second * idle),
      series('node_cpu_seconds_total', { cpu, mode: 'user' }, (second) => second * (1 - idle)),
    ]),
  ];
}

describe('a fleet', () => {
  let prometheus: Prometheus;
  beforeAll(async () => {
    await probeEntry();
    prometheus = await startPrometheus([...host('web-7:9100', 0.7, 8, 0.01), ...host('web-8:9100', 0.02, 2, 0.4)]);
  });
  afterAll(() => prometheus.stop());

  const analyze = async (...args: string[]): Promise<AnalysisReport> => {
    const { stdout, stderr } = await cli(['analyze', '--url', prometheus.url, '--format', 'json', ...args]);
    expect(stdout, stderr).not.toBe('');
    const report = JSON.parse(stdout) as AnalysisReport;
    schema(report);
    expect(schema.errors ?? []).toEqual([]);
    return report;
  };
  const found = ({ findings }: AnalysisReport): unknown =>
    findings.map(({ rule_id, instance, severity }) => [rule_id, instance, severity]);

  test('a host in trouble, without its port', async () => {
    const report = await analyze('--instance', 'web-7');
    expect(found(report)).toEqual([['cpu.psi', 'web-7:9100', 'critical']]);
    const [{ impact, since, symptoms, evidence }] = report.findings;
    // The last samples are some seconds old.
    expect(impact).toBeGreaterThan(0.6);
    expect(impact).toBeLessThan(0.71);
    expect(since).not.toBeNull();
    expect(symptoms.map(({ rule_id }) => rule_id)).toContain('cpu.util');
    expect(evidence[0].expr).toContain('[5m]');
    expect(report.source).toMatchObject({ kind: 'remote', instance: 'web-7', product: 'prometheus' });
    expect(report.cannot_tell.length).toBeGreaterThan(0);
  });

  test('a host that is fine, and all of them', async () => {
    expect(found(await analyze('--instance', 'web-8:9100'))).toEqual([]);
    expect(found(await analyze())).toEqual([['cpu.psi', 'web-7:9100', 'critical']]);
  });

  test('a host that it does not know', async () => {
    const { code, stderr } = await cli(['analyze', '--url', prometheus.url, '--instance', 'web-9']);
    expect(code).toBe(4);
    expect(stderr).toContain("has no current series of the instance 'web-9'");
  });

  test('in text, with what rates are', async () => {
    const { stdout } = await cli(['analyze', '--url', prometheus.url, '--instance', 'web-7']);
    expect(stdout).toContain('rates extrapolated');
    expect(stdout).toContain('CPU is short');
  });
});

test('VictoriaMetrics says the same', async () => {
  const victoria = await startVictoriaMetrics();
  try {
    await victoria.write(
      host('web-7:9100', 0.7, 8, 0.01).flatMap(({ labels: { __name__: name, ...labels }, timestamps_ms, values }) =>
        Array.from(values, (value, i) => `${exposedKey(name, labels)} ${value} ${timestamps_ms[i]}`),
      ),
    );
    const { stdout, stderr } = await cli(['analyze', '--url', victoria.url, '--format', 'json']);
    expect(stderr).toBe('');
    const { findings, source } = JSON.parse(stdout) as AnalysisReport;
    expect(source).toMatchObject({ product: 'victoriametrics' });
    expect(findings.map(({ rule_id, severity }) => [rule_id, severity])).toEqual([['cpu.psi', 'critical']]);
  } finally {
    await victoria.stop();
  }
});

test('a server that is not there ends it', async () => {
  const { code, stdout, stderr } = await cli(['analyze', '--url', `http://127.0.0.1:${await freePort()}`]);
  expect([code, stdout]).toEqual([4, '']);
  expect(stderr).toContain('cannot reach');
});
