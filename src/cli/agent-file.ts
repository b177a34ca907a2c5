/** Where the agent's one file is: beside the bundled program. */
import fs from 'node:fs';
import path from 'node:path';
import { CodoperfError } from '../core/errors.ts';

const NAME = 'register.cjs';

/** Absolute path of the agent. Throws AGENT_FILE_MISSING. */
export function agentFile(): string {
  // Code that is split off stands in a folder below the program.
  const places = [import.meta.dirname, path.dirname(import.meta.dirname)].map((folder) => path.join(folder, NAME));
  const found = places.find((file) => fs.existsSync(file));
  if (found === undefined) throw new CodoperfError('AGENT_FILE_MISSING', { path: places[1] });
  return found;
}

/** `NODE_OPTIONS` with the agent in front of what is there. https://nodejs.org/api/cli.html#node_optionsoptions */
export function withAgent(nodeOptions: string | undefined, file: string): string {
  const quoted = `"${file.replace(/[\\"]/g, String.raw`\$&`)}"`;
  return [`--require ${quoted}`, nodeOptions ?? ''].join(' ').trim();
}
