/** Live attach as a program of its own, for tests that do it as another user or in another namespace. */
import { attach } from '../../src/collect/node/attach/attach.ts';
import { AgentClient } from '../../src/collect/node/client.ts';
import { CodoperfError } from '../../src/core/errors.ts';

const [pid, runtime, agentFile] = process.argv.slice(2);

async function run(): Promise<unknown> {
  const attachment = await attach(Number(pid), { runtime, timeoutMs: 2000, agentFile, log: () => undefined });
  const client = new AgentClient(attachment.agent);
  const answer = await client.ask({ op: 'metrics' }, 5000);
  client.close();
  await attachment.detach();
  return { brought: attachment.brought, answered: answer.ok, socket: attachment.agent.socket };
}

try {
  console.log(JSON.stringify(await run()));
} catch (error) {
  if (!(error instanceof CodoperfError)) throw error;
  const { code, message, remedy, exitCode } = error;
  console.log(JSON.stringify({ code, message, remedy, exitCode }));
}
