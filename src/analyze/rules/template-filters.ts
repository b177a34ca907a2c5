/** The functions of templates, as Prometheus defines them. https://prometheus.io/docs/prometheus/latest/configuration/template_reference/ */

/** Turns a number into text. */
export type Filter = (value: number) => string;

const filters: Readonly<Record<string, Filter>> = { humanize, humanize1024, humanizeDuration, humanizePercentage };

/** The function of that name, `printf "%.1f"` included; `undefined` when templates have none such. */
export function filterNamed(name: string): Filter | undefined {
  const format = /^printf\s+"([^"%]*)%(?:\.(\d{1,2}))?([fge])((?:[^"%]|%%)*)"$/.exec(name);
  if (format === null) return Object.hasOwn(filters, name) ? filters[name] : undefined;
  const [, before, digits = '6', verb, end] = format;
  return (value) => before + number(value, verb, Number(digits)) + end.replaceAll('%%', '%');
}

/** A value through one function at most; more would get text. Without one, as Prometheus prints numbers. */
export function formatted(value: number, [filter]: readonly Filter[]): string {
  return filter === undefined ? plain(value) : filter(value);
}

function number(value: number, verb: string, digits: number): string {
  if (!Number.isFinite(value)) return plain(value);
  if (verb === 'f') return value.toFixed(digits);
  return verb === 'e' ? exponential(value, digits) : significant(value, digits);
}

function plain(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}

function exponential(value: number, digits: number): string {
  return value.toExponential(digits).replace(/e([+-])(\d)$/, 'e$10$2');
}

/** Go's `%.4g`. */
function significant(value: number, digits = 4): string {
  if (!Number.isFinite(value) || value === 0) return plain(value);
  const [mantissa, exponent] = value.toExponential(Math.max(0, digits - 1)).split('e');
  if (Number(exponent) >= -4 && Number(exponent) < digits) return String(Number(value.toPrecision(digits)));
  return exponential(
    Number(`${Number(mantissa)}e${exponent}`),
    Math.max(0, String(Number(mantissa)).replace(/[-.]/g, '').length - 1),
  );
}

function humanize(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return significant(value);
  const [rest, prefix] = scaled(value, 1000, ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y']);
  return significant(rest) + prefix;
}

function humanize1024(value: number): string {
  if (Math.abs(value) <= 1 || !Number.isFinite(value)) return significant(value);
  const [rest, prefix] = scaled(value, 1024, ['ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi']);
  return significant(rest) + prefix;
}

/** Small values get a small prefix, large ones a large one. */
function scaled(value: number, base: number, large: readonly string[]): [number, string] {
  let rest = value;
  let prefix = '';
  if (Math.abs(value) >= 1) {
    for (const next of large) {
      if (Math.abs(rest) < base) break;
      prefix = next;
      rest /= base;
    }
    return [rest, prefix];
  }
  for (const next of ['m', 'u', 'n', 'p', 'f', 'a', 'z', 'y']) {
    if (Math.abs(rest) >= 1) break;
    prefix = next;
    rest *= 1000;
  }
  return [rest, prefix];
}

function humanizePercentage(value: number): string {
  return Number.isFinite(value) ? `${significant(value * 100)}%` : plain(value);
}

function humanizeDuration(value: number): string {
  if (!Number.isFinite(value)) return plain(value);
  if (value === 0) return '0s';
  if (Math.abs(value) < 60) {
    const [rest, prefix] = scaled(value, Number.POSITIVE_INFINITY, []);
    return `${significant(rest)}${prefix}s`;
  }
  const whole = Math.trunc(Math.abs(value));
  const parts = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'm'],
    [whole % 60, 's'],
  ] as const;
  const first = parts.findIndex(([amount]) => amount > 0);
  const text = parts.slice(first).map(([amount, unit]) => `${amount}${unit}`);
  return (value < 0 ? '-' : '') + text.join(' ');
}
