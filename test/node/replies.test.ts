/** Replies with anything in them: what comes out has its type and its bounds, or nothing does. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BadReply } from '../../src/collect/node/checked.ts';
import { Refusal, readCaches, readMetrics, readReply } from '../../src/collect/node/replies.ts';
import { unknownStats } from '../../src/core/cache.ts';
import { processOf } from '../support/fake-agent.ts';

const PID = 7;
const reply = (result: unknown): unknown => JSON.parse(JSON.stringify({ id: 1, ok: true, result }));

const cache = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  type: 'function',
  name: 'users',
  kind: 'lru-cache',
  thread: 0,
  stats: { ...unknownStats(), hits: 3 },
  config: { max: 10 },
  groups: [{ prefix: 'a', hits: 1, misses: 2, sets: 3 }],
  observed_seconds: 5,
  hit_seconds: null,
  concurrent_loads: null,
  coalesced_loads: null,
  errors: 0,
  detail: {},
  ...changes,
});
const caches = (...list: unknown[]): unknown =>
  reply({ process: processOf(PID), at: 1, caches: list, functions: [], silent_threads: [] });

test('a cache comes through as it is, without what is not known here', () => {
  const { caches: read } = readReply('caches', caches(cache({ later: 'version' })), PID);
  expect(read).toEqual([cache()]);
});

test('a figure that another version does not send is not known', () => {
  const { caches: read } = readReply('caches', caches(cache({ stats: { hits: 1, unheard_of: 2 } })), PID);
  expect(read[0].stats).toEqual({ ...unknownStats(), hits: 1 });
});

describe.each([
  ['type', 'server'],
  ['name', null],
  ['thread', -1],
  ['thread', 1.5],
  ['stats', []],
  ['stats', { hits: '3' }],
  ['config', null],
  ['groups', {}],
  ['groups', [{ prefix: 1 }]],
  ['groups', Array.from({ length: 10_001 }, () => ({ prefix: '', hits: 0, misses: 0, sets: 0 }))],
  ['observed_seconds', null],
  ['errors', '0'],
  ['detail', { a: { b: { c: { d: { e: { f: { g: 1 } } } } } } }],
  ['detail', { many: Array.from({ length: 3000 }, () => 0) }],
])('%s', (field, value) => {
  test(`is not ${JSON.stringify(value)?.slice(0, 40)}`, () => {
    expect(() => readReply('caches', caches(cache({ [field]: value })), PID)).toThrow(BadReply);
  });
});

test('long texts are cut, in names and in settings', () => {
  const long = 'x'.repeat(5000);
  const { caches: read } = readReply('caches', caches(cache({ name: long, config: { [long]: long } })), PID);
  expect(read[0].name).toHaveLength(512);
  const [[key, value]] = Object.entries(read[0].config);
  expect([key.length, (value as string).length]).toEqual([512, 512]);
});

test('__proto__ is no way into anything', () => {
  const text = JSON.stringify(
    reply({ process: processOf(PID), at: 1, caches: [cache()], functions: [], silent_threads: [] }),
  );
  const evil = text.replace('"max":10', '"__proto__":{"max":1},"constructor":{"prototype":{"max":2}}');
  const { caches: read } = readReply('caches', JSON.parse(evil) as unknown, PID);
  expect(Object.getPrototypeOf(read[0].config)).toBe(Object.prototype);
  expect(Object.keys(read[0].config)).toEqual(['constructor']);
  expect(({} as { max?: number }).max).toBeUndefined();
});

test('a number that JSON can write and no counter can have', () => {
  const evil = '{"id":1,"ok":true,"result":{"process":{},"at":1e999}}';
  expect(() => readReply('metrics', JSON.parse(evil) as unknown, PID)).toThrow(BadReply);
});

test('the rows of all threads together are bounded', () => {
  const row = ['resources/types', ['x'], [1]];
  const thread = (rows: number): unknown => ({
    thread: 0,
    name: 'main',
    state: 'answered',
    rows: Array.from({ length: rows }, () => row),
  });
  const metrics = (...threads: unknown[]): unknown => reply({ process: processOf(PID), at: 1, threads });
  expect(readReply('metrics', metrics(thread(2500), thread(2500)), PID).threads).toHaveLength(2);
  expect(() => readReply('metrics', metrics(thread(2500), thread(2501)), PID)).toThrow(/at most 2500/);
});

test('a refusal has the code and the words of the agent', () => {
  const no = { id: 1, ok: false, error: { code: 'failed', message: 'no such cache' } };
  expect(() => readReply('clear', no, PID)).toThrow(new Refusal('failed', 'no such cache'));
});

test('what a process wrote down itself is read without knowing its pid', () => {
  const { result } = caches(cache()) as { result: unknown };
  expect(readCaches(result).process.pid).toBe(PID);
  expect(readMetrics({ process: processOf(9), at: 1, threads: [] }).process.pid).toBe(9);
  for (const value of [undefined, null, 1, [], {}, { process: 1 }, { process: { pid: 'x' } }]) {
    expect(() => readCaches(value)).toThrow(BadReply);
  }
});

test('any JSON at any place is read, or refused by name', () => {
  const ops = ['hello', 'metrics', 'caches', 'clear', 'stop'] as const;
  const shape = fc.record(
    {
      process: fc.oneof(fc.constant(processOf(PID)), fc.jsonValue()),
      at: fc.oneof(fc.double(), fc.jsonValue()),
      threads: fc.oneof(fc.array(fc.jsonValue()), fc.jsonValue()),
      caches: fc.oneof(fc.array(fc.record({ name: fc.jsonValue(), stats: fc.jsonValue() })), fc.jsonValue()),
      functions: fc.jsonValue(),
      silent_threads: fc.oneof(fc.array(fc.nat()), fc.jsonValue()),
      refused: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.constantFrom(...ops), fc.oneof(shape, fc.jsonValue()), (op, result) => {
      try {
        readReply(op, { id: 1, ok: true, result }, PID);
      } catch (error) {
        expect(error).toBeInstanceOf(BadReply);
      }
    }),
    { numRuns: 2000 },
  );
});
