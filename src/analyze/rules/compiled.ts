/**
 * What the built-in files of rules mean, prepared when the program is built: reading YAML and PromQL takes most of a
 * second of a processor, and a diagnosis is wanted where processors are short. Each file counts by the digest of its
 * text: one that was changed since is read as any other.
 */
import { createHash } from 'node:crypto';
import type { ReadRules } from './read-rules.ts';
import type { RuleEntry } from './rule.ts';
import { Template } from './template.ts';

/** What can be read from prepared files: the rules of a text, if they are there. */
export type Prepared = (path: string, text: string) => ReadRules | undefined;

const texts = ['summary', 'subject', 'cause', 'recommendation', 'verify'] as const;
/** Entries whose lines problems of a whole pack name. */
const linesKept = ['explains'];

/** The files as one JSON text; those with problems are left out. */
export function compileRules(files: readonly { readonly text: string; readonly read: ReadRules }[]): string {
  const good = files.filter(({ read }) => read.problems.length === 0);
  const pairs = good.map(({ text, read }) => [digest(text), read.entries.map(plain)] as const);
  return JSON.stringify(Object.fromEntries(pairs.filter(([, entries]) => isJson(entries))));
}

/** JSON has no infinity and no NaN, which a query may hold. */
function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(isJson);
}

function plain(entry: RuleEntry): unknown {
  const { line, lineOf } = entry.place;
  return {
    ...entry,
    ...Object.fromEntries(texts.map((key) => [key, entry[key]?.text])),
    place: { line, lines: Object.fromEntries(linesKept.map((key) => [key, lineOf(key)])) },
  };
}

type PlainEntry = Omit<RuleEntry, (typeof texts)[number] | 'place'> &
  Partial<Record<(typeof texts)[number], string>> & {
    readonly place: { readonly line: number; readonly lines: Readonly<Record<string, number>> };
  };

/** Reads what `compileRules` wrote. */
export function preparedRules(json: string): Prepared {
  const byDigest = JSON.parse(json) as Readonly<Record<string, readonly PlainEntry[]>>;
  return (path, text) => {
    const entries = byDigest[digest(text)];
    return entries === undefined ? undefined : { entries: entries.map((entry) => filled(path, entry)), problems: [] };
  };
}

function filled(file: string, entry: PlainEntry): RuleEntry {
  const { line, lines } = entry.place;
  const template = (key: (typeof texts)[number]): Template | undefined => {
    const text = entry[key];
    return text === undefined ? undefined : Template.parse(text);
  };
  return {
    ...entry,
    summary: template('summary') as Template,
    subject: template('subject'),
    cause: template('cause'),
    recommendation: template('recommendation'),
    verify: template('verify'),
    place: { file, line, lineOf: (key) => lines[key] ?? line },
  };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}
