/** What can be seen of the store behind a keyv: a `Map`, something like one, or a `CacheableMemory` in an envelope. */

type Store = Readonly<Record<string, unknown>> | undefined;

/** The store and what it wraps. */
function layers(store: unknown): Store[] {
  return [store as Store, (store as Store)?.store as Store];
}

/** Entries of a store in memory; `null` of one elsewhere. */
export function entriesOf(store: unknown): number | null {
  for (const layer of layers(store)) if (typeof layer?.size === 'number') return layer.size;
  return null;
}

/** The most entries that a store in memory holds; `null` when it has no bound, or is elsewhere. */
export function boundOf(store: unknown): number | null {
  for (const layer of layers(store)) {
    for (const value of [layer?.lruSize, layer?.max, layer?.maxSize]) {
      if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value;
    }
  }
  return null;
}
