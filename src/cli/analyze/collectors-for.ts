/** Which collectors a set of metrics needs: reading the others would cost and say nothing. */
import type { Collector } from '../../collect/collector.ts';
import { collectors } from '../../collect/registry.gen.ts';

/** What the head of a report needs. */
const always = new Set(['cpu', 'stat', 'meminfo', 'uname']);

/** Names of the collectors that give one of the metrics. `chosen` switches some on or off by name. */
export function collectorsFor(
  metrics: ReadonlySet<string>,
  chosen: Readonly<Record<string, boolean>> = {},
): readonly string[] {
  const names = [...metrics];
  return collectors
    .filter((each) => chosen[each.name] ?? (always.has(each.name) || gives(each, names)))
    .map(({ name }) => name);
}

function gives({ tables }: Collector, names: readonly string[]): boolean {
  return tables
    .flatMap(({ columns, documented }) => [...columns, ...(documented ?? [])])
    .some(({ metric }) => {
      // The reference names those that are described as they appear by a pattern.
      if (!/\*|PROTOCOL/.test(metric)) return names.includes(metric);
      const pattern = new RegExp(
        `^${metric
          .split(/\*|PROTOCOL/)
          .map(escaped)
          .join('.+')}$`,
      );
      return names.some((name) => pattern.test(name));
    });
}

function escaped(text: string): string {
  return text.replace(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
}
