let failures = 0;

/** Takes in that a probe of this thread threw. */
export function countFailure(): void {
  failures++;
}

/** Times that a probe of this thread threw in `start`, `settle` or `read`. */
export function probeFailures(): number {
  return failures;
}
