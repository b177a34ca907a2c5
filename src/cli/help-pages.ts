/** The pages that the build renders into `dist/help.json`, so that help loads neither commander nor the commands. */
import { commands } from './commands.gen.ts';
import { helpPages } from './program.ts';
import { version } from './version.ts';

/** The text of `help.json`; `bin.ts` reads it. */
export function renderHelpFile(): string {
  return `${JSON.stringify({ version, help: Object.fromEntries(helpPages(commands)) })}\n`;
}
