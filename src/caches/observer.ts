/** What the replaced methods of one cache report to. Lives with the cache: it may hold keys for a while. */
import type { PrefixGroups } from './groups.ts';
import { LoadWatch } from './load-watch.ts';
import type { Tally } from './tally.ts';
import { isThenable } from './thenable.ts';
import { KeysUnderWay } from './under-way.ts';

/** One of so many lookups is timed: two readings of the clock cost as much as the lookup. */
const TIMED = 256;
/** Of caches that answer with promises, where a lookup costs far more than the clock. */
const TIMED_SLOW = 16;

/** Counts what happens to one cache. None of its methods throws of its own. */
export class CacheObserver {
  readonly tally: Tally;
  readonly #groups: PrefixGroups | undefined;
  readonly #watch: LoadWatch;
  /** Lookups until one takes the long way, which may be timed. */
  countdown = 1;
  #slowLookups = 0;
  /** Depth of the cache's own methods on the stack: what they call of each other is no operation of the program. */
  depth = 0;
  /** The cache answers with promises; elsewhere a promise is a value like any other, and none of ours to touch. */
  answersLater = false;
  /** Keys whose value the cache loads by itself, by calling its own public methods. */
  readonly loadedInside = new KeysUnderWay();

  constructor(tally: Tally, groups: PrefixGroups | undefined) {
    this.tally = tally;
    this.#groups = groups;
    this.#watch = new LoadWatch(tally);
  }

  /** A lookup gave a value. */
  hit(key: unknown): void {
    this.tally.hits++;
    if (this.#groups !== undefined) this.#groups.of(key).hits++;
  }

  /** A lookup gave a value past its time to live. */
  staleHit(key: unknown): void {
    this.tally.staleHits++;
    this.hit(key);
  }

  /** A lookup gave nothing; the program will load and set the value itself. */
  miss(key: unknown): void {
    this.missLoadedInside(key);
    if (this.#watch.wants() && !this.loadedInside.has(key)) this.#watch.miss(key);
  }

  /** `has` answered: what is not there is a miss, and what is there is about to be got. */
  asked(key: unknown, there: unknown): void {
    if (there === false) this.miss(key);
    else if (there === true) this.tally.found++;
  }

  /** A lookup found nothing, and the cache itself loads the value. */
  missLoadedInside(key: unknown): void {
    this.tally.misses++;
    if (this.#groups !== undefined) this.#groups.of(key).misses++;
  }

  /** A value was stored. */
  set(key: unknown, value?: unknown): void {
    this.tally.sets++;
    if (this.#watch.size > 0) this.#watch.set(key, value);
    if (this.#groups !== undefined) this.#groups.of(key).sets++;
  }

  /** A load inside the cache ended. `started`: `performance.now()` at its begin. */
  loaded(started: number, failed: boolean): void {
    this.tally.loads++;
    if (failed) this.tally.loadFailures++;
    this.tally.loadSeconds += (performance.now() - started) / 1000;
  }

  /** Runs what loads a value inside the cache, at once or by a promise, and times it. */
  load(run: () => unknown): unknown {
    const started = performance.now();
    let value: unknown;
    try {
      value = run();
    } catch (error) {
      this.loaded(started, true);
      throw error;
    }
    if (!isThenable(value)) {
      this.loaded(started, false);
      return value;
    }
    return value.then(
      (loaded) => {
        this.loaded(started, false);
        return loaded;
      },
      (error: unknown) => {
        this.loaded(started, true);
        throw error;
      },
    );
  }

  /** Counts an error of the cache, and gives it back to be thrown. */
  failed(error: unknown): unknown {
    this.tally.errors++;
    return error;
  }

  /** Whether lookups are counted by group. */
  get isGrouped(): boolean {
    return this.#groups !== undefined;
  }

  /**
   * Begins to count down again, to the next lookup but one where `always`; whether the lookup that ended the count is
   * one to be timed.
   */
  rearm(always = false): boolean {
    const period = this.answersLater ? TIMED_SLOW : TIMED;
    this.countdown = always ? 1 : period;
    return !always || ++this.#slowLookups % period === 0;
  }

  /**
   * Calls a method that answers at once or with a promise, and shows the answer to `seen`. What it throws or rejects
   * with is counted and passed on. A call inside another one of the cache's methods is only passed on.
   */
  call(method: () => unknown, seen: (answer: unknown) => void): unknown {
    if (this.depth > 0) return method();
    const answer = this.inside(method);
    if (!this.answersLater || !isThenable(answer)) {
      seen(answer);
      return answer;
    }
    return answer.then(
      (value) => {
        seen(value);
        return value;
      },
      (error: unknown) => {
        this.tally.errors++;
        throw error;
      },
    );
  }

  /** Runs a method of the cache; what it calls of the cache at once is not counted on its own. */
  inside(method: () => unknown): unknown {
    this.depth++;
    try {
      return method();
    } catch (error) {
      this.tally.errors++;
      throw error;
    } finally {
      this.depth--;
    }
  }

  /** A lookup of one key, with `found` saying whether the answer is a hit. */
  lookup(key: unknown, method: () => unknown, found: (answer: unknown) => boolean): unknown {
    if (this.depth > 0) return method();
    const started = --this.countdown <= 0 && this.rearm() ? performance.now() : Number.NaN;
    return this.call(method, (answer) => {
      const hit = found(answer);
      if (hit) this.hit(key);
      else this.miss(key);
      if (hit && !Number.isNaN(started)) this.tally.hitTimes.add(started);
    });
  }

  /** A lookup of many keys, answered by a list in their order. */
  lookups(keys: readonly unknown[], method: () => unknown, found: (answer: unknown) => boolean): unknown {
    return this.call(method, (answers) => {
      for (const [i, key] of keys.entries()) {
        if (found((answers as unknown[])[i])) this.hit(key);
        else this.miss(key);
      }
    });
  }
}
