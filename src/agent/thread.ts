/** One thread of the process: its probes, its caches and the workers it made. */
import path from 'node:path';
import process from 'node:process';
import { moduleCaches } from '../caches/module-cache.ts';
import { cacheRegistry } from '../caches/registry.ts';
import type { Early } from './early.ts';
import { builtin, guarded, monotonicSeconds } from './guard.ts';
import { ProbeSet } from './probe-set.ts';
import { probes } from './probes.gen.ts';
import type { ThreadAnswer, ThreadQuestion } from './thread-answer.ts';
import { threadName } from './worker-name.ts';
import type { Workers } from './workers.ts';

/** How far "largest of late" looks back for those who do not say. */
const DEFAULT_WINDOW_SECONDS = 60;

/** What the agent has in one thread. */
export class Thread {
  readonly workers: Workers;
  private readonly isMain: boolean;
  private readonly probes = new ProbeSet();

  constructor({ isMain, workers, probes: early }: Early) {
    this.isMain = isMain;
    this.workers = workers;
    this.probes.start(probes, isMain, early);
  }

  settle(): void {
    this.probes.settle();
  }

  stop(): void {
    this.probes.stop();
  }

  /** Answers at once to what only reads. */
  read(question: ThreadQuestion): ThreadAnswer {
    const { op } = question;
    const wantsCaches = op === 'caches';
    return {
      thread: this.isMain ? 0 : builtin('node:worker_threads').threadId,
      name: this.isMain ? 'main' : (guarded('name', ownName) ?? ''),
      workers: this.workers.living(),
      rows: op === 'metrics' ? this.probes.rows(windowSince(question.since)) : [],
      caches: wantsCaches ? [...cachesBy(() => cacheRegistry().caches()), ...cachesBy(moduleCaches)] : [],
      functions: wantsCaches ? (guarded('functions', () => cacheRegistry().functions()) ?? []) : [],
      cleared: [],
      refused: [],
    };
  }

  /** Answers to any question; a clear takes as long as the caches do. */
  async answer(question: ThreadQuestion): Promise<ThreadAnswer> {
    const answer = this.read(question);
    if (question.op !== 'clear') return answer;
    const { caches, refused } = await cacheRegistry().clear(question);
    return { ...answer, cleared: caches, refused };
  }
}

function cachesBy(list: typeof moduleCaches): ReturnType<typeof moduleCaches> {
  return guarded('caches', list) ?? [];
}

function windowSince(since: number | undefined): number {
  return since === undefined ? DEFAULT_WINDOW_SECONDS : Math.max(monotonicSeconds() - since, 0);
}

/** What the program called this worker, else the file it runs. */
function ownName(): string {
  const { threadName: given } = builtin('node:worker_threads') as { readonly threadName?: string };
  return threadName(given) || path.basename(process.argv[1] ?? '');
}
