/** The README's chapter about a service and its caches, line by line, with the example, its load and a real Redis. */
import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryDirectory } from '../support/cli.ts';
import type { RunningRedis } from '../support/redis.ts';
import { startRedis } from '../support/redis.ts';
import { freePort } from '../support/server.ts';
import { chapter, commandLines, root } from './markdown.ts';

const program = path.join(root, 'dist/codoperf.js');
const [first, ...lines] = commandLines(chapter('README.md', 'A service and its caches'));
const place = temporaryDirectory();
let redis: RunningRedis;
let shop: ChildProcess;
let port = 0;
let printed = '';
let ended: Promise<number | null>;

const env = (): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: `${place}:${process.env.PATH}`,
  CODOPERF_RUNTIME_DIR: path.join(place, 'run'),
  CODOPERF_STATE_DIR: path.join(place, 'state'),
  REDIS_URL: `${redis.url}/0`,
  PORT: String(port),
});

/** The ports of the README are those of everybody; a test has its own. */
const here = (line: string): string => line.replaceAll(':3000', `:${port}`).replaceAll(':6379', `:${redis.port}`);

beforeAll(async () => {
  fs.writeFileSync(path.join(place, 'codoperf'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, {
    mode: 0o755,
  });
  redis = await startRedis();
  port = await freePort();
  // The load is the README's, shortened.
  shop = spawn('bash', ['-c', `exec ${first}`], { cwd: root, env: env(), stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [shop.stdout, shop.stderr]) stream?.on('data', (text: Buffer) => (printed += text.toString()));
  ended = new Promise((resolve) => shop.once('close', resolve));
  for (let waited = 0; !printed.includes('http://127.0.0.1') && waited < 20_000 && shop.exitCode === null; waited += 50)
    await new Promise((resolve) => setTimeout(resolve, 50));
  expect(printed).toContain(`http://127.0.0.1:${port}`);
});

afterAll(async () => {
  shop.kill('SIGTERM');
  await ended;
  await redis.stop();
});

function run(line: string): { status: number | null; stdout: string; stderr: string } {
  const shorter = here(line)
    .replace(/(load\.mjs \S+) \d+/, '$1 2')
    .replace('--duration 5', '--duration 2');
  return spawnSync('bash', ['-c', shorter], { cwd: root, env: env(), encoding: 'utf8', timeout: 60_000 });
}

test('the chapter starts the shop', () => {
  expect(first).toMatch(/^codoperf run -- node examples/);
  expect(lines.length).toBeGreaterThan(5);
});

test.each(lines)('%s', (line) => {
  const { status, stdout, stderr } = run(line);
  expect(status, stderr).toBe(0);
  expect(stdout.trim()).not.toBe('');
  if (line.startsWith('codoperf cache-info') && !line.includes('clear'))
    expect(stdout).toMatch(/^products +lru-cache/m);
  if (line.includes('--cache products --yes')) expect(stdout).toMatch(/products in \d+: 50 entries before, 0 after/);
  if (line.includes('--cache products') && !line.includes('--yes')) expect(stdout).toContain('Would clear');
  if (line.includes('--sample-keys')) expect(stdout).toMatch(/^redis:\S+ +product +\d+/m);
  if (line.includes('/0 --yes')) expect(stdout).toMatch(/redis:\S+: \d+ entries before, 0 after/);
  if (line.startsWith('codoperf monitor-stats')) expect(stdout).toContain('app.mjs');
});

test('at its end the shop is told about', async () => {
  shop.kill('SIGTERM');
  await ended;
  expect(printed).toContain('HTTP server');
  expect(printed).toMatch(/^products +lru-cache/m);
  expect(printed).toMatch(/^queryDatabase/m);
});
