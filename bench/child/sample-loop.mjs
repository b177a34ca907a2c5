// sample-loop.mjs LIBRARY host|processes|nothing: samples once a second, on time, until it is ended.
const [library, what] = process.argv.slice(2);
const { createSampler } = what === 'nothing' ? {} : await import(library);
const sampler =
  what === 'nothing' ? { sample: () => undefined } : await createSampler({ processes: what === 'processes' });
let due = performance.now();

function tick() {
  sampler.sample('due');
  due += 1000;
  setTimeout(tick, due - performance.now());
}

tick();
