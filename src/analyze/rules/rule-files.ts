/** Files of rules on disk: a file, or every `.yml` and `.yaml` below a folder. */
import fs from 'node:fs';
import path from 'node:path';
import { errnoOf } from '../../core/errors.ts';
import { compileRules, type Prepared } from './compiled.ts';
import { type ReadRules, readRules } from './read-rules.ts';

const MAX_BYTES = 4 * 2 ** 20;
const MAX_FILES = 2000;

/** How files are read. */
export interface RuleFileOptions {
  /** Replaces the place in problems. */
  readonly shownAs?: string;
  /** Knows some files already. */
  readonly prepared?: Prepared;
}

/** Reads every file of a place; one that cannot be read is a problem. */
export function readRuleFiles(place: string, { shownAs = place, prepared }: RuleFileOptions = {}): ReadRules[] {
  const named = (file: string): string => path.join(shownAs, path.relative(place, file));
  try {
    const files = fs.statSync(place).isDirectory() ? filesBelow(place) : [place];
    if (files.length > MAX_FILES) return [problem(shownAs, `more than ${MAX_FILES} files of rules`)];
    return files.map((file) => readFile(file, named(file), prepared));
  } catch (error) {
    return [problem(shownAs, unreadable(error))];
  }
}

/** What the files of a place mean, for `preparedRules`. */
export function compileRuleFiles(place: string): string {
  return compileRules(
    filesBelow(place).map((file) => {
      const text = fs.readFileSync(file, 'utf8');
      return { text, read: readRules(file, text) };
    }),
  );
}

function filesBelow(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && /\.ya?ml$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .toSorted();
}

function readFile(file: string, name: string, prepared: Prepared | undefined): ReadRules {
  try {
    const { size } = fs.statSync(file);
    if (size > MAX_BYTES) return problem(name, `the file is larger than ${MAX_BYTES / 2 ** 20} MiB`);
    const text = fs.readFileSync(file, 'utf8');
    return prepared?.(name, text) ?? readRules(name, text);
  } catch (error) {
    return problem(name, unreadable(error));
  }
}

function unreadable(error: unknown): string {
  return `cannot be read: ${errnoOf(error) ?? (error as Error).message}`;
}

function problem(file: string, text: string): ReadRules {
  return { entries: [], problems: [{ file, line: 1, text }] };
}
