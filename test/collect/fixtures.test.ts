/**
 * Every collector against every file tree in `test/fixtures/collect/<collector>/<case>/root`, compared
 * with the exposition text in `expected.prom` (or the failure in `expected.err`) of the same folder.
 * `UPDATE=1 npx vitest run test/collect/fixtures.test.ts` rewrites the goldens: read the diff.
 */
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Collector, Reader, StatFs } from '../../src/collect/collector.ts';
import { Unavailable } from '../../src/collect/collector.ts';
import { FileSet } from '../../src/collect/files.ts';
import { collectors } from '../../src/collect/registry.gen.ts';
import { tableRows } from '../../src/core/series.ts';
import { renderExposition } from '../../src/report/exposition.ts';
import { encodeFrame } from '../../src/wire/agent/frames.ts';
import { FakeRuntime } from '../support/fake-agent.ts';

const root = path.join(import.meta.dirname, '../fixtures/collect');
const update = process.env.UPDATE === '1';
process.env.TZ = 'UTC';
/** 2026-01-01T00:00:00Z, with a monotonic clock that stands at 1000 s: fixtures own time. */
const clock = { monotonicSeconds: () => 1000, wallMs: () => 1_767_225_600_000 };

/** Answers as `statfs` did on the host of the fixture: `statfs.json` holds six figures or an error code by path. */
function recordedStatfs(tree: string): ((path: Buffer) => StatFs) | undefined {
  const file = `${tree}/statfs.json`;
  if (!fs.existsSync(file)) return undefined;
  const recorded = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, number[] | string | undefined>;
  return (asked) => {
    const answer = recorded[asked.toString().replace(tree, '')] ?? 'ENOENT';
    if (typeof answer === 'string') throw Object.assign(new Error(answer), { code: answer });
    const [bsize, blocks, bfree, bavail, files, ffree] = answer;
    return { bsize, blocks, bfree, bavail, files, ffree };
  };
}

/** Serves what the agents of the fixture said (`agents/<pid>.json`, the answer to `metrics`) over real sockets. */
async function recordedAgents(folder: string): Promise<FakeRuntime> {
  const runtime = new FakeRuntime();
  for (const name of fs.existsSync(folder) ? fs.readdirSync(folder) : []) {
    const result = JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8')) as unknown;
    await runtime.listen(Number.parseInt(name, 10), ({ id }, connection) => {
      connection.write(encodeFrame({ id, ok: true, result }));
    });
  }
  return runtime;
}

async function collect(collector: Collector, tree: string): Promise<{ prom?: string; err?: string }> {
  const files = new FileSet(false);
  const paths = {
    procfs: `${tree}/proc`,
    sysfs: `${tree}/sys`,
    rootfs: fs.existsSync(`${tree}/rootfs`) ? `${tree}/rootfs` : '/',
    cgroupfs: `${tree}/sys/fs/cgroup`,
    udevData: `${tree}/run/udev/data`,
  };
  const agents = await recordedAgents(path.join(tree, '../agents'));
  process.env.CODOPERF_RUNTIME_DIR = agents.directory;
  let reader: Reader | undefined;
  try {
    reader = collector.open({ paths, clock, files, statfs: recordedStatfs(tree) });
    files.tick++;
    await reader.gather?.(5000);
    reader.read();
    const rows = reader.tables.flatMap((table) => [...tableRows(table)]);
    const columns = new Map(
      reader.tables
        .flatMap((table) =>
          Array.from({ length: table.size }, (_, slot) => (table.used(slot) ? table.row(slot).columns : [])).flat(),
        )
        .map((column) => [column.metric, column]),
    );
    return { prom: renderExposition(rows, (name) => columns.get(name)).replaceAll(tree, '') };
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return { err: `${error.reason}: ${error.message.replaceAll(tree, '')}\n` };
  } finally {
    reader?.close?.();
    files.close();
    await agents.close();
  }
}

for (const collector of collectors) {
  const folder = path.join(root, collector.name);
  const cases = fs.existsSync(folder) ? fs.readdirSync(folder).toSorted() : [];

  test(`${collector.name} has a fixture`, () => {
    expect(cases.length, `add test/fixtures/collect/${collector.name}/<case>/`).toBeGreaterThan(0);
  });

  for (const name of cases) {
    test(`${collector.name}: ${name}`, async () => {
      const dir = path.join(folder, name);
      const got = await collect(collector, path.join(dir, 'root'));
      const [kind, text] = Object.entries(got)[0] as ['prom' | 'err', string];
      if (update) fs.writeFileSync(path.join(dir, `expected.${kind}`), text);
      const file = path.join(dir, `expected.${kind}`);
      expect(fs.existsSync(file), `expected.${kind} is missing; the collector gave:\n${text}`).toBe(true);
      const expected = fs.readFileSync(file, 'utf8');
      expect(expected.trim(), 'an empty golden proves nothing').not.toBe('');
      expect(text).toBe(expected);
    });
  }
}
