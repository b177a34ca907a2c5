/** What the agent itself does in the loop, so that it does not take it for the program's. */
import { performance } from 'node:perf_hooks';

const held = new Map<string, number>();

let ownTurn = -1;

/** Turns of the loop of this thread since it began. */
export function loopTurn(): number {
  return performance.nodeTiming.uvMetricsInfo.loopCount;
}

/** The loop turns for something of the agent's. */
export function noteOwnTurn(): void {
  ownTurn = loopTurn();
}

/** Whether something of the agent's was done in this turn. */
export function isOwnTurn(): boolean {
  return ownTurn === loopTurn();
}

/** One more (1) or one less (-1) of the type that `process.getActiveResourcesInfo()` calls it. */
export function holdResource(type: 'Immediate' | 'FSReqCallback', change: 1 | -1): void {
  held.set(type, (held.get(type) ?? 0) + change);
}

/** How many of a type are the agent's. */
export function ownResources(type: string): number {
  return held.get(type) ?? 0;
}
