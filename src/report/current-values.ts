/** The values of the current frame, for the formats that write every sample. */
import type { Stat } from './section.ts';
import type { Summarizer } from './summarizer.ts';

/** One known value of the current frame. */
export interface CurrentValue {
  readonly resource: string;
  readonly key: string;
  readonly subject: string;
  readonly stat: Stat;
  readonly value: number;
}

/** Every value that this frame knows; sections for `--verbose` only when asked. */
export function* currentValues(summarizer: Summarizer, verbose: boolean): Iterable<CurrentValue> {
  for (const state of summarizer.sections) {
    const { section } = state;
    if (section.verbose === true && !verbose) continue;
    for (const row of state.subjects()) {
      if (!row.current) continue;
      for (let i = 0; i < section.stats.length; i++) {
        const value = row.values[i];
        if (Number.isNaN(value)) continue;
        yield { resource: section.resource, key: section.key, subject: row.subject, stat: section.stats[i], value };
      }
    }
  }
}
