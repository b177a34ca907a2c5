// Child processes of a bench: each leads a process group of its own, and none outlives the bench.
import { spawn } from 'node:child_process';
import fs from 'node:fs';

const running = new Set();
const folders = new Set();
const GRACE_MS = 2000;

/** Removes `folder` when the bench ends. */
export function removeAtEnd(folder) {
  folders.add(folder);
  return folder;
}

/** Starts a program; `exited` resolves to its code, signal and output. */
export function start(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], ...options, detached: true });
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text) => (output.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text) => (output.stderr += text));
  running.add(child);
  const exited = new Promise((resolve) => {
    const end = (code, signal) => {
      running.delete(child);
      resolve({ code, signal, ...output });
    };
    child.on('error', (error) => {
      output.stderr += error.message;
      end(127, null);
    });
    child.on('close', end);
  });
  return { child, pid: child.pid, exited };
}

/** Runs a program to its end; anything but code 0 is an error. */
export async function complete(command, args, options = {}) {
  const { code, signal, stdout, stderr } = await start(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
  }).exited;
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: exit ${code ?? signal}\n${stderr}${stdout}`);
  return stdout;
}

/** Ends a program: politely, then not. */
export async function stop({ child, exited }) {
  signalGroup(child, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), GRACE_MS);
  const result = await exited;
  clearTimeout(timer);
  signalGroup(child, 'SIGKILL');
  return result;
}

function signalGroup(child, signal) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

function killAll() {
  for (const child of running) signalGroup(child, 'SIGKILL');
  for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true });
}

/** Ends every program that still runs and removes the temporary folders. */
export async function cleanUp() {
  await Promise.all([...running].map((child) => stop({ child, exited: once(child) })));
  killAll();
}

function once(child) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', resolve));
}

/** Ctrl-C and SIGTERM end the children too. */
export function watchSignals() {
  process.on('exit', killAll);
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ]) {
    process.once(signal, () => process.exit(code));
  }
}

/** Resolves after so many seconds. */
export function sleep(seconds) {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
