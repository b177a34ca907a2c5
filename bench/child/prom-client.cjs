// prom-client as its README shows it: the default metrics and one labelled histogram of request durations.
const { createRequire } = require('node:module');
const { collectDefaultMetrics, Histogram } = createRequire(`${process.env.RIVALS}/`)('prom-client');

collectDefaultMetrics();
const duration = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'Duration of HTTP requests.',
  labelNames: ['method', 'route', 'code'],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
});
globalThis.observeRequest = (request, response) => {
  const end = duration.startTimer();
  response.on('finish', () => end({ method: request.method, route: '/', code: response.statusCode }));
};
