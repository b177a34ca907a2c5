/** A uniform sample of the keys that were set, by which to learn how many entries are past their time to live. */
const KEPT = 64;

/** Reservoir of at most 64 keys (Vitter's algorithm R). Only texts and numbers: they keep nothing else alive. */
export class KeySample {
  readonly #keys: (string | number)[] = [];
  #seen = 0;

  /** Takes in a key that was set. */
  add(key: unknown): void {
    if (typeof key !== 'string' && typeof key !== 'number') return;
    this.#seen++;
    if (this.#keys.length < KEPT) {
      this.#keys.push(key);
      return;
    }
    const place = Math.floor(Math.random() * this.#seen);
    if (place < KEPT) this.#keys[place] = key;
  }

  /**
   * Share of expired entries among those of the sample that are still held; `null` when fewer than 16 are.
   * `expired` answers `undefined` for a key that is no longer there.
   */
  expiredRatio(expired: (key: string | number) => boolean | undefined): number | null {
    const held = [...new Set(this.#keys)].map(expired).filter((each) => each !== undefined);
    return held.length < KEPT / 4 ? null : held.filter(Boolean).length / held.length;
  }
}
