// Works an lru-cache, tracked when the library is given; says how many operations a CPU second it did.
import { pathToFileURL } from 'node:url';
import { LRUCache } from 'lru-cache';

const [work, count, library] = process.argv.slice(2);
const operations = Number(count);
const keys = work === 'get' ? 1000 : 200_000;
const cache = new LRUCache({ max: work === 'get' ? 1000 : 20_000 });
if (library) (await import(pathToFileURL(library).href)).track(cache, { name: 'bench' });

/** Keys as applications have them, in the order of use: around and around, or by a Zipf law with exponent 1. */
function sequence() {
  const names = Array.from({ length: keys }, (_, i) => `user:${i}:profile`);
  if (work === 'get') return names;
  let seed = 42;
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  // The inverse of the continuous law is near enough: few keys are used often, many seldom.
  return Array.from({ length: 1 << 18 }, () => names[Math.floor(keys ** random()) - 1]);
}

const order = sequence();
const value = { name: 'value' };

function get(times) {
  let found = 0;
  for (let i = 0; i < times; i++) if (cache.get(order[i % order.length]) !== undefined) found++;
  return found;
}

function zipf(times) {
  let found = 0;
  for (let i = 0; i < times; i++) {
    const key = order[i & ((1 << 18) - 1)];
    if (cache.get(key) === undefined) cache.set(key, value);
    else found++;
  }
  return found;
}

if (work === 'get') for (const key of order) cache.set(key, value);
const run = work === 'get' ? get : zipf;
run(Math.ceil(operations / 4));
const before = process.cpuUsage();
const found = run(operations);
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ found, operations_per_cpu_second: operations / ((user + system) / 1e6) }));
