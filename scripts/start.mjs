// `npm start [-s] [-- ARGUMENTS]`: installs and builds what is missing, then runs codoperf.
// Without arguments it measures this machine for five seconds.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, ensureInstalled, root } from './house.mjs';

const given = process.argv.slice(2);
ensureInstalled();
ensureBuilt();
const program = path.join(root, 'dist/codoperf.js');
process.argv.splice(
  1,
  process.argv.length,
  program,
  ...(given.length > 0 ? given : ['monitor-stats', '--duration', '5']),
);
// In this very process: Ctrl-C, signals and the exit code are codoperf's, with no one in between.
await import(pathToFileURL(program).href);
