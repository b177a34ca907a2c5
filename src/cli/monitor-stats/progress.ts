/** The live line on a terminal: how far, and the key figures with their last values as a sparkline. */
import type { Frame } from '../../core/frame.ts';
import { printable } from '../../core/printable.ts';
import { formatBytes, formatRatio } from '../../report/format.ts';
import type { Summarizer } from '../../report/summarizer.ts';
import { clip, sparkline, styled } from '../../report/text-table.ts';
import type { Output } from '../output.ts';

const REDRAW_SECONDS = 0.25;
const SPARK_VALUES = 20;

/** Draws on stderr, which must be a terminal. */
export class Progress {
  private readonly output: Output;
  private readonly summarizer: Summarizer;
  private readonly durationSeconds: number;
  private readonly unicode: boolean;
  private readonly busy: number[] = [];
  private start = Number.NaN;
  private drawnAt = Number.NEGATIVE_INFINITY;

  constructor(
    output: Output,
    summarizer: Summarizer,
    durationSeconds: number,
    env: Readonly<Record<string, string | undefined>>,
  ) {
    this.output = output;
    this.summarizer = summarizer;
    this.durationSeconds = durationSeconds;
    this.unicode = /utf-?8/i.test(env.LC_ALL ?? env.LC_CTYPE ?? env.LANG ?? '');
  }

  /** Shows that something happens before the first sample. */
  async begin(): Promise<void> {
    await this.output.write(`measuring for ${this.durationSeconds} s; Ctrl-C ends early with the result so far`);
  }

  /** Redraws the line, a few times a second at most. */
  async sample(frame: Frame): Promise<void> {
    if (frame.index === 0) this.start = frame.monotonicSeconds;
    else this.remember();
    if (frame.index === 0 || frame.monotonicSeconds - this.drawnAt < REDRAW_SECONDS) return;
    this.drawnAt = frame.monotonicSeconds;
    await this.output.write(`\r\x1b[K${this.line(frame.monotonicSeconds - this.start)}`);
  }

  /** Removes the line. */
  async end(): Promise<void> {
    await this.output.write('\r\x1b[K');
  }

  private remember(): void {
    const value = this.summarizer.find('cpu', '', '', 'busy_ratio')?.last;
    if (value === undefined) return;
    this.busy.push(value);
    if (this.busy.length > SPARK_VALUES) this.busy.shift();
  }

  private line(elapsed: number): string {
    const { summarizer, output } = this;
    const last = (resource: string, key: string, stat: string, subject = ''): number | null =>
      summarizer.find(resource, key, subject, stat)?.last ?? null;
    const parts = [
      styled(`${elapsed.toFixed(0)} s of ${this.durationSeconds} s`, 'bold', output.color),
      part('cpu', formatRatio(last('cpu', '', 'busy_ratio')), sparkline(this.busy, 1, this.unicode)),
      part('mem', formatRatio(last('memory', '', 'used_ratio'))),
      part('io', formatRatio(last('pressure', '', 'io_some_ratio'))),
      this.busiest('disk', 'devices', 'utilisation_ratio', formatRatio),
      this.busiest('network', 'interfaces', 'receive_bytes_per_second', (bytes) => `${formatBytes(bytes)}/s`),
    ];
    return clip(parts.filter((each) => each !== '').join('  '), Math.max(20, output.columns - 1));
  }

  private busiest(resource: string, key: string, stat: string, format: (value: number) => string): string {
    const state = this.summarizer.section(resource, key);
    const index = state?.section.stats.findIndex(({ name }) => name === stat) ?? -1;
    let best = '';
    let most = 0;
    for (const row of state?.subjects() ?? []) {
      if (row.values[index] > most) {
        most = row.values[index];
        best = row.subject;
      }
    }
    return best === '' ? '' : part(printable(best), format(most));
  }
}

function part(name: string, value: string, extra = ''): string {
  return value === '-' ? '' : `${name} ${value}${extra === '' ? '' : ` ${extra}`}`;
}
