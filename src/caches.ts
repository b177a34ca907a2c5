/** The public entry point `codoperf/caches`: what a program calls to have its caches and functions watched. */
export { type Memoized, type MemoizeOptions, memoize } from './caches/memoize.ts';
export { measure } from './caches/measure.ts';
export { type TrackOptions, track, untrack } from './caches/track.ts';
