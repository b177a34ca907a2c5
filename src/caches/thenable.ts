/** A promise, or what is used like one. */
export interface Thenable {
  then(seen: (value: unknown) => unknown, failed: (error: unknown) => never): unknown;
}

/** Whether something has a `then` to call. */
export function isThenable(value: unknown): value is Thenable {
  return (
    value !== null &&
    (typeof value === 'object' || typeof value === 'function') &&
    'then' in value &&
    typeof value.then === 'function'
  );
}
