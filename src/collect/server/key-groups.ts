/** Puts sampled keys together by what stands before their first `:`. */
import type { KeyGroup } from './cache-server.ts';

/** One sampled key. */
export interface SampledKey {
  readonly key: Buffer;
  /** Seconds until it expires; `null` when it does not; `undefined` when that is not known. */
  readonly ttlSeconds: number | null | undefined;
  readonly bytes: number | undefined;
}

/** Prefixes with a place of their own; a service that puts ids first would fill the screen. */
const MAX_GROUPS = 50;
const MAX_PREFIX_BYTES = 64;
const COLON = 0x3a;
const NONE = '(none)';
const OTHER = '(other)';

/** Groups, the most keys first. `total` is the number of all keys, which the sample stands for. */
export function groupKeys(keys: readonly SampledKey[], total: number | undefined): KeyGroup[] {
  const groups = new Map<string, SampledKey[]>();
  for (const each of keys) {
    const prefix = prefixOf(each.key);
    const members = groups.get(prefix);
    if (members === undefined) groups.set(prefix, [each]);
    else members.push(each);
  }
  const scale = total === undefined || keys.length === 0 ? undefined : Math.max(1, total / keys.length);
  const sorted = [...groups].toSorted(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1));
  const rest = sorted.splice(MAX_GROUPS).flatMap(([, members]) => members);
  if (rest.length > 0) sorted.push([OTHER, rest]);
  return sorted.map(([prefix, members]) => groupOf(prefix, members, scale));
}

function prefixOf(key: Buffer): string {
  const colon = key.indexOf(COLON);
  if (colon < 0) return NONE;
  return key.toString('utf8', 0, Math.min(colon, MAX_PREFIX_BYTES)) + (colon > MAX_PREFIX_BYTES ? '…' : '');
}

function groupOf(prefix: string, members: readonly SampledKey[], scale: number | undefined): KeyGroup {
  const lives = members.flatMap(({ ttlSeconds }) => (ttlSeconds === undefined ? [] : [ttlSeconds]));
  const ttls = lives.filter((ttl) => ttl !== null).toSorted((a, b) => a - b);
  const sizes = members.flatMap(({ bytes }) => bytes ?? []);
  const mean = sizes.length === 0 ? undefined : sizes.reduce((sum, bytes) => sum + bytes, 0) / sizes.length;
  return {
    prefix,
    sampled: members.length,
    keys_estimate: rounded(members.length, scale),
    memory_bytes_estimate: mean === undefined ? null : rounded(mean * members.length, scale),
    without_ttl_ratio: lives.length === 0 ? null : (lives.length - ttls.length) / lives.length,
    ttl_p50_seconds: quantile(ttls, 0.5),
    ttl_p95_seconds: quantile(ttls, 0.95),
  };
}

function rounded(value: number, scale: number | undefined): number | null {
  return scale === undefined ? null : Math.round(value * scale);
}

/** R's type 7, as everywhere in codoperf. */
function quantile(sorted: readonly number[], q: number): number | null {
  if (sorted.length === 0) return null;
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}
