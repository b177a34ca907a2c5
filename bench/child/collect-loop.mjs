// collect-loop.mjs LIBRARY PROCFS COLLECTORS ITERATIONS WARMUP: samples in a hot loop and prints the CPU seconds.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const [library, procfs, collectors, iterations, warmUp] = process.argv.slice(2);
const { createSampler } = await import(library);
// An empty sysfs: throttle counters and cpufreq are files beyond the twelve.
const sysfs = fs.mkdtempSync(path.join(os.tmpdir(), 'codoperf-bench-sys-'));

/** Files that this process holds open below /proc, descriptors of its own aside. */
function openProcFiles() {
  const targets = fs.readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [fs.readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return []; // The descriptor of the listing itself.
    }
  });
  return targets.filter((target) => target.startsWith('/proc/') && !target.endsWith('/fd'));
}

try {
  const sampler = await createSampler({ paths: { procfs, sysfs }, collectors: collectors.split(',') });
  for (let i = 0; i < Number(warmUp); i++) sampler.sample();
  const before = process.cpuUsage();
  for (let i = 0; i < Number(iterations); i++) sampler.sample();
  const { user, system } = process.cpuUsage(before);
  console.log(JSON.stringify({ cpu_seconds: (user + system) / 1e6, user_seconds: user / 1e6, files: openProcFiles() }));
  sampler.close();
} finally {
  fs.rmdirSync(sysfs);
}
