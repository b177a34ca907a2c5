// Waits, as a service without visitors does.
setInterval(() => undefined, 60_000);
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send({ cpu: user + system });
});
process.on('disconnect', () => process.exit(0));
