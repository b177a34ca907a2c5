/** What is asked by hand: the lines of test/fixtures/promql/expressions.txt, and each operator and function in turn. */
import fs from 'node:fs';
import path from 'node:path';

const file = path.resolve(import.meta.dirname, '../../fixtures/promql/expressions.txt');
const written = fs
  .readFileSync(file, 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

const words = (text: string): string[] => text.split(' ');
const overTime = words('avg min max sum count last present stddev stdvar').map((name) => `${name}_over_time`);
const rates = words('rate increase delta irate idelta deriv changes resets');
const elements = words(
  'abs ceil floor exp sqrt ln log2 log10 sgn round acos acosh asin asinh atan atanh cos cosh sin sinh tan tanh deg rad ' +
    'sort sort_desc timestamp',
);
const dates = words('year month day_of_month day_of_week day_of_year days_in_month hour minute');

const families: readonly (readonly [members: readonly string[], expressions: readonly string[]])[] = [
  [
    rates,
    [
      ...words('30s 1m 2m 5m 10m').map((range) => `$(requests_total[${range}])`),
      '$(requests_total{job="api"}[5m] offset 3m)',
      '$(requests_total{job="db"}[4m] @ 1700001800.5)',
      '$(sum by (job) (requests_total)[10m:30s])',
    ],
  ],
  [
    overTime,
    [
      ...words('1m 2m 5m 10m').map((range) => `$(temperature_celsius[${range}])`),
      '$(flaky[10m])',
      '$(up[20m:1m] offset 5m)',
      '$(ended_stale[5m])',
      '$(rate(requests_total{code="200"}[2m])[10m:])',
    ],
  ],
  [elements, ['$(temperature_celsius)', '$(disk_ratio)']],
  [dates, ['$()', '$(vector(1582934400))', '$(late * 1000000)']],
  [
    words('sum avg min max count group stddev stdvar'),
    [
      '$(requests_total)',
      '$ by (job) (requests_total)',
      '$ without (code) (requests_total)',
      '$(flaky) by (shard, nope)',
      '$(nothing)',
      '$ by (instance) (disk_ratio or memory_bytes)',
    ],
  ],
  [
    words('+ - * / % ^ atan2'),
    [
      'memory_bytes $ 3',
      '3 $ disk_ratio',
      'temperature_celsius $ level',
      'level $ on (job, instance) temperature_celsius',
    ],
  ],
  [
    words('== != > < >= <='),
    [
      'level $ 2',
      '2 $ level',
      'level $ bool 2',
      'level $ bool on (job, instance) up',
      'level $ up',
      'memory_bytes $ ignoring (x) memory_limit_bytes / 2',
      'temperature_celsius $ NaN',
      '0.5 $ bool disk_ratio',
    ],
  ],
];

/** All of them, each once. */
export const handwritten: readonly string[] = [
  ...new Set([
    ...written,
    ...families.flatMap(([members, expressions]) =>
      members.flatMap((member) => expressions.map((expression) => expression.replace('$', () => member))),
    ),
    ' ',
    '# nothing but a comment',
    '1 +\n2',
  ]),
];
