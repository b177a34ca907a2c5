/** The agent's bundle for tests: made by the script that makes `dist/register.cjs`. */
import fs from 'node:fs';

const SCRIPT = new URL('../../scripts/agent-bundle.mjs', import.meta.url).href;

/** Writes the agent to a file; it says to be version 1.2.3. */
export async function writeAgent(file: string): Promise<void> {
  const { bundleAgent } = (await import(SCRIPT)) as { bundleAgent(define: object): Promise<string> };
  fs.writeFileSync(file, await bundleAgent({ 'process.env.CODOPERF_VERSION': '"1.2.3"' }));
}
