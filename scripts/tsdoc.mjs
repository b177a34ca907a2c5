// Every exported symbol says in a sentence what it is: `export` at the start of a line needs a TSDoc comment
// right above. Re-exports need none, and neither do the further signatures of an overloaded function.
import path from 'node:path';
import { readText, root, walk } from './house.mjs';

const EXPORT = /^export (?:declare |abstract |async )*(?:function\*?|const|let|class|interface|type) (\w+)/;

/** Text of the comment that ends on line `end`, without its marks. */
function commentAbove(lines, end) {
  if (!lines[end]?.trimEnd().endsWith('*/')) return '';
  let start = end;
  while (start > 0 && !lines[start].trimStart().startsWith('/**')) start--;
  return lines
    .slice(start, end + 1)
    .map((line) => line.replace(/^\s*\/?\*+\/?/, '').replace(/\*\/\s*$/, ''))
    .join(' ')
    .trim();
}

/** `file:line: name` of every exported symbol without a sentence, and how many were looked at. */
export function checkTsdoc(files) {
  const problems = [];
  let symbols = 0;
  for (const file of files) {
    const lines = readText(file).split('\n');
    const seen = new Set();
    lines.forEach((line, index) => {
      const name = EXPORT.exec(line)?.[1];
      if (name === undefined || seen.has(name)) return;
      seen.add(name);
      symbols++;
      if (!/\w/.test(commentAbove(lines, index - 1)))
        problems.push(`${file}:${index + 1}: ${name} has no TSDoc sentence`);
    });
  }
  return { problems, symbols };
}

/** The sources that the rule is about. */
export function documentedSources() {
  return walk('src', (name) => name.endsWith('.ts'));
}

if (process.argv[1] === path.join(root, 'scripts/tsdoc.mjs')) {
  const { problems, symbols } = checkTsdoc(process.argv.length > 2 ? process.argv.slice(2) : documentedSources());
  for (const problem of problems) console.error(problem);
  console.log(`${symbols} exported symbols, ${problems.length} without a sentence`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
