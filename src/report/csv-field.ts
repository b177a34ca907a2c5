import { printable } from '../core/printable.ts';

/**
 * A field of CSV (RFC 4180): quoted where it must be. A line is a record, as control characters are made visible; a
 * leading `=`, `+`, `-` or `@` would be a formula to a spreadsheet.
 */
export function csvField(text: string): string {
  const shown = printable(text);
  const safe = /^[=+\-@]/.test(shown) ? `'${shown}` : shown;
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
