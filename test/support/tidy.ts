/** Runs around all tests: they share a directory for temporary files, and must leave nothing running or mounted. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const GRACE_MS = 5000;
const LOOK_EVERY_MS = 100;

let shared: string;

/** Before the first test: the workers inherit the directory. */
export function setup(): void {
  shared = fs.mkdtempSync(path.join(os.tmpdir(), 'codoperf-tests-'));
  // Some tests run as another user; the rights are those of /tmp.
  fs.chmodSync(shared, 0o1777);
  process.env.TMPDIR = shared;
}

/** After the last test. An error here is a failure of the run. */
export async function teardown(): Promise<void> {
  let left = leftBehind();
  for (let waited = 0; left.length > 0 && waited < GRACE_MS; waited += LOOK_EVERY_MS) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    left = leftBehind();
  }
  fs.rmSync(shared, { recursive: true, force: true });
  if (left.length === 0) return;
  process.exitCode = 1;
  throw new Error(`the tests left behind:\n${left.join('\n')}`);
}

/** Processes that were started with our directory or in it, and mounts below it. */
function leftBehind(): string[] {
  const mounts = fs.readFileSync('/proc/self/mounts', 'utf8').split('\n');
  return [
    ...mounts.filter((line) => line.includes(shared)),
    ...fs.readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid && isOurs(pid)),
  ].map((each) => (/^\d+$/.test(each) ? `process ${each}: ${commandLine(each)}` : `mount ${each}`));
}

function isOurs(pid: string): boolean {
  // The workers of vitest end by themselves a moment later.
  if (commandLine(pid).includes('/vitest/')) return false;
  try {
    const started = fs.readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
    return started.includes(`TMPDIR=${shared}`) || fs.readlinkSync(`/proc/${pid}/cwd`).startsWith(shared);
  } catch {
    return false; // Gone, or not for us to look at: then it is not ours.
  }
}

function commandLine(pid: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return ''; // Gone meanwhile.
  }
}
