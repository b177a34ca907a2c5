/** The process, what keeps its loop alive, and its pool of threads. */
import fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Series } from '../support/agent-probes.ts';
import { probePreload, runProgram } from '../support/agent-probes.ts';

async function program(probes: string[], text: string, options = {}): Promise<Series[]> {
  return await runProgram<Series>(await probePreload(probes), text, options);
}

describe('process', () => {
  test('is what the kernel says', async () => {
    let started = 0;
    const [before, after] = await program(
      ['process'],
      `const { openSync } = require('fs');
       out(read()); for (let i = 0; i < 10; i++) openSync('/dev/null'); busy(300); out(read());`,
      { onStart: () => (started = Date.now() / 1000) },
    );
    expect(after.process_open_fds - before.process_open_fds).toBe(10);
    const limit = Number(/^Max open files\s+(\d+)/m.exec(fs.readFileSync('/proc/self/limits', 'latin1'))?.[1]);
    // Node.js raises the soft limit to the hard one at its start.
    expect(after.process_max_fds).toBeGreaterThanOrEqual(limit);
    expect(after.process_cpu_seconds_total - before.process_cpu_seconds_total).toBeGreaterThan(0.1);
    expect(after.process_cpu_user_seconds_total + after.process_cpu_system_seconds_total).toBeCloseTo(
      after.process_cpu_seconds_total,
      6,
    );
    expect(Math.abs(after.process_start_time_seconds - started)).toBeLessThan(5);
    expect(after.process_uptime_seconds).toBeGreaterThan(before.process_uptime_seconds);
    expect(after.process_resident_memory_bytes).toBeGreaterThan(2e7);
    expect(after.process_resident_memory_bytes).toBeLessThan(after.process_virtual_memory_bytes);
    expect(after.process_heap_bytes).toBeGreaterThan(1e6);
    expect(after.process_thread_count).toBeGreaterThanOrEqual(5);
    const [major, minor, patch] = process.versions.node.split('.');
    const labels = `major="${major}",minor="${minor}",patch="${patch}",version="${process.version}"`;
    expect(after[`nodejs_version_info{${labels}}`]).toBe(1);
    expect(after.failures).toBe(0);
  });

  test('what the permission model denies is absent', async () => {
    const preload = await probePreload(['process', 'threadpool']);
    const [series] = await runProgram<Series>(preload, 'await sleep(2500); out(read());', {
      flags: ['--experimental-permission', `--allow-fs-read=${preload}`, '--no-warnings'],
    });
    expect(series.failures).toBe(0);
    expect(series).not.toHaveProperty('process_open_fds');
    expect(series).not.toHaveProperty('process_virtual_memory_bytes');
    expect(series).not.toHaveProperty('codoperf_threadpool_probe_seconds');
    expect(series.process_resident_memory_bytes).toBeGreaterThan(2e7);
  });
});

function types(series: Series): Readonly<Record<string, number>> {
  const named = Object.entries(series).map(([key, value]) => [
    /^nodejs_active_resources\{type="(.*)"\}/.exec(key)?.[1],
    value,
  ]);
  return Object.fromEntries(named.filter(([type]) => type !== undefined)) as Record<string, number>;
}

test('resources are counted by type, and what the agent has is not among them', async () => {
  const [none, some] = await program(
    ['eventloop', 'gc', 'heap', 'process', 'resources', 'threadpool'],
    `await sleep(1200);
     out(read());
     const net = require('net');
     for (let i = 0; i < 3; i++) net.createServer().listen(0, '127.0.0.1');
     const timers = Array.from({ length: 5 }, () => setTimeout(() => {}, 1e5));
     let series;
     // Lists that take long, as the first ones may, are not read again at once.
     for (let tries = 0; tries < 50; tries++) {
       await new Promise((resolve) => process.nextTick(resolve));
       series = read();
       if ('nodejs_active_resources{type="TCPServerWrap"}' in series) break;
       busy(100);
     }
     out(series);
     process.exit();`,
  );
  expect(types(none)).toEqual({});
  expect(types(some)).toEqual({ TCPServerWrap: 3, Timeout: 5 });
  expect(some.nodejs_active_resources_total - none.nodejs_active_resources_total).toBe(8);
  expect(some.nodejs_active_handles_total - none.nodejs_active_handles_total).toBe(3);
  expect(some.nodejs_active_requests_total).toBe(0);
  expect(some.failures).toBe(0);
});

describe('threadpool', () => {
  const last = 'codoperf_threadpool_probe_seconds';
  const max = 'codoperf_threadpool_probe_max_seconds';
  const count = 'codoperf_threadpool_probe_duration_seconds_count';

  test('jobs that block the pool make it wait, though the loop has nothing to do', async () => {
    const [before, during, after] = await program(
      ['threadpool', 'eventloop', 'resources'],
      `let begun = read(2);
       for (let tries = 0; tries < 20 && !('${last}' in begun); tries++) { await sleep(500); begun = read(2); }
       out(begun);
       const { pbkdf2 } = require('crypto');
       let left = 0;
       const more = () => { left++; pbkdf2('a', 'b', 3e5, 64, 'sha512', () => { left--; }); };
       for (let i = 0; i < 16; i++) more();
       let most = read(5);
       while (left > 0) { await sleep(50); const now = read(5); if (now.${last} > most.${last}) most = now; }
       out(most);
       await sleep(1500);
       out(read(5));`,
    );
    expect(before[last]).toBeLessThan(0.05);
    expect(during[last]).toBeGreaterThan(0.05);
    expect(during.nodejs_eventloop_utilization).toBeLessThan(0.5);
    // Nothing else of Node.js shows it.
    expect(during.nodejs_active_requests_total).toBe(0);
    expect(after[max]).toBeGreaterThan(0.05);
    expect(after[count]).toBeGreaterThan(before[count]);
    expect(after.codoperf_threadpool_size).toBe(4);
    expect(after.failures).toBe(0);
  });

  test('a loop that is blocked is no pool that is', async () => {
    // Blocked while a job is under way, again and again.
    const [series] = await program(
      ['threadpool', 'eventloop'],
      `const fs = require('fs');
       for (let i = 0; i < 12; i++) { busy(300); await sleep(20); }
       out(read(10));`,
    );
    expect(series.codoperf_eventloop_delay_max_seconds).toBeGreaterThan(0.25);
    expect(series[max] ?? 0).toBeLessThan(0.1);
    expect(series.failures).toBe(0);
  });

  test('the size is what libuv takes', async () => {
    for (const [value, size] of [
      ['9', 9],
      ['0', 1],
      ['x', 1],
      ['5000', 1024],
    ] as const) {
      const [series] = await program(['threadpool'], 'out(read()); process.exit();', {
        env: { UV_THREADPOOL_SIZE: value },
      });
      expect([value, series.codoperf_threadpool_size]).toEqual([value, size]);
    }
  });

  test('keeps no program alive', async () => {
    const begun = Date.now();
    const [series] = await program(['threadpool'], 'out(read());');
    expect(Date.now() - begun).toBeLessThan(5000);
    expect(series[count]).toBe(0);
    expect(series).not.toHaveProperty(last);
  });
});
