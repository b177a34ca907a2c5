/** Maps of texts as servers send them: bounded, and without a prototype that a name could reach. */

/** A map by name. */
export type Texts = Record<string, string>;

/** More fields than any server has; what follows is left out. */
const MAX_FIELDS = 20_000;
const MAX_NAME = 200;
const MAX_TEXT = 4096;

/** An empty map without prototype. */
export function emptyTexts(): Texts {
  return Object.create(null) as Texts;
}

/** A map of the pairs, each name and text cut to a bound. */
export function textsOf(pairs: Iterable<readonly [name: string, text: string]>): Texts {
  const texts = emptyTexts();
  let fields = 0;
  for (const [name, text] of pairs) {
    if (++fields > MAX_FIELDS) break;
    texts[name.slice(0, MAX_NAME)] = text.slice(0, MAX_TEXT);
  }
  return texts;
}

/** The fields of `INFO`: `name:text` a line, sections in lines that begin with `#`. https://redis.io/docs/latest/commands/info/ */
export function parseInfo(text: string): Texts {
  return textsOf(infoFields(text));
}

function* infoFields(text: string): Iterable<[string, string]> {
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0 && !line.startsWith('#')) yield [line.slice(0, colon), line.slice(colon + 1).trimEnd()];
  }
}

/** The fields of a part such as `keys=1,expires=0`: what stands around each `=`. */
export function parseParts(text: string): Texts {
  return textsOf(
    text.split(',').flatMap((part): [string, string][] => {
      const equals = part.indexOf('=');
      return equals > 0 ? [[part.slice(0, equals), part.slice(equals + 1)]] : [];
    }),
  );
}
