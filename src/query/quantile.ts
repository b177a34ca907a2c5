/** Quantiles of plain numbers. */

/** The quantile of the values, linearly between neighbours; `NaN`s count as the lowest. `values` gets sorted. */
export function quantile(q: number, values: Float64Array): number {
  if (values.length === 0 || Number.isNaN(q)) return Number.NaN;
  if (q < 0) return Number.NEGATIVE_INFINITY;
  if (q > 1) return Number.POSITIVE_INFINITY;
  sortWithNaNFirst(values);
  const rank = q * (values.length - 1);
  const lower = Math.floor(rank);
  const upper = Math.min(values.length - 1, lower + 1);
  const weight = rank - lower;
  return values[lower] * (1 - weight) + values[upper] * weight;
}

/** Typed arrays sort `NaN` to the end, where Prometheus has it at the start. */
function sortWithNaNFirst(values: Float64Array): void {
  values.sort();
  let numbers = values.length;
  while (numbers > 0 && Number.isNaN(values[numbers - 1])) numbers--;
  if (numbers === values.length) return;
  values.copyWithin(values.length - numbers, 0, numbers);
  values.fill(Number.NaN, 0, values.length - numbers);
}

/** What to warn of when a quantile is asked for that cannot be. */
export function quantileWarning(q: number): string | undefined {
  return q >= 0 && q <= 1 ? undefined : `quantile value should be between 0 and 1, got ${q}`;
}
