/**
 * Every rule of the pack against its cases. `test/fixtures/rules/<rule_id>/<case>.yml` is a file of promtool's unit
 * tests, without `rule_files` and with expectations of ours:
 *
 *   rules: [sched.delay]            # optional: rules evaluated beside the rule of the folder (folding); or `all`
 *   evaluation_interval: 15s        # optional, promtool's
 *   tests:
 *     - name: six workers on two CPUs
 *       interval: 15s               # distance of the samples
 *       input_series:               # promtool's notation: a+bxN, a-bxN, axN, _xN, stale, joined by blanks
 *         - { series: 'node_procs_running{instance="a"}', values: '7x40' }
 *         - { series: 'node_filesystem_size_bytes', values: '5x40', interval: 60s }   # `interval` is ours: another spacing
 *       findings_test:
 *         - eval_time: 5m7s500ms    # never on the grid of the samples
 *           live: true              # default; false: as over a server, `live_for` does not count
 *           exp_findings:           # all that is found, in order; [] for nothing. Keys that are not given are not compared.
 *             - severity: warning   # rule_id is that of the folder unless given
 *               subject: sda
 *               summary: "part of the sentence"
 *               recommendation: "part of the text"
 *               impact: 0.25
 *               symptoms: [cpu.util]
 *           exp_cannot_tell: [node_procs_running]   # metrics it says are missing, stale, or sampled once
 *       alert_rule_test:            # optional, promtool's; `promtool test rules` runs it, with `for` and without clamping
 *         - eval_time: 8m7s
 *           alertname: CpuPressure
 *           exp_alerts: [{ exp_labels: { instance: a } }]   # rule_id, severity, resource are added, annotations ignored
 *
 * Each rule has at least a case that is found and one that is busy but fine (`exp_findings: []` with its metrics there).
 */
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { temporaryDirectory } from '../support/cli.ts';
import { debianProgram } from '../support/debian.ts';
import { builtInPack, diagnoseCase, differences, type RuleCase, ruleCases, rulesFolder } from './support/rule-case.ts';

const pack = builtInPack();
const cases = ruleCases();
const promtool = debianProgram('promtool');
const filesOf = (id: string): string[] => [
  ...new Set(
    pack.rules.filter((rule) => rule.id === id).flatMap(({ entries }) => entries.map(({ place }) => place.file)),
  ),
];

it('the pack has no problem, and its files are named after the rules', () => {
  expect(pack.problems).toEqual([]);
  for (const { id, entries } of pack.rules) {
    const [first] = entries;
    expect(first.place.file).toBe(
      `rules/${first.resource}/${id.split('.').slice(1).join('-').replaceAll('_', '-')}.yml`,
    );
  }
});

it('promtool accepts every file', () => {
  const files = fs
    .readdirSync(rulesFolder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yml'));
  expect(files.length).toBeGreaterThan(0);
  const { status, stdout, stderr } = spawnSync(promtool.command, ['check', 'rules', ...files], {
    cwd: rulesFolder,
    env: promtool.env,
    encoding: 'utf8',
  });
  expect(`${status} ${status === 0 ? '' : stdout + stderr}`).toBe('0 ');
});

it('every folder of cases belongs to a rule', () => {
  const ids = pack.rules.map(({ id }) => id);
  expect(cases.map(({ rule }) => rule).filter((rule) => !ids.includes(rule))).toEqual([]);
});

describe.each(pack.rules.map(({ id }) => id))('%s', (id) => {
  const own = cases.filter(({ rule }) => rule === id);

  it('has a case that is found, and one that is busy but fine', () => {
    const tests = own.flatMap(({ tests: all }) => all.flatMap(({ findings_test }) => findings_test));
    expect(tests.some(({ exp_findings }) => exp_findings.length > 0)).toBe(true);
    expect(tests.some((each) => each.exp_findings.length === 0 && each.exp_cannot_tell === undefined)).toBe(true);
  });

  for (const each of own) {
    for (const [i, test] of each.tests.entries()) {
      it(`${each.file}: ${test.name ?? `test ${i + 1}`}`, async () => {
        for (const moment of test.findings_test) {
          const found = await diagnoseCase(each, test, moment, pack);
          expect(differences(id, moment, found), `at ${moment.eval_time}`).toEqual([]);
        }
      });
    }
  }

  const alerting = own.filter(({ tests }) => tests.some(({ alert_rule_test }) => alert_rule_test !== undefined));
  if (alerting.length === 0) return;
  it('promtool agrees', () => {
    const folder = temporaryDirectory();
    const ruleFile = path.join(folder, 'rules.yml');
    fs.writeFileSync(ruleFile, withoutAnnotations(filesOf(id)));
    for (const each of alerting) {
      const file = path.join(folder, `${each.file}.yml`);
      fs.writeFileSync(file, stringify(promtoolTest(each, ruleFile)));
      const output = execFileSync(promtool.command, ['test', 'rules', file], { env: promtool.env, encoding: 'utf8' });
      expect(output).toContain('SUCCESS');
    }
  });
});

interface RuleFileContent {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Record<string, unknown>[] }[];
}

/** promtool compares annotations to the letter, which is none of its business here. */
function withoutAnnotations(files: readonly string[]): string {
  const groups = files.flatMap((file) => {
    const content = parse(fs.readFileSync(path.resolve(rulesFolder, '..', file), 'utf8')) as RuleFileContent;
    return content.groups.map(({ name, rules }) => ({
      name,
      rules: rules.map((rule) => ({ ...rule, annotations: undefined })),
    }));
  });
  return stringify({ groups }, { aliasDuplicateObjects: false });
}

function promtoolTest({ evaluation_interval = '15s', tests }: RuleCase, ruleFile: string): unknown {
  const labelsOf = (alert: string): Record<string, string> => {
    const entry = pack.rules.flatMap(({ entries }) => entries).find((each) => each.alert === alert);
    return { rule_id: entry?.id ?? '', severity: entry?.severity ?? '', resource: entry?.resource ?? '' };
  };
  return {
    rule_files: [ruleFile],
    evaluation_interval,
    tests: tests
      .filter(({ alert_rule_test }) => alert_rule_test !== undefined)
      .map(({ name, interval, input_series, alert_rule_test = [] }) => ({
        ...(name !== undefined && { name }),
        interval,
        input_series: input_series.map(({ series, values }) => ({ series, values })),
        alert_rule_test: alert_rule_test.map(({ exp_alerts = [], ...rest }) => ({
          ...rest,
          exp_alerts: exp_alerts.map(({ exp_labels = {} }) => ({
            exp_labels: { ...exp_labels, ...labelsOf(rest.alertname) },
          })),
        })),
      })),
  };
}
