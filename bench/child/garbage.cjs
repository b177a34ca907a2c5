// Makes garbage of all ages for a while, then waits to be looked at and ends when told.
const ROUNDS = 400;
const kept = [];
let round = 0;
function litter() {
  for (let i = 0; i < 20_000; i++) kept[(i * 7 + round) % 50_000] = { i, text: `value ${i}`, more: [i] };
  if (++round < ROUNDS) setImmediate(litter);
  else process.send({ rounds: ROUNDS });
}
litter();
// A collection after the agent was asked would be traced and not counted.
process.once('message', () => process.kill(process.pid, 'SIGKILL'));
