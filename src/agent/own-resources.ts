/** What the agent itself has under way that Node.js lists among what keeps the loop alive; nothing of it lasts. */

const held = new Map<string, number>();

/** One more (1) or one less (-1) of the type that `process.getActiveResourcesInfo()` calls it. */
export function holdResource(type: 'Immediate' | 'FSReqCallback', change: 1 | -1): void {
  held.set(type, (held.get(type) ?? 0) + change);
}

/** How many of a type are the agent's. */
export function ownResources(type: string): number {
  return held.get(type) ?? 0;
}
