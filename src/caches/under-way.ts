/** Keys of operations that are under way. */
export class KeysUnderWay {
  readonly #keys = new Map<unknown, number>();

  /** Whether an operation on the key is under way. */
  has(key: unknown): boolean {
    return this.#keys.size > 0 && this.#keys.has(key);
  }

  /** Runs an operation on the keys; it is under way until it returns or the promise that it gives settles. */
  during(keys: readonly unknown[], run: () => unknown): unknown {
    for (const key of keys) this.#keys.set(key, (this.#keys.get(key) ?? 0) + 1);
    let answer: unknown;
    try {
      answer = run();
    } catch (error) {
      this.#over(keys);
      throw error;
    }
    if (answer instanceof Promise) return answer.finally(() => this.#over(keys));
    this.#over(keys);
    return answer;
  }

  #over(keys: readonly unknown[]): void {
    for (const key of keys) {
      const left = (this.#keys.get(key) ?? 1) - 1;
      if (left > 0) this.#keys.set(key, left);
      else this.#keys.delete(key);
    }
  }
}
