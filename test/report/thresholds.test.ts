/** `NAME(>|<)NUMBER[%|unit]` and what it means, and what is said of anything else. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sectionsFor } from '../../src/cli/monitor-stats/settings.ts';
import { CodoperfError } from '../../src/core/errors.ts';
import { checkThresholds, formatStat, parseThreshold } from '../../src/report/thresholds.ts';
import { FakeMeasurement } from '../support/fake-time.ts';

const sections = sectionsFor('all', false);
const parse = (text: string) => parseThreshold(text, 'warning', '--warn', sections);

test.each([
  ['cpu=85', 'cpu', '', 'busy_ratio', true, 0.85],
  ['cpu>85%', 'cpu', '', 'busy_ratio', true, 0.85],
  ['cpu.busy>85', 'cpu', '', 'busy_ratio', true, 0.85],
  ['cpu.busy_ratio > 0.5 %', 'cpu', '', 'busy_ratio', true, 0.005],
  ['memory=90', 'memory', '', 'used_ratio', true, 0.9],
  ['memory.available<5%', 'memory', '', 'available_ratio', false, 0.05],
  ['memory.available<5', 'memory', '', 'available_ratio', false, 0.05],
  ['memory.available<500MiB', 'memory', '', 'available_bytes', false, 500 * 1024 ** 2],
  ['memory.available_bytes<2GB', 'memory', '', 'available_bytes', false, 2e9],
  ['disk=90', 'disk', 'filesystems', 'used_ratio', true, 0.9],
  ['disk.wait>20ms', 'disk', 'devices', 'wait_seconds', true, 0.02],
  ['disk.devices.wait>0.02', 'disk', 'devices', 'wait_seconds', true, 0.02],
  ['disk.write>10MB/s', 'disk', 'devices', 'write_bytes_per_second', true, 10e6],
  ['disk.write_bytes>10kB', 'disk', 'devices', 'write_bytes_per_second', true, 10e3],
  ['network=80', 'network', 'interfaces', 'utilisation_ratio', true, 0.8],
  ['network.retransmits>5/s', 'network', 'tcp', 'retransmits_per_second', true, 5],
  ['pressure.io_full>10', 'pressure', '', 'io_full_ratio', true, 0.1],
  ['sensors.celsius>80', 'sensors', 'temperatures', 'celsius', true, 80],
  ['cpu.load1>4', 'cpu', 'scheduler', 'load1', true, 4],
])('%s', (text, resource, key, stat, above, limit) => {
  const threshold = parse(text);
  expect(threshold.section).toMatchObject({ resource, key });
  expect(threshold.stat.name).toBe(stat);
  expect(threshold.above).toBe(above);
  expect(threshold.limit).toBeCloseTo(limit, 12);
});

test('a subject in brackets', () => {
  expect(parse('disk.filesystems.used[/var/lib]>90').subject).toBe('/var/lib');
  expect(parse('disk.devices.utilisation[sda]=90').subject).toBe('sda');
});

test.each([
  ['cpu', /a limit is NAME>NUMBER/],
  ['cpu>', /a limit is NAME>NUMBER/],
  ['>5', /a limit is NAME>NUMBER/],
  ['cpu>=5', /a limit is NAME>NUMBER/],
  ['cpu>five', /a limit is NAME>NUMBER/],
  ['cpu>1e3', /a limit is NAME>NUMBER/],
  ['', /a limit is NAME>NUMBER/],
  ['gpu>5', /'gpu' is not a statistic/],
  ['cpu.bussy>5', /'cpu.bussy' is not a statistic/],
  ['disk.wait>20%', /'%' does not fit wait_seconds/],
  ['cpu>5ms', /'ms' does not fit busy_ratio/],
  ['cpu.load1>5%', /'%' does not fit load1/],
  ['memory.available<5ms', /'ms' does not fit available/],
])('%j is refused', (text, message) => {
  expect(() => parse(text)).toThrow(message);
  try {
    parse(text);
  } catch (error) {
    expect(error).toBeInstanceOf(CodoperfError);
    expect((error as CodoperfError).exitCode).toBe(2);
    expect((error as CodoperfError).remedy).not.toBe('');
  }
});

test('any text is a limit or a usage error, at once', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (text) => {
      try {
        parse(text);
      } catch (error) {
        if (!(error instanceof CodoperfError)) throw error;
      }
    }),
  );
});

test('a statistic that is not watched cannot have a limit', () => {
  expect(() => parseThreshold('disk=90', 'warning', '--warn', sectionsFor('cpu', false))).toThrow(/not a statistic/);
});

describe('checking', () => {
  let at: FakeMeasurement;
  beforeAll(async () => {
    at = await FakeMeasurement.begin();
    at.host.state.cpus[0] = [100, 0, 0, 1000, 0, 0, 0, 0, 0, 0];
    at.host.state.cpus[1] = [0, 0, 0, 1100, 0, 0, 0, 0, 0, 0];
    at.host.state.disks.sdb = Array.from({ length: 17 }, () => 0);
    at.tick(1);
    at.host.state.cpus[0] = [100, 0, 0, 1100, 0, 0, 0, 0, 0, 0];
    at.host.state.cpus[1] = [0, 0, 0, 1200, 0, 0, 0, 0, 0, 0];
    at.tick(1);
  });
  afterAll(() => at.close());
  const check = (text: string) => checkThresholds([parse(text)], at.summarizer);

  test('the mean of the window counts', () => {
    expect(check('cpu>20').findings).toMatchObject([
      {
        rule_id: 'threshold:cpu>20',
        severity: 'warning',
        resource: 'cpu',
        subject: null,
        evidence: [{ stat: 'cpu.busy_ratio', unit: 'ratio', limit: 0.2 }],
      },
    ]);
    expect(check('cpu>30')).toEqual({ findings: [], unknown: [] });
    expect(check('cpu<30').findings).toHaveLength(1);
  });

  test('one finding a subject, or only that subject', () => {
    expect(check('disk.devices.utilisation<50').findings.map(({ subject }) => subject)).toEqual(['sda', 'sdb']);
    expect(check('disk.devices.utilisation[sdb]<50').findings.map(({ subject }) => subject)).toEqual(['sdb']);
  });

  test('what was not observed is not known, and never a finding', () => {
    expect(check('memory.swap_used>50')).toEqual({ findings: [], unknown: ['memory.swap_used>50'] });
    expect(check('disk.devices.utilisation[nvme9]<50')).toEqual({
      findings: [],
      unknown: ['disk.devices.utilisation[nvme9]<50'],
    });
  });
});

test.each([
  [0.123, 'ratio', '12.3 %'],
  [1536, 'bytes', '1.5 KiB'],
  [1536, 'bytes_per_second', '1.5 KiB/s'],
  [0.0042, 'seconds', '4.2 ms'],
  [12.34, 'per_second', '12.3/s'],
  [3, 'count', '3'],
  [45.6, 'celsius', '45.6 celsius'],
] as const)('%d %s in words: %s', (value, unit, text) => expect(formatStat(value, unit)).toBe(text));
