/**
 * A configuration file as checked values. Every problem is found, not only the first, and each has
 * the line it stands on; JSON is read as the YAML that it is, for the same reason.
 */
import type { Document, Node } from 'yaml';
import { LineCounter, isMap, isNode, isScalar, parseDocument, visit } from 'yaml';
import * as z from 'zod/mini';
import { printable } from '../core/printable.ts';
import type { ConfigFile } from './discover.ts';
import type { OptionSpec, OptionValue } from './option.ts';
import { configPath } from './option.ts';
import type { SchemaInput } from './schema.ts';
import { configSchema, valueSchema } from './schema.ts';
import { fileOptions, sectionName } from './sections.ts';
import { didYouMean } from './suggest.ts';
import { expectation } from './value.ts';

/** What is wrong with a file, and on which line (from 1). */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** A value and the line it stands on. */
export interface PlacedValue {
  readonly value: OptionValue;
  readonly line: number;
}

/** A configuration file that was read. */
export interface LoadedConfig {
  readonly path: string;
  readonly problems: readonly Problem[];
  /** Collectors switched on or off. */
  readonly collectors: Readonly<Record<string, boolean>>;
  /** The value for an option of a command, from its section or from the top. */
  valueFor(command: string, spec: OptionSpec): PlacedValue | undefined;
}

type Path = readonly PropertyKey[];

/** Reads and checks one file. With problems, it holds no values. */
export function loadConfig({ path, text }: ConfigFile, input: SchemaInput): LoadedConfig {
  const source = new Source(path, text);
  const problems = source.problems.length > 0 ? source.problems : check(source, input);
  const data = problems.length > 0 ? {} : (source.data as Record<string, unknown>);
  return {
    path,
    problems,
    collectors: (data.collectors ?? {}) as Record<string, boolean>,
    valueFor(command, spec) {
      const keys = configPath(spec.name);
      for (const at of [[sectionName(command), ...keys], keys]) {
        const found = at.reduce<unknown>((level, key) => (level as Record<string, unknown> | undefined)?.[key], data);
        if (found === undefined || !z.safeParse(valueSchema(spec), found).success) continue;
        const value = spec.repeatable === true && !Array.isArray(found) ? [found] : found;
        return { value: value as OptionValue, line: source.lineOf(at) };
      }
      return undefined;
    },
  };
}

/** The text with its syntax tree, which knows the lines. */
class Source {
  readonly problems: Problem[] = [];
  readonly data: unknown;
  private readonly path: string;
  private readonly lines = new LineCounter();
  private readonly document: Document;

  constructor(path: string, text: string) {
    this.path = path;
    this.document = parseDocument(text, { lineCounter: this.lines, prettyErrors: false, logLevel: 'error' });
    for (const { pos, message } of [...this.document.errors, ...this.document.warnings]) {
      this.problems.push({ file: path, line: this.lines.linePos(pos[0]).line, text: plainMessage(message) });
    }
    visit(this.document, {
      Alias: (_, alias) => {
        if (alias.resolve(this.document) !== undefined) return;
        this.problems.push(this.problem(this.lineOfNode(alias), `the alias *${alias.source} stands for nothing`));
      },
    });
    if (this.problems.length === 0) this.data = this.convert();
  }

  /** The line of the value at `at`, or of the nearest level above that is there. */
  lineOf(at: Path): number {
    for (let depth = at.length; depth > 0; depth--) {
      const node = this.document.getIn(at.slice(0, depth), true);
      if (isNode(node)) return this.lineOfNode(node);
    }
    return 1;
  }

  /** The line of the key itself. */
  lineOfKey(level: Path, key: string): number {
    const map = level.length === 0 ? this.document.contents : this.document.getIn(level, true);
    const pair = isMap(map)
      ? map.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
      : undefined;
    return pair !== undefined && isNode(pair.key) ? this.lineOfNode(pair.key) : this.lineOf(level);
  }

  problem(line: number, text: string): Problem {
    return { file: this.path, line, text: printable(text) };
  }

  private lineOfNode(node: Node): number {
    return this.lines.linePos(node.range?.[0] ?? 0).line;
  }

  private convert(): unknown {
    try {
      return this.document.toJS() ?? {};
    } catch (error) {
      // Aliases that multiply beyond measure.
      this.problems.push(this.problem(1, (error as Error).message));
      return undefined;
    }
  }
}

function plainMessage(message: string): string {
  const text = message.replace(/\s+/g, ' ').replace(/\.$/, '');
  return printable(text.charAt(0).toLowerCase() + text.slice(1));
}

function check(source: Source, input: SchemaInput): Problem[] {
  if (typeof source.data !== 'object' || Array.isArray(source.data)) {
    return [source.problem(1, 'the file must hold keys with values, such as `interval: 2`')];
  }
  const schema = configSchema(input);
  const { error } = z.safeParse(schema, source.data);
  const problems = (error?.issues ?? []).flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [valueProblem(source, input, deepest(issue))];
    const known = knownKeys(schema, issue.path);
    return issue.keys.map((key) =>
      source.problem(source.lineOfKey(issue.path, key), unknownKey(issue.path, key, known)),
    );
  });
  return problems.toSorted((a, b) => a.line - b.line);
}

/** Where the fault is; of a value or list of values, the item. */
function deepest(issue: z.core.$ZodIssue): Path {
  if (issue.code !== 'invalid_union') return issue.path;
  const inner = issue.errors.flat().find(({ path }) => path.length > 0);
  return inner === undefined ? issue.path : [...issue.path, ...inner.path];
}

function unknownKey(level: Path, key: string, known: readonly string[]): string {
  return `unknown key '${[...level, key].join('.')}'${didYouMean(key, known)}`;
}

/** The keys that a level of the schema has. */
function knownKeys(schema: z.core.$ZodType, level: Path): readonly string[] {
  let current: z.core.$ZodType = schema;
  for (const key of ['', ...level]) {
    if (key !== '') current = (current as z.ZodMiniObject).shape[String(key)];
    while (current instanceof z.ZodMiniOptional) current = current.def.innerType;
  }
  return current instanceof z.ZodMiniObject ? Object.keys(current.shape) : [];
}

function valueProblem(source: Source, input: SchemaInput, at: Path): Problem {
  const keys = at.map(String).filter((key) => !/^\d+$/.test(key));
  const got = at.reduce<unknown>((level, key) => (level as Record<PropertyKey, unknown> | null)?.[key], source.data);
  const text = `${keys.join('.')} ${expected(keys, input)} (got ${shown(got)})`;
  return source.problem(source.lineOf(at), text);
}

function expected(keys: readonly string[], { commands, globals, collectors }: SchemaInput): string {
  if (keys[0] === 'collectors')
    return keys.length === 1 ? `must hold names of collectors, such as ${collectors[0]}` : 'must be true or false';
  const specs = commands.flatMap(({ name, options }) =>
    fileOptions([...options, ...globals]).filter((spec) => {
      const wanted = configPath(spec.name).join('.');
      return keys.join('.') === wanted || keys.join('.') === `${sectionName(name)}.${wanted}`;
    }),
  );
  if (specs.length === 0) return 'must hold keys with values';
  const texts = [
    ...new Set(
      specs.map(({ kind, repeatable }) =>
        repeatable === true ? `${expectation(kind)}, or a list of such` : expectation(kind),
      ),
    ),
  ];
  return texts.join(', or for another command ');
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
