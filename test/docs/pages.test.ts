/** The hand-written pages tell the truth about the repository: what they name exists. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { namedPaths, page, root } from './markdown.ts';

/** Folders and files at the top that a path must begin with; `codoperf/collector` or `/proc/stat` are none. */
const TOP = /^(src|test|docs|scripts|bench|schemas|dist|rules|\.ci)\/|^[A-Z]+\.md$|^package(-lock)?\.json$/;

function missing(file: string): string[] {
  return namedPaths(page(file)).filter((name) => TOP.test(name) && !fs.existsSync(path.join(root, name)));
}

describe('ARCHITECTURE.md', () => {
  const text = page('ARCHITECTURE.md');

  test('names only what exists', () => {
    expect(namedPaths(text).length).toBeGreaterThan(15);
    expect(missing('ARCHITECTURE.md').filter((name) => name !== 'dist/')).toEqual([]);
  });

  test('begins with the line of arrows and stays short', () => {
    const lines = text.split('\n');
    expect(lines.length).toBeLessThanOrEqual(150);
    expect(lines.slice(0, 6).join('\n')).toContain('agent, collect -> record -> store | remote -> query -> analyze');
  });

  test('has every folder of src in its layer table', () => {
    const layers = [...text.matchAll(/^\| ([a-z, ]+) \|/gm)].flatMap((match) => match[1].split(', '));
    const folders = fs.readdirSync(path.join(root, 'src'), { withFileTypes: true });
    for (const folder of folders.filter((entry) => entry.isDirectory())) expect(layers).toContain(folder.name);
  });
});

test.each(['README.md', 'CONTRIBUTING.md', 'docs/contracts.md', 'docs/decisions/001-bytes-and-tables.md'])(
  '%s names only what exists',
  (file) => {
    expect(missing(file)).toEqual([]);
  },
);

test('docs/contracts.md names a test for every contract that exists', () => {
  const sections = page('docs/contracts.md').split('\n## ').slice(1);
  expect(sections.map((section) => section.split('\n')[0])).toEqual([
    'Library',
    'Series',
    'Commands',
    'Places',
    'Tests',
  ]);
  for (const section of sections.filter((each) => !each.startsWith('Tests'))) {
    expect(section, section.split('\n')[0]).toMatch(/\n\| contract \| test \|\n\|-+\|-+\|\n\| .* \| `test\//);
  }
});

test('CHANGELOG.md has typed lines only', () => {
  const items = page('CHANGELOG.md')
    .split('\n')
    .filter((line) => line.startsWith('- '));
  expect(items.length).toBeGreaterThan(0);
  for (const item of items) expect(item).toMatch(/^- \[(FEATURE|ENHANCEMENT|PERF|BUGFIX|CHANGE|SECURITY)\] /);
});
