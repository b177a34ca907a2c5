/** Regular expressions as Prometheus has them: RE2, which takes linear time whatever the pattern and the text. */
import { RE2JS } from 're2js';

/** `a|b|c` of plain text is the most usual pattern, and needs no machine. */
const PLAIN = /^[\w \-/:,;@#%&=<>!~"']*(?:\|[\w \-/:,;@#%&=<>!~"']*)*$/;
const cache = new Map<string, RE2JS>();
const CACHED = 500;

function compile(source: string): RE2JS {
  const known = cache.get(source);
  if (known !== undefined) return known;
  const compiled = RE2JS.compile(`^(?s:${source})$`);
  if (cache.size >= CACHED) cache.clear();
  cache.set(source, compiled);
  return compiled;
}

/** What is wrong with a pattern, or `undefined`. */
export function patternProblem(source: string): string | undefined {
  if (PLAIN.test(source)) return undefined;
  try {
    compile(source);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** A predicate for whole texts; the pattern must be well-formed. */
export function wholeMatch(source: string): (text: string) => boolean {
  if (PLAIN.test(source)) {
    const texts = new Set(source.split('|'));
    return (text) => texts.has(text);
  }
  const compiled = compile(source);
  return (text) => compiled.testExact(text);
}

/** A pattern with groups, which must be well-formed. */
export function groupsPattern(source: string): (text: string) => readonly (string | undefined)[] | null {
  const compiled = compile(source);
  return (text) => {
    const matcher = compiled.matcher(text);
    if (!matcher.matches()) return null;
    return Array.from({ length: compiled.groupCount() + 1 }, (_, i) => matcher.group(i) ?? undefined);
  };
}

/** Numbers of the named groups of a well-formed pattern. */
export function groupNames(source: string): Readonly<Record<string, number>> {
  return compile(source).namedGroups();
}
