/** Documented. */
export const fine = 1;

export const bare = 2;

/** */
export function empty(): void {}

/** Documented over several lines,
 * and decently so. */
export interface Good {
  readonly value: number;
}
