/** Two looks at a server: figures of the second, and what counters gained since the first, unless they began again. */
import type { ServerFacts, ServerSample } from '../core/cache.ts';
import { numberIn } from '../core/decimal.ts';

type Texts = Readonly<Record<string, string>>;

/** Fields that only grow while the server runs and nobody resets its statistics; a fall of one is a reset of all. */
const alwaysGrow: Readonly<Record<ServerFacts['kind'], readonly string[]>> = {
  redis: [
    'uptime_in_seconds',
    'total_commands_processed',
    'total_connections_received',
    'total_net_input_bytes',
    'keyspace_hits',
    'keyspace_misses',
    'expired_keys',
    'evicted_keys',
  ],
  memcached: ['uptime', 'total_connections', 'bytes_read', 'cmd_get', 'cmd_set', 'total_items', 'evictions'],
};
/** Fields that are the same as long as it is the same process. */
const identities = ['run_id', 'process_id', 'pid'];

/** A figure of the second look: a field of INFO or `stats`. */
export function figure({ after }: ServerFacts, field: string): number | undefined {
  return numberIn(after.info[field]);
}

/** Whether the counters of the two looks have nothing to do with each other: a restart, CONFIG RESETSTAT, `stats reset`. */
function wasReset({ kind, before, after }: ServerFacts): boolean {
  if (identities.some((field) => differ(before.info[field], after.info[field]))) return true;
  return alwaysGrow[kind].some((field) => {
    const [from, to] = [numberIn(before.info[field]), numberIn(after.info[field])];
    return from !== undefined && to !== undefined && to < from;
  });
}

function differ(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}

/** What a counter gained between the looks; `undefined` when one of them lacks it, or it began again. */
export function gained(facts: ServerFacts, field: string): number | undefined {
  return gainedOf(facts, ({ info }) => numberIn(info[field]));
}

/** As `gained`, for a counter that has to be taken out of a sample. */
export function gainedOf(facts: ServerFacts, of: (sample: ServerSample) => number | undefined): number | undefined {
  const [from, to] = [of(facts.before), of(facts.after)];
  if (from === undefined || to === undefined || to < from || wasReset(facts)) return undefined;
  return to - from;
}

/** ` in 10 s`: the window, for the value of an advice. */
export function inWindow({ before, after }: ServerFacts): string {
  const seconds = after.at - before.at;
  return seconds > 0 ? ` in ${Number(seconds.toPrecision(3))} s` : '';
}

/** One slab class of a Memcached in both looks, with the fields of `stats items` and `stats slabs`. */
export interface SlabClass {
  readonly id: string;
  readonly before: Texts;
  readonly after: Texts;
}

/** The slab classes of the second look, by number. */
export function slabClasses({ before, after }: ServerFacts): SlabClass[] {
  const then = classesOf(before);
  return [...classesOf(after)]
    .map(([id, texts]) => ({ id, before: then.get(id) ?? {}, after: texts }))
    .toSorted((a, b) => Number(a.id) - Number(b.id));
}

function classesOf({ more }: ServerSample): Map<string, Texts> {
  const classes = new Map<string, Record<string, string>>();
  for (const part of [more.items ?? {}, more.slabs ?? {}]) {
    for (const [field, text] of Object.entries(part)) {
      const [, id, name] = /^(\d+):(\w+)$/.exec(field) ?? [];
      if (id === undefined) continue;
      const own = classes.get(id) ?? (Object.create(null) as Record<string, string>);
      own[name] = text;
      classes.set(id, own);
    }
  }
  return classes;
}

/** What a counter of one class gained; a class that is new began at nothing. */
export function gainedInClass(facts: ServerFacts, { before, after }: SlabClass, field: string): number | undefined {
  const to = numberIn(after[field]);
  const from = numberIn(before[field]) ?? 0;
  return to === undefined || to < from || wasReset(facts) ? undefined : to - from;
}

/** The sum of what a counter gained in all classes. */
export function gainedInClasses(facts: ServerFacts, field: string): number {
  return slabClasses(facts).reduce((sum, each) => sum + (gainedInClass(facts, each, field) ?? 0), 0);
}
