// CPU a sample of programs that run at real pace, once a second.
import { sleep, stop } from './children.mjs';
import { treeCpuSeconds } from './cpu.mjs';

const START_UP_SECONDS = 5;

/** Starts a contender and answers its CPU milliseconds a second over `seconds`, without its start-up. */
async function once(contender, seconds) {
  const process = await contender.start();
  await sleep(Math.min(START_UP_SECONDS, Math.max(1, seconds / 2)));
  const before = { at: performance.now(), cpu: treeCpuSeconds(process.pid) };
  await sleep(seconds);
  if (process.child.exitCode !== null || process.child.signalCode !== null) {
    const { code, signal, stderr } = await process.exited;
    throw new Error(`${contender.name} ended early: ${code ?? signal} ${stderr}`);
  }
  const cpu = treeCpuSeconds(process.pid) - before.cpu;
  const elapsed = (performance.now() - before.at) / 1000;
  await stop(process);
  process.halt?.();
  return (cpu * 1000) / elapsed;
}

/**
 * Milliseconds of CPU a sample by contender, one entry a round. One after the other, in turned order from round
 * to round; or with `together` all in the same window, their starts spread over a second.
 */
export async function pace(contenders, { seconds, rounds, together }) {
  const results = Object.fromEntries(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const order = contenders.map((_, i) => contenders[(i + round) % contenders.length]);
    if (together) {
      const runs = order.map(async (contender, i) => {
        await sleep(i / order.length);
        results[contender.name].push(await once(contender, seconds));
      });
      await Promise.all(runs);
    } else {
      for (const contender of order) results[contender.name].push(await once(contender, seconds));
    }
  }
  return results;
}
