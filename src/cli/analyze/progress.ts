/** The line on a terminal while the host is measured. */
import type { Frame } from '../../core/frame.ts';
import type { Output } from '../output.ts';

/** Draws on stderr, which must be a terminal. */
export class AnalyzeProgress {
  private readonly output: Output;
  private readonly durationSeconds: number;
  private start = Number.NaN;

  constructor(output: Output, durationSeconds: number) {
    this.output = output;
    this.durationSeconds = durationSeconds;
  }

  /** Shows that something happens. */
  async begin(): Promise<void> {
    await this.output.write(`measuring for ${this.durationSeconds} s; Ctrl-C ends early with the result so far`);
  }

  /** Shows how far it is. */
  async sample(frame: Frame): Promise<void> {
    if (frame.index === 0) this.start = frame.monotonicSeconds;
    const elapsed = frame.monotonicSeconds - this.start;
    await this.output.write(`\r\x1b[K${elapsed.toFixed(0)} s of ${this.durationSeconds} s; Ctrl-C ends early`);
  }

  /** Removes the line. */
  async end(): Promise<void> {
    await this.output.write('\r\x1b[K');
  }
}
