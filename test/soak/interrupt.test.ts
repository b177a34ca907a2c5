/** Ctrl-C 100 times at random moments: a whole valid result or none. */
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../support/cli.ts';
import { start } from '../support/running.ts';

const formats = ['json', 'ndjson', 'csv', 'txt', 'prom'];

test.each(Array.from({ length: 100 }, (_, i) => [i, Math.round(Math.random() * 2000)]))(
  '%d: after %d ms',
  async (i, ms) => {
    const file = path.join(temporaryDirectory(), `out.${formats[i % formats.length]}`);
    const running = await start(['monitor-stats', '--duration', '600', '-i', '0.05', '--output-file', file]);
    await running.wait(ms);
    running.kill('SIGINT');
    const { code, signal } = await running.ended;
    const left = fs.readdirSync(path.dirname(file));
    if (ms >= 300) expect([code, signal, left]).toEqual([0, null, [path.basename(file)]]);
    if (left.length === 0) {
      expect(code === 130 || signal === 'SIGINT').toBe(true);
      return;
    }
    const text = fs.readFileSync(file, 'utf8');
    expect(text.endsWith('\n')).toBe(true);
    if (file.endsWith('json')) {
      const last = JSON.parse(file.endsWith('.json') ? text : (text.trimEnd().split('\n').at(-1) as string)) as {
        window: { interrupted: boolean };
      };
      expect(last.window.interrupted).toBe(true);
    }
  },
);
