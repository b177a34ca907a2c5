/** All threads of the process as one: asks them, and tells which live without having answered. */
import type { Answers, ThreadAnswer, ThreadQuestion } from './thread-answer.ts';
import type { MainEnd } from './thread-bus.ts';
import type { Thread } from './thread.ts';

/** A worker that is not blocked answers within a few milliseconds. */
const TIMEOUT_MS = 200;

/** Asks every thread with the agent; never waits longer than 200 ms for one that does not work at it. */
export async function askThreads(main: Thread, bus: MainEnd, question: ThreadQuestion): Promise<Answers> {
  main.workers.dropEnded();
  const [own, others] = await Promise.all([main.answer(question), bus.ask(question, TIMEOUT_MS)]);
  return assembled(bus, [own, ...others]);
}

/** As `askThreads` for a question that only reads, without the event loop: the process is about to end. */
export function askThreadsInPlace(main: Thread, bus: MainEnd, question: ThreadQuestion): Answers {
  main.workers.dropEnded();
  return assembled(bus, [main.read(question), ...bus.askInPlace(question, TIMEOUT_MS)]);
}

function assembled(bus: MainEnd, threads: readonly ThreadAnswer[]): Answers {
  const answered = new Set(threads.map(({ thread }) => thread));
  const others = threads.flatMap(({ workers }) => workers).filter(({ thread }) => !answered.has(thread));
  const living = new Set(others.map(({ thread }) => thread));
  // What did not answer and nobody knows as its worker has ended; if not, it will be heard again.
  for (const thread of bus.listening) if (!answered.has(thread) && !living.has(thread)) bus.listening.delete(thread);
  return {
    threads,
    silent: others.filter(({ thread }) => bus.listening.has(thread)),
    bare: others.filter(({ thread }) => !bus.listening.has(thread)),
  };
}
