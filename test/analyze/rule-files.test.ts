/** Files of rules that are wrong: every problem with its line, and the rest still runs. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { assemblePack } from '../../src/analyze/rules/pack.ts';
import { readRules } from '../../src/analyze/rules/read-rules.ts';
import { preparedRules } from '../../src/analyze/rules/compiled.ts';
import { compileRuleFiles, readRuleFiles } from '../../src/analyze/rules/rule-files.ts';
import { temporaryDirectory } from '../support/cli.ts';

interface Parts {
  readonly alert?: string;
  readonly id?: string;
  readonly severity?: string;
  readonly expr?: string;
  readonly labels?: string;
  readonly notes?: readonly string[];
}

/** A rule in 12 lines, and more with notes: `expr` stands on line 6, labels on 8 to 10, annotations from 12 on. */
function rule({
  alert = 'Up',
  id = 'x.up',
  severity = 'warning',
  expr = 'up == 0',
  labels = '',
  notes = [],
}: Parts = {}): string {
  return `groups:
  - name: ${id}
    rules:
      - alert: ${alert}
        expr: |
          ${expr}
        labels:
          rule_id: ${id}
          severity: ${severity}
          resource: cpu${labels}
        annotations:
          summary: It is down.
          source: ours${notes.map((note) => `\n          ${note}`).join('')}
`;
}

const problemsOf = (text: string): string[] =>
  readRules('r.yml', text).problems.map(({ line, text: what }) => `${line}: ${what}`);

describe('a file', () => {
  it('is read', () => {
    const { entries, problems } = readRules(
      'r.yml',
      rule({ notes: ['live_for: 3s', 'needs: up, down', 'explains: "a.b c.d"'] }),
    );
    expect(problems).toEqual([]);
    expect(entries).toMatchObject([
      {
        id: 'x.up',
        alert: 'Up',
        severity: 'warning',
        liveForMs: 3000,
        needs: ['up', 'down'],
        explains: ['a.b', 'c.d'],
        confidence: 'medium',
      },
    ]);
  });

  it.each([
    ['YAML that breaks', 'groups:\n  - name: [a\n', /^[23]: /],
    ['no keys', 'hello', /^1: the file must be keys with values/],
    ['an unknown key', 'groups: []\nrule: []\n', /^2: unknown key 'rule'$/],
    ['an alias for nothing', 'groups: *rules\n', /^1: the alias \*rules stands for nothing$/],
    [
      'a recording rule',
      'groups:\n  - name: a\n    rules:\n      - record: a:b\n        expr: up\n',
      /^4: recording rules/,
    ],
    ['an unknown label', rule({ labels: '\n          team: infra' }), /^11: unknown label 'team'$/],
    ['an unknown annotation', rule({ notes: ['sumary: x'] }), /^14: unknown annotation 'sumary'$/],
    [
      'a severity that there is not',
      rule({ severity: 'bad' }),
      /^9: labels.severity must be one of info, warning, critical$/,
    ],
    ['a missing source', rule().replace(/\n.*source: ours/, ''), /^12: annotations.source is missing$/],
    ['a name that is not PascalCase', rule({ alert: 'cpu_up' }), /^4: alert must be a name in PascalCase/],
    ['a duration', rule({ notes: ['live_for: soon'] }), /^14: annotations.live_for must be a duration/],
    ['PromQL on its second line', rule({ expr: 'up == 0\n          and rate(up[5m]' }), /^7: expr, column \d+: /],
    ['a range vector', rule({ expr: 'up[5m]' }), /^6: expr must give an instant vector, not a range vector$/],
    ['a function that there is not', rule({ expr: 'rat(up[5m])' }), /^6: expr, column 1: /],
    ['PromQL in the evidence', rule({ notes: ['evidence: |', '  a: up', '  b: sum('] }), /^16: evidence, column /],
    [
      'evidence without a name',
      rule({ notes: ['evidence: |', '  up'] }),
      /^15: evidence has lines 'name: PromQL' \(got 'up'\)$/,
    ],
    [
      'a template',
      rule({ notes: ['cause: "{{ $value | shout }}"'] }),
      /^14: cause: unknown function 'shout' in a template$/,
    ],
    [
      'a template of a variable',
      rule({ notes: ['cause: "{{ .Value }}"'] }),
      /^14: cause: '.Value' is not \$value or \$labels.NAME$/,
    ],
    ['a template that is not closed', rule({ notes: ['cause: "{{ $value"'] }), /^14: cause: \{\{ is never closed$/],
  ])('with %s says so', (_, text, problem) => {
    const { entries, problems } = readRules('r.yml', text);
    expect(entries).toEqual([]);
    expect(problems.map(({ line, text: what }) => `${line}: ${what}`)[0]).toMatch(problem);
  });

  it('with a bad rule keeps the good one', () => {
    const good = rule({ alert: 'Good', id: 'x.good' }).split('\n').slice(3).join('\n');
    const { entries, problems } = readRules('r.yml', rule({ severity: 'bad' }) + good);
    expect([entries.map(({ id }) => id), problems.length]).toEqual([['x.good'], 1]);
  });

  it('shows nothing that a terminal would act on', () => {
    expect(problemsOf(rule({ labels: '\n          "\\e[31m": x' }))).toEqual([
      String.raw`11: unknown label '\x1b[31m'`,
    ]);
  });
});

describe('a pack', () => {
  const read = (...texts: readonly string[]) => texts.map((text, i) => readRules(`${i}.yml`, text));
  const texts = ({ problems }: { problems: readonly { file: string; line: number; text: string }[] }): string[] =>
    problems.map(({ file, line, text }) => `${file}:${line}: ${text}`);

  it('does not take an identifier or a name twice', () => {
    const pack = assemblePack(read(rule(), rule({ alert: 'Other' }), rule({ id: 'x.other' })));
    expect(pack.rules.map(({ id }) => id)).toEqual(['x.up']);
    expect(texts(pack)).toEqual([
      '1.yml:4: rule x.up is there already (0.yml:4)',
      '2.yml:4: an alert Up is there already (0.yml:4)',
    ]);
  });

  it('lets a rule of a user take the place of a built-in one', () => {
    const pack = assemblePack(read(rule(), rule({ alert: 'B', id: 'x.b' })), read(rule({ expr: 'up == 2' })));
    expect(pack.problems).toEqual([]);
    expect(pack.replaced).toEqual(['x.up']);
    expect(pack.rules.map(({ entries }) => entries[0].query.text)).toEqual(['up == 0', 'up == 2']);
  });

  it('drops what closes a circle of causes, and explanations of nothing', () => {
    const of = (id: string, alert: string, explains: string): string =>
      rule({ id, alert, notes: [`explains: ${explains}`] });
    const pack = assemblePack(read(of('x.a', 'A', 'x.b'), of('x.b', 'B', 'x.c, x.zzz'), of('x.c', 'C', 'x.a')));
    expect(pack.explanations.map(({ cause, symptom }) => `${cause}>${symptom}`)).toEqual(['x.a>x.b', 'x.b>x.c']);
    expect(texts(pack)).toEqual([
      '1.yml:14: explains names a rule that is not there: x.zzz',
      '2.yml:14: explains makes a circle of causes: x.c -> x.a -> x.b -> x.c',
    ]);
    expect(pack.rules.length).toBe(3);
  });
});

describe('places', () => {
  it('are files, or folders with files at any depth', () => {
    const folder = temporaryDirectory();
    fs.mkdirSync(path.join(folder, 'deep'));
    fs.writeFileSync(path.join(folder, 'deep/a.yml'), rule());
    fs.writeFileSync(path.join(folder, 'notes.md'), 'no rules');
    expect(readRuleFiles(folder).flatMap(({ entries }) => entries.map(({ id }) => id))).toEqual(['x.up']);
    expect(readRuleFiles(path.join(folder, 'deep/a.yml')).length).toBe(1);
  });

  it('that cannot be read are problems', () => {
    const folder = temporaryDirectory();
    fs.symlinkSync('/nowhere', path.join(folder, 'gone.yml'));
    expect(readRuleFiles(folder)[0].problems).toEqual([
      { file: path.join(folder, 'gone.yml'), line: 1, text: 'cannot be read: ENOENT' },
    ]);
    expect(readRuleFiles('/nowhere')[0].problems[0].text).toBe('cannot be read: ENOENT');
  });
});

describe('what the build prepared', () => {
  it('is what the files say, and counts for texts that did not change only', () => {
    const folder = temporaryDirectory();
    const file = path.join(folder, 'a.yml');
    const notes = [
      'cause: "{{ $value }} of {{ $labels.x }}"',
      'evidence: "a: rate(up[5m])"',
      'explains: x.b',
      'live_for: 3s',
    ];
    fs.writeFileSync(file, rule({ notes }));
    fs.writeFileSync(path.join(folder, 'infinite.yml'), rule({ alert: 'B', id: 'x.b', expr: 'up < Inf' }));
    const prepared = preparedRules(compileRuleFiles(folder));
    const text = fs.readFileSync(file, 'utf8');
    const [entry] = prepared('shown.yml', text)?.entries ?? [];
    const [read] = readRules('shown.yml', text).entries;
    expect(JSON.stringify(entry)).toBe(JSON.stringify(read));
    expect(entry.cause?.render({ value: 2, labels: { x: 'y' } })).toBe('2 of y');
    expect(entry.place.lineOf('explains')).toBe(read.place.lineOf('explains'));
    expect(prepared('shown.yml', `${text}\n`)).toBeUndefined();
    expect(prepared('shown.yml', fs.readFileSync(path.join(folder, 'infinite.yml'), 'utf8'))).toBeUndefined();
    expect(readRuleFiles(folder, { prepared }).map(({ problems, entries }) => [problems, entries.length])).toEqual([
      [[], 1],
      [[], 1],
    ]);
  });
});
