/** What of this host an expression asks for: which collectors, how far back, and which names nobody has. */
import { selectorsOf } from '../../analyze/rules/metrics-of.ts';
import type { Collector } from '../../collect/collector.ts';
import { collectors as allCollectors } from '../../collect/registry.gen.ts';
import type { TableSpec } from '../../core/metric.ts';
import { childrenOf, type Expr, type VectorSelector } from '../../query/promql/ast.ts';
import { selfColumns } from '../../record/self.ts';

/** See the module comment. */
export interface Needs {
  /** Names of collectors. */
  readonly collectors: ReadonlySet<string>;
  /** The series about codoperf itself. */
  readonly self: boolean;
  /** Names that no collector has. */
  readonly unknown: readonly string[];
  /** Ms that the expression looks back by ranges, subqueries and offsets; 0 when it looks at one moment only. */
  readonly backMs: number;
}

/** Parts of a documented name that stand for any text (`node_memory_*_bytes`, `node_sockstat_PROTOCOL_inuse`). */
const PLACEHOLDER = /\*|PROTOCOL|FIELD/g;

/** Looks through an expression; `enabled` tells which collectors run when it names no metric. */
export function needsOf(tree: Expr, enabled: (collector: Collector) => boolean): Needs {
  const collectors = new Set<string>();
  const unknown = new Set<string>();
  let self = false;
  for (const { metric } of selectorsOf(tree)) {
    if (metric === '') {
      for (const each of allCollectors) if (enabled(each)) collectors.add(each.name);
      self = true;
      continue;
    }
    const owners = ownersOf(metric);
    for (const { name } of owners) collectors.add(name);
    const own = selfColumns.some((column) => column.metric === metric);
    if (own) self = true;
    if (own && collectors.size === 0) collectors.add('stat');
    if (!own && owners.length === 0) unknown.add(metric);
  }
  return { collectors, self, unknown: [...unknown], backMs: backMs(tree) };
}

/** The collectors that have a metric. */
export function ownersOf(metric: string): Collector[] {
  return allCollectors.filter(({ tables }) => tables.some((table) => has(table, metric)));
}

/** Every metric name that a descriptor spells out. */
export function describedMetrics(): string[] {
  const tables = allCollectors.flatMap(({ tables: own }) => own);
  const columns = [...tables.flatMap((table) => table.columns), ...selfColumns];
  return [...new Set(columns.map(({ metric }) => metric))];
}

function has({ columns, documented = [] }: TableSpec, metric: string): boolean {
  return (
    columns.some((column) => column.metric === metric) || documented.some((column) => isLike(metric, column.metric))
  );
}

function isLike(metric: string, documented: string): boolean {
  // Names hold letters, digits and underscores: nothing that a pattern gives a meaning.
  return new RegExp(`^${documented.replaceAll(PLACEHOLDER, '\\w+')}$`).test(metric);
}

function backMs(tree: Expr): number {
  const below = Math.max(0, ...childrenOf(tree).map(backMs));
  switch (tree.type) {
    case 'vector':
      return reach(tree);
    case 'matrix':
      return tree.rangeMs + reach(tree.selector);
    case 'subquery':
      return below + tree.rangeMs + Math.max(0, tree.offsetMs);
    default:
      return below;
  }
}

function reach({ offsetMs }: VectorSelector): number {
  return Math.max(0, offsetMs);
}
