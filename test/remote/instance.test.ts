/** `--instance`: one host of a fleet, whatever the expression. */
import { describe, expect, test } from 'vitest';
import { createQueryEngine } from '../../src/query/engine.ts';
import { createMemorySource } from '../../src/query/memory-source.ts';
import { onInstance } from '../../src/query/promql/instance.ts';
import { parsePromql } from '../../src/query/promql/parse.ts';
import { handwritten } from '../query/support/expressions.ts';

const CONDITION = 'instance=~"web-7(:[0-9]+)?"';

describe('a condition on every selector', () => {
  test.each([
    ['up', `up{${CONDITION}}`],
    ['rate(x_total{a="b"}[5m] offset 1h)', `rate(x_total{${CONDITION}, a="b"}[5m] offset 1h)`],
    ['{__name__=~"a|b", c!="d"}', `{${CONDITION}, __name__=~"a|b", c!="d"}`],
    ['{"dotted.name"}', `{"dotted.name", ${CONDITION}}`],
    [
      'a / on (instance) group_left () b unless bool_metric',
      `a{${CONDITION}} / on (instance) group_left () b{${CONDITION}} unless bool_metric{${CONDITION}}`,
    ],
    ['topk(scalar(k), a)', `topk(scalar(k{${CONDITION}}), a{${CONDITION}})`],
    ['max_over_time((-a)[10m:1m] @ end())', `max_over_time((-a{${CONDITION}})[10m:1m] @ end())`],
    ['1 + 2', '1 + 2'],
    ['a{instance="x"}', `a{${CONDITION}, instance="x"}`],
  ])('%s', (expr, expected) => {
    expect(onInstance(expr, 'web-7')).toBe(expected);
  });

  test('what comes out is PromQL again, with as many conditions as selectors', () => {
    let selectors = 0;
    for (const expr of handwritten) {
      let tree: unknown;
      try {
        tree = parsePromql(expr);
      } catch {
        continue; // Written by hand to be refused.
      }
      const count = JSON.stringify(tree).split('"type":"vector"').length - 1;
      const again = JSON.stringify(parsePromql(onInstance(expr, 'web-7')));
      expect(again.split('web-7(:[0-9]+)?').length - 1, expr).toBe(count);
      selectors += count;
    }
    expect(selectors).toBeGreaterThan(200);
  });
});

describe('what it matches', () => {
  const names = [
    'web-7',
    'web-7:9100',
    'web-77:9100',
    'xweb-7',
    'web-7.local:9100',
    'web-7:x',
    '[::1]:9100',
    'a"b\\c:1',
  ];
  const source = createMemorySource(
    names.map((instance) => ({ labels: { __name__: 'up', instance }, timestamps_ms: [1000], values: [1] })),
  );
  const engine = createQueryEngine(source);

  test.each([
    ['web-7', ['web-7', 'web-7:9100']],
    ['web-7:9100', ['web-7:9100']],
    ['web-7.local', ['web-7.local:9100']],
    ['web.7', []],
    ['.*', []],
    ['[::1]', ['[::1]:9100']],
    ['a"b\\c', ['a"b\\c:1']],
    ['web-7|x', []],
  ])('%s', async (instance, expected) => {
    const { result } = await engine.instant(onInstance('up', instance), 1000);
    expect((result as unknown as { metric: Record<string, string> }[]).map(({ metric }) => metric.instance)).toEqual(
      expected,
    );
  });
});
