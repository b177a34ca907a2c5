/**
 * Programs of Debian 12 for tests, without installing anything: `apt-get download` and `dpkg -x` into
 * `.cache/debian`, as any user. Shared libraries that the machine lacks are unpacked beside them.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const cache = path.resolve(import.meta.dirname, '../../.cache/debian');
const LOCK_WAIT_MS = 180_000;
const triples: Readonly<Record<string, string>> = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };

interface Packaged {
  readonly package: string;
  /** Inside the package. */
  readonly path: string;
  /** Packages of shared libraries, with what those need; fetched when a library is missing. */
  readonly libraries?: readonly string[];
  /** The package that holds the file which `path` is a link to. */
  readonly linksInto?: string;
}

const sysstat = (file: string): Packaged => ({
  package: 'sysstat',
  path: file,
  libraries: ['libsensors5', 'libsensors-config'],
});
const terminal = ['libncursesw6', 'libtinfo6'];
const redis = [
  'libatomic1',
  'libjemalloc2',
  'liblzf1',
  'libssl3',
  'libsystemd0',
  'liblzma5',
  'libzstd1',
  'liblz4-1',
  'libcap2',
  'libgcrypt20',
  'libgpg-error0',
];

const stressLibraries = [
  'libapparmor1',
  'libbsd0',
  'libmd0',
  'libipsec-mb1',
  'libjpeg62-turbo',
  'libjudydebian1',
  'libkmod2',
  'libsctp1',
  'libxxhash0',
  'zlib1g',
  'libegl1',
  'libgles2',
  'libglvnd0',
  'libgbm1',
  'libdrm2',
  'libexpat1',
  'libwayland-server0',
  'libffi8',
  'libxcb-randr0',
  'libxcb1',
  'libxau6',
  'libxdmcp6',
  'liblzma5',
  'libzstd1',
];

/** The programs that tests may ask for, by name. `sar` starts a `sadc` that is installed: use `sadc` and `sadf`. */
const programs = {
  'prometheus-node-exporter': { package: 'prometheus-node-exporter', path: 'usr/bin/prometheus-node-exporter' },
  sadc: sysstat('usr/lib/sysstat/sadc'),
  sar: sysstat('usr/bin/sar.sysstat'),
  sadf: sysstat('usr/bin/sadf'),
  mpstat: sysstat('usr/bin/mpstat'),
  iostat: sysstat('usr/bin/iostat'),
  pidstat: sysstat('usr/bin/pidstat'),
  vmstat: { package: 'procps', path: 'usr/bin/vmstat', libraries: ['libproc2-0', 'libsystemd0', ...terminal] },
  atop: { package: 'atop', path: 'usr/bin/atop', libraries: ['zlib1g', ...terminal] },
  'stress-ng': {
    package: 'stress-ng',
    path: 'usr/bin/stress-ng',
    libraries: stressLibraries,
  },
  prometheus: { package: 'prometheus', path: 'usr/bin/prometheus' },
  'victoria-metrics': { package: 'victoria-metrics', path: 'usr/bin/victoria-metrics', libraries: ['libzstd1'] },
  promtool: { package: 'prometheus', path: 'usr/bin/promtool' },
  'redis-server': { package: 'redis-server', path: 'usr/bin/redis-server', libraries: redis, linksInto: 'redis-tools' },
  'redis-cli': { package: 'redis-tools', path: 'usr/bin/redis-cli', libraries: redis },
  'prometheus-redis-exporter': { package: 'prometheus-redis-exporter', path: 'usr/bin/prometheus-redis-exporter' },
  memcached: {
    package: 'memcached',
    path: 'usr/bin/memcached',
    libraries: ['libevent-2.1-7', 'libsasl2-2', 'libssl3'],
  },
} as const satisfies Record<string, Packaged>;

/** A program that `debianProgram` knows. */
export type DebianProgram = keyof typeof programs;

/** How to start a program. */
export interface Runnable {
  readonly command: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Fetches the program when it is not in the cache yet; test files that ask at the same time wait for each other. */
export function debianProgram(name: DebianProgram): Runnable {
  const { package: pkg, path: file, libraries = [], linksInto }: Packaged = programs[name];
  return locked(() => {
    const runnable = { command: withLinkTarget(path.join(unpacked(pkg), file), linksInto), env: environment([]) };
    if (!lacksLibrary(runnable)) return runnable;
    const complete = { ...runnable, env: environment(libraries.map(unpacked)) };
    if (lacksLibrary(complete)) throw new Error(`${name}: shared libraries are missing: see ldd ${runnable.command}`);
    return complete;
  });
}

/** `redis-server` is a link to a file of `redis-tools`, which does what its own name says: it is put beside it. */
function withLinkTarget(file: string, from: string | undefined): string {
  if (from === undefined || fs.existsSync(file)) return file;
  const target = path.join(path.dirname(file), fs.readlinkSync(file));
  fs.copyFileSync(path.join(unpacked(from), 'usr/bin', path.basename(target)), target);
  return file;
}

function environment(roots: readonly string[]): NodeJS.ProcessEnv {
  const triple = triples[process.arch] ?? '';
  const folders = roots.flatMap((root) => [`${root}/usr/lib/${triple}`, `${root}/lib/${triple}`, `${root}/usr/lib`]);
  return roots.length === 0 ? { ...process.env } : { ...process.env, LD_LIBRARY_PATH: folders.join(':') };
}

function lacksLibrary({ command, env }: Runnable): boolean {
  const { stdout } = spawnSync('ldd', [command], { env, encoding: 'utf8' });
  return stdout.includes('not found');
}

/** The folder with the files of a package. */
function unpacked(pkg: string): string {
  const folder = path.join(cache, 'unpacked', pkg);
  if (fs.existsSync(folder)) return folder;
  const deb = download(pkg);
  const temporary = `${folder}.${process.pid}`;
  execFileSync('dpkg', ['-x', deb, temporary], { stdio: 'pipe' });
  fs.renameSync(temporary, folder);
  return folder;
}

function download(pkg: string): string {
  const folder = path.join(cache, 'archives');
  for (const each of [folder, path.join(cache, 'unpacked')]) fs.mkdirSync(each, { recursive: true });
  const known = findArchive(folder, pkg);
  if (known !== undefined) return known;
  if (!aptDownload(folder, pkg, [])) {
    const own = ownLists();
    if (!aptDownload(folder, pkg, own))
      throw new Error(`apt-get download ${pkg} failed: is the package mirror reachable?`);
  }
  const deb = findArchive(folder, pkg);
  if (deb === undefined) throw new Error(`apt-get download ${pkg} left no archive`);
  return deb;
}

function findArchive(folder: string, pkg: string): string | undefined {
  const file = fs.readdirSync(folder).find((each) => each.startsWith(`${pkg}_`) && each.endsWith('.deb'));
  return file === undefined ? undefined : path.join(folder, file);
}

function aptDownload(cwd: string, pkg: string, options: readonly string[]): boolean {
  const args = ['-q', '-o', 'APT::Sandbox::User=root', ...options, 'download', pkg];
  return spawnSync('apt-get', args, { cwd, stdio: 'pipe' }).status === 0;
}

/** Package lists of our own, for machines whose lists were removed (container images) and users who may not fetch them. */
function ownLists(): string[] {
  const state = path.join(cache, 'apt');
  fs.mkdirSync(path.join(state, 'lists/partial'), { recursive: true });
  fs.mkdirSync(path.join(state, 'cache/archives/partial'), { recursive: true });
  const options = ['-o', `Dir::State::Lists=${state}/lists`, '-o', `Dir::Cache=${state}/cache`];
  const fresh = fs.readdirSync(`${state}/lists`).some((file) => file.includes('Packages'));
  if (!fresh) spawnSync('apt-get', ['-q', '-o', 'APT::Sandbox::User=root', ...options, 'update'], { stdio: 'pipe' });
  return options;
}

/** One process at a time works on the cache; a lock whose owner is dead is taken over. */
function locked<T>(work: () => T): T {
  fs.mkdirSync(cache, { recursive: true });
  const lock = path.join(cache, 'lock');
  const end = Date.now() + LOCK_WAIT_MS;
  while (!tryLock(lock)) {
    if (Date.now() > end) throw new Error(`${lock} is held by process ${readLock(lock)} for too long`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  }
  try {
    return work();
  } finally {
    fs.rmSync(lock, { force: true });
  }
}

function tryLock(lock: string): boolean {
  // A link appears with its content, a created file is empty for a moment.
  const mine = `${lock}.${process.pid}`;
  fs.writeFileSync(mine, String(process.pid));
  try {
    fs.linkSync(mine, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (!isAlive(readLock(lock))) fs.rmSync(lock, { force: true });
    return false;
  } finally {
    fs.rmSync(mine, { force: true });
  }
}

function readLock(lock: string): number {
  try {
    return Number(fs.readFileSync(lock, 'utf8'));
  } catch {
    return process.pid; // Released between the two calls: try again.
  }
}

function isAlive(pid: number): boolean {
  return pid === process.pid || fs.existsSync(`/proc/${pid}`);
}
