/** Who uses a resource most, in the window: filled from the process and cgroup sections. */

import type { ProcessLedger, ProcessOrder, ProcessUse } from './process-ledger.ts';

/** One process or cgroup with what it used. */
export interface Consumer {
  /** `node[123]`, `/system.slice/redis.service`. */
  readonly name: string;
  /** CPU seconds a second (1 = one core), bytes, or bytes a second. */
  readonly amount: number;
}

/** The largest consumers by resource, largest first. */
export interface Consumers {
  readonly cpu: readonly Consumer[];
  readonly memory: readonly Consumer[];
  readonly disk: readonly Consumer[];
}

/** The largest processes of a ledger. */
export function consumersOf(ledger: ProcessLedger): Consumers {
  const named = (order: ProcessOrder, amount: (use: ProcessUse) => number | null): Consumer[] =>
    ledger.top(order, 3).map((use) => ({ name: `${use.command}[${use.pid}]`, amount: amount(use) ?? 0 }));
  return {
    cpu: named('cpu', (use) => use.cpu_cores),
    memory: named('memory', (use) => use.resident_bytes),
    disk: named('disk', (use) => (use.read_bytes_per_second ?? 0) + (use.write_bytes_per_second ?? 0)),
  };
}
