/** Arithmetic on each value. */
import type { ElementFunction, FunctionFamily } from '../function.ts';

function of(name: string, compute: (value: number) => number): ElementFunction {
  return { kind: 'element', name, args: ['instant vector'], compute };
}

/** Go's `math.Max`: an infinity wins over `NaN`. */
function max(a: number, b: number): number {
  return a === Number.POSITIVE_INFINITY || b === Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : Math.max(a, b);
}

/** Go's `math.Min`: an infinity wins over `NaN`. */
function min(a: number, b: number): number {
  return a === Number.NEGATIVE_INFINITY || b === Number.NEGATIVE_INFINITY ? Number.NEGATIVE_INFINITY : Math.min(a, b);
}

function clamp(value: number, low: number, high: number): number | undefined {
  return high < low ? undefined : max(low, min(high, value));
}

/** Ties go up. The inverse keeps more digits than a division by `nearest` would. */
function round(value: number, nearest: number): number {
  const inverse = 1 / nearest;
  return Math.floor(value * inverse + 0.5) / inverse;
}

const sign = (value: number): number => {
  if (value < 0) return -1;
  return value > 0 ? 1 : value;
};

export default [
  of('abs', Math.abs),
  of('ceil', Math.ceil),
  of('floor', Math.floor),
  of('exp', Math.exp),
  of('sqrt', Math.sqrt),
  of('ln', Math.log),
  of('log2', Math.log2),
  of('log10', Math.log10),
  of('sgn', sign),
  {
    kind: 'element',
    name: 'round',
    args: ['instant vector', 'scalar'],
    variadic: 1,
    defaults: [1],
    compute: round,
  },
  { kind: 'element', name: 'clamp', args: ['instant vector', 'scalar', 'scalar'], compute: clamp },
  {
    kind: 'element',
    name: 'clamp_max',
    args: ['instant vector', 'scalar'],
    compute: (value, high) => clamp(value, Number.NEGATIVE_INFINITY, high),
  },
  {
    kind: 'element',
    name: 'clamp_min',
    args: ['instant vector', 'scalar'],
    compute: (value, low) => clamp(value, low, Number.POSITIVE_INFINITY),
  },
] satisfies FunctionFamily;
