// The programs that are measured at real pace. Each is `start()`ed and then left alone; `one a second` is theirs to keep.
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { start } from './children.mjs';
import { processCount } from './cpu.mjs';

const forever = '100000';

/** `codoperf monitor-stats` writing every sample to /dev/null. */
export function codoperf(workspace, name, { processes, interval = '1', format = 'ndjson' }) {
  const config = path.join(workspace.scratch, `${name}.json`);
  const switches = processes ? { process: true } : { process: false, processes: false };
  fs.writeFileSync(config, JSON.stringify({ collectors: switches }));
  const args = ['monitor-stats', '--config', config, '--interval', interval, '--duration', forever, '--format', format];
  return { name, start: () => start(process.execPath, [workspace.codoperf, ...args, '--output-file', '/dev/null']) };
}

/** The library in a bare loop: what is left of a sample without summaries and output. */
export function bareLoop(workspace, name, { processes }) {
  const args = [workspace.child('sample-loop.mjs'), workspace.library, processes ? 'processes' : 'host'];
  return { name, start: () => start(process.execPath, args) };
}

/** The same loop without a sample in it: what Node.js takes for a timer. */
export function emptyLoop(workspace, name) {
  return {
    name,
    start: () => start(process.execPath, [workspace.child('sample-loop.mjs'), workspace.library, 'nothing']),
  };
}

/** sysstat's recorder with everything it can read. */
export async function sadc(workspace, name) {
  const { command, env } = await workspace.debian('sadc');
  const file = path.join(workspace.scratch, 'sadc.data');
  return { name, start: () => start(command, ['-S', 'XALL', '1', file], { env }) };
}

/** atop's recorder; process accounting is left off, as it would be switched on for the whole machine. */
export async function atop(workspace, name) {
  const { command, env } = await workspace.debian('atop');
  const file = path.join(workspace.scratch, 'atop.data');
  return { name, start: () => start(command, ['-w', file, '1'], { env: { ...env, ATOPACCT: '' } }) };
}

/** systeminformation asked for the same subjects, or for all processes. */
export async function systeminformation(workspace, name, { processes }) {
  const library = path.join(await workspace.rivals(), 'systeminformation/lib/index.js');
  const args = [workspace.child('systeminformation.mjs'), library, processes ? 'processes' : 'host'];
  return { name, start: () => start(process.execPath, args) };
}

/** node_exporter, scraped once a second by this process, whose CPU does not count. */
export async function nodeExporter(workspace, name) {
  const { command, env } = await workspace.debian('prometheus-node-exporter');
  return {
    name,
    async start() {
      const port = await freePort();
      const process = start(command, [`--web.listen-address=127.0.0.1:${port}`, '--log.level=error'], { env });
      const agent = new http.Agent({ keepAlive: true });
      let bytes = 0;
      const timer = setInterval(() => {
        const request = http.get({ host: '127.0.0.1', port, path: '/metrics', agent }, (response) => {
          response.on('data', (chunk) => (bytes += chunk.length));
        });
        // Not up yet, or ended by now; that it answered at all is checked at the end.
        request.on('error', () => undefined);
      }, 1000);
      const halt = () => {
        clearInterval(timer);
        agent.destroy();
        if (bytes === 0) throw new Error('node_exporter was never scraped');
      };
      return { ...process, halt };
    },
  };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Idle processes, so that at least `count` are alive. */
export function crowd(count) {
  return Array.from({ length: Math.max(0, count - processCount()) }, () => start('sleep', [forever]));
}
