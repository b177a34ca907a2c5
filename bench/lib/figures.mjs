// What a figure is and how it is printed.

/**
 * @typedef {object} Figure
 * @property {string} name
 * @property {number} [ours]
 * @property {number} [theirs] the floor or the rival
 * @property {string} [against] its name
 * @property {string} unit `us`, `ms`, `MB`, `%`, `x`, `points`
 * @property {'ratio' | 'ours'} [judged] what `must` and `aim` are about; nothing when absent
 * @property {number} [must]
 * @property {number} [aim]
 * @property {boolean} [atLeast] `must` is a lower limit
 * @property {string} [note]
 */

/** The middle value. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The figure in which ours and theirs were measured in the same rounds: medians, and the median of the ratios. */
export function compare(name, unit, ours, theirs, limits) {
  return {
    name,
    unit,
    ours: median(ours),
    theirs: median(theirs),
    ratio: median(ours.map((value, round) => value / theirs[round])),
    judged: 'ratio',
    ...limits,
    rounds: { ours, theirs },
  };
}

/** `PASS` when the figure is what it must be, `MISS` when not, `INFO` when nothing is asked of it. */
function verdict({ judged, must, atLeast, ratio, ours }) {
  if (judged === undefined) return 'INFO';
  return within(judged === 'ratio' ? ratio : ours, must, atLeast) ? 'PASS' : 'MISS';
}

function within(value, limit, atLeast) {
  return atLeast === true ? value >= limit : value <= limit;
}

/** One line. */
export function describe(figure) {
  const { name, unit, ours, theirs, against, ratio, judged, must, aim, atLeast, note } = figure;
  const cells = [name.padEnd(44), `ours ${amount(ours, unit)}`.padEnd(18)];
  cells.push((theirs === undefined ? '' : `${against} ${amount(theirs, unit)}`).padEnd(32));
  cells.push((ratio === undefined ? '' : `${shown(ratio)}x`).padEnd(8));
  if (judged !== undefined) {
    const sign = atLeast === true ? '>=' : '<=';
    const limit = (value) => (judged === 'ratio' ? `${value}x` : amount(value, unit));
    const reached = within(judged === 'ratio' ? ratio : ours, aim, atLeast) ? 'reached' : 'not reached';
    cells.push(`must ${sign} ${limit(must)}`.padEnd(18), `aim ${sign} ${limit(aim)} ${reached}`.padEnd(28));
  }
  cells.push(verdict(figure));
  if (note !== undefined) cells.push(`(${note})`);
  return cells
    .filter((cell) => cell !== '')
    .join('  ')
    .replace(/ {3,}(?=\()/, '  ');
}

function amount(value, unit) {
  return Number.isNaN(value) ? 'n/a' : `${shown(value)} ${unit}`;
}

function shown(value) {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}
