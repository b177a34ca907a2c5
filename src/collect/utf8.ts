const REPLACEMENT = Buffer.from('\uFFFD');

/**
 * Bytes as text for a label: each run of bytes that are not UTF-8 becomes one U+FFFD, so that the
 * label equals node_exporter's. A U+FFFD that stands in the bytes itself is text like any other.
 */
export function labelText(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!text.includes('\uFFFD')) return text;
  const parts: string[] = [];
  for (let from = 0, at = 0; at >= 0; from = at + REPLACEMENT.length) {
    at = bytes.indexOf(REPLACEMENT, from);
    parts.push(bytes.toString('utf8', from, at < 0 ? bytes.length : at).replace(/\uFFFD+/g, '\uFFFD'));
  }
  return parts.join('\uFFFD');
}
