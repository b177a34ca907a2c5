/** The two clocks a measurement needs; injected so that tests own time. */
export interface Clock {
  /** CLOCK_MONOTONIC in seconds, as a double: what elapsed time is measured with. */
  monotonicSeconds(): number;
  /** Wall-clock milliseconds since 1970: only ever an anchor and a label. */
  wallMs(): number;
}

/** The clocks of this machine. `performance.now()` is CLOCK_MONOTONIC and allocates nothing. */
export const systemClock: Clock = {
  monotonicSeconds: () => performance.now() / 1000,
  wallMs: () => Date.now(),
};
