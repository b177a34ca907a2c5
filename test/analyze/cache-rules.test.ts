/**
 * Every rule about caches against its cases: `test/fixtures/cache-rules/<file of the rule>/<case>.json` holds
 * `{ "facts" }` of a server or `{ "cache" }` of a process, and the advice to `expect` (some of its keys), or `null`.
 * A case gives only what matters: the rest is completed here.
 */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CacheProblem, CacheRule } from '../../src/analyze/cache-rule.ts';
import { cacheRules } from '../../src/analyze/cache-rules.gen.ts';
import type { ProcessCache, ServerFacts, ServerSample } from '../../src/core/cache.ts';
import { unknownStats } from '../../src/core/cache.ts';

interface Case {
  readonly facts?: Partial<Omit<ServerFacts, 'before' | 'after'>> & Record<'before' | 'after', Partial<ServerSample>>;
  readonly cache?: Partial<ProcessCache>;
  readonly expect: Record<string, unknown> | null;
}

const rules = path.resolve(import.meta.dirname, '../../src/analyze/cache-rules');
const fixtures = path.resolve(import.meta.dirname, '../fixtures/cache-rules');
const names = { redis: 'redis://127.0.0.1:6379/0', memcached: '127.0.0.1:11211' };

/** The second look is the first one but for what the case says of the first. */
function serverFacts(kind: 'redis' | 'memcached', { facts }: Case): ServerFacts {
  const { before, after, ...rest } = facts ?? { before: {}, after: {} };
  const second = { at: 110, info: after.info ?? {}, more: after.more ?? {} };
  const first = { at: 100, info: { ...second.info, ...before?.info }, more: { ...second.more, ...before?.more } };
  return { kind, name: names[kind], config: {}, host: null, ...rest, before: first, after: second };
}

function processCache({ cache }: Case): ProcessCache {
  const rest = { groups: [], hit_seconds: null, concurrent_loads: null, coalesced_loads: null, errors: 0, detail: {} };
  const head = {
    type: 'function',
    name: 'users',
    kind: 'lru-cache',
    thread: 0,
    config: {},
    observed_seconds: 600,
  } as const;
  return { ...head, ...rest, ...cache, stats: { ...unknownStats(), ...cache?.stats } };
}

function check(rule: CacheRule, given: Case): CacheProblem | undefined {
  return rule.about === 'process' ? rule.check(processCache(given)) : rule.check(serverFacts(rule.about, given));
}

function casesOf(name: string): { name: string; given: Case }[] {
  const folder = path.join(fixtures, name);
  const files = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  return files.map((file) => ({
    name: path.basename(file, '.json'),
    given: JSON.parse(fs.readFileSync(path.join(folder, file), 'utf8')) as Case,
  }));
}

const files = fs.readdirSync(rules).map((file) => path.basename(file, '.ts'));

it('every folder of cases belongs to a rule, and identifiers are unique', () => {
  expect(files).toEqual(expect.arrayContaining(fs.readdirSync(fixtures)));
  expect(new Set(cacheRules.map(({ id }) => id)).size).toBe(cacheRules.length);
  expect(cacheRules.length).toBe(files.length);
});

describe.each(files)('%s', async (file) => {
  const { default: rule } = (await import(`../../src/analyze/cache-rules/${file}.ts`)) as { default: CacheRule };
  const cases = casesOf(file);

  it('says what it looks for and where that comes from', () => {
    expect(file.startsWith(`${rule.about}-`)).toBe(true);
    expect(rule.help).toMatch(/^[A-Z0-9`].*\.$/);
    expect(rule.source.length).toBeGreaterThan(10);
  });

  it('has a case in which it speaks and one in which it is silent', () => {
    expect(cases.some(({ given }) => given.expect !== null)).toBe(true);
    expect(cases.some(({ given }) => given.expect === null)).toBe(true);
  });

  it('knows nothing and says nothing', () => {
    const nothing = { facts: { before: {}, after: {} }, expect: null };
    if (rule.about !== 'process') expect(check(rule, nothing)).toBeUndefined();
  });

  it.each(cases)('$name', ({ given }) => {
    const problem = check(rule, given);
    if (given.expect === null) {
      expect(problem).toBeUndefined();
      return;
    }
    expect(problem).toMatchObject(given.expect);
    const { summary, value, reason } = problem as CacheProblem;
    expect(summary).toMatch(/^[A-Z].*\.$/);
    expect(reason).toMatch(/^[A-Z0-9`-].*\.$/);
    expect(`${summary} ${value} ${reason}`).not.toMatch(/undefined|NaN|null|Infinity|\[object/);
  });

  it.each(cases.filter(({ given }) => given.expect !== null && given.facts !== undefined))(
    'says nothing about the window of $name when the server was restarted in it',
    ({ given }) => {
      const facts = given.facts as NonNullable<Case['facts']>;
      const after = { ...facts.after, info: { ...facts.after.info, run_id: 'after', pid: '2' } };
      const before = { ...facts.before, info: { ...facts.before?.info, run_id: 'before', pid: '1' } };
      expect(check(rule, { ...given, facts: { ...facts, before, after } })?.value ?? '').not.toMatch(/ in 10 s/);
    },
  );
});
