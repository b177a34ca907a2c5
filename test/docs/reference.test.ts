/** The generated reference and the code agree, in both directions. */
import { describe, expect, test } from 'vitest';
import { collectors } from '../../src/collect/registry.gen.ts';
import { serverTables } from '../../src/collect/server/server-rows.ts';
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

  const servers = Object.entries(serverTables).map(([name, tables]) => ({ name, tables }));
  const described = [...collectors, ...servers];

  test('has a section for each collector and each kind of server, no more and no fewer', () => {
    expect(sections.map((section) => section.split('\n')[0])).toEqual(described.map(({ name }) => name));
  });

  test.each(described.map((each, index) => [each.name, each, sections[index]] as const))(
    '%s: lists its metrics, no more and no fewer',
    (_, { tables }, section) => {
      const columns = tables.flatMap((table) => (table.describe ? (table.documented ?? []) : table.columns));
      const listed = firstCells(section).filter((cell) => cell !== 'metric');
      const families = columns.map(({ metric, histogram }) => histogram?.name ?? metric);
      expect([...new Set(listed)].toSorted()).toEqual([...new Set(families)].toSorted());
    },
  );
});
