/** How the agent itself fares: a probe that throws is left out of the figures, and only this tells. */
import { probeFailures } from '../probe-failures.ts';
import type { Probe } from '../probe.ts';

export default {
  name: 'agent',
  help: 'The agent itself.',
  scope: 'thread',
  tables: [
    {
      name: 'agent',
      labels: [],
      columns: [
        {
          metric: 'codoperf_agent_probe_failures_total',
          type: 'counter',
          unit: 'count',
          help: 'Times that a probe of the agent threw, so that its figures were left out.',
        },
      ],
    },
  ],
  start: () => ({
    read(emit) {
      emit('agent', [], [probeFailures()]);
    },
    stop() {},
  }),
} satisfies Probe;
