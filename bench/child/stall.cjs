// A quiet program that blocks its event loop for half a second when told, and says so a moment later.
const BLOCK_MS = 500;
setInterval(() => undefined, 1000);
process.on('message', () => {
  const end = performance.now() + BLOCK_MS;
  while (performance.now() < end);
  setTimeout(() => process.send('stalled'), 200);
});
process.on('disconnect', () => process.exit(0));
process.send('ready');
