/** What the ring may hold, what it holds, and what did not fit. */

/** Labels, key and objects of a series, about. */
const SERIES_OVERHEAD_BYTES = 600;

/** The memory of one ring, shared by its groups. */
export class RingBudget {
  /** Series held now, ended ones in the window included. */
  series = 0;
  /** Bytes held now, about. */
  bytes = 0;
  /** Series that were never taken in, as nothing could make room for them. */
  refused = 0;
  /** Series that had ended and left before their time to make room. */
  evicted = 0;
  /** Whether some samples left before their time, as there was no room to keep more. */
  shortened = false;
  private readonly maxSeries: number;
  private readonly maxBytes: number;

  constructor(maxSeries: number, maxBytes: number) {
    this.maxSeries = maxSeries;
    this.maxBytes = maxBytes;
  }

  /** Takes room for one more series of so many samples, or answers `false`. */
  takeSeries(capacity: number): boolean {
    const bytes = SERIES_OVERHEAD_BYTES + capacity * 8;
    if (this.series >= this.maxSeries || this.bytes + bytes > this.maxBytes) return false;
    this.series++;
    this.bytes += bytes;
    return true;
  }

  /** Gives back the room of a series. */
  giveSeries(capacity: number): void {
    this.series--;
    this.bytes -= SERIES_OVERHEAD_BYTES + capacity * 8;
  }

  /** Takes room for `bytes` more of samples, or answers `false`. */
  takeBytes(bytes: number): boolean {
    if (this.bytes + bytes > this.maxBytes) return false;
    this.bytes += bytes;
    return true;
  }
}
