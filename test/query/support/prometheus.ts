/** Debian's Prometheus 2.42 with given series in it: the oracle of the differential test. */
import fs from 'node:fs';
import path from 'node:path';
import type { MemorySeries } from '../../../src/query/memory-source.ts';
import { temporaryDirectory } from '../../support/cli.ts';
import { debianProgram } from '../../support/debian.ts';
import { startServer } from '../../support/server.ts';

/** Prometheus's answer to a query. */
export type Answer =
  | { readonly status: 'success'; readonly data: { readonly resultType: string; readonly result: unknown } }
  | { readonly status: 'error'; readonly errorType: string; readonly error: string };

/** A Prometheus that runs. */
export interface Prometheus {
  readonly url: string;
  query(api: 'query' | 'query_range', parameters: Readonly<Record<string, string>>): Promise<Answer>;
  stop(): Promise<void>;
}

/** Starts Prometheus and writes the series to it; they must span less than an hour, which it takes in any order. */
export async function startPrometheus(series: readonly MemorySeries[]): Promise<Prometheus> {
  const folder = temporaryDirectory();
  fs.writeFileSync(path.join(folder, 'p.yml'), 'global: { scrape_interval: 15s }\n');
  const server = await startServer(debianProgram('prometheus'), (port) => [
    `--config.file=${folder}/p.yml`,
    `--storage.tsdb.path=${folder}/data`,
    '--storage.tsdb.retention.time=100y',
    `--web.listen-address=127.0.0.1:${port}`,
    '--web.enable-remote-write-receiver',
  ]);
  const base = `http://127.0.0.1:${server.port}`;
  await ready(base);
  for (let i = 0; i < series.length; i += 20) await write(base, series.slice(i, i + 20));
  return {
    url: base,
    stop: server.stop,
    async query(api, parameters) {
      const response = await fetch(`${base}/api/v1/${api}`, { method: 'POST', body: new URLSearchParams(parameters) });
      return (await response.json()) as Answer;
    },
  };
}

async function ready(base: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const response = await fetch(`${base}/-/ready`).catch(() => undefined);
    if (response?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('Prometheus does not become ready');
}

async function write(base: string, series: readonly MemorySeries[]): Promise<void> {
  const response = await fetch(`${base}/api/v1/write`, {
    method: 'POST',
    headers: {
      'content-encoding': 'snappy',
      'content-type': 'application/x-protobuf',
      'x-prometheus-remote-write-version': '0.1.0',
    },
    body: new Uint8Array(snappy(message(series.map((each) => [1, timeSeries(each)])))),
  });
  if (!response.ok) throw new Error(`remote write: ${response.status} ${await response.text()}`);
}

function timeSeries({ labels, timestamps_ms, values }: MemorySeries): Buffer {
  const sorted = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const floats = new Float64Array(values);
  return message([
    ...sorted.map(([name, value]): [number, Buffer] => [
      1,
      message([
        [1, Buffer.from(name)],
        [2, Buffer.from(value)],
      ]),
    ]),
    // Tag 9: field 1 as 8 bytes; tag 16: field 2 as a varint.
    ...Array.from(timestamps_ms, (time, i): [number, Buffer] => [
      2,
      Buffer.concat([Buffer.from([9]), Buffer.from(floats.buffer, i * 8, 8), Buffer.from([16]), varint(time)]),
    ]),
  ]);
}

/** Fields with a length. */
function message(fields: readonly (readonly [field: number, body: Buffer])[]): Buffer {
  return Buffer.concat(fields.flatMap(([field, body]) => [Buffer.from([(field << 3) | 2]), varint(body.length), body]));
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 128 : low);
  } while (rest > 0n);
  return Buffer.from(bytes);
}

/** Snappy's block format without any compression: literals of up to 64 KiB. */
function snappy(body: Buffer): Buffer {
  const parts = [varint(body.length)];
  for (let i = 0; i < body.length; i += 65_536) {
    const literal = body.subarray(i, i + 65_536);
    const length = literal.length - 1;
    parts.push(Buffer.from([61 << 2, length & 255, length >> 8]), literal);
  }
  return Buffer.concat(parts);
}
