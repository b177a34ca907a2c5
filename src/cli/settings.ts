/** The settings of a command: flags, variables, configuration files and defaults put together. */
import type { Discovery } from '../config/discover.ts';
import { discoverConfig } from '../config/discover.ts';
import type { LoadedConfig, Problem } from '../config/load.ts';
import { mergeSettings, readVariable } from '../config/merge.ts';
import type { OptionValue } from '../config/option.ts';
import { optionKey, variableName } from '../config/option.ts';
import { currentIdentity } from '../config/places.ts';
import type { SchemaInput } from '../config/schema.ts';
import { closest } from '../config/suggest.ts';
import { CodoperfError } from '../core/errors.ts';
import type { Command, OptionValues, Settings } from './command.ts';
import { config, globalOptions } from './options.ts';
import { leafCommands, optionsOf } from './program.ts';

/** What the settings are read from. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly commands: readonly Command[];
}

/** The files that apply, and what was ignored. */
export interface LoadedFiles {
  readonly files: readonly LoadedConfig[];
  readonly ignored: readonly string[];
}

/** What a command runs with. */
export interface Resolved {
  readonly options: OptionValues;
  readonly settings: Settings;
  /** Warnings to report once the log is ready. */
  readonly notes: readonly string[];
}

const noFiles: LoadedFiles = { files: [], ignored: [] };

/** Variables with the prefix that are no option: they belong to places, the agent and the caches. */
const otherVariables = [
  'CODOPERF_RUNTIME_DIR',
  'CODOPERF_STATE_DIR',
  'CODOPERF_CONFIG_DIR',
  'CODOPERF_LRU_AUTO',
  'CODOPERF_ALLOW_MODULE_CLEAR',
  'CODOPERF_VERSION',
  'CODOPERF_URL_TOKEN',
  'CODOPERF_URL_USER',
  'CODOPERF_URL_PASSWORD',
];

/** Puts the settings of a command together. Throws for values and files that are not valid. */
export async function resolveSettings(
  name: string,
  command: Command,
  flags: ReadonlyMap<string, OptionValue>,
  around: Surroundings,
): Promise<Resolved> {
  const named = (flags.get(optionKey(config.name)) ?? readVariable(config, around.env)) as string | undefined;
  const { files, ignored } = command.ignoresConfigFiles === true ? noFiles : await loadFiles(named, around);
  for (const { problems } of files) if (problems.length > 0) throw badConfiguration(problems);
  const list = mergeSettings(name, optionsOf(command), { flags, env: around.env, files });
  return {
    options: Object.fromEntries(list.map(({ spec, value }) => [optionKey(spec.name), value])),
    settings: { collectors: mergeCollectors(files) },
    notes: [...ignored, ...unknownVariables(around)],
  };
}

/** Collectors switched on or off in any file; the strongest file wins. */
export function mergeCollectors(files: readonly LoadedConfig[]): Readonly<Record<string, boolean>> {
  return Object.fromEntries(files.toReversed().flatMap(({ collectors }) => Object.entries(collectors)));
}

/** Finds, reads and checks the configuration files; their problems are in the answer. */
export async function loadFiles(named: string | undefined, around: Surroundings): Promise<LoadedFiles> {
  const { files, ignored }: Discovery = discoverConfig({
    ...currentIdentity(around.env),
    cwd: around.cwd,
    explicit: named,
  });
  if (files.length === 0) return { files: [], ignored };
  // Loaded only now: most runs have no file, and need neither YAML nor the schema.
  const [{ loadConfig }, input] = await Promise.all([import('../config/load.ts'), schemaInput(around.commands)]);
  return { files: files.map((file) => loadConfig(file, input)), ignored };
}

/** What the schema of configuration files is made of. */
export async function schemaInput(commands: readonly Command[]): Promise<SchemaInput> {
  const { collectors } = await import('../collect/registry.gen.ts');
  return {
    commands: leafCommands(commands).map(({ name, command }) => ({ name, options: command.options })),
    globals: globalOptions,
    collectors: collectors.map((collector) => collector.name),
  };
}

/** The first problem as an error, with the number of the others. */
export function badConfiguration(problems: readonly Problem[]): CodoperfError {
  const [{ file, line, text }] = problems;
  const others = problems.length - 1;
  const more = others === 0 ? '' : ` (and ${others} more problem${others === 1 ? '' : 's'})`;
  return new CodoperfError('BAD_CONFIGURATION', { file, line, detail: text + more });
}

/** Variables that look like one of ours with a slip. */
function unknownVariables({ env, commands }: Surroundings): string[] {
  const names = Object.keys(env).filter((name) => name.startsWith('CODOPERF_'));
  if (names.length === 0) return [];
  const specs = leafCommands(commands).flatMap(({ command }) => optionsOf(command));
  const known = new Set([...otherVariables, ...specs.map((spec) => variableName(spec.name))]);
  return names
    .filter((name) => !known.has(name) && closest(name, known) !== undefined)
    .map((name) => `ignoring the variable ${name}, which is unknown. Did you mean ${closest(name, known)}?`);
}
