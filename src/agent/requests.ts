/** Requests as the agent takes them: whoever can connect is this user or root, and may still send anything. */
import type { AgentRequest } from '../wire/agent/messages.ts';

const operations = ['hello', 'metrics', 'caches', 'clear', 'stop'] as const satisfies readonly AgentRequest['op'][];

/** A request that is not done; `code` as in `AgentReply`. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest';
  readonly code: 'unknown_op' | 'bad_request' | 'failed';

  constructor(code: BadRequest['code'], message: string) {
    super(message);
    this.code = code;
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** The number of a message; `undefined` when it has none, and so cannot be answered. */
export function idOf(message: unknown): number | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const { id } = message as Fields;
  return typeof id === 'number' && Number.isSafeInteger(id) ? id : undefined;
}

/** A message that has a number as a request, with nothing else in it than the operation knows. Throws `BadRequest`. */
export function readRequest(message: unknown): AgentRequest {
  const from = message as Fields;
  const id = from.id as number;
  const op = operations.find((each) => each === from.op);
  if (op === undefined) throw new BadRequest('unknown_op', `this agent knows ${operations.join(', ')}`);
  if (op === 'metrics') return { id, op, since: optional(from, 'since', 'number') };
  if (op !== 'clear') return { id, op };
  const type = from.type;
  if (type !== 'function' && type !== 'module') throw new BadRequest('bad_request', 'type is function or module');
  if (typeof from.dry !== 'boolean') throw new BadRequest('bad_request', 'dry is true or false');
  const name = optional(from, 'name', 'string');
  const prefix = optional(from, 'prefix', 'string');
  if (name === undefined && prefix === undefined) throw new BadRequest('bad_request', 'a name or a prefix is needed');
  return { id, op, type, name, prefix, dry: from.dry };
}

function optional(from: Fields, key: string, type: 'number'): number | undefined;
function optional(from: Fields, key: string, type: 'string'): string | undefined;
function optional(from: Fields, key: string, type: 'number' | 'string'): unknown {
  const value = from[key];
  if (value === undefined || typeof value === type) return value;
  throw new BadRequest('bad_request', `${key} is a ${type}`);
}
