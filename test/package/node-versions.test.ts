/** The built program and library under the newer lines of Node.js; the oldest one runs all the other tests. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { otherNode, otherNodes } from '../support/node-versions.ts';

const program = path.resolve('dist/codoperf.js');
const env = { PATH: process.env.PATH, HOME: '/nonexistent', CODOPERF_CONFIG_DIR: '/nonexistent/config' };

function run(node: string, ...args: string[]): string {
  const { stdout, stderr, status } = spawnSync(node, args, { encoding: 'utf8', env, maxBuffer: 2 ** 26 });
  expect([stderr, status]).toEqual(['', 0]);
  return stdout;
}

describe.each(otherNodes)('Node.js %s', (version) => {
  const node = otherNode(version);

  test.skipIf(node === undefined)('the program measures, shows raw series and helps', () => {
    const codoperf = (...args: string[]): string => run(node as string, program, ...args);
    expect(run(node as string, '--version')).toBe(`v${version}\n`);
    const report = JSON.parse(codoperf('monitor-stats', '--duration', '2', '--format', 'json')) as {
      window: { samples: number };
      resources: { cpu: { busy_ratio: { mean: number | null } } };
    };
    expect(report.window.samples).toBe(2);
    expect(report.resources.cpu.busy_ratio.mean).toBeGreaterThan(0);
    expect(codoperf('monitor-stats', '--duration', '1')).toContain('\nmemory ');
    expect(codoperf('monitor-stats', '--once')).toMatch(/^node_memory_MemTotal_bytes [1-9]/m);
    expect(codoperf('--help')).toMatch(/^Usage: codoperf /);
  });

  test.skipIf(node === undefined)(
    'the tests of the library pass',
    () => {
      // One after the other in a process of that version: vitest, and the processes which the tests start.
      const vitest = fs.realpathSync('node_modules/vitest/vitest.mjs');
      const flags = ['run', 'test/library', '--reporter=json'];
      const { stdout } = spawnSync(node as string, [vitest, ...flags], { encoding: 'utf8', env });
      const result = JSON.parse(stdout.slice(stdout.indexOf('{'))) as { numPassedTests: number; success: boolean };
      expect(result.success, stdout).toBe(true);
      expect(result.numPassedTests).toBeGreaterThan(10);
    },
    120_000,
  );
});
