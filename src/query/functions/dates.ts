/** Parts of a date, in UTC, of each value or, without an argument, of the step's time. */
import type { ElementFunction, FunctionFamily } from '../function.ts';

const DAY_MS = 86_400_000;

function part(name: string, of: (date: Date) => number): ElementFunction {
  return {
    kind: 'element',
    name,
    args: ['instant vector'],
    variadic: 1,
    compute: (seconds) => of(new Date(Math.trunc(seconds) * 1000)),
  };
}

function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS) + 1;
}

export default [
  part('year', (date) => date.getUTCFullYear()),
  part('month', (date) => date.getUTCMonth() + 1),
  part('day_of_month', (date) => date.getUTCDate()),
  part('day_of_week', (date) => date.getUTCDay()),
  part('day_of_year', dayOfYear),
  part('days_in_month', (date) => new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()),
  part('hour', (date) => date.getUTCHours()),
  part('minute', (date) => date.getUTCMinutes()),
] satisfies FunctionFamily;
