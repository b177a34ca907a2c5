/** What `npm pack` makes, installed into an empty folder and started as a user does. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/cli.ts';

const { version } = JSON.parse(fs.readFileSync('package.json', 'utf8')) as { version: string };

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

function run(cwd: string, command: string, ...args: string[]): string {
  const { stdout, stderr, status } = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 2 ** 26 });
  expect(status, stderr).toBe(0);
  return stdout;
}

describe('the package', () => {
  let folder: string;
  let packed: Packed;

  beforeAll(() => {
    folder = temporaryDirectory();
    // `npm test` has built dist/; the other tests read it meanwhile, so it is not built again.
    const json = run('.', 'npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', folder);
    [packed] = JSON.parse(json) as [Packed];
    fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
    run(folder, 'npm', 'install', '--offline', '--no-audit', '--no-fund', `./${packed.filename}`);
  });

  test('holds the program, its declarations, schemas and licences, and nothing of the workshop', () => {
    const top = new Set(packed.files.map((file) => file.path.split('/')[0]));
    expect([...top].toSorted()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist',
      'package.json',
      'rules',
      'schemas',
    ]);
    const odd = packed.files.filter((file) => !/\.(c?js|json|d\.c?ts|md|txt|yml)$|^LICENSE$/.test(file.path));
    expect(odd).toEqual([]);
    expect(packed.files.find((file) => file.path === 'dist/codoperf.js')?.mode).toBe(0o755);
    expect(packed.size).toBeLessThan(1_000_000);
    expect(packed.unpackedSize).toBeLessThan(5_000_000);
  });

  test('brings nothing else and runs no script when it is installed', () => {
    const installed = fs.readdirSync(path.join(folder, 'node_modules')).filter((each) => !each.startsWith('.'));
    expect(installed).toEqual(['codoperf']);
    const { scripts, dependencies } = JSON.parse(
      fs.readFileSync(path.join(folder, 'node_modules/codoperf/package.json'), 'utf8'),
    ) as { scripts: Record<string, string>; dependencies?: unknown };
    expect(dependencies).toBeUndefined();
    expect(Object.keys(scripts).filter((name) => /install|^prepare$/.test(name))).toEqual([]);
  });

  test.each(['--import', '--require'])(
    '%s codoperf/register brings the agent, which sees what codoperf/caches tracks',
    (flag) => {
      const script = `
      import { measure, memoize, track, untrack } from 'codoperf/caches';
      const twice = memoize((n) => 2 * n, { name: 'twice', max: 10 });
      twice(2);
      console.log([measure, track, untrack].map((each) => typeof each).join());
      process.exit();`;
      const last = temporaryDirectory();
      const env = { ...process.env, CODOPERF_EXIT_DIR: last };
      const args = [flag, 'codoperf/register', '--input-type=module', '-e', script];
      const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, env, encoding: 'utf8' });
      expect([stdout, stderr]).toEqual(['function,function,function\n', '']);
      const [name] = fs.readdirSync(last);
      const words = JSON.parse(fs.readFileSync(path.join(last, name), 'utf8')) as {
        metrics: { process: { agent: string } };
        caches: { caches: { name: string; stats: { loads: number } }[] };
      };
      expect(words.metrics.process.agent).toBe(version);
      expect(words.caches.caches.find((each) => each.name === 'twice')?.stats.loads).toBe(1);
    },
  );

  test('npx starts it', () => {
    expect(run(folder, 'npx', '--offline', 'codoperf', '--version')).toBe(`${version}\n`);
    const text = run(folder, 'npx', '--offline', 'codoperf', 'monitor-stats', '--duration', '2');
    expect(text).toMatch(/^cpu .*^memory .*/ms);
  });

  test('its entry points can be imported', () => {
    const script = `
      import { createSampler } from 'codoperf';
      import { Scanner, Unavailable } from 'codoperf/collector';
      import schema from 'codoperf/schemas/monitor-stats.schema.json' with { type: 'json' };
      const sampler = await createSampler({ collectors: ['meminfo'] });
      sampler.sample();
      console.log([...sampler.rows()].some(({ name }) => name === 'node_memory_MemTotal_bytes'));
      sampler.close();
      console.log(typeof Scanner, typeof Unavailable, typeof schema);
    `;
    const flags = ['--no-warnings', '--input-type=module'];
    expect(run(folder, process.execPath, ...flags, '-e', script)).toBe('true\nfunction function object\n');
  });
});
