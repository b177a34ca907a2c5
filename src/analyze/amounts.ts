/** Amounts in the sentences of an advice. */

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
const KIB = 1024;

/** `1.5 GiB`; three digits are enough for a sentence. */
export function bytes(value: number): string {
  let unit = 0;
  let amount = value;
  while (Math.abs(amount) >= KIB && unit < units.length - 1) {
    amount /= KIB;
    unit++;
  }
  return `${digits(amount)} ${units[unit]}`;
}

/** `12,345`, or `0.25` for what is small. */
export function count(value: number): string {
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en-US') : digits(value);
}

/** `42 %`; one place behind the point below ten. */
export function percent(ratio: number): string {
  const value = ratio * 100;
  return `${Math.abs(value) < 10 && value !== 0 ? Number(value.toFixed(1)) : Math.round(value)} %`;
}

/** `1 key`, `2 keys`. */
export function several(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

function digits(value: number): string {
  const magnitude = Math.abs(value);
  return String(Number(value.toFixed(magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : 2)));
}
