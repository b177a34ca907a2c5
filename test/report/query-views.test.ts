/** How an answered query is shown: alignment, odd values, few and many series. */
import { describe, expect, test } from 'vitest';
import type { QueryResult } from '../../src/core/querier.ts';
import { renderQueryChart } from '../../src/report/query-chart.ts';
import { renderQueryCsv } from '../../src/report/query-csv.ts';
import type { QueryReport } from '../../src/report/query-report.ts';
import { renderQueryText } from '../../src/report/query-text.ts';

const START = 1_760_000_000;
const layout = { verbose: false, color: false, columns: 80, unicode: true };

function reportOf(data: Pick<QueryResult, 'resultType' | 'result'>, seconds = 60): QueryReport {
  const iso = (at: number): string => new Date(at * 1000).toISOString();
  return {
    schema: 'codoperf/query@1',
    version: '1.2.3',
    expression: 'x',
    source: { kind: 'live', url: null, instance: null, product: null, version: null },
    host: { hostname: null, kernel: null, machine: null, cpus_online: null, memory_bytes: null, boot_time: null },
    window: {
      start: iso(START),
      end: iso(START + seconds),
      duration_seconds: seconds,
      interval_seconds: 1,
      samples: 1,
      missed: 0,
      interrupted: false,
    },
    data,
    warnings: [],
    infos: [],
    notes: [],
    findings: [],
    overhead: { cpu_seconds: 0, cpu_ratio: null, max_rss_bytes: 0 },
  };
}

const vector = (...pairs: [Record<string, string>, string][]): QueryReport =>
  reportOf({
    resultType: 'vector',
    result: pairs.map(([metric, value]) => ({ metric, value: [START, value] as const })),
  });
/** A value each ten seconds. */
function matrix(...all: [Record<string, string>, string[]][]): QueryReport {
  const result = all.map(([metric, values]) => ({
    metric,
    values: values.map((value, i) => [START + i * 10, value] as const),
  }));
  const moments = Math.max(1, ...all.map(([, values]) => values.length));
  return reportOf({ resultType: 'matrix', result }, (moments - 1) * 10);
}

/** Without the line about who and when. */
const body = (text: string): string[] => text.trimEnd().split('\n').slice(1);

describe('text', () => {
  test('one value without labels is the value', () => {
    expect(body(renderQueryText(vector([{}, '0.25']), layout))).toEqual(['', '0.25']);
    expect(body(renderQueryText(vector([{ a: 'b' }, '1e-05']), layout))).toEqual(['{a="b"}', '', '1e-05']);
  });

  test('several metrics have their names as a column; a label that one lacks is blank', () => {
    const text = renderQueryText(
      vector([{ __name__: 'a', x: '1', z: 'same' }, '+Inf'], [{ __name__: 'bb', z: 'same' }, '123456789012']),
      layout,
    );
    expect(body(text)).toEqual([
      '{z="same"}',
      '',
      'metric  x         value',
      'a       1          +Inf',
      'bb         123456789012',
    ]);
  });

  test('over time: least, mean, most, last; every value with -v', () => {
    const report = matrix(
      [{ a: '1' }, ['1', '2', '6']],
      [{ a: '2' }, ['NaN', 'NaN']],
      [{ a: '3' }, ['-1', '+Inf', '0.333333333333']],
    );
    expect(body(renderQueryText(report, layout))).toEqual([
      '',
      'a  values  min  mean   max       last',
      '1       3    1     3     6          6',
      '2       2    -     -     -          -',
      '3       3   -1  +Inf  +Inf  0.3333333',
    ]);
    expect(renderQueryText(report, { ...layout, verbose: true })).toContain('{a="1"}\n  2025-10-09T08:53:20.000Z  1\n');
  });

  test('notes stand at the end, harmless', () => {
    const report = { ...vector([{}, '1']), warnings: ['a\u001b'], infos: ['b'], notes: ['c'] };
    expect(body(renderQueryText(report, layout)).slice(-3)).toEqual(['warning: a\\x1b', 'info: b', 'c']);
  });
});

describe('CSV', () => {
  test('labels are columns; nothing is a formula or breaks a line', () => {
    const report = vector([{ b: '=1+1', a: 'x,"y"\n' }, '-1'], [{ a: 'z' }, 'NaN']);
    expect(renderQueryCsv(report)).toBe(
      `t,a,b,value\n2025-10-09T08:53:20.000Z,"x,""y""\\n",'=1+1,-1\n2025-10-09T08:53:20.000Z,z,,NaN\n`,
    );
  });
});

describe('chart', () => {
  test('bars from zero, as high as their values, blank where there is none', () => {
    const [, , ...lines] = renderQueryChart(matrix([{}, ['0', '4', '8', 'NaN', '2', '+Inf', '8']]), layout).split('\n');
    const columns = (line: string): string => line.slice(line.indexOf('│') + 1).padEnd(28);
    const drawn = lines.slice(0, 8).map(columns);
    const heightAt = (i: number): number => drawn.filter((line) => line[i * 4] === '█').length;
    expect([1, 2, 3, 4, 5, 6].map(heightAt)).toEqual([4, 8, 0, 2, 0, 8]);
    expect(lines[0]).toMatch(/^8 │/);
    expect(lines[7]).toMatch(/^0 │▁/);
  });

  test('what hardly moves is not drawn flat, what is negative begins below', () => {
    const drawn = (...values: string[]): string[] => renderQueryChart(matrix([{}, values]), layout).split('\n');
    expect(drawn('1000', '1001', '1002')[9]).toMatch(/^ *1000 │/);
    expect(drawn('-5', '5')[9]).toMatch(/^ *-5 │/);
    expect(drawn('3', '3')[9]).toMatch(/^ *0 │/);
  });

  test('many series have a line each', () => {
    const report = matrix(
      ...Array.from({ length: 6 }, (_, i): [Record<string, string>, string[]] => [
        { cpu: String(i) },
        ['0', String(i), '2'],
      ]),
    );
    const lines = body(renderQueryChart(report, layout));
    expect(lines[1]).toMatch(/^cpu +min +last +max$/);
    expect(lines[7]).toMatch(/^5 +▁█▄ +0 +2 +5$/);
  });

  test('without Unicode, without values, without series', () => {
    const ascii = { ...layout, unicode: false };
    expect(renderQueryChart(matrix([{}, ['1', '2']]), ascii)).toMatch(/^[\x20-\x7e\n]*$/);
    expect(renderQueryChart(matrix([{}, ['NaN']]), ascii)).toContain('|');
    expect(body(renderQueryChart(matrix(), ascii))).toEqual(['', 'no series']);
  });
});
