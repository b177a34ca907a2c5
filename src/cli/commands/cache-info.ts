import {
  allowAttach,
  attach,
  cacheFormat,
  cacheName,
  cacheType,
  clearCache,
  lookInterval,
  memcached,
  prefix,
  redis,
  sampleKeys,
  showStats,
  watch,
  yes,
} from '../cache-info/options.ts';
import type { Command } from '../command.ts';
import { failOn, outputFile, pid } from '../options.ts';

export default {
  name: 'cache-info',
  summary: 'Show, judge and clear the caches of programs and servers.',
  options: [
    cacheType,
    showStats,
    clearCache,
    cacheName,
    prefix,
    yes,
    pid,
    attach,
    allowAttach,
    redis,
    memcached,
    sampleKeys,
    cacheFormat,
    outputFile,
    watch,
    lookInterval,
    failOn,
  ],
  examples: [
    'codoperf cache-info',
    'codoperf cache-info --cache-type function --format json',
    'codoperf cache-info --clear-cache',
    'codoperf cache-info --cache-type module -v',
  ],
  async run(options, _positionals, io) {
    const { run } = await import('../cache-info/run.ts');
    return run(options, io);
  },
} satisfies Command;
