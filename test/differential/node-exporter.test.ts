/**
 * Our series against those of a real node_exporter (Debian's 1.5.0): names, labels and values of every
 * family that it exposes from the collectors we have, on our fixture trees and on this machine. What
 * changed in node_exporter after 1.5.0 stands in `changes` with the reason; we follow the newer one.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collectors } from '../../src/collect/registry.gen.ts';
import type { SeriesRow } from '../../src/core/series.ts';
import { createSampler } from '../../src/collect/sampler.ts';
import type { Runnable } from '../support/debian.ts';
import { debianProgram } from '../support/debian.ts';
import type { RunningServer } from '../support/server.ts';
import { startServer } from '../support/server.ts';
import { bySeries, familyOf, parseExposition } from './exposition.ts';
import {
  changes,
  liveOnly,
  newSeries,
  ofThisMachine,
  ownShare,
  restless,
  whyDifferent,
} from './node-exporter-changes.ts';

const fixtures = path.resolve(import.meta.dirname, '../fixtures/collect');
/** What moves between two samples on a busy machine is met again in another round. */
const FEWEST_ROUNDS = 6;
const MOST_ROUNDS = 60;

const exporter: Runnable = debianProgram('prometheus-node-exporter');
const help = spawnSync(exporter.command, ['--help'], { encoding: 'utf8', env: exporter.env });
const knownCollectors = new Set(
  [...`${help.stdout}${help.stderr}`.matchAll(/--collector\.([a-z0-9_]+) +Enable/g)].map(([, name]) => name),
);
const shared = collectors.map(({ name }) => name).filter((name) => knownCollectors.has(name));
/** Debian patches some defaults; these are upstream's newest. Without netlink, netdev reads the tree it is shown. */
const upstreamFlags = [
  '--collector.netdev.device-exclude=',
  '--no-collector.netdev.netlink',
  '--collector.filesystem.mount-points-exclude=^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)',
  '--collector.filesystem.fs-types-exclude=^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs|sysfs|tracefs)$',
  '--collector.diskstats.device-exclude=^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\\d+n\\d+p)\\d+$',
];

let empty: string;
beforeAll(() => {
  empty = fs.mkdtempSync(path.join(os.tmpdir(), 'codoperf-empty-'));
});
afterAll(() => fs.rmSync(empty, { recursive: true }));

function startExporter(names: readonly string[], args: readonly string[] = []): Promise<RunningServer> {
  const chosen = ['--collector.disable-defaults', ...names.map((name) => `--collector.${name}`)];
  return startServer(exporter, (port) => [
    `--web.listen-address=127.0.0.1:${port}`,
    ...chosen,
    ...upstreamFlags,
    ...args,
  ]);
}

async function scrape({ port }: RunningServer): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  return await response.text();
}

const dropped = (family: string): readonly string[] =>
  changes.find(({ families }) => families.test(family))?.labels ?? [];
const isChanged = (family: string): boolean =>
  changes.some(({ families, labels }) => labels === undefined && families.test(family));

/** What the exporter says about the host, without what it says about itself and what changed since. */
function theirs(text: string): Map<string, number> {
  const series = parseExposition(text).filter(
    ({ name }) => name.startsWith('node_') && !/^node_(scrape|exporter)_/.test(name),
  );
  return bySeries(
    series.filter(({ name }) => !isChanged(name)),
    dropped,
  );
}

const ours = (rows: Iterable<SeriesRow>): Map<string, number> => bySeries(rows, dropped);

/** Series of one side only, in families that the exporter knows. */
function missing(have: ReadonlyMap<string, number>, want: ReadonlyMap<string, number>): string[] {
  const families = new Set([...want.keys()].map(familyOf));
  const lost = [...want.keys()].filter((key) => !have.has(key)).map((key) => `- ${key}`);
  const extra = [...have.keys()]
    .filter((key) => families.has(familyOf(key)) && !want.has(key))
    .filter((key) => !newSeries.test(key))
    .map((key) => `+ ${key}`);
  return [...lost, ...extra];
}

/** A tree that 1.5.0 can open: it refuses to start without a sysfs directory. */
function existing(folder: string): string {
  return fs.existsSync(folder) ? folder : empty;
}

const cases = shared
  .filter((name) => !liveOnly.has(name) && fs.existsSync(path.join(fixtures, name)))
  .flatMap((name) =>
    fs
      .readdirSync(path.join(fixtures, name))
      .toSorted()
      .map((each) => [name, each] as const),
  );

describe('fixture trees', () => {
  const compared: string[] = [];

  afterAll(() => {
    expect(new Set(compared).size, 'collectors that were compared at all').toBeGreaterThan(10);
  });

  test.each(cases)('%s: %s', async (name, each) => {
    const tree = path.join(fixtures, name, each, 'root');
    const rootfs = fs.existsSync(`${tree}/rootfs`) ? `${tree}/rootfs` : '/';
    const places = {
      procfs: existing(`${tree}/proc`),
      sysfs: existing(`${tree}/sys`),
      rootfs,
      'udev.data': existing(`${tree}/run/udev/data`),
    };
    const server = await startExporter(
      [name],
      Object.entries(places).map(([option, value]) => `--path.${option}=${value}`),
    );
    const text = await scrape(server).catch(() => 'it died of this tree');
    await server.stop();
    // 1.5.0 gives up on a whole collector where we leave one line out: nothing to compare with.
    if (!text.includes(`node_scrape_collector_success{collector="${name}"} 1`)) return;
    compared.push(name);
    if (whyDifferent(name, each) !== undefined) return;
    const golden = path.join(fixtures, name, each, 'expected.prom');
    const mine = fs.existsSync(golden)
      ? bySeries(parseExposition(fs.readFileSync(golden, 'utf8')), dropped)
      : new Map<string, number>();
    const want = theirs(text.replaceAll(tree, ''));
    expect(missing(mine, want)).toEqual([]);
    for (const [key, value] of want) if (!ofThisMachine.test(key)) expect(mine.get(key), key).toBe(value);
  });
});

test('this machine: the same series, and values between two of our samples', async () => {
  const sampler = await createSampler({ collectors: shared, eager: true });
  const server = await startExporter(shared);
  const unconfirmed = new Map<string, string>();
  const confirmed = new Set<string>();
  try {
    for (let round = 0; round < FEWEST_ROUNDS || (round < MOST_ROUNDS && unconfirmed.size > 0); round++) {
      sampler.sample();
      const before = ours(sampler.rows());
      const want = theirs(await scrape(server));
      sampler.sample();
      const after = ours(sampler.rows());
      if (round === 0) expect(missing(before, want).filter((line) => !restless.test(line))).toEqual([]);
      for (const [key, value] of want) {
        if (confirmed.has(key) || restless.test(key)) continue;
        const from = Math.min(before.get(key) ?? Number.NaN, after.get(key) ?? Number.NaN) - ownShare(key);
        const to = Math.max(before.get(key) ?? Number.NaN, after.get(key) ?? Number.NaN) + ownShare(key);
        if (Object.is(value, from) || (value >= from && value <= to)) {
          confirmed.add(key);
          unconfirmed.delete(key);
        } else unconfirmed.set(key, `${key}: ${value} is not in ${from} .. ${to}`);
      }
    }
  } finally {
    await server.stop();
    sampler.close();
  }
  expect([...unconfirmed.values()]).toEqual([]);
  expect(confirmed.size).toBeGreaterThan(200);
});
