import type { LoadedConfig } from '../config/load.ts';
import type { Setting } from '../config/merge.ts';
import { mergeSettings, originText } from '../config/merge.ts';
import { configPath } from '../config/option.ts';
import { fileOptions, sectionName } from '../config/sections.ts';
import { ExitCode } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import type { CommandIo, OptionValues } from './command.ts';
import { globalOptions } from './options.ts';
import { leafCommands } from './program.ts';
import { badConfiguration, loadFiles, mergeCollectors } from './settings.ts';

/** The settings of one level: the top, or a command. */
interface Level {
  readonly command: string;
  readonly settings: readonly Setting[];
}

/** `config show`: what applies here, as a configuration file or as JSON. */
export async function showConfig(options: OptionValues, io: CommandIo): Promise<number> {
  const { files, ignored } = await loadFiles(options.config as string | undefined, io);
  for (const note of ignored) io.log.warn(note);
  for (const { problems } of files) if (problems.length > 0) throw badConfiguration(problems);
  const sources = { flags: new Map(), env: io.env, files };
  const levels: Level[] = [
    { command: '', settings: mergeSettings('', fileOptions(globalOptions), sources) },
    ...leafCommands(io.commands).map(({ name, command }) => ({
      command: name,
      settings: mergeSettings(name, fileOptions(command.options), sources),
    })),
  ].filter(({ settings }) => settings.length > 0);
  const text = options.format === 'json' ? asJson(levels, files) : asText(levels, files, options.origin === true);
  await io.stdout.write(text);
  return ExitCode.ok;
}

function asText(levels: readonly Level[], files: readonly LoadedConfig[], origins: boolean): string {
  const lines: string[] = files.map(({ path }) => `# from ${printable(path)}`);
  for (const { command, settings } of levels) {
    // As below: a section in which nothing is set is a comment too.
    const mark = settings.every(({ value }) => value === undefined) ? '# ' : '';
    if (command !== '') lines.push(`${mark}${sectionName(command)}:`);
    const indent = command === '' ? '' : '  ';
    let open: readonly string[] = [];
    for (const setting of settings) {
      const keys = configPath(setting.spec.name);
      const parents = keys.slice(0, -1);
      const depth = parents.findIndex((key, i) => key !== open[i]);
      const shared = depth < 0 ? parents.length : depth;
      // Nothing is opened for a comment: a key without a value would not be valid.
      if (setting.value !== undefined) {
        parents.slice(shared).forEach((key, i) => lines.push(`${indent}${'  '.repeat(shared + i)}${key}:`));
        open = parents;
      }
      const from = setting.value === undefined ? shared : parents.length;
      lines.push(`${indent}${'  '.repeat(from)}${settingLine(keys.slice(from).join('.'), setting, origins)}`);
    }
  }
  const collectors = Object.entries(mergeCollectors(files));
  if (collectors.length > 0) lines.push('collectors:', ...collectors.map(([name, on]) => `  ${name}: ${on}`));
  return `${lines.join('\n')}\n`;
}

/** A value that nobody set stands in a comment, so that the text stays a valid file. */
function settingLine(key: string, { value, origin }: Setting, origins: boolean): string {
  if (value === undefined) return `# ${key}: not set`;
  const comment = origins ? `  # ${printable(originText(origin))}` : '';
  return `${key}: ${JSON.stringify(value)}${comment}`;
}

function asJson(levels: readonly Level[], files: readonly LoadedConfig[]): string {
  const settingsOf = (level: Level): Record<string, unknown> =>
    Object.fromEntries(
      level.settings.map(({ spec, value, origin }) => [
        configPath(spec.name).join('.'),
        { value: value ?? null, origin: originText(origin) },
      ]),
    );
  const body = {
    schema: 'codoperf/config@1',
    files: files.map(({ path }) => path),
    global: settingsOf(levels[0]),
    commands: Object.fromEntries(levels.slice(1).map((level) => [level.command, settingsOf(level)])),
    collectors: mergeCollectors(files),
  };
  return `${JSON.stringify(body, null, 2)}\n`;
}
