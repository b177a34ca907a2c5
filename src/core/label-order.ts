/** The order of series: sources hand them out in it, results are sorted by it. */

/** One label. */
export type LabelEntry = readonly [name: string, value: string];

/** Order of labels that are sorted by name: by the first name or value that differs, then the shorter list first. */
export function compareEntries(a: readonly LabelEntry[], b: readonly LabelEntry[]): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    for (const part of [0, 1] as const) {
      const left = a[i][part];
      const right = b[i][part];
      if (left !== right) return left < right ? -1 : 1;
    }
  }
  return a.length - b.length;
}
