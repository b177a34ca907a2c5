/** The contract of PromQL's functions. One file of `functions/` holds a family; the registry is generated. */
import type { Evaluation } from './eval/evaluation.ts';
import type { Grid, Value } from './eval/value.ts';
import type { Call, ValueType } from './promql/ast.ts';

/** What the type check knows of a function. */
interface Signature {
  readonly name: string;
  readonly args: readonly ValueType[];
  /** How many of the last argument there may be besides none, as in Prometheus: 0 exactly one, -1 any number. */
  readonly variadic?: number;
  /** An instant vector when absent. */
  readonly returns?: 'scalar';
  /** An experiment of Prometheus, which may change or go. */
  readonly experimental?: true;
}

/** Makes a value of each value, independent of all others; `undefined` leaves it out. */
export interface ElementFunction extends Signature {
  readonly kind: 'element';
  readonly compute: (value: number, first: number, second: number) => number | undefined;
  /** Scalars that stand for absent arguments. */
  readonly defaults?: readonly number[];
}

/** The samples of a range: those from index `from` up to, but not including, `to`; never none. */
export interface Window {
  timestamps: Float64Array;
  values: Float64Array;
  from: number;
  to: number;
  /** The range in Unix ms: open on the left, closed on the right. */
  startMs: number;
  endMs: number;
  /** The step that is evaluated in Unix ms; the range may be elsewhere (`offset`, `@`). */
  atMs: number;
}

/** Makes a value of the samples in a range; `undefined` when there is none to make. */
export interface WindowFunction extends Signature {
  readonly kind: 'window';
  readonly compute: (window: Window, first: number, second: number) => number | undefined;
  /** The result is a value of the metric itself. */
  readonly keepsName?: true;
  /** Counters are expected, whose names end in a certain way. */
  readonly wantsCounter?: true;
  /** What to warn of when a scalar argument has that value. */
  readonly warnOf?: (first: number) => string | undefined;
}

/** Anything else: it evaluates its arguments itself. */
export interface NodeFunction extends Signature {
  readonly kind: 'node';
  readonly evaluate: (call: Call, grid: Grid, evaluation: Evaluation) => Promise<Value>;
}

/** A function of PromQL. */
export type PromqlFunction = ElementFunction | WindowFunction | NodeFunction;

/** The functions of one file. */
export type FunctionFamily = readonly PromqlFunction[];
