/**
 * What a configuration file may hold, generated from the option tables of the commands:
 *
 * - every option that a file may set, in snake_case at the top (`monitor_type`, `path: {procfs: …}`).
 *   It applies to every command that has the option and accepts the value;
 * - a section for each command (`monitor_stats:`) with its options, which beats the top;
 * - `collectors`, which switches collectors on or off by name.
 */
import * as z from 'zod/mini';
import type { OptionKind, OptionSpec } from './option.ts';
import { configPath } from './option.ts';
import type { CommandOptions } from './sections.ts';
import { fileOptions, sectionName } from './sections.ts';

/** What the schema is made of. */
export interface SchemaInput {
  readonly commands: readonly CommandOptions[];
  /** Options of every command: no command has a section because of them. */
  readonly globals: readonly OptionSpec[];
  /** Names of all collectors. */
  readonly collectors: readonly string[];
}

/** The schema of one value, or one level of keys. */
export type ValueSchema = z.core.$ZodType;

/** The schema of one value of an option; a repeatable one takes a list or a single value. */
export function valueSchema(spec: OptionSpec): ValueSchema {
  const one = kindSchema(spec.kind);
  return spec.repeatable === true ? z.union([one, z.array(one).check(z.minLength(1))]) : one;
}

function kindSchema(kind: OptionKind): ValueSchema {
  switch (kind.type) {
    case 'flag':
      return z.boolean();
    case 'choice':
      return z.enum(kind.choices as string[]);
    case 'text':
      return z.string().check(z.minLength(1));
    case 'number': {
      const base = kind.integer === true ? z.int() : z.number();
      return base.check(kind.aboveMin === true ? z.gt(kind.min) : z.gte(kind.min), z.lte(kind.max));
    }
  }
}

/** The schema of a whole file. */
export function configSchema({ commands, globals, collectors }: SchemaInput): z.ZodMiniType {
  const sections = commands
    .filter(({ options }) => fileOptions(options).length > 0)
    .map(
      ({ name, options }) =>
        [
          sectionName(name),
          described(levelSchema(fileOptions([...options, ...globals])), `Options of \`codoperf ${name}\` only.`),
        ] as const,
    );
  const all = [...globals, ...commands.flatMap(({ options }) => options)];
  const switches = Object.fromEntries(collectors.map((name) => [name, z.optional(z.boolean())]));
  return z.strictObject({
    $schema: z.optional(z.string()),
    ...levelShape(fileOptions(all)),
    ...Object.fromEntries(sections),
    collectors: described(z.strictObject(switches), 'Collectors switched on (true) or off (false) by name.'),
  });
}

type Shape = Record<string, z.ZodMiniType>;

function levelSchema(options: readonly OptionSpec[]): ValueSchema {
  return z.strictObject(levelShape(options));
}

/** Keys of one level; a dotted option is a key of a nested one. */
function levelShape(options: readonly OptionSpec[]): Shape {
  const byKey = new Map<string, OptionSpec[]>();
  const nested = new Map<string, OptionSpec[]>();
  for (const spec of options) {
    const [first, ...rest] = configPath(spec.name);
    if (rest.length === 0) push(byKey, first, spec);
    else push(nested, first, { ...spec, name: spec.name.slice(spec.name.indexOf('.') + 1) });
  }
  const shape: Shape = {};
  for (const [key, specs] of byKey) shape[key] = described(eitherOf(specs), specs[0].help, specs[0].default);
  for (const [key, specs] of nested) shape[key] = z.optional(levelSchema(specs));
  return shape;
}

/** Commands may give one name different choices; a file may hold what any of them takes. */
function eitherOf(specs: readonly OptionSpec[]): ValueSchema {
  const distinct = new Map(specs.map((spec) => [JSON.stringify([spec.kind, spec.repeatable]), spec]));
  const schemas = [...distinct.values()].map(valueSchema);
  return schemas.length === 1 ? schemas[0] : z.union(schemas as [ValueSchema, ValueSchema]);
}

function described(schema: ValueSchema, description: string, fallback?: unknown): z.ZodMiniType {
  const optional = z.optional(schema);
  optional.register(z.globalRegistry, fallback === undefined ? { description } : { description, default: fallback });
  return optional;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

/** The published JSON Schema (draft 2020-12) of a configuration file, for editors. */
export function configJsonSchema(input: SchemaInput): Record<string, unknown> {
  const schema = z.toJSONSchema(configSchema(input));
  return { ...schema, $id: 'https://codoperf.dev/schemas/config.schema.json', title: 'codoperf configuration' };
}
