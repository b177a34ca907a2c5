import { ExitCode } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import type { CommandIo, OptionValues } from './command.ts';
import { loadFiles } from './settings.ts';

/** `config check`: one `file:line: text` for each problem on stdout; 6 when there is any. */
export async function checkConfig(
  options: OptionValues,
  positionals: readonly string[],
  io: CommandIo,
): Promise<number> {
  const named = positionals[0] ?? (options.config as string | undefined);
  const { files, ignored } = await loadFiles(named, io);
  for (const note of ignored) io.log.warn(note);
  if (files.length === 0) await io.stdout.write('no configuration file applies here: every setting has its default\n');
  for (const { path, problems } of files) {
    const shown = printable(path);
    const lines = problems.map(({ line, text }) => `${shown}:${line}: ${text}\n`);
    await io.stdout.write(lines.length === 0 ? `${shown}: no problems\n` : lines.join(''));
  }
  return files.some(({ problems }) => problems.length > 0) ? ExitCode.badConfiguration : ExitCode.ok;
}
