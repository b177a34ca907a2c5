/**
 * What went wrong in the loops of Node.js processes, remembered over the window: why the loop kept something waiting
 * is told by the intervals in which it did, and those are lost in the means of a quiet hour.
 */
import type { Frame } from '../core/frame.ts';
import { NodeFigure } from './node-figures.ts';
import type { LoopSplit, NodeProcessView } from './node-processes.ts';
import { NodeProcesses, eachRow } from './node-processes.ts';
import { Figure } from './section.ts';

/** A loop that kept something waiting for so long was blocked: clinic doctor's limit (`analyse-delay.js`, max >= 100 ms). */
export const STALL_SECONDS = 0.1;
/** A thread that waited for a CPU for so much of the time is starved, even if it was late by little each time. */
const STARVED_RATIO = 0.2;

/** What a process that owes an answer did. */
export interface Silence {
  readonly seconds: number;
  /** `silent`, `refused`, `vanished`, `hostile` or `denied`. */
  readonly reason: string;
  /** State's letter of the main thread; empty when not known. */
  readonly state: string;
  /** Where in the kernel it waits; empty when it does not, or that is not known. */
  readonly wchan: string;
  /** What the main thread did since the last answer, in seconds; NaN when not known. */
  readonly cpuSeconds: number;
  readonly waitSeconds: number;
  readonly throttledSeconds: number;
}

/** One process over the window. */
export interface NodeUse {
  readonly pid: number;
  readonly subject: string;
  /** Intervals in which the loop kept something waiting, or its thread was starved. */
  stalls: number;
  /** Seconds of these intervals, and what the main thread did in them. */
  stalledSeconds: number;
  readonly stalled: { -readonly [Part in keyof LoopSplit]: number };
  /** Seconds in pauses for garbage collection in these intervals. */
  stalledGcSeconds: number;
  /** The longest time that something waited. */
  worstDelaySeconds: number;
  /** The longest time without an answer. */
  silence: Silence | undefined;
  /** Whether it owed an answer at the end. */
  silentNow: boolean;
  /** Seconds that the quota of each cgroup above it stopped somebody. */
  readonly throttledBy: Map<string, number>;
}

const throttledSeconds = new Figure('codoperf_nodejs_throttled_seconds_total');
const unansweredSeconds = new Figure('codoperf_nodejs_unanswered_seconds');
const unansweredCpu = new Figure('codoperf_nodejs_unanswered_cpu_seconds');
const unansweredWait = new Figure('codoperf_nodejs_unanswered_run_queue_wait_seconds');
const unansweredThrottled = new Figure('codoperf_nodejs_unanswered_throttled_seconds');

/** Notes by process; see the module comment. */
export class NodeLedger {
  private readonly processes = new NodeProcesses();
  private readonly delay = new NodeFigure('codoperf_eventloop_delay_max_seconds');
  private readonly pauses = new NodeFigure('nodejs_gc_duration_seconds_sum');
  private readonly notes = new Map<string, NodeUse>();

  /** Takes in a frame; the baseline tells of nobody's time, but who is silent. */
  add(frame: Frame): void {
    const found = this.processes.of(frame);
    if (found.length === 0) return;
    this.delay.bind(frame);
    this.pauses.bind(frame);
    for (const process of found) this.addOne(process);
    eachRow(frame, 'throttling', ([pid, cgroup], table, slot) => {
      const note = this.noteOf(pid);
      const increase = throttledSeconds.increase(table, slot);
      if (note !== undefined && increase > 0) {
        note.throttledBy.set(cgroup, (note.throttledBy.get(cgroup) ?? 0) + increase);
      }
    });
    eachRow(frame, 'silence', ([pid, reason, state, wchan], table, slot) => {
      const note = this.noteOf(pid);
      const seconds = unansweredSeconds.value(table, slot);
      if (note !== undefined && !(seconds < (note.silence?.seconds ?? 0))) {
        note.silence = {
          seconds,
          reason,
          state,
          wchan,
          cpuSeconds: unansweredCpu.value(table, slot),
          waitSeconds: unansweredWait.value(table, slot),
          throttledSeconds: unansweredThrottled.value(table, slot),
        };
      }
    });
  }

  /** Every process that was seen, in the order of first sight. */
  uses(): NodeUse[] {
    return [...this.notes.values()];
  }

  private noteOf(pid: string): NodeUse | undefined {
    return [...this.notes.values()].findLast((note) => note.pid === Number(pid));
  }

  private addOne(process: NodeProcessView): void {
    const note = this.open(process);
    note.silentNow = process.unansweredSeconds > 0;
    if (Number.isNaN(process.elapsedSeconds)) return;
    const delay = this.delay.value(process.pid);
    const split = this.processes.split(process);
    if (delay > note.worstDelaySeconds) note.worstDelaySeconds = delay;
    const waited = split.runQueue + split.throttled;
    if (!(delay >= STALL_SECONDS) && !(waited >= STARVED_RATIO * process.elapsedSeconds)) return;
    note.stalls++;
    note.stalledSeconds += process.elapsedSeconds;
    for (const part of ['work', 'runQueue', 'throttled', 'blocked'] as const) note.stalled[part] += known(split[part]);
    note.stalledGcSeconds += known(this.pauses.increase(process.pid));
  }

  private open({ pid, subject }: NodeProcessView): NodeUse {
    const known = this.notes.get(subject);
    if (known !== undefined) return known;
    const note: NodeUse = {
      pid: Number(pid),
      subject,
      stalls: 0,
      stalledSeconds: 0,
      stalled: { work: 0, runQueue: 0, throttled: 0, blocked: 0 },
      stalledGcSeconds: 0,
      worstDelaySeconds: 0,
      silence: undefined,
      silentNow: false,
      throttledBy: new Map(),
    };
    this.notes.set(subject, note);
    return note;
  }
}

function known(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}
