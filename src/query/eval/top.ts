/** `topk`, `bottomk` and `limitk`: aggregations that keep some series as they are. */
import type { Aggregation } from '../promql/ast.ts';
import { MisplacedError } from '../query-error.ts';
import { type Evaluation, release, vector } from './evaluation.ts';
import { type Group, groupsOf } from './groups.ts';
import type { Series, VectorValue } from './value.ts';

const MAX_INT64 = 2 ** 63;

/** Throws when a number of series cannot be one; whether any step keeps something. */
function keepsAny(node: Aggregation, params: Float64Array): boolean {
  const fail = (message: string): never => {
    throw new MisplacedError('execution', message, (node.param ?? node).from);
  };
  if (!params.some((k) => k >= 1 || Number.isNaN(k))) return false;
  for (const k of params) {
    if (Number.isNaN(k)) fail('Parameter value is NaN');
    if (k <= -MAX_INT64) fail(`Scalar value ${k} underflows int64`);
    if (k >= MAX_INT64) fail(`Scalar value ${k} overflows int64`);
  }
  return true;
}

/**
 * A heap of series whose root is the first to go. Which of equal values go is not defined by PromQL but by what
 * Prometheus's heap happens to do, so this does the same: Go's `container/heap`.
 */
class Heap {
  readonly series: Series[] = [];
  private readonly step: number;
  /** 1 for `topk`, -1 for `bottomk`. */
  private readonly sign: number;

  constructor(step: number, sign: number) {
    this.step = step;
    this.sign = sign;
  }

  /** Whether `a` goes before `b`; a `NaN` goes before everything. */
  goesFirst(a: Series, b: Series): boolean {
    const left = a.values[this.step] * this.sign;
    return Number.isNaN(left) || left < b.values[this.step] * this.sign;
  }

  push(series: Series): void {
    this.series.push(series);
    let child = this.series.length - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.goesFirst(this.series[child], this.series[parent])) return;
      this.swap(child, parent);
      child = parent;
    }
  }

  /** Takes the place of the root when it is worth more. */
  offer(series: Series): void {
    const value = series.values[this.step] * this.sign;
    const root = this.series[0].values[this.step] * this.sign;
    if (!(root < value || (Number.isNaN(root) && !Number.isNaN(value)))) return;
    this.series[0] = series;
    let parent = 0;
    for (;;) {
      let child = 2 * parent + 1;
      if (child >= this.series.length) return;
      const right = child + 1;
      if (right < this.series.length && this.goesFirst(this.series[right], this.series[child])) child = right;
      if (!this.goesFirst(this.series[child], this.series[parent])) return;
      this.swap(parent, child);
      parent = child;
    }
  }

  /** What stays, the best first. */
  sorted(): Series[] {
    const order = (a: Series, b: Series): number => {
      if (this.goesFirst(b, a)) return this.goesFirst(a, b) ? 0 : -1;
      return this.goesFirst(a, b) ? 1 : 0;
    };
    return this.series.sort(order);
  }

  private swap(a: number, b: number): void {
    [this.series[a], this.series[b]] = [this.series[b], this.series[a]];
  }
}

/** Keeps the k largest or smallest of each group at each step; an instant query has them in that order. */
export function selectTop(
  node: Aggregation,
  series: readonly Series[],
  params: Float64Array,
  evaluation: Evaluation,
): Promise<VectorValue> {
  const sign = node.op === 'topk' ? 1 : -1;
  return choose(node, series, params, evaluation, ({ members }, step, k) => {
    const heap = new Heap(step, sign);
    for (const each of members) {
      if (each.present[step] === 0) continue;
      if (heap.series.length < k) heap.push(each);
      else heap.offer(each);
    }
    return heap.sorted();
  });
}

/** Keeps any k of each group at each step: the first ones. */
export function selectFirst(
  node: Aggregation,
  series: readonly Series[],
  params: Float64Array,
  evaluation: Evaluation,
): Promise<VectorValue> {
  return choose(node, series, params, evaluation, ({ members }, step, k) =>
    members.filter(({ present }) => present[step] === 1).slice(0, k),
  );
}

/** So many steps are looked at between two looks at the clock. */
const BATCH = 64;

async function choose(
  node: Aggregation,
  series: readonly Series[],
  params: Float64Array,
  evaluation: Evaluation,
  pick: (group: Group, step: number, k: number) => readonly Series[],
): Promise<VectorValue> {
  if (!keepsAny(node, params)) return { type: 'vector', series: [] };
  const kept = new Map<Series, Uint8Array>();
  for (const group of groupsOf(node, series)) {
    for (let step = 0; step < params.length; step++) {
      if (step % BATCH === 0 && evaluation.limits.due()) await evaluation.limits.pause();
      const k = Math.min(Math.trunc(params[step]), series.length);
      if (k < 1) continue;
      for (const each of pick(group, step, k)) {
        let present = kept.get(each);
        if (present === undefined) kept.set(each, (present = new Uint8Array(params.length)));
        present[step] = 1;
      }
    }
  }
  release(
    evaluation,
    series.filter((each) => !kept.has(each)),
  );
  const result = Array.from(kept, ([each, present]) => ({ ...each, present }));
  return vector(evaluation, result, node);
}
