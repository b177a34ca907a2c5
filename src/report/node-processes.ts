/**
 * The Node.js processes of a frame, and the answer to "starved or blocked?": the time that a main thread was not idle,
 * split by what the kernel says about it.
 */
import type { Frame } from '../core/frame.ts';
import type { RepairedTable } from '../core/repair.ts';
import { NodeFigure } from './node-figures.ts';
import { freshTable } from './section.ts';

const LONGEST_NAME = 40;

/** One process in one frame. */
export interface NodeProcessView {
  readonly pid: string;
  /** `name[pid]`. */
  readonly subject: string;
  /** Threads with a loop: the main one first, as the empty text. */
  readonly threads: readonly string[];
  /** Seconds between its last two answers; NaN when it did not answer since the frame before, or in a pause. */
  readonly elapsedSeconds: number;
  /** Seconds since the first question that it has not answered; 0 when it answered. */
  readonly unansweredSeconds: number;
}

/** What the time of a main thread went into, in seconds between two answers; NaN when not known. */
export interface LoopSplit {
  /** On a CPU: JavaScript, collections of garbage, system calls. */
  readonly work: number;
  /** Ready, but others had the CPUs. */
  readonly runQueue: number;
  /** Ready, but its cgroup had used up its quota. */
  readonly throttled: number;
  /** Neither idle nor ready: a synchronous call waited in the kernel (`readFileSync` of a slow disk, `execSync`). */
  readonly blocked: number;
}

/** Finds the processes; one instance for each that looks. */
export class NodeProcesses {
  private readonly uptime = new NodeFigure('codoperf_nodejs_uptime_seconds_total');
  private readonly unanswered = new NodeFigure('codoperf_nodejs_unanswered_seconds');
  private readonly active = new NodeFigure('codoperf_eventloop_active_seconds_total');
  private readonly cpu = new NodeFigure('codoperf_thread_cpu_seconds_total', { thread: 'main' });
  private readonly wait = new NodeFigure('codoperf_thread_run_queue_wait_seconds_total', { thread: 'main' });
  private readonly throttled = new NodeFigure('codoperf_nodejs_throttled_seconds_total');

  /** The processes of this frame; none when they were not asked in it. */
  of(frame: Frame): NodeProcessView[] {
    const table = freshTable(frame, 'nodejs', 'processes');
    if (table === undefined) return [];
    for (const figure of [this.uptime, this.unanswered, this.active, this.cpu, this.wait, this.throttled]) {
      figure.bind(frame);
    }
    const threads = threadsOf(frame);
    const names = namesOf(frame);
    const found: NodeProcessView[] = [];
    for (let slot = 0; slot < table.table.size; slot++) {
      if (!table.table.present(slot)) continue;
      const pid = table.table.row(slot).labels[0];
      const elapsed = this.uptime.increase(pid);
      const unanswered = this.unanswered.value(pid);
      found.push({
        pid,
        subject: subjectOf(table, slot, names.get(pid)),
        threads: ['', ...(threads.get(pid) ?? [])],
        elapsedSeconds: elapsed > 0 ? elapsed : Number.NaN,
        unansweredSeconds: Number.isNaN(unanswered) ? 0 : unanswered,
      });
    }
    return found;
  }

  /**
   * Splits the time of a main thread. The kernel counts a stop for the quota as waiting in the run queue, and the
   * cgroup's figure is of all its threads, so the smaller one is the thread's. Waiting after a wake-up counts as idle
   * for the loop, so what is left as `blocked` is rather too little than too much.
   */
  split({ pid, elapsedSeconds }: NodeProcessView): LoopSplit {
    const work = this.cpu.increase(pid);
    // The kernel adds a wait when it is over, so some of it may have been before.
    const wait = Math.min(this.wait.increase(pid), Math.max(0, elapsedSeconds - work));
    const quota = this.throttled.increase(pid);
    const throttled = Number.isNaN(quota) ? 0 : Math.min(wait, quota);
    return {
      work,
      runQueue: wait - throttled,
      throttled,
      blocked: Math.max(0, this.active.increase(pid) - work - wait),
    };
  }
}

/** By table of processes, so that everybody who looks at a measurement calls a process the same. */
const subjects = new WeakMap<RepairedTable, Map<string, { readonly epoch: number; readonly subject: string }>>();

/** A process keeps its name even when it changes its title, or its statistics would fall apart. */
function subjectOf(table: RepairedTable, slot: number, name = 'node'): string {
  const pid = table.table.row(slot).labels[0];
  const epoch = table.table.epoch[slot];
  const known = subjects.get(table) ?? new Map<string, { readonly epoch: number; readonly subject: string }>();
  subjects.set(table, known);
  const last = known.get(pid);
  if (last?.epoch === epoch) return last.subject;
  const subject = `${shortened(name)}[${pid}]`;
  known.set(pid, { epoch, subject });
  return subject;
}

function shortened(name: string): string {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 1)}…`;
}

function namesOf(frame: Frame): Map<string, string> {
  const names = new Map<string, string>();
  eachRow(frame, 'info', ([pid, name]) => names.set(pid, name));
  return names;
}

/** The worker threads that have a loop, by process. */
function threadsOf(frame: Frame): Map<string, string[]> {
  const threads = new Map<string, string[]>();
  eachRow(frame, 'eventloop/time', ([pid, thread]) => {
    if (thread !== '') threads.set(pid, [...(threads.get(pid) ?? []), thread]);
  });
  return threads;
}

/** Calls `take` with the labels of the rows that are there. */
export function eachRow(
  frame: Frame,
  name: string,
  take: (labels: readonly string[], table: RepairedTable, slot: number) => void,
): void {
  const table = freshTable(frame, 'nodejs', name);
  if (table === undefined) return;
  for (let slot = 0; slot < table.table.size; slot++) {
    if (table.table.present(slot)) take(table.table.row(slot).labels, table, slot);
  }
}
