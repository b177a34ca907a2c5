/** Arithmetic and comparison of two vectors: each sample with the one that has the same matching labels. */
import { LabelSet } from '../label-set.ts';
import type { Binary } from '../promql/ast.ts';
import { MisplacedError } from '../query-error.ts';
import { type Evaluation, newSeries, release, vector } from './evaluation.ts';
import { changesMetric, comparison, numeric } from './operators.ts';
import { anyPresent, type MatchGroup, matchGroups } from './signatures.ts';
import type { Grid, Series, VectorValue } from './value.ts';

/** The vector of all pairs; throws when a side that must be unique is not. */
export async function matchVectors(
  node: Binary,
  left: readonly Series[],
  right: readonly Series[],
  grid: Grid,
  evaluation: Evaluation,
): Promise<VectorValue> {
  const swapped = node.matching.cardinality === 'one-to-many';
  const [many, one] = swapped ? [right, left] : [left, right];
  // Prometheus looks for duplicates only at steps where both vectors have something.
  const active = anyPresent(many, grid.count);
  const pairs = new Pairs(node, swapped, grid, evaluation);
  for (const group of matchGroups(node.matching, many, one)) {
    if (evaluation.limits.due()) await evaluation.limits.pause();
    requireUnique(node, group, active, swapped);
    pairs.add(group);
  }
  release(evaluation, [...left, ...right]);
  return vector(evaluation, pairs.series(), node);
}

/** Throws when two series of the "one" side are present at the same step. */
function requireUnique(node: Binary, group: MatchGroup, active: Uint8Array, swapped: boolean): void {
  const { right, labels } = group;
  if (right.length < 2) return;
  for (let i = 0; i < active.length; i++) {
    if (active[i] === 0) continue;
    const present = right.filter((each) => each.present[i] === 1);
    if (present.length < 2) continue;
    throw new MisplacedError(
      'execution',
      `found duplicate series for the match group ${labels.toString()} on the ${swapped ? 'left' : 'right'} hand-side of the ` +
        `operation: [${present[1].labels.toString()}, ${present[0].labels.toString()}];many-to-many matching not allowed: ` +
        'matching labels must be unique on one side',
      node.from,
    );
  }
}

/** Collects the results of one operation. */
class Pairs {
  private readonly node: Binary;
  private readonly swapped: boolean;
  private readonly grid: Grid;
  private readonly evaluation: Evaluation;
  private readonly results: Series[] = [];
  private readonly compute: (left: number, right: number) => number;
  private readonly filter: ((left: number, right: number) => boolean) | undefined;

  constructor(node: Binary, swapped: boolean, grid: Grid, evaluation: Evaluation) {
    this.node = node;
    this.swapped = swapped;
    this.grid = grid;
    this.evaluation = evaluation;
    this.compute = numeric(node.op);
    this.filter = node.bool ? undefined : comparison(node.op);
  }

  series(): readonly Series[] {
    return this.results;
  }

  /** Computes all pairs of a group; the "many" side is its left one here. */
  add({ left, right }: MatchGroup): void {
    if (right.length === 0) return;
    // Which of the results (one-to-one: any) has been made at a step already.
    const taken = new Map<string, Uint8Array>();
    const results = new Map<string, Series>();
    for (const many of left) {
      for (const one of right) {
        const labels = this.labels(many.labels, one.labels);
        const key = this.node.matching.cardinality === 'one-to-one' ? '' : labels.key;
        let steps = taken.get(key);
        if (steps === undefined) taken.set(key, (steps = new Uint8Array(this.grid.count)));
        let result = results.get(labels.key);
        if (result === undefined) {
          const dropName = many.dropName || this.node.bool;
          results.set(labels.key, (result = newSeries(this.evaluation, labels, this.grid, dropName)));
        }
        this.pair(many, one, steps, result);
      }
    }
    this.results.push(...results.values());
  }

  private pair(many: Series, one: Series, taken: Uint8Array, result: Series): void {
    const { compute, filter, swapped } = this;
    for (let i = 0; i < taken.length; i++) {
      if (many.present[i] === 0 || one.present[i] === 0) continue;
      if (taken[i] === 1) throw this.ambiguous();
      taken[i] = 1;
      const left = swapped ? one.values[i] : many.values[i];
      const right = swapped ? many.values[i] : one.values[i];
      if (filter !== undefined && !filter(left, right)) continue;
      result.values[i] = filter === undefined ? compute(left, right) : left;
      result.present[i] = 1;
    }
  }

  private ambiguous(): MisplacedError {
    const message =
      this.node.matching.cardinality === 'one-to-one'
        ? 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)'
        : 'multiple matches for labels: grouping labels must ensure unique matches';
    return new MisplacedError('execution', message, this.node.from);
  }

  private labels(many: LabelSet, one: LabelSet): LabelSet {
    const { op, bool, matching } = this.node;
    const { on, include, cardinality } = matching;
    let labels = changesMetric(op) ? many.withoutName() : many;
    if (cardinality === 'one-to-one') {
      const names = new Set(matching.labels);
      labels = on ? labels.only(names) : labels.without(names);
    }
    for (const name of include) labels = labels.with(name, one.get(name));
    return bool && !this.evaluation.semantics.delayedNameRemoval ? labels.withoutName() : labels;
  }
}
