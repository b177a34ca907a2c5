/** The diagnosis as a whole: several causes at once, symptoms, subjects, and data that are missing, old, few or many. */
import { describe, expect, it } from 'vitest';
import { type Diagnosis, diagnose, type DiagnosisInput } from '../../src/analyze/rules/diagnose.ts';
import { assemblePack } from '../../src/analyze/rules/pack.ts';
import { readRules } from '../../src/analyze/rules/read-rules.ts';
import { surveyByQueries } from '../../src/analyze/rules/survey-by-query.ts';
import { surveyorOf } from '../../src/analyze/rules/survey.ts';
import { createQueryEngine } from '../../src/query/engine.ts';
import { createMemorySource, type MemorySeries } from '../../src/query/memory-source.ts';

const START_MS = 1_700_000_000_000;

interface Entry {
  readonly id: string;
  readonly expr: string;
  readonly severity?: string;
  readonly [annotation: string]: string | undefined;
}

/** One rule a line, as YAML that is JSON. */
function packOf(...entries: readonly Entry[]) {
  const rules = entries.map(({ id, expr, severity = 'warning', ...annotations }, i) => ({
    alert: `A${i}`,
    expr,
    labels: { rule_id: id, severity, resource: 'cpu' },
    annotations: { summary: `${id} is {{ $value }}.`, source: 'ours', ...annotations },
  }));
  const pack = assemblePack([readRules('test.yml', JSON.stringify({ groups: [{ name: 'test', rules }] }))]);
  expect(pack.problems).toEqual([]);
  return pack;
}

/** `values` from the start on, a second apart. */
const series = (labels: Record<string, string>, values: readonly number[]): MemorySeries => ({
  labels,
  timestamps_ms: values.map((_, i) => START_MS + i * 1000),
  values,
});
const ramp = (count: number, slope: number, from = 0): number[] =>
  Array.from({ length: count }, (_, i) => from + i * slope);

function run(
  pack: DiagnosisInput['pack'],
  data: readonly MemorySeries[],
  seconds: number,
  more: Partial<DiagnosisInput> = {},
): Promise<Diagnosis> {
  const source = createMemorySource(data);
  return diagnose({
    pack,
    querier: createQueryEngine(source),
    surveyor: surveyorOf(source),
    atMs: START_MS + seconds * 1000 + 300,
    startMs: START_MS,
    live: true,
    ...more,
  });
}

const shape = ({ findings }: Diagnosis): unknown =>
  findings.map(({ rule_id, subject, severity, symptoms }) => [
    rule_id,
    subject,
    severity,
    symptoms.map((each) => each.rule_id),
  ]);

describe('causes and symptoms', () => {
  const pack = packOf(
    { id: 'x.cpu', expr: 'cpu > 1', impact: 'lost', explains: 'x.slow' },
    { id: 'x.disk', expr: 'disk > 1', severity: 'critical', subject: '{{ $labels.device }}' },
    { id: 'x.slow', expr: 'slow > 1', subject: '{{ $labels.pid }}', explains: 'x.late', explains_on: 'pid' },
    { id: 'x.late', expr: 'late > 1', severity: 'critical', subject: '{{ $labels.pid }}' },
  );
  const data = [
    series({ __name__: 'cpu' }, [2, 2, 2]),
    series({ __name__: 'lost' }, [0.4, 0.4, 0.4]),
    series({ __name__: 'disk', device: 'sda' }, [2, 2, 2]),
    series({ __name__: 'disk', device: 'sdb' }, [3, 3, 3]),
    series({ __name__: 'slow', pid: '7' }, [2, 2, 2]),
    series({ __name__: 'late', pid: '7' }, [2, 2, 2]),
    series({ __name__: 'late', pid: '8' }, [2, 2, 2]),
  ];

  it('stand together, several at once, each subject apart; worst first', async () => {
    const found = await run(pack, data, 2);
    expect(shape(found)).toEqual([
      ['x.cpu', null, 'warning', ['x.late', 'x.slow']],
      ['x.disk', 'sdb', 'critical', []],
      ['x.disk', 'sda', 'critical', []],
      ['x.late', '8', 'critical', []],
    ]);
    expect(found).toMatchObject({ status: 'critical', summary: 'x.cpu is 2. (and 3 more, below)' });
    expect(found.findings[0].impact).toBe(0.4);
  });

  it('of other hosts are theirs', async () => {
    const on = (instance: string, each: MemorySeries): MemorySeries => ({
      ...each,
      labels: { ...each.labels, instance },
    });
    const [cpu, , , , slow] = data;
    const found = await run(pack, [on('a:9100', cpu), on('a:8080', slow), on('b:9100', slow)], 2);
    expect(shape(found)).toEqual([
      ['x.cpu', null, 'warning', ['x.slow']],
      ['x.slow', '7', 'warning', []],
    ]);
  });

  it('nothing is wrong when nothing is', async () => {
    const found = await run(
      pack,
      data.map((each) => ({ ...each, values: [0, 0, 0] })),
      2,
    );
    expect(found).toMatchObject({ status: 'ok', summary: 'Nothing is wrong.', findings: [], notes: [] });
    expect(found.rules.map(({ state }) => state)).toEqual(['silent', 'silent', 'silent', 'silent']);
  });
});

it('the most severe entry of a rule wins, for each subject', async () => {
  const subject = '{{ $labels.device }}';
  const pack = packOf(
    { id: 'x.q', expr: 'q > 1', subject },
    { id: 'x.q', expr: 'q > 5', severity: 'critical', subject },
  );
  const found = await run(
    pack,
    [series({ __name__: 'q', device: 'a' }, [2, 2]), series({ __name__: 'q', device: 'b' }, [9, 9])],
    1,
  );
  expect(shape(found)).toEqual([
    ['x.q', 'b', 'critical', []],
    ['x.q', 'a', 'warning', []],
  ]);
});

describe('evidence', () => {
  it('is of the same subject, with the expression as it was evaluated, units and the threshold', async () => {
    const pack = packOf({
      id: 'x.q',
      expr: 'rate(q_seconds_total[5m]) > 0.5',
      subject: '{{ $labels.device }}',
      evidence: 'queue: rate(q_seconds_total[5m])\nwriters: writers\nbroken: writers * on () writers',
    });
    const found = await run(
      pack,
      [
        series({ __name__: 'q_seconds_total', device: 'a' }, ramp(21, 0.75)),
        series({ __name__: 'q_seconds_total', device: 'b' }, ramp(21, 0.01)),
        ...[5, 9, 7, 1].map((value, i) =>
          series({ __name__: 'writers', device: 'a', pid: String(i) }, Array(21).fill(value)),
        ),
        series({ __name__: 'writers', device: 'b', pid: '9' }, Array(21).fill(100)),
      ],
      20,
    );
    expect(found.findings.length).toBe(1);
    const [{ evidence, since }] = found.findings;
    expect(evidence[0]).toMatchObject({
      stat: 'queue',
      expr: 'rate(q_seconds_total[21s])',
      unit: 'ratio',
      limit: 0.5,
      labels: { device: 'a' },
    });
    expect(evidence[0].value).toBeCloseTo(0.75, 1);
    expect(evidence.slice(1).map(({ stat, value, labels }) => [stat, value, labels.pid])).toEqual([
      ['writers', 9, '1'],
      ['writers', 7, '2'],
      ['writers', 5, '0'],
    ]);
    expect(since).not.toBeNull();
  });

  it('tells since when', async () => {
    const pack = packOf({ id: 'x.q', expr: 'rate(q_total[5m]) > 2' });
    const found = await run(pack, [series({ __name__: 'q_total' }, [...ramp(60, 0), ...ramp(60, 10)])], 119);
    const began = (Date.parse(found.findings[0].since ?? '') - START_MS) / 1000;
    expect(began).toBeGreaterThan(58);
    expect(began).toBeLessThan(70);
  });
});

describe('what cannot be told', () => {
  const pack = packOf(
    { id: 'x.a', expr: 'rate(node_pressure_cpu_waiting_seconds_total[5m]) > 0.5' },
    { id: 'x.b', expr: 'node_pressure_io_waiting_seconds_total > 0.5' },
    { id: 'x.either', expr: 'a > 1 or b > 1' },
    { id: 'x.unless', expr: 'a > 1 unless c' },
    { id: 'x.needs', expr: 'a > 5', needs: 'c' },
    { id: 'x.redis', expr: 'redis_memory_used_bytes > 5' },
  );

  it('is grouped by the reason; what nobody has here is no blind spot', async () => {
    const found = await run(pack, [series({ __name__: 'a' }, [1, 1])], 1);
    expect(found.cannotTell.map(({ metrics, rules, nothing_there }) => [metrics, rules, nothing_there])).toEqual([
      [['node_pressure_cpu_waiting_seconds_total', 'node_pressure_io_waiting_seconds_total'], ['x.a', 'x.b'], false],
      [['c'], ['x.needs'], true],
      [['redis_memory_used_bytes'], ['x.redis'], true],
    ]);
    expect(found.summary).toBe(`Nothing is wrong. 2 rules cannot tell, because ${found.cannotTell[0].reason}.`);
  });

  it('is everything when there is nothing', async () => {
    expect(await run(pack, [], 1)).toMatchObject({ status: 'unknown', findings: [] });
  });

  it('one sample tells no rate, and old ones nothing', async () => {
    const cpu = { __name__: 'node_pressure_cpu_waiting_seconds_total' };
    const one = await run(pack, [series(cpu, [1])], 0);
    expect(one.rules[0].reason).toContain('one sample only');
    const old = await run(pack, [series(cpu, ramp(20, 1))], 60);
    expect(old.rules[0].reason).toContain('too old');
  });
});

it('a counter that is reset inside the window is no jump', async () => {
  const pack = packOf({ id: 'x.r', expr: 'rate(r_total[5m]) > 2' });
  expect(
    (await run(pack, [series({ __name__: 'r_total' }, [...ramp(15, 1, 1e6), ...ramp(15, 1)])], 29)).findings,
  ).toEqual([]);
});

it('what must hold for a while live is not found by one moment', async () => {
  const pack = packOf({ id: 'x.q', expr: 'q > 1', live_for: '3s' });
  const data = (...values: readonly number[]): MemorySeries[] => [series({ __name__: 'q' }, values)];
  expect((await run(pack, data(0, 0, 0, 0, 0, 0, 9), 6)).findings.length).toBe(0);
  expect((await run(pack, data(0, 0, 9, 9, 9, 9, 9), 6)).findings.length).toBe(1);
  expect((await run(pack, data(0, 0, 0, 0, 0, 0, 9), 6, { live: false })).findings.length).toBe(1);
});

it('a failing expression is a note, and the rest goes on', async () => {
  const pack = packOf({ id: 'x.bad', expr: 'a * on () b > 0' }, { id: 'x.good', expr: 'a > 0' });
  const found = await run(
    pack,
    [1, 2]
      .map((i) => series({ __name__: 'a', i: String(i) }, [i, i]))
      .concat([1, 2].map((i) => series({ __name__: 'b', i: String(i) }, [i, i]))),
    1,
  );
  expect(found.rules.map(({ state }) => state)).toEqual(['failed', 'fired']);
  expect(found.notes[0]).toMatch(/^x.bad \(warning\) could not be evaluated: /);
});

it('of 10,000 subjects the worst are shown, and the number is told', async () => {
  const pack = packOf({ id: 'x.q', expr: 'q > 1', subject: '{{ $labels.device }}' });
  const data = Array.from({ length: 10_000 }, (_, i) => series({ __name__: 'q', device: `d${i}` }, [i, i]));
  const found = await run(pack, data, 1);
  expect(found.findings.length).toBe(25);
  expect(found.findings.some(({ subject }) => subject === 'd9999')).toBe(true);
  expect(found.notes).toEqual(['x.q holds for 9998 subjects; the 25 worst are reported']);
});

it('a label with markup or a command stays a text', async () => {
  const comm = '<script>alert(1)</script>$(rm -rf ~)';
  const pack = packOf({
    id: 'x.q',
    expr: 'q > 1',
    subject: '{{ $labels.comm }}',
    recommendation: 'Look: `pgrep {{ $labels.comm }}`.',
  });
  const [{ subject, recommendation }] = (await run(pack, [series({ __name__: 'q', comm }, [2, 2])], 1)).findings;
  expect([subject, recommendation]).toEqual([comm, `Look: \`pgrep '${comm}'\`.`]);
});

it('what was surveyed by queries is what is there', async () => {
  const data = [
    series({ __name__: 'a', job: 'x' }, ramp(40, 1)),
    series({ __name__: 'b', job: 'x', i: '1' }, ramp(40, 1)),
    {
      labels: { __name__: 'c', job: 'y' },
      timestamps_ms: [0, 15, 30].map((s) => START_MS + s * 1000),
      values: [1, 2, 3],
    },
  ];
  const querier = createQueryEngine(createMemorySource(data));
  const survey = await surveyByQueries(querier)(['a', 'b', 'c', 'd'], START_MS + 39_500, 300_000);
  expect(Object.fromEntries(survey)).toEqual({
    a: { series: 1, samples: 40, intervalMs: 1000, firstMs: START_MS, lastMs: START_MS + 39_000 },
    b: { series: 1, samples: 40, intervalMs: 1000, firstMs: START_MS, lastMs: START_MS + 39_000 },
    c: { series: 1, samples: 3, intervalMs: 15_000, firstMs: START_MS, lastMs: START_MS + 30_000 },
  });
  const later = await surveyByQueries(querier)(['a'], START_MS + 20 * 60_000, 300_000);
  expect((later.get('a')?.lastMs ?? 0) < START_MS).toBe(true);
});
