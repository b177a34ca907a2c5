/** What the host tells about itself, from the frame: right under an injected root as well. */
import type { Frame } from '../core/frame.ts';
import { Figure, MetricIndex } from './section.ts';
import type { HostFacts } from './monitor-report.ts';

const bootTime = new Figure('node_boot_time_seconds');

/** The facts known from this frame. */
export function hostFacts(frame: Frame): HostFacts {
  const labels = unameLabels(frame);
  const stat = frame.table('stat', 'stat');
  const boot = stat?.table.anyPresent() === true ? bootTime.value(stat, 0) : Number.NaN;
  const total = new MetricIndex().bind(frame.table('meminfo', 'bytes')).value('node_memory_MemTotal_bytes');
  const cpus = frame.table('cpu', 'cpu')?.table;
  let online = 0;
  if (cpus !== undefined) for (let slot = 0; slot < cpus.size; slot++) if (cpus.present(slot)) online++;
  const kernel = [labels.sysname, labels.release].filter((part) => part !== undefined && part !== '').join(' ');
  return {
    hostname: labels.nodename ?? null,
    kernel: kernel === '' ? null : kernel,
    machine: labels.machine ?? null,
    cpus_online: online > 0 ? online : null,
    memory_bytes: Number.isNaN(total) ? null : total,
    boot_time: Number.isNaN(boot) ? null : new Date(boot * 1000).toISOString(),
  };
}

function unameLabels(frame: Frame): Record<string, string | undefined> {
  const table = frame.collector('uname')?.tables[0]?.table;
  if (table === undefined || table.size === 0 || !table.present(0)) return {};
  return Object.fromEntries(table.spec.labels.map((name, i) => [name, table.row(0).labels[i]]));
}
