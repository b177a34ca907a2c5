// A small shop: products come from an LRU cache in the process, then from Redis, then from a slow database.
// Start it with the agent:  codoperf run -- node examples/express-shop/app.mjs
import { createClient } from '@redis/client';
import { measure, memoize, track } from 'codoperf/caches';
import express from 'express';
import { LRUCache } from 'lru-cache';

const redis = createClient({ url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379/0' });
redis.on('error', (error) => console.error(`redis: ${error.message}`));
await redis.connect();

/** Far too small for 1,000 products: `codoperf cache-info` says so. */
const products = track(new LRUCache({ max: 50 }), { name: 'products', prefixOf: (key) => key.split(':')[0] });

/** Stands for a query: slow, and always the same for the same id. */
const queryDatabase = measure('queryDatabase', async (id) => {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return { id, name: `Product ${id}`, price: (id * 7) % 100 };
});

/** Calls for the same country that come at the same time share one load. */
const taxRate = memoize(
  async (country) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return country === 'de' ? 0.19 : 0.2;
  },
  { name: 'taxRate', max: 200, ttl: 60_000 },
);

async function product(id) {
  const key = `product:${id}`;
  const cached = products.get(key);
  if (cached !== undefined) return cached;
  const stored = await redis.get(key);
  const value = stored === null ? await queryDatabase(id) : JSON.parse(stored);
  if (stored === null) await redis.set(key, JSON.stringify(value), { expiration: { type: 'EX', value: 300 } });
  products.set(key, value);
  return value;
}

const app = express();
app.get('/products/:id', async (request, response) => {
  const { price, ...rest } = await product(Number(request.params.id) % 1000);
  response.json({ ...rest, price: price * (1 + (await taxRate(request.query.country ?? 'de'))) });
});

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/products/1`);
});

process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
  redis.destroy();
});
