/**
 * What agents answer, checked: each reader copies the fields it knows into a fresh object and throws `BadReply` for
 * anything else. Texts may hold any character; views escape them.
 */
import { unknownStats } from '../../core/cache.ts';
import type { CacheGroup, CacheStats, ClearedCache, MeasuredFunction, ProcessCache } from '../../core/cache.ts';
import { AGENT_PROTOCOL } from '../../wire/agent/messages.ts';
import type {
  AgentCaches,
  AgentCleared,
  AgentMetrics,
  AgentProcess,
  AgentThread,
  ProbeRow,
} from '../../wire/agent/messages.ts';
import { BadReply, config, fields, finite, list, oneOf, orNull, text, whole } from './checked.ts';
import type { Fields } from './checked.ts';

const MOST_THREADS = 4096;
const MOST_ROWS = 5000;
const MOST_LABELS = 16;
const MOST_FIGURES = 512;
const MOST_CACHES = 10_000;
const MOST_GROUPS = 10_000;
const MOST_TEXTS = 10_000;

/** The agent understood the request and did not do it. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  /** `unknown_op`, `bad_request`, `failed`, or a word of a later version. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** What each operation answers. */
export interface AgentResults {
  hello: AgentProcess;
  metrics: AgentMetrics;
  caches: AgentCaches;
  clear: AgentCleared;
  /** Nothing that anybody needs. */
  stop: null;
}

type Readers = { readonly [Op in keyof AgentResults]: (result: unknown, pid: number) => AgentResults[Op] };

const readers: Readers = {
  hello: (result, pid) => agentProcess(result, pid),
  metrics: agentMetrics,
  caches: agentCaches,
  clear: agentCleared,
  stop: () => null,
};

/** The result in a reply of the agent in process `pid`. Throws `BadReply`, or `Refusal` when the agent said no. */
export function readReply<Op extends keyof AgentResults>(op: Op, reply: unknown, pid: number): AgentResults[Op] {
  const { ok, result, error } = fields(reply, 'the reply');
  if (ok === true) return readers[op](result, pid);
  if (ok !== false) throw new BadReply('the reply does not say whether it is one');
  const { code, message } = fields(error, 'the error');
  throw new Refusal(text(code, 'the error code'), text(message, 'the error message'));
}

/** Figures that a process wrote down itself, as in its answer to `metrics`. Throws `BadReply`. */
export function readMetrics(value: unknown): AgentMetrics {
  return agentMetrics(value, pidIn(value));
}

/** Caches that a process wrote down itself, as in its answer to `caches`. Throws `BadReply`. */
export function readCaches(value: unknown): AgentCaches {
  return agentCaches(value, pidIn(value));
}

function pidIn(value: unknown): number {
  return whole(fields(fields(value, 'the result').process, 'process').pid, 'pid');
}

/** `process` of any answer; throws when it is another process, or one that speaks another protocol. */
function agentProcess(value: unknown, pid: number): AgentProcess {
  const from = fields(value, 'process');
  const protocol = whole(from.protocol, 'protocol');
  if (protocol !== AGENT_PROTOCOL) {
    throw new BadReply(
      `it speaks protocol ${protocol}, and this codoperf ${AGENT_PROTOCOL}: use the same version of both`,
    );
  }
  if (from.pid !== pid) throw new BadReply(`it says to be process ${String(from.pid).slice(0, 20)}`);
  return {
    protocol,
    agent: text(from.agent, 'agent'),
    pid,
    ppid: whole(from.ppid, 'ppid'),
    uid: whole(from.uid, 'uid'),
    node: text(from.node, 'node'),
    name: text(from.name, 'name'),
    command: text(from.command, 'command'),
    started_ms: finite(from.started_ms, 'started_ms'),
    pool_tids: orNull((tids) => list(tids, 'pool_tids', MOST_THREADS, whole))(from.pool_tids, 'pool_tids'),
    cluster: orNull(text)(from.cluster, 'cluster'),
  };
}

function agentMetrics(value: unknown, pid: number): AgentMetrics {
  const from = fields(value, 'the result');
  let rowsLeft = MOST_ROWS;
  const thread = (item: unknown): AgentThread => {
    const each = fields(item, 'a thread');
    const rows = list(each.rows, 'rows', rowsLeft, probeRow);
    rowsLeft -= rows.length;
    return {
      thread: whole(each.thread, 'thread'),
      name: text(each.name, 'the name of a thread'),
      state: oneOf(['answered', 'silent', 'bare'])(each.state, 'the state of a thread'),
      rows,
    };
  };
  return {
    process: agentProcess(from.process, pid),
    at: finite(from.at, 'at'),
    threads: list(from.threads, 'threads', MOST_THREADS, thread),
  };
}

function probeRow(value: unknown): ProbeRow {
  if (!Array.isArray(value) || value.length !== 3) throw new BadReply('a row is no triple');
  const [table, labels, figures] = value as unknown[];
  return [
    text(table, 'the table of a row'),
    list(labels, 'the labels of a row', MOST_LABELS, text),
    list(figures, 'the figures of a row', MOST_FIGURES, orNull(finite)),
  ];
}

function agentCaches(value: unknown, pid: number): AgentCaches {
  const from = fields(value, 'the result');
  return {
    process: agentProcess(from.process, pid),
    at: finite(from.at, 'at'),
    caches: list(from.caches, 'caches', MOST_CACHES, processCache),
    functions: list(from.functions, 'functions', MOST_CACHES, measuredFunction),
    silent_threads: list(from.silent_threads, 'silent_threads', MOST_THREADS, whole),
  };
}

function processCache(value: unknown): ProcessCache {
  const from = fields(value, 'a cache');
  return {
    type: oneOf(['function', 'module'])(from.type, 'the type of a cache'),
    name: text(from.name, 'the name of a cache'),
    kind: text(from.kind, 'the kind of a cache'),
    thread: whole(from.thread, 'the thread of a cache'),
    stats: cacheStats(fields(from.stats, 'stats')),
    config: config(from.config, 'config'),
    groups: list(from.groups, 'groups', MOST_GROUPS, cacheGroup),
    observed_seconds: finite(from.observed_seconds, 'observed_seconds'),
    hit_seconds: orNull(finite)(from.hit_seconds, 'hit_seconds'),
    concurrent_loads: orNull(finite)(from.concurrent_loads, 'concurrent_loads'),
    coalesced_loads: orNull(finite)(from.coalesced_loads, 'coalesced_loads'),
    errors: finite(from.errors, 'errors'),
    detail: config(from.detail, 'detail'),
  };
}

const statNames = Object.keys(unknownStats()) as (keyof CacheStats)[];

/** A figure that another version does not send is not known. */
function cacheStats(from: Fields): CacheStats {
  const stats = unknownStats();
  for (const name of statNames) stats[name] = orNull(finite)(from[name] ?? null, name);
  return stats;
}

function cacheGroup(value: unknown): CacheGroup {
  const from = fields(value, 'a group');
  return {
    prefix: text(from.prefix, 'the prefix of a group'),
    hits: finite(from.hits, 'hits'),
    misses: finite(from.misses, 'misses'),
    sets: finite(from.sets, 'sets'),
  };
}

function measuredFunction(value: unknown): MeasuredFunction {
  const from = fields(value, 'a function');
  return {
    name: text(from.name, 'the name of a function'),
    thread: whole(from.thread, 'the thread of a function'),
    calls: finite(from.calls, 'calls'),
    errors: finite(from.errors, 'errors'),
    duration_seconds: finite(from.duration_seconds, 'duration_seconds'),
    max_seconds: finite(from.max_seconds, 'max_seconds'),
    cpu_seconds: orNull(finite)(from.cpu_seconds, 'cpu_seconds'),
    heap_bytes: orNull(finite)(from.heap_bytes, 'heap_bytes'),
  };
}

function agentCleared(value: unknown, pid: number): AgentCleared {
  const from = fields(value, 'the result');
  return {
    process: agentProcess(from.process, pid),
    caches: list(from.caches, 'caches', MOST_CACHES, clearedCache),
    refused: list(from.refused, 'refused', MOST_TEXTS, text),
  };
}

function clearedCache(value: unknown): ClearedCache {
  const from = fields(value, 'a cleared cache');
  return {
    name: text(from.name, 'the name of a cache'),
    pid: orNull(whole)(from.pid, 'the pid of a cache'),
    entries_before: orNull(finite)(from.entries_before, 'entries_before'),
    entries_after: orNull(finite)(from.entries_after, 'entries_after'),
    bytes_freed: orNull(finite)(from.bytes_freed, 'bytes_freed'),
  };
}
