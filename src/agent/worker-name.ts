/** `given` unless it is what Node.js calls every worker. */
export function threadName(given: string | null | undefined): string {
  return typeof given === 'string' && given !== 'WorkerThread' ? given : '';
}
