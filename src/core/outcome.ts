/**
 * What became of one figure in one sample. No peer shows why a point is missing; we keep it beside
 * the value and count it in `codoperf_sample_outcome_total{collector,outcome}`.
 */
export const Outcome = {
  /** The value is known, and so is its increase. */
  ok: 0,
  /** The subject's first value: no increase yet. */
  first: 1,
  /** The counter fell: it began again; the increase of this interval is unknown. */
  reset: 2,
  /** The counter fell a little, as the kernel's idle counters do: held at its last value. */
  clamped: 3,
  /** Another subject under the same name (pid reused, device plugged in again). */
  recreated: 4,
  /** The interval was a pause (suspend, SIGSTOP, stolen time): not an observation. */
  gap: 5,
  /** The subject was there and is gone. */
  offline: 6,
  /** The source could not be read or did not hold the figure. */
  unavailable: 7,
} as const;

/** Names by code, as exposed in the `outcome` label. */
export const outcomeNames = Object.keys(Outcome) as readonly (keyof typeof Outcome)[];
