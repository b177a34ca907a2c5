/** A command line that may be shown: short, and without the secrets that people put into arguments. */
import { shortened } from './guard.ts';

const LONGEST = 512;
/** Longer arguments are cut before anything is searched in them; far more than is shown. */
const LONGEST_ARGUMENT = 4096;
const MOST_ARGUMENTS = 256;
const MASK = '***';

const SECRET = 'passw(?:or)?d|passwd|passphrase|secret|token|credential|api-?key|[_-]key|[_-]pass\\b|[_-]pwd\\b';
/** `--db-password`, `-token`: the next argument is the value. */
const secretOption = new RegExp(`^--?(?:[\\w.-]*(?:${SECRET})[\\w.-]*|pass|pwd|key)$`, 'i');
/** `--token=x`, `AWS_SECRET_KEY=x`, `?access_token=x&…`, also inside of an argument. */
const secretAssignment = new RegExp(
  `((?:[\\w.-]{0,64}(?:${SECRET})[\\w.-]{0,64}|\\b(?:pass|pwd|key))=)[^\\s&;,]+`,
  'gi',
);
/** `{"password": "x"}`. */
const secretField = new RegExp(`("[\\w.-]{0,64}(?:${SECRET})[\\w.-]{0,64}"\\s*:\\s*")[^"]*`, 'gi');
const bearer = /\b(bearer|basic)\s+[^\s"']+/gi;
/** User and password of an address; a password may hold what it should not, so this takes rather too much. */
const userInfo = /:\/\/(?:[^\s/?#:@]{0,256}:\S*|[^\s/?#]*)@/g;

/** Arguments as one line of at most 512 characters, with `***` for what may be secret. */
export function shownCommand(words: readonly string[]): string {
  const shown: string[] = [];
  let isValue = false;
  for (const word of words.slice(0, MOST_ARGUMENTS)) {
    const option = secretOption.test(word);
    shown.push(isValue && !word.startsWith('--') ? MASK : masked(word.slice(0, LONGEST_ARGUMENT)));
    isValue = option;
  }
  return shortened(shown.join(' '), LONGEST);
}

function masked(word: string): string {
  return word
    .replace(userInfo, `://${MASK}@`)
    .replace(secretAssignment, `$1${MASK}`)
    .replace(secretField, `$1${MASK}`)
    .replace(bearer, `$1 ${MASK}`);
}
