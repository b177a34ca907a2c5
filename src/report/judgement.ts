/** What a judge of one resource is asked and answers; the judges are in `judges/`. */
import type { Consumers } from './consumers.ts';
import type { Finding } from './finding.ts';
import type { NodeUse } from './node-ledger.ts';
import type { Resource } from './section.ts';

/** What a judge of one resource gets. */
export interface Observed {
  /** Mean over the window of `resource.key.subject.stat`; NaN when never observed. */
  mean(resource: Resource, key: string, stat: string, subject?: string): number;
  /** Last value. */
  last(resource: Resource, key: string, stat: string, subject?: string): number;
  /** 95th percentile of the samples. */
  p95(resource: Resource, key: string, stat: string, subject?: string): number;
  /** Subjects of a section. */
  subjects(resource: Resource, key: string): string[];
  readonly windowSeconds: number;
  readonly consumers: Consumers;
  /** Node.js processes with the agent. */
  readonly nodes: readonly NodeUse[];
}

/** What a judge answers. */
export interface Judgement {
  readonly utilisation: string;
  readonly saturation: string;
  readonly errors: string;
  readonly top: string | null;
  readonly findings: readonly Finding[];
  /** False when not one of its figures was there. */
  readonly known: boolean;
}

/** Judges one resource. */
export type Judge = (observed: Observed) => Judgement;
