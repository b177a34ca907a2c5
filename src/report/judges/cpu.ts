import { throttledCgroups } from '../cgroup-limits.ts';
import { formatRatio, threeDigits } from '../format.ts';
import type { Finding } from '../finding.ts';
import type { Judgement, Observed } from '../judgement.ts';

/** Thresholds and their sources: reference tables of netdata, node-mixin, kubernetes-mixin; see docs/decisions/003-verdict-thresholds.md. */
const PRESSURE_WARNING = 0.2;
const PRESSURE_CRITICAL = 0.5;
const BUSY_INFO = 0.85;
const STEAL_WARNING = 0.1;

interface CpuFigures {
  busy: number;
  cpus: number;
  pressure: number;
  queue: number;
  steal: number;
}

function findings({ busy, cpus, pressure, queue, steal }: CpuFigures): Finding[] {
  const found: Finding[] = [];
  if (pressure > PRESSURE_WARNING && queue > cpus) {
    found.push({
      rule_id: 'cpu.psi',
      severity: pressure > PRESSURE_CRITICAL ? 'critical' : 'warning',
      resource: 'cpu',
      subject: null,
      summary: `CPU is short: tasks waited for a CPU ${formatRatio(pressure)} of the time, ${threeDigits(queue)} runnable on ${cpus} CPUs.`,
      evidence: [
        { stat: 'pressure.cpu_some_ratio', value: pressure, unit: 'ratio', limit: PRESSURE_WARNING },
        { stat: 'cpu.scheduler.run_queue', value: queue, unit: 'count', limit: cpus },
      ],
      recommendation:
        'Find the user with `pidstat -u 1 5`; run fewer workers, lower the priority of batch work (`renice 10 -p PID`) or add CPUs.',
    });
  } else if (busy > BUSY_INFO) {
    found.push({
      rule_id: 'cpu.util',
      severity: 'info',
      resource: 'cpu',
      subject: null,
      summary: `CPUs are ${formatRatio(busy)} busy, but hardly anything waits for them.`,
      evidence: [{ stat: 'cpu.busy_ratio', value: busy, unit: 'ratio', limit: BUSY_INFO }],
      recommendation: null,
    });
  }
  if (steal > STEAL_WARNING) {
    found.push({
      rule_id: 'cpu.steal',
      severity: 'warning',
      resource: 'cpu',
      subject: null,
      summary: `The hypervisor took ${formatRatio(steal)} of the CPU time away from this machine.`,
      evidence: [{ stat: 'cpu.steal_ratio', value: steal, unit: 'ratio', limit: STEAL_WARNING }],
      recommendation: 'Move to a larger or dedicated instance, or ask the provider about a noisy neighbour.',
    });
  }
  return found;
}

/** Pressure and run queue first; busy alone is not a problem; steal is one. */
export function judgeCpu(observed: Observed): Judgement {
  const { mean, last, consumers } = observed;
  const figures = {
    busy: mean('cpu', '', 'busy_ratio'),
    cpus: last('cpu', '', 'online_cpus'),
    pressure: mean('pressure', '', 'cpu_some_ratio'),
    queue: mean('cpu', 'scheduler', 'run_queue'),
    steal: mean('cpu', '', 'steal_ratio'),
  };
  const [top] = consumers.cpu;
  return {
    utilisation: Number.isNaN(figures.busy) ? '-' : `${formatRatio(figures.busy)} of ${figures.cpus} CPUs`,
    saturation: `pressure ${formatRatio(figures.pressure)}, ${Number.isNaN(figures.queue) ? '-' : threeDigits(figures.queue)} runnable`,
    errors: `steal ${formatRatio(figures.steal)}`,
    top: top === undefined ? null : `${top.name} ${formatRatio(top.amount)} of a core`,
    findings: [...findings(figures), ...throttledCgroups(observed)],
    known: !Number.isNaN(figures.busy),
  };
}
