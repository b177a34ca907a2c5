/** Debian's VictoriaMetrics with samples that a test writes. */
import { temporaryDirectory } from './cli.ts';
import { debianProgram } from './debian.ts';
import { startServer } from './server.ts';

/** A VictoriaMetrics that runs. */
export interface VictoriaMetrics {
  readonly url: string;
  /** Lines of Prometheus's text format with timestamps in ms; they can be asked for afterwards. */
  write(lines: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

/** Starts it, empty. */
export async function startVictoriaMetrics(): Promise<VictoriaMetrics> {
  const folder = temporaryDirectory();
  const server = await startServer(debianProgram('victoria-metrics'), (port) => [
    `-storageDataPath=${folder}/data`,
    `-httpListenAddr=127.0.0.1:${port}`,
    '-memory.allowedBytes=64MB',
  ]);
  const url = `http://127.0.0.1:${server.port}`;
  const ask = async (path: string, body?: string): Promise<void> => {
    const response = await fetch(url + path, { method: 'POST', body });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  };
  return {
    url,
    stop: server.stop,
    async write(lines) {
      await ask('/api/v1/import/prometheus', `${lines.join('\n')}\n`);
      await ask('/internal/force_flush');
    },
  };
}
