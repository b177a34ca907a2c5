/** JSON that may be shown on a terminal. */

/** What `JSON.stringify` leaves as it is although a terminal acts on it: DEL, C1, and what turns the direction of text. */
const UNSAFE = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** `value` as JSON in which such characters, which can stand in strings only, are escaped as well. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
