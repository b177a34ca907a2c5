/** The options of `cache-info`, checked as a whole. */
import { checkedValue } from '../../config/merge.ts';
import type { CacheType } from '../../core/cache.ts';
import { CodoperfError } from '../../core/errors.ts';
import type { Severity } from '../../report/finding.ts';
import { formatOfFile } from '../format-of-file.ts';
import { failOn, pid } from '../options.ts';
import { attach, cacheFormat, cacheType, lookInterval, sampleKeys } from './options.ts';

/** Options of `cache-info` by camelCase name, as `handleCacheInfo` takes them. */
export interface CacheInfoArgs {
  readonly cacheType?: CacheType | 'all';
  /** Default: true. */
  readonly showStats?: boolean;
  readonly clearCache?: boolean;
  readonly cache?: string;
  readonly prefix?: string;
  readonly yes?: boolean;
  readonly pid?: readonly number[];
  readonly attach?: number;
  readonly allowAttach?: boolean;
  readonly redis?: readonly string[];
  readonly memcached?: readonly string[];
  readonly sampleKeys?: number;
  readonly format?: string;
  readonly outputFile?: string;
  readonly watch?: boolean;
  /** Seconds; default 1. */
  readonly interval?: number;
  readonly failOn?: 'warning' | 'critical';
  readonly verbose?: boolean;
}

/** A server by what the user called it. */
export interface ServerAddress {
  readonly kind: 'redis' | 'memcached';
  /** URL or `host:port`, as given: it may hold a password, so it is never shown. */
  readonly address: string;
}

/** What to clear. */
export interface ClearSettings {
  /** Name of a cache in programs, or `*`; `undefined` when only a prefix or a server was named. */
  readonly name: string | undefined;
  /** A server named by `--cache`. */
  readonly server: ServerAddress | undefined;
  readonly prefix: string | undefined;
  /** Without a question. */
  readonly yes: boolean;
}

/** Checked settings. */
export interface CacheInfoSettings {
  readonly type: CacheType | 'all';
  readonly showStats: boolean;
  /** `undefined`: look, and clear nothing. */
  readonly clear: ClearSettings | undefined;
  readonly pids: readonly number[] | undefined;
  readonly attach: number | undefined;
  /** Servers that the user named; empty when the usual ports are tried. */
  readonly servers: readonly ServerAddress[];
  readonly sampleKeys: number | undefined;
  readonly format: 'text' | 'json' | 'prometheus';
  readonly outputFile: string | undefined;
  readonly watch: boolean;
  readonly intervalSeconds: number;
  readonly failOn: Severity | undefined;
  readonly verbose: boolean;
}

const formats = [
  { name: 'text', extensions: ['.txt', '.log'] },
  { name: 'json', extensions: ['.json'] },
  { name: 'prometheus', extensions: ['.prom'] },
] as const;

/** Checks the options, each and together; throws the usage error. */
export function cacheInfoSettings(args: CacheInfoArgs): CacheInfoSettings {
  const type = checkedValue(cacheType, args.cacheType ?? 'all');
  if (args.watch === true && args.outputFile !== undefined)
    throw usage('--watch shows one view after the other, which does not fit in --output-file');
  if (args.watch === true && args.clearCache === true) throw usage('--watch looks, it does not clear');
  if (args.attach !== undefined && args.allowAttach !== true)
    throw new CodoperfError('ATTACH_NOT_ALLOWED', { pid: args.attach });
  return {
    type,
    showStats: args.showStats !== false,
    clear: clearSettings(args),
    pids: args.pid === undefined || args.pid.length === 0 ? undefined : args.pid.map((each) => checkedValue(pid, each)),
    attach: args.attach === undefined ? undefined : checkedValue(attach, args.attach),
    servers: [
      ...(args.redis ?? []).map((address) => ({ kind: 'redis', address }) as const),
      ...(args.memcached ?? []).map((address) => ({ kind: 'memcached', address }) as const),
    ],
    sampleKeys: args.sampleKeys === undefined ? undefined : checkedValue(sampleKeys, args.sampleKeys),
    format: chooseFormat(args),
    outputFile: args.outputFile,
    watch: args.watch === true,
    intervalSeconds: checkedValue(lookInterval, args.interval ?? 1),
    failOn: args.failOn === undefined ? undefined : checkedValue(failOn, args.failOn),
    verbose: args.verbose === true,
  };
}

function clearSettings({ clearCache, cache, prefix, yes, memcached }: CacheInfoArgs): ClearSettings | undefined {
  if (clearCache !== true) {
    const given = [
      ['--cache', cache],
      ['--prefix', prefix],
      ['--yes', yes],
    ].find(([, value]) => value !== undefined);
    if (given !== undefined) throw usage(`${String(given[0])} says what to clear: it needs --clear-cache`);
    return undefined;
  }
  if (yes === true && cache === undefined && prefix === undefined)
    throw usage("--yes clears without a question, so name what: --cache NAME, --cache '*' or --prefix TEXT");
  const server = serverNamed(cache, memcached ?? []);
  return { name: server === undefined ? cache : undefined, server, prefix, yes: yes === true };
}

function chooseFormat({ format, outputFile }: CacheInfoArgs): CacheInfoSettings['format'] {
  if (format !== undefined) return checkedValue(cacheFormat, format) as CacheInfoSettings['format'];
  return formatOfFile(outputFile, formats) ?? 'text';
}

/** A URL means a Redis and not a cache in a program; so does a host with a port mean a Memcached. */
const REDIS = /^(rediss?|valkeys?|redis\+unix):\/\/|^unix:\//i;
const MEMCACHED = /^(localhost|\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]+\]|[\w-]+(\.[\w-]+)+):\d+$/i;

function serverNamed(name: string | undefined, memcached: readonly string[]): ServerAddress | undefined {
  if (name === undefined) return undefined;
  if (REDIS.test(name)) return { kind: 'redis', address: name };
  return MEMCACHED.test(name) || memcached.includes(name) ? { kind: 'memcached', address: name } : undefined;
}

function usage(detail: string): CodoperfError {
  return new CodoperfError('BAD_USAGE', { detail, program: 'codoperf cache-info' });
}
