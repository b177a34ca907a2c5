/** Every rule about caches, asked about one cache; the worst advice first. */
import type { CacheAdvice, ProcessCache, ServerFacts } from '../core/cache.ts';
import type { CacheProblem, CacheRule } from './cache-rule.ts';
import { cacheRules } from './cache-rules.gen.ts';

const rank = { info: 0, warning: 1, critical: 2 } as const;

/** What the rules say about a cache in a process. */
export function adviceOnCache(cache: ProcessCache, rules: readonly CacheRule[] = cacheRules): CacheAdvice[] {
  return collect(rules, (rule) => (rule.about === 'process' ? rule.check(cache) : undefined));
}

/** What the rules say about a server, from two looks at it. */
export function adviceOnServer(facts: ServerFacts, rules: readonly CacheRule[] = cacheRules): CacheAdvice[] {
  return collect(rules, (rule) => (rule.about === facts.kind ? rule.check(facts) : undefined));
}

function collect(rules: readonly CacheRule[], check: (rule: CacheRule) => CacheProblem | undefined): CacheAdvice[] {
  const advice = rules.flatMap((rule): CacheAdvice[] => {
    const problem = check(rule);
    return problem === undefined ? [] : [{ rule_id: rule.id, source: rule.source, ...problem }];
  });
  return advice.toSorted((a, b) => rank[b.severity] - rank[a.severity]);
}
