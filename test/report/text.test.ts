/** Numbers and tables as people and Prometheus read them. */
import fc from 'fast-check';
import stringWidth from 'fast-string-width';
import { describe, expect, test } from 'vitest';
import type { SeriesRow } from '../../src/core/series.ts';
import { formatValue } from '../../src/core/series.ts';
import { renderExposition } from '../../src/report/exposition.ts';
import { formatBytes, formatRatio, formatSeconds, threeDigits } from '../../src/report/format.ts';
import { jsonText } from '../../src/report/json-text.ts';
import { clip, pad, renderTable, sparkline } from '../../src/report/text-table.ts';

/** `strconv.FormatFloat(v, 'g', -1, 64)`: an exponent below 1e-4 and from 1e6 on. */
describe('formatValue is Go’s', () => {
  test.each([
    [0, '0'],
    [-0, '-0'],
    [1, '1'],
    [-1.5, '-1.5'],
    [0.1, '0.1'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [0.000012345, '1.2345e-05'],
    [123456, '123456'],
    [999999, '999999'],
    [1e6, '1e+06'],
    [1234567, '1.234567e+06'],
    [1.25e10, '1.25e+10'],
    [1e100, '1e+100'],
    [1e-100, '1e-100'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [5e-324, '5e-324'],
    [1767225600, '1.7672256e+09'],
    [100000.5, '100000.5'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
  ])('%d', (value, text) => expect(formatValue(value)).toBe(text));

  test('and reads back as the same number', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) =>
        Object.is(Number(formatValue(value)), value),
      ),
    );
  });
});

describe('exposition', () => {
  const describeAs = (metric: string) =>
    metric === 'b_total' ? ({ type: 'counter', help: 'A\\b\nc "d".' } as const) : undefined;

  test('families by name, series by labels, escapes, unknown types', () => {
    const rows: SeriesRow[] = [
      { name: 'b_total', labels: { z: '1', a: 'x"y\\z\nw' }, value: 2 },
      { name: 'b_total', labels: {}, value: 1 },
      { name: 'a', labels: { empty: '', d: 'é' }, value: Number.NaN },
      { name: 'b_total', labels: {}, value: 99 },
    ];
    expect(renderExposition(rows, describeAs)).toBe(
      [
        '# TYPE a untyped',
        'a{d="é",empty=""} NaN',
        '# HELP b_total A\\\\b\\nc "d".',
        '# TYPE b_total counter',
        'b_total 1',
        'b_total{a="x\\"y\\\\z\\nw",z="1"} 2',
        '',
      ].join('\n'),
    );
  });

  test('whatever the labels hold, every line is a comment or a series', () => {
    const labels = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(fc.array(labels), (all) => {
        const text = renderExposition(
          all.map((each) => ({ name: 'm', labels: each, value: 1 })),
          () => undefined,
        );
        for (const line of text.split('\n').slice(1, -1))
          expect(line).toMatch(/^m(\{([abc]="([^"\\]|\\[\\"n])*",?)+\})? 1$/su);
      }),
    );
  });
});

const plain = { color: false, columns: Number.POSITIVE_INFINITY };

describe('tables', () => {
  test('numbers that do not fit are left out from the right, texts stay', () => {
    const rows = [['vda', '1.0', '2.0', 'used by redis']];
    const layout = { color: false, columns: 25, texts: new Set([0, 3]) };
    expect(renderTable(['Device', 'r/s', 'w/s', 'Command'], rows, layout)).toBe(
      'Device  Command\nvda     used by redis',
    );
    expect(renderTable(['Device', 'r/s', 'w/s', 'Command'], rows, { ...layout, columns: 26 })).toBe(
      'Device  r/s  Command\nvda     1.0  used by redis',
    );
  });

  test('columns stand under their headings, wide characters included', () => {
    const table = renderTable(
      ['name', 'n'],
      [
        ['日本語ドライブ', '1'],
        ['é', '22'],
        ['👩‍💻', '333'],
      ],
      plain,
    );
    const widths = table.split('\n').map((line) => stringWidth(line));
    expect(new Set(widths).size).toBe(1);
  });

  test('no control character gets through', () => {
    const table = renderTable(['h'], [['\u001b[31mred\u001b[0m\n\u009b2J\u202e']], plain);
    // biome-ignore lint: the control characters are what must not be there.
    expect(table.replace('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  });

  test('clip and pad count terminal columns', () => {
    expect(clip('日本語', 5)).toBe('日本…');
    expect(clip('abc', 3)).toBe('abc');
    expect(pad('日', 4, 'left')).toBe('  日');
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: 1, max: 20 }),
        (text, width) => stringWidth(clip(text, width)) <= width,
      ),
    );
  });

  test('sparklines stay within their bars', () => {
    expect(sparkline([0, 0.5, 1, 2, Number.NaN, -1], 1, true)).toBe('▁▅██ ▁');
    expect(sparkline([0, 1], 1, false)).toBe('_@');
  });
});

test.each([
  [formatBytes(0), '0 B'],
  [formatBytes(1023), '1023 B'],
  [formatBytes(1024), '1 KiB'],
  [formatBytes(25_276_510_208), '23.5 GiB'],
  [formatBytes(2 ** 70), '1048576 PiB'],
  [formatBytes(null), '-'],
  [formatRatio(0), '0 %'],
  [formatRatio(1), '100 %'],
  [formatRatio(0.00001), '< 0.01 %'],
  [formatRatio(Number.NaN), '-'],
  [formatSeconds(0), '0 s'],
  [formatSeconds(0.00085), '850 µs'],
  [formatSeconds(59.96), '60 s'],
  [formatSeconds(180), '3 min'],
  [formatSeconds(9000), '2.5 h'],
  [threeDigits(9.996), '10'],
  [threeDigits(99.96), '100'],
  [threeDigits(-0.5), '-0.5'],
])('%s is %s', (shown, text) => expect(shown).toBe(text));

test('JSON for a terminal is the same JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      // biome-ignore lint: the control characters are what must not be there.
      expect(jsonText(value)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
      expect(JSON.parse(jsonText(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
  expect(jsonText('\u009b\u202e\u007f')).toBe('"\\u009b\\u202e\\u007f"');
});
