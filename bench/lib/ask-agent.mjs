// Asks the agent of a process, over the client of the product.
import fs from 'node:fs';
import { load } from '../../scripts/load.mjs';
import { sleep } from './children.mjs';

/** The answer to `question`, with the metric of each column by table; waits until the agent listens. */
export async function askAgent(workspace, pid, question) {
  const [{ agentSocket }, { askAll }, { probes }] = await Promise.all(
    ['src/core/runtime-place.ts', 'src/collect/node/client.ts', 'src/agent/probes.gen.ts'].map(load),
  );
  const socket = agentSocket(workspace.agentEnv.CODOPERF_RUNTIME_DIR, pid);
  for (let attempt = 0; !fs.existsSync(socket) && attempt < 100; attempt++) await sleep(0.05);
  const [answer] = await askAll([{ pid, uid: process.getuid(), socket, startTicks: 0 }], question, { timeoutMs: 5000 });
  if (!answer.ok) throw new Error(`process ${pid} did not answer: ${answer.message}`);
  const metrics = Object.fromEntries(
    probes.flatMap(({ name, tables }) =>
      tables.map((table) => [`${name}/${table.name}`, table.columns.map(({ metric }) => metric)]),
    ),
  );
  return { ...answer.result, metrics };
}
