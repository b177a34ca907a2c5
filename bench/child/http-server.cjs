// A trivial JSON handler, as it stands in every hello world; what watches it was preloaded. Tells its port and, when
// asked, its CPU time in microseconds.
const http = require('node:http');

const body = '{"hello":"world"}';
const server = http.createServer((request, response) => {
  globalThis.observeRequest?.(request, response);
  response.setHeader('content-type', 'application/json');
  response.end(body);
});
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send({ cpu: user + system });
});
process.on('disconnect', () => process.exit(0));
