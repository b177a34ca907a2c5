import { bytes } from '../amounts.ts';
import type { ProcessCacheRule } from '../cache-rule.ts';
import { numberOf } from '../process-facts.ts';

const WORTH_BYTES = 2 ** 20;

export default {
  id: 'module.compile-cache.stale',
  about: 'process',
  help: 'The compile cache holds directories of other versions of Node.js.',
  source:
    'Node.js docs, module.enableCompileCache(): "simply remove the cache directory"; from 1 MiB on: our own choice',
  check({ kind, detail }) {
    const size = numberOf(detail.stale_bytes);
    const directories = Array.isArray(detail.stale_directories) ? detail.stale_directories.length : 0;
    if (kind !== 'compile-cache' || size === null || size < WORTH_BYTES) return undefined;
    return {
      severity: 'info',
      summary: 'The compile cache holds directories of other versions of Node.js.',
      value: `${bytes(size)} in ${directories === 1 ? 'one directory' : `${directories} directories`}`,
      reason: 'Each version makes its own directory and reads no other: an upgrade leaves the old one behind.',
      command:
        'codoperf cache-info --clear-cache --cache-type module --cache compile-cache --yes # with CODOPERF_ALLOW_MODULE_CLEAR=1 in the process',
    };
  },
} satisfies ProcessCacheRule;
