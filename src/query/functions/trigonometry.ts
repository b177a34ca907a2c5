/** Trigonometry, in radians. */
import type { ElementFunction, FunctionFamily } from '../function.ts';

const names = ['acos', 'acosh', 'asin', 'asinh', 'atan', 'atanh', 'cos', 'cosh', 'sin', 'sinh', 'tan', 'tanh'] as const;

function of(name: string, compute: (value: number) => number): ElementFunction {
  return { kind: 'element', name, args: ['instant vector'], compute };
}

export default [
  ...names.map((name) => of(name, Math[name])),
  of('deg', (value) => (value * 180) / Math.PI),
  of('rad', (value) => (value * Math.PI) / 180),
] satisfies FunctionFamily;
