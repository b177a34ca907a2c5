/** Values while a query is evaluated: whole columns, one element for each step. */
import type { LabelSet } from '../label-set.ts';

/** The moments that are evaluated: `start + i * step` in Unix ms, for i below `count`. */
export interface Grid {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** One series over all steps. Whoever receives it owns it and may change the columns. */
export interface Series {
  readonly labels: LabelSet;
  /** A value for each step; only those that are present mean something. */
  readonly values: Float64Array;
  /** 1 where there is a value. */
  readonly present: Uint8Array;
  /** The name still has to go: set with `delayed_name_removal` only. */
  readonly dropName: boolean;
}

/** An instant vector at every step. Series have distinct labels at each step, and at least one value. */
export interface VectorValue {
  readonly type: 'vector';
  readonly series: readonly Series[];
}

/** A scalar at every step. */
export interface ScalarValue {
  readonly type: 'scalar';
  readonly values: Float64Array;
}

/** A text. */
export interface StringValue {
  readonly type: 'string';
  readonly text: string;
}

/** What an expression evaluates to; range vectors are arguments of functions only. */
export type Value = VectorValue | ScalarValue | StringValue;

/** Whether the series has no value at all. */
export function isEmpty({ present }: Series): boolean {
  return present.indexOf(1) < 0;
}
