/** Functions by name. */
import type { PromqlFunction } from './function.ts';
import { families } from './functions.gen.ts';

const functions: ReadonlyMap<string, PromqlFunction> = new Map(families.flat().map((each) => [each.name, each]));

/** The function of that name, if there is one. */
export function functionNamed(name: string): PromqlFunction | undefined {
  return functions.get(name);
}
