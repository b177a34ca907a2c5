import type { Scanner } from '../../core/scanner.ts';
import type { KeyHolder } from './keys.ts';
import type { Role } from './mounts.ts';

/** One file that each cgroup of a hierarchy has, and how its bytes become figures of a row. */
export interface Source {
  readonly role: Role;
  readonly file: string;
  readonly parse: (scan: Scanner, row: Float64Array, file: KeyHolder) => void;
  /** Read only in cgroups that have a CPU quota: elsewhere it says nothing. */
  readonly needsQuota?: boolean;
}

/** The sources of one version, by the table whose row they fill; `slow` is filled every few seconds only. */
export interface SourceSet {
  readonly cpu: readonly Source[];
  readonly memory: readonly Source[];
  readonly pids: readonly Source[];
  readonly pressure: readonly Source[];
  readonly slow: readonly Source[];
}

/** What changes seldom or costs much: places in `Group.slow`. `NaN` = not known, `Infinity` = no limit. */
export const Slow = {
  quota: 0,
  period: 1,
  shares: 2,
  memory: 3,
  reservation: 4,
  memoryHigh: 5,
  swap: 6,
  pids: 7,
  maxUsage: 8,
  kernel: 9,
  processes: 10,
} as const;
/** Number of places in `Group.slow`. */
export const SLOW_WIDTH = 11;

/** v1 shows "no limit" as the largest multiple of a page below 2^63; cAdvisor draws the line here. */
const NO_LIMIT_BYTES = 2 ** 62;

/** A limit at the cursor: `max`, -1 and v1's huge number are `Infinity`; `NaN` when it is none of that. */
export function parseLimit(scan: Scanner): number {
  scan.skipBlanks();
  if (scan.startsWithAt(scan.pos, 'max')) {
    scan.pos += 3;
    return Number.POSITIVE_INFINITY;
  }
  const value = scan.int();
  return value < 0 || value > NO_LIMIT_BYTES ? Number.POSITIVE_INFINITY : value;
}

/** A source whose file holds one number, or one limit. */
export function single(role: Role, file: string, column: number, divisor = 1): Source {
  return { role, file, parse: (scan, row) => void (row[column] = scan.uint() / divisor) };
}

/** A source whose file holds one limit. */
export function limit(role: Role, file: string, column: number): Source {
  return { role, file, parse: (scan, row) => void (row[column] = parseLimit(scan)) };
}
