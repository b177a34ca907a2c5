// OpenTelemetry's HTTP instrumentation with traces and metrics that nobody exports.
const { createRequire } = require('node:module');
const load = createRequire(`${process.env.RIVALS}/`);
const { MeterProvider } = load('@opentelemetry/sdk-metrics');
const { NodeTracerProvider } = load('@opentelemetry/sdk-trace-node');
const { registerInstrumentations } = load('@opentelemetry/instrumentation');
const { HttpInstrumentation } = load('@opentelemetry/instrumentation-http');

const tracerProvider = new NodeTracerProvider();
tracerProvider.register();
registerInstrumentations({
  tracerProvider,
  meterProvider: new MeterProvider(),
  instrumentations: [new HttpInstrumentation()],
});
