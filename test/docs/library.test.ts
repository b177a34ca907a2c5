/** What docs/contracts.md promises of the library is exported by the entry points. */
import { expect, test } from 'vitest';
import * as collector from '../../src/collector.ts';
import * as library from '../../src/index.ts';
import { blocks, page } from './markdown.ts';

test('every function that the contract declares is exported', () => {
  const declared = blocks(page('docs/contracts.md'), 'ts')
    .flatMap((block) => block.split('\n'))
    .filter((line) => line.startsWith('declare function') && !line.endsWith('// coming'))
    .map((line) => /^declare function (\w+)/.exec(line)?.[1]);
  expect(declared).toContain('createSampler');
  for (const name of declared) expect(library).toHaveProperty(name as string);
});

test('a collector of one’s own has what it needs', () => {
  expect(Object.keys(collector).toSorted()).toEqual(['Scanner', 'Table', 'Unavailable']);
});

test('a sampler reads this host and closes', async () => {
  const sampler = await library.createSampler({ collectors: ['meminfo'] });
  const sample = sampler.sample();
  expect(sampler.sample()).toBe(sample);
  expect([...sampler.rows()].map(({ name }) => name)).toContain('node_memory_MemTotal_bytes');
  sampler.close();
});

test('handleMonitorStats prints nothing and resolves to the report', async () => {
  const { exitCode, report } = await library.handleMonitorStats({ duration: 0.4, interval: 0.2 });
  expect(exitCode).toBe(0);
  expect(report.schema).toBe('codoperf/monitor-stats@1');
  expect(report.window.samples + report.window.missed).toBe(2);
});

test('main resolves to the exit code', async () => {
  expect(await library.main(['--no-such-option'])).toBe(library.ExitCode.usage);
});
