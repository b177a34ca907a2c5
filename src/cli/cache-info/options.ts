/** The options that only `cache-info` has; the program and the library check their values with them. */
import type { OptionSpec } from '../../config/option.ts';
import { interval } from '../options.ts';

/** Which caches. */
export const cacheType: OptionSpec = {
  name: 'cache-type',
  kind: { type: 'choice', choices: ['function', 'module', 'server', 'all'] },
  help: 'Which caches: those in programs, what modules they loaded, Redis and Memcached.',
  default: 'all',
};
/** Hits, misses and the rest. */
export const showStats: OptionSpec = {
  name: 'show-stats',
  kind: { type: 'flag', negatable: true },
  help: 'Show counters, or only which caches there are.',
  default: true,
};
/** Empties caches. */
export const clearCache: OptionSpec = {
  name: 'clear-cache',
  kind: { type: 'flag' },
  help: 'Empty caches: asks on a terminal, elsewhere only says what would go, unless --yes.',
  default: false,
  configurable: false,
};
/** One cache by name. */
export const cacheName: OptionSpec = {
  name: 'cache',
  kind: { type: 'text', placeholder: 'name' },
  help: "The cache to clear: its name, '*' for every one in programs, a server as redis://host:port/db or host:port.",
  configurable: false,
};
/** Keys by their beginning. */
export const prefix: OptionSpec = {
  name: 'prefix',
  kind: { type: 'text', placeholder: 'text' },
  help: 'Clear only keys that begin with this; servers only when named by --redis, --memcached or --cache.',
  configurable: false,
};
/** No question asked. */
export const yes: OptionSpec = {
  name: 'yes',
  kind: { type: 'flag' },
  help: 'Clear without asking; needs --cache or --prefix.',
  configurable: false,
};
/** Redis servers. */
export const redis: OptionSpec = {
  name: 'redis',
  kind: { type: 'text', placeholder: 'url' },
  help: 'A Redis to look at: redis://[user:password@]host:port/db or rediss://…; may be given several times.',
  repeatable: true,
};
/** Memcached servers. */
export const memcached: OptionSpec = {
  name: 'memcached',
  kind: { type: 'text', placeholder: 'host:port' },
  help: 'A Memcached to look at; may be given several times.',
  repeatable: true,
};
/** Keys by prefix. */
export const sampleKeys: OptionSpec = {
  name: 'sample-keys',
  kind: { type: 'number', min: 1, max: 1_000_000, integer: true },
  help: 'Look at this many keys of each server and show them by prefix: how many, how large, how long they live.',
  configurable: false,
};
/** Live attach. */
export const attach: OptionSpec = {
  name: 'attach',
  kind: { type: 'number', min: 1, max: 4_194_304, integer: true },
  help: 'Look into a Node.js process that was started without the agent, through its inspector; needs --allow-attach.',
  configurable: false,
};
/** The switch that live attach needs. */
export const allowAttach: OptionSpec = {
  name: 'allow-attach',
  kind: { type: 'flag' },
  help: 'Permit --attach, which opens the inspector of the process for a moment (docs/attach.md).',
  default: false,
};
/** How to write it. */
export const cacheFormat: OptionSpec = {
  name: 'format',
  kind: { type: 'choice', choices: ['text', 'json', 'prometheus'] },
  help: 'How to write the result (default: by the extension of --output-file, else text).',
  // The setting of that name is for monitor-stats, which knows other formats.
  configurable: false,
};
/** Again and again. */
export const watch: OptionSpec = {
  name: 'watch',
  kind: { type: 'flag' },
  help: 'Show it again every --interval, with the rates in between, until Ctrl-C.',
  configurable: false,
};
/** Between two looks. */
export const lookInterval: OptionSpec = {
  ...interval,
  help: "Time between the two looks at a server's counters, and between two views of --watch.",
};
