/** Numbers as Go writes them. */

function special(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return Object.is(value, -0) ? '-0' : undefined;
}

/** `strconv.FormatFloat(value, 'f', -1, 64)`: the shortest digits that read back as the value, without exponent. */
export function formatFloat(value: number): string {
  const name = special(value);
  if (name !== undefined) return name;
  const text = String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text;
  const [, sign, digit, fraction = '', exponent] = match;
  const digits = digit + fraction;
  const point = Number(exponent) + 1;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return sign + digits.padEnd(point, '0');
}

/** A sample's value in Prometheus's JSON: as `formatFloat`, with an exponent where encoding/json has one. */
export function formatSample(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 1e-6 && magnitude < 1e21) return String(value);
  return special(value) ?? (value === 0 ? '0' : value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2'));
}
