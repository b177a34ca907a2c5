/**
 * Watches the event loop of this thread, and lets it sleep.
 *
 * A timer of 20 ms sees every delay, but wakes an idle loop 50 times a second, which is most of what an agent costs
 * (nodejs/node#56064). So the timer only runs while the loop turns for others too. Before the loop sleeps, an `unref`d
 * immediate takes its place: it does not wake the loop, but runs when the loop was woken and has done what it was woken
 * for, and then the timer goes on. How long that work took is what the loop's time says: active since it fell asleep.
 *
 * The one thing that the immediate cannot see is a sleeping thread that is woken and gets no CPU. The timer sees it in
 * all that follows, and for a loop that only sleeps, the beat does: when it is later than what was seen explains.
 *
 * `samplePerIteration` of Node.js 26.5 and 24.19 is the same idea in C++; older versions ignore the option silently.
 */
import { beatMs, everyBeat } from './beat.ts';
import type { LoopDelay } from './loop-delay.ts';
import { resolutionMs } from './loop-delay.ts';
import type { LoopTime } from './loop-time.ts';
import { loopTime } from './loop-time.ts';
import { holdResource, isOwnTurn, loopTurn } from './own-resources.ts';
import { shielded } from './shield.ts';

/** Lateness that no work explains, in milliseconds: a thread that does not get to run. */
const STARVED_MS = 10;
/** Work of others in a turn, in milliseconds, after which the loop does not fall asleep yet. */
const WORK_MS = 2;
/** Turns without work before the loop may sleep: what the last timers have set in motion is over by then. */
const QUIET_TURNS = 3;
/** The shortest sleep, in milliseconds, that libuv's account of it is believed for. */
const SLEEP_MS = 1;

/** The watch over one loop; tells `delay` what it sees. */
export class LoopWatch {
  private readonly delay: LoopDelay;
  /** When the loop was last looked at. */
  private last: LoopTime = loopTime();
  private beatAt = this.last;
  /** Milliseconds of delays that were seen since the last beat. */
  private seenMs = 0;
  /** The turn in which the timer was last served or begun. */
  private turn = 0;
  private quietTurns = 0;
  /** Either runs: the timer while the loop is busy, the immediate around its sleep. */
  private timer: NodeJS.Timeout | undefined;
  private immediate: NodeJS.Immediate | undefined;
  private readonly endBeats: () => void;
  private readonly onTick = shielded('event loop: tick', () => this.tick());
  private readonly onQuietTurn = shielded('event loop: quiet turn', () => this.quietTurn());
  private readonly onWake = shielded('event loop: wake', () => this.wake());

  constructor(delay: LoopDelay) {
    this.delay = delay;
    this.turnOnce();
    this.endBeats = everyBeat('event loop: beat', () => this.beat());
  }

  /** Milliseconds that something which waits now has waited already. */
  waitingMs(): number {
    const { idle, active } = loopTime();
    if (this.timer !== undefined) return this.delay.overdueMs(idle + active);
    return this.isInterrupted(idle) ? 0 : Math.max(0, active - this.last.active);
  }

  /** Tells `delay` what is known by now: that the loop was ready until its current work began. */
  catchUp(): void {
    const { idle, active } = loopTime();
    if (this.timer === undefined) this.delay.ready(idle + Math.min(active, this.last.active));
  }

  stop(): void {
    this.endBeats();
    clearImmediate(this.immediate);
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private tick(): void {
    const now = loopTime();
    const nowMs = now.idle + now.active;
    this.seenMs += this.delay.overdueMs(nowMs);
    this.delay.served(nowMs);
    this.last = now;
    const turn = loopTurn();
    const isForThisOnly = turn - this.turn <= 1;
    this.turn = turn;
    if (isForThisOnly) this.fallAsleep();
  }

  private fallAsleep(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.quietTurns = 0;
    this.turnOnce();
  }

  /** One that holds the loop makes it turn without sleeping, so that work and sleep are not mixed. */
  private turnOnce(): void {
    this.immediate = setImmediate(this.onQuietTurn);
    holdResource('Immediate', 1);
  }

  private quietTurn(): void {
    holdResource('Immediate', -1);
    const now = loopTime();
    const worked = this.pass(now, false);
    if (worked >= WORK_MS) this.startTimer(now);
    else if (++this.quietTurns < QUIET_TURNS) this.turnOnce();
    else this.immediate = setImmediate(this.onWake).unref();
  }

  private wake(): void {
    const now = loopTime();
    const worked = this.pass(now, this.isInterrupted(now.idle));
    if (isOwnTurn() && worked < WORK_MS) this.fallAsleep();
    else this.startTimer(now);
  }

  /** Takes in the time since the last look; gives the milliseconds of work in it. */
  private pass(now: LoopTime, isInterrupted: boolean): number {
    const nowMs = now.idle + now.active;
    const worked = Math.max(0, now.active - this.last.active);
    if (isInterrupted) this.delay.ready(nowMs);
    else {
      this.delay.away(nowMs - worked, nowMs);
      this.seenMs += worked;
    }
    this.last = now;
    return worked;
  }

  /**
   * libuv forgets a sleep that a signal interrupts (a child that ends, a profiler) and starts its account anew, so that
   * the sleep looks like work. A loop that was about to sleep and did so for no millisecond was most likely interrupted;
   * how long it worked is then not known.
   */
  private isInterrupted(idle: number): boolean {
    return idle - this.last.idle < SLEEP_MS;
  }

  private beat(): void {
    const now = loopTime();
    const nowMs = now.idle + now.active;
    const lateMs = nowMs - (this.beatAt.idle + this.beatAt.active) - beatMs;
    if (lateMs - this.seenMs > STARVED_MS) this.delay.servedLate(nowMs, lateMs - this.seenMs);
    this.beatAt = now;
    this.seenMs = 0;
    // Woken for this, as it seems: the timer began in this turn.
    if (this.timer !== undefined && this.turn === loopTurn() && now.active - this.last.active < WORK_MS)
      this.fallAsleep();
  }

  private startTimer(now: LoopTime): void {
    this.delay.restart(now.idle + now.active);
    this.turn = loopTurn();
    this.timer = setInterval(this.onTick, resolutionMs).unref();
  }
}
