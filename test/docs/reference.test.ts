/** The generated reference and the code agree, in both directions. */
import { describe, expect, test } from 'vitest';
import { collectors } from '../../src/collect/registry.gen.ts';
import { errorCatalogue, ExitCode, exitPrecedence } from '../../src/core/errors.ts';
import { page } from './markdown.ts';

function firstCells(markdown: string): string[] {
  return [...markdown.matchAll(/^\| `?([^`|]+?)`? \|/gm)].map((match) => match[1]);
}

describe('docs/reference/errors.md', () => {
  const [exits, errors] = page('docs/reference/errors.md').split('\n## Errors\n');

  test('lists the errors of the catalogue, no more and no fewer', () => {
    expect(firstCells(errors).slice(1)).toEqual(Object.keys(errorCatalogue));
  });

  test('lists the exit codes, no more and no fewer', () => {
    expect(firstCells(exits).slice(1).map(Number)).toEqual(Object.values(ExitCode));
    expect(new Set(exitPrecedence)).toEqual(new Set<number>(Object.values(ExitCode)));
  });

  test('an error tells what to do', () => {
    for (const { text, remedy } of Object.values(errorCatalogue)) {
      expect(text).not.toBe('');
      expect(remedy).not.toBe('');
    }
  });
});

describe('docs/reference/metrics.md', () => {
  const sections = page('docs/reference/metrics.md').split('\n## ').slice(1);

  test('has a section for each collector, no more and no fewer', () => {
    expect(sections.map((section) => section.split('\n')[0])).toEqual(collectors.map(({ name }) => name));
  });

  test.each(collectors.map((collector, index) => [collector.name, collector, sections[index]] as const))(
    '%s: lists its metrics, no more and no fewer',
    (_, { tables }, section) => {
      const columns = tables.flatMap((table) => (table.describe ? (table.documented ?? []) : table.columns));
      const listed = firstCells(section).filter((cell) => cell !== 'metric');
      const families = columns.map(({ metric, histogram }) => histogram?.name ?? metric);
      expect([...new Set(listed)].toSorted()).toEqual([...new Set(families)].toSorted());
    },
  );
});
