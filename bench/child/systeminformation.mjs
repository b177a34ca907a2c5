// systeminformation.mjs LIBRARY host|processes: asks systeminformation once a second, on time, until it is ended.
const [library, what] = process.argv.slice(2);
const { default: si } = await import(library);
const questions =
  what === 'processes'
    ? [() => si.processes()]
    : [() => si.currentLoad(), () => si.mem(), () => si.disksIO(), () => si.fsSize(), () => si.networkStats('*')];
let due = performance.now();

async function tick() {
  for (const ask of questions) await ask();
  due += 1000;
  setTimeout(tick, Math.max(0, due - performance.now()));
}

await tick();
