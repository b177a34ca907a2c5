// A service with one tracked cache, which waits.
import { pathToFileURL } from 'node:url';
import { LRUCache } from 'lru-cache';

const { track } = await import(pathToFileURL(process.argv[2]).href);
const cache = track(new LRUCache({ max: 100 }), { name: 'users' });
for (let i = 0; i < 200; i++) cache.set(`user:${i}`, i);
setInterval(() => cache.get('user:150'), 1000);
process.on('disconnect', () => process.exit(0));
process.send('ready');
