/** Numbers for people: fixed digits in tables, short forms in sentences. */

const BINARY_PREFIXES = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** `1536` as `1.5 KiB`; `-` when not known. */
export function formatBytes(bytes: number | null): string {
  if (bytes === null || Number.isNaN(bytes)) return '-';
  let value = bytes;
  let prefix = 0;
  while (Math.abs(value) >= 1024 && prefix < BINARY_PREFIXES.length - 1) {
    value /= 1024;
    prefix++;
  }
  return `${prefix === 0 ? value.toFixed(0) : threeDigits(value)} ${BINARY_PREFIXES[prefix]}`;
}

/** `0.123` as `12.3 %`; `-` when not known. */
export function formatRatio(ratio: number | null): string {
  return ratio === null || Number.isNaN(ratio) ? '-' : `${threeDigits(ratio * 100)} %`;
}

/** A plain number with about three significant digits. */
export function threeDigits(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 100 || magnitude === 0) return value.toFixed(0);
  if (magnitude >= 10) return value.toFixed(1).replace(/\.0$/, '');
  if (magnitude >= 0.01) return value.toFixed(2).replace(/0$/, '').replace(/\.0$/, '');
  return '< 0.01';
}

/** Seconds as `850 µs`, `12.3 ms`, `4.2 s`, `3 min`, `2.5 h`. */
export function formatSeconds(seconds: number | null): string {
  if (seconds === null || Number.isNaN(seconds)) return '-';
  if (seconds === 0) return '0 s';
  if (seconds < 1e-3) return `${threeDigits(seconds * 1e6)} µs`;
  if (seconds < 1) return `${threeDigits(seconds * 1e3)} ms`;
  if (seconds < 120) return `${threeDigits(seconds)} s`;
  return seconds < 7200 ? `${threeDigits(seconds / 60)} min` : `${threeDigits(seconds / 3600)} h`;
}
