/** "Did you mean …?" for names of options, keys, choices and variables. */

/** Names at a greater distance than this share of their length are not what was meant. */
const LARGEST_SHARE = 0.4;
const LARGEST_DISTANCE = 3;
/** `mem` and `memory-usage` mean `memory`; shorter beginnings could mean anything. */
const SHORTEST_PREFIX = 3;

/** The known name that `name` is most likely a slip of, or `undefined`. */
export function closest(name: string, known: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  let best: string | undefined;
  let least = Math.min(LARGEST_DISTANCE, Math.floor(Math.max(name.length, 3) * LARGEST_SHARE)) + 1;
  for (const candidate of known) {
    const plain = candidate.toLowerCase();
    if (wanted.length >= SHORTEST_PREFIX && least > 1 && (plain.startsWith(wanted) || wanted.startsWith(plain))) {
      least = 1;
      best = candidate;
    }
    if (Math.abs(plain.length - wanted.length) >= least) continue;
    const distance = editDistance(wanted, plain);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** The question as it is appended to an error text, or nothing. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const guess = closest(name, known);
  return guess === undefined ? '' : `. Did you mean ${guess}?`;
}

/** Insertions, deletions, replacements and swapped neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    before = last;
    last = row;
  }
  return last[b.length];
}
