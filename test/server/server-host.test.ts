import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { ServerIdentity } from '../../src/collect/server/server-host.ts';
import { isOwnAddress, serverHost } from '../../src/collect/server/server-host.ts';
import type { ServerHost } from '../../src/core/cache.ts';
import { temporaryDirectory } from '../support/cli.ts';

const MIB = 2 ** 20;

/** A machine that has been up for 1000 s, with one process, 77, that began 900 s ago. */
function machine(files: Readonly<Record<string, string>>): (identity: Partial<ServerIdentity>) => ServerHost | null {
  const root = temporaryDirectory();
  const all = {
    'proc/uptime': '1000.00 1.00',
    'proc/77/stat': `77 (redis-server) S 1 77 77 0 -1 4194560 1 0 0 0 1 1 0 0 20 0 1 0 10000 1000 10 ${'0 '.repeat(30)}`,
    'proc/meminfo': 'MemTotal:       8192 kB\nSwapTotal:         0 kB\n',
    'proc/sys/vm/overcommit_memory': '0\n',
    'sys/kernel/mm/transparent_hugepage/enabled': 'always madvise [never]\n',
    ...files,
  };
  for (const [file, text] of Object.entries(all)) {
    fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    fs.writeFileSync(path.join(root, file), text);
  }
  const paths = { procfs: `${root}/proc`, sysfs: `${root}/sys`, rootfs: root, cgroupfs: `${root}/cgroup` };
  return (identity) => serverHost({ pid: 77, uptimeSeconds: 899, programs: /redis/, ...identity }, paths);
}

it('is what the kernel says, once the process is found', () => {
  const version2 = {
    'proc/77/cgroup': '0::/system.slice/redis.service\n',
    'cgroup/cgroup.controllers': 'memory',
    'cgroup/system.slice/memory.max': `${512 * MIB}\n`,
    'cgroup/system.slice/redis.service/memory.max': 'max\n',
  };
  expect(machine(version2)({})).toEqual({
    memory_bytes: 8 * MIB,
    swap_bytes: 0,
    cgroup_limit_bytes: 512 * MIB,
    transparent_hugepages: 'never',
    overcommit_memory: 0,
  });
  const version1 = {
    'proc/77/cgroup': '4:memory:/docker/abc\n1:name=systemd:/\n',
    'cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    'cgroup/memory/docker/abc/memory.limit_in_bytes': `${64 * MIB}\n`,
  };
  expect(machine(version1)({})?.cgroup_limit_bytes).toBe(64 * MIB);
  expect(
    machine({ 'proc/77/cgroup': '0::/../other\n', 'cgroup/cgroup.controllers': '' })({})?.cgroup_limit_bytes,
  ).toBeNull();
});

it('is not known for a pid that is somebody else here: another name, another age, nobody', () => {
  const find = machine({});
  expect(find({})).not.toBeNull();
  expect(find({ programs: /^memcached/ })).toBeNull();
  expect(find({ uptimeSeconds: 800 })).toBeNull();
  expect(find({ pid: 78 })).toBeNull();
  expect(find({ pid: undefined })).toBeNull();
  expect(find({ uptimeSeconds: undefined })).toBeNull();
});

it('leaves out what the machine does not tell', () => {
  const find = machine({
    'proc/meminfo': '',
    'proc/sys/vm/overcommit_memory': 'x',
    'sys/kernel/mm/transparent_hugepage/enabled': '',
  });
  expect(find({})).toEqual({
    memory_bytes: null,
    swap_bytes: null,
    cgroup_limit_bytes: null,
    transparent_hugepages: null,
    overcommit_memory: null,
  });
});

it('knows which addresses are its own', () => {
  const of = (host: string, socketPath?: string): boolean => isOwnAddress({ host, socketPath });
  expect([of('127.0.0.1'), of('127.8.8.8'), of('::1'), of('localhost'), of('', '/run/x.sock')]).toEqual(
    Array(5).fill(true),
  );
  expect([of('192.0.2.1'), of('cache.example'), of('1.127.0.1'), of('2001:db8::1')]).toEqual(Array(4).fill(false));
});
