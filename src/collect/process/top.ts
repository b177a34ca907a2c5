import type { RepairedTable } from '../../core/repair.ts';
import type { Top } from '../../core/top.ts';
import { P } from './specs.ts';

/** What processes can be ranked by, and the figures whose sum it is. */
const rankings = {
  cpu: [P.user, P.system],
  memory: [P.resident],
  io: [P.readBytes, P.writeBytes],
  runQueueWait: [P.wait],
} as const;

/** One of `cpu`, `memory`, `io`, `runQueueWait`. */
export type ProcessRanking = keyof typeof rankings;

/** Fills `top` with the processes (table `processes`) that used most in the last interval, largest first. */
export function topProcesses(table: RepairedTable, by: ProcessRanking, top: Top): void {
  top.select(table, rankings[by]);
}
