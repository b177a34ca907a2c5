/** Numbers that servers write as text. */

/** A number in decimal, with a point or an exponent if need be; `undefined` for anything else. */
export function numberIn(text: string | undefined): number | undefined {
  if (text === undefined || !/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return undefined;
  return Number(text);
}
