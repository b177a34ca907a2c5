import fs from 'node:fs';
import path from 'node:path';

/** The repository. */
export const root = path.join(import.meta.dirname, '../..');

/** The text of a file of the repository. */
export function page(file: string): string {
  return fs.readFileSync(path.join(root, file), 'utf8');
}

/** Contents of the fenced blocks of one language. */
export function blocks(markdown: string, language: string): string[] {
  return [...markdown.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map((match) => match[1]);
}

/** The chapter of a page under a heading of the second level. */
export function chapter(file: string, heading: string): string {
  const found = page(file)
    .split(/^## /m)
    .find((each) => each.startsWith(`${heading}\n`));
  if (found === undefined) throw new Error(`${file} has no chapter '${heading}'`);
  return found;
}

/** The commands of the `sh` blocks, without their comments. */
export function commandLines(markdown: string): string[] {
  return blocks(markdown, 'sh')
    .flatMap((block) => block.split('\n'))
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '');
}

/** Paths of the repository that a page names in backticks or links to; patterns and placeholders are left out. */
export function namedPaths(markdown: string): string[] {
  const prose = markdown.replace(/^```[\s\S]*?^```/gm, '');
  const quoted = [...prose.matchAll(/`([\w.@-]+(?:\/[\w.@-]*)+)`/g)].map((match) => match[1]);
  const files = [...prose.matchAll(/`([A-Z]+\.md|[\w-]+\.json)`/g)].map((match) => match[1]);
  const links = [...prose.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((match) => match[1]);
  return [...new Set([...quoted, ...files, ...links])];
}
