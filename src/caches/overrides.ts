/** Methods of one object replaced by own properties, and put back. */

/** A method as it was found. */
export type Method = (this: unknown, ...parameters: unknown[]) => unknown;

/** What takes its place: it is called with what the original would be called with. */
export type Replacement = (this: never, ...parameters: never[]) => unknown;

/** The replaced methods of one cache. */
export class Overrides {
  readonly #target: object;
  readonly #undo: (() => void)[] = [];

  constructor(target: object) {
    this.#target = target;
  }

  /**
   * Replaces a method by what `make` makes of it; one that the object does not have is left out. The property is not
   * enumerable: copies, listings and comparisons of the cache look as before.
   */
  replace(name: string, make: (original: Method) => Replacement): void {
    const target = this.#target as Record<string, unknown>;
    const original = target[name];
    if (typeof original !== 'function') return;
    const before = Object.getOwnPropertyDescriptor(target, name);
    const value = make(original as Method);
    if (!Reflect.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false })) {
      this.restore();
      throw new TypeError('the cache cannot be tracked: it is frozen');
    }
    this.#undo.push(() => {
      // Somebody replaced it again: theirs calls ours, and taking ours out would take out theirs.
      if (target[name] !== value) return;
      if (before === undefined) Reflect.deleteProperty(target, name);
      else Reflect.defineProperty(target, name, before);
    });
  }

  /** Something else to undo in the end. */
  onRestore(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** Puts everything back. */
  restore(): void {
    for (const undo of this.#undo.splice(0).toReversed()) undo();
  }
}
