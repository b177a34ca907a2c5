/** The rules of a run: those beside the program, and those of the user. */
import fs from 'node:fs';
import path from 'node:path';
import { type Prepared, preparedRules } from '../../analyze/rules/compiled.ts';
import { assemblePack, type RulePack } from '../../analyze/rules/pack.ts';
import { readRuleFiles } from '../../analyze/rules/rule-files.ts';
import { CodoperfError } from '../../core/errors.ts';

/** Folders above that may hold `rules/`: the program is in `dist/` or one below it, or in `src/cli/`. */
const LEVELS = 4;

/** Where the built-in rules are. Throws RULES_MISSING. */
function builtInRules(): string {
  let folder: string = import.meta.dirname;
  for (let level = 0; level < LEVELS; level++) {
    const place = path.join(folder, 'rules');
    if (fs.existsSync(path.join(place, 'cpu'))) return place;
    folder = path.dirname(folder);
  }
  throw new CodoperfError('RULES_MISSING', { path: path.join(import.meta.dirname, '../rules') });
}

/** Built-in rules, and those in the user's files and folders, which take the place of built-in ones with their identifiers. */
export function loadRules(places: readonly string[]): RulePack {
  const users = places.flatMap((place) => readRuleFiles(place));
  return assemblePack(readRuleFiles(builtInRules(), { shownAs: 'rules', prepared: preparedOnes() }), users);
}

/** What the build prepared; a checkout that was not built reads everything. */
function preparedOnes(): Prepared | undefined {
  // Code that is split off stands in a folder below the program.
  const places = [import.meta.dirname, path.dirname(import.meta.dirname)].map((each) => path.join(each, 'rules.json'));
  const found = places.find((file) => fs.existsSync(file));
  return found === undefined ? undefined : preparedRules(fs.readFileSync(found, 'utf8'));
}
