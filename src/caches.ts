/** The public entry point `codoperf/caches`: what a program calls to have its caches and functions watched. */
export { type Memoized, type MemoizeOptions, memoize } from './caches/memoize.ts';
export { measure } from './caches/measure.ts';
export { untrack } from './caches/attach.ts';
export { type TrackOptions, track } from './caches/track.ts';
