/** The shape of `sadf -j`, for programs that read that: one entry of `statistics` a sample. */
import { jsonText } from '../json-text.ts';
import type { SubjectRow, Summarizer } from '../summarizer.ts';
import type { Format, ViewContext } from '../view.ts';

/** sadf's key, our statistics (their sum), factor; without a statistic, what we do not measure: `null`. */
type Field = readonly [key: string, stats?: string | readonly string[], scale?: number];
const KIB = 1 / 1024;
const SECTORS = 1 / 512;
const PERCENT = 100;

/** As `sar -u`, where user holds guests and system holds interrupts, then as `sar -u ALL`. */
const cpuFields: readonly Field[] = [
  ['user', ['user_ratio', 'guest_ratio'], PERCENT],
  ['nice', 'nice_ratio', PERCENT],
  ['system', ['system_ratio', 'irq_ratio', 'softirq_ratio'], PERCENT],
  ['iowait', 'iowait_ratio', PERCENT],
  ['steal', 'steal_ratio', PERCENT],
  ['idle', 'idle_ratio', PERCENT],
  ['usr', 'user_ratio', PERCENT],
  ['sys', 'system_ratio', PERCENT],
  ['irq', 'irq_ratio', PERCENT],
  ['soft', 'softirq_ratio', PERCENT],
  ['guest', 'guest_ratio', PERCENT],
  ['gnice'],
];
const pagingFields: readonly Field[] = [
  ['pgpgin', 'page_in_kib_per_second'],
  ['pgpgout', 'page_out_kib_per_second'],
  ['fault', 'faults_per_second'],
  ['majflt', 'major_faults_per_second'],
  ['pgfree'],
  ['pgscank'],
  ['pgscand'],
  ['pgsteal'],
  ['vmeff-percent'],
];
const swapFields: readonly Field[] = [
  ['pswpin', 'swap_in_pages_per_second'],
  ['pswpout', 'swap_out_pages_per_second'],
];
const memoryFields: readonly Field[] = [
  ['memfree', 'free_bytes', KIB],
  ['avail', 'available_bytes', KIB],
  ['memused', 'used_bytes', KIB],
  ['memused-percent', 'used_ratio', PERCENT],
  ['buffers', 'buffers_bytes', KIB],
  ['cached', 'cached_bytes', KIB],
  ['commit', 'committed_bytes', KIB],
  ['commit-percent', 'committed_ratio', PERCENT],
  ['active', 'active_bytes', KIB],
  ['inactive', 'inactive_bytes', KIB],
  ['dirty', 'dirty_bytes', KIB],
  ['anonpg', 'anonymous_bytes', KIB],
  ['slab', 'slab_bytes', KIB],
  ['kstack'],
  ['pgtbl'],
  ['vmused'],
  ['swpfree', 'swap_free_bytes', KIB],
  ['swpused'],
  ['swpused-percent', 'swap_used_ratio', PERCENT],
  ['swpcad'],
  ['swpcad-percent'],
];
const queueFields: readonly Field[] = [
  ['runq-sz', 'run_queue'],
  ['plist-sz'],
  ['ldavg-1', 'load1'],
  ['ldavg-5', 'load5'],
  ['ldavg-15', 'load15'],
  ['blocked', 'blocked'],
];
const switchFields: readonly Field[] = [
  ['proc', 'forks_per_second'],
  ['cswch', 'context_switches_per_second'],
];
const diskFields: readonly Field[] = [
  ['tps', 'transfers_per_second'],
  ['rd_sec', 'read_bytes_per_second', SECTORS],
  ['wr_sec', 'write_bytes_per_second', SECTORS],
  ['dc_sec', 'discard_bytes_per_second', SECTORS],
  ['rkB', 'read_bytes_per_second', KIB],
  ['wkB', 'write_bytes_per_second', KIB],
  ['dkB', 'discard_bytes_per_second', KIB],
  ['avgrq-sz', 'request_bytes', SECTORS],
  ['areq-sz', 'request_bytes', KIB],
  ['avgqu-sz', 'queue_depth'],
  ['aqu-sz', 'queue_depth'],
  ['await', 'wait_seconds', 1000],
  ['util-percent', 'utilisation_ratio', PERCENT],
];
const netFields: readonly Field[] = [
  ['rxpck', 'receive_packets_per_second'],
  ['txpck', 'transmit_packets_per_second'],
  ['rxkB', 'receive_bytes_per_second', KIB],
  ['txkB', 'transmit_bytes_per_second', KIB],
  ['rxcmp', 'receive_compressed_per_second'],
  ['txcmp', 'transmit_compressed_per_second'],
  ['rxmcst', 'receive_multicast_per_second'],
  ['ifutil-percent', 'utilisation_ratio', PERCENT],
];
const netErrorFields: readonly Field[] = [
  ['rxerr', 'receive_errors_per_second'],
  ['txerr', 'transmit_errors_per_second'],
  ['coll'],
  ['rxdrop', 'receive_drops_per_second'],
  ['txdrop', 'transmit_drops_per_second'],
  ['txcarr'],
  ['rxfram'],
  ['rxfifo'],
  ['txfifo'],
];
const tcpFields: readonly Field[] = [
  ['active', 'active_opens_per_second'],
  ['passive', 'passive_opens_per_second'],
  ['iseg', 'segments_in_per_second'],
  ['oseg', 'segments_out_per_second'],
];
const tcpErrorFields: readonly Field[] = [
  ['atmptf'],
  ['estres'],
  ['retrans', 'retransmits_per_second'],
  ['isegerr', 'errors_in_per_second'],
  ['orsts', 'resets_out_per_second'],
];

type Group = Record<string, number | string | null>;

class Values {
  private readonly summarizer: Summarizer;
  constructor(summarizer: Summarizer) {
    this.summarizer = summarizer;
  }

  /** The fields of one subject; `null` where the sample has no value. */
  group(resource: string, key: string, row: SubjectRow | undefined, fields: readonly Field[]): Group {
    const stats = this.summarizer.section(resource, key)?.section.stats ?? [];
    const valueOf = (stat: string): number => row?.values[stats.findIndex(({ name }) => name === stat)] ?? Number.NaN;
    const values = fields.map(([name, from = [], scale = 1]) => {
      const names = typeof from === 'string' ? [from] : from;
      const known = row?.current === true && names.length > 0;
      const value = known ? names.reduce((sum, stat) => sum + valueOf(stat), 0) : Number.NaN;
      return [name, Number.isNaN(value) ? null : Number((value * scale).toFixed(2))];
    });
    return Object.fromEntries(values) as Group;
  }

  one(resource: string, key: string, fields: readonly Field[]): Group {
    return this.group(resource, key, this.summarizer.section(resource, key)?.subject(''), fields);
  }

  each(resource: string, key: string, name: string, fields: readonly Field[]): Group[] {
    const rows = [...(this.summarizer.section(resource, key)?.subjects() ?? [])].filter(({ current }) => current);
    return rows.map((row) => ({ [name]: row.subject, ...this.group(resource, key, row, fields) }));
  }
}

function statistics(values: Values, t_ms: number, elapsedSeconds: number): unknown {
  const [date, time] = new Date(t_ms).toISOString().split(/[T.]/);
  return {
    timestamp: { date, time, utc: 1, interval: Math.max(1, Math.round(elapsedSeconds)) },
    'cpu-load': [{ cpu: 'all', ...values.one('cpu', '', cpuFields) }, ...values.each('cpu', 'cpus', 'cpu', cpuFields)],
    'process-and-context-switch': values.one('cpu', 'scheduler', switchFields),
    'swap-pages': values.one('memory', '', swapFields),
    paging: values.one('memory', '', pagingFields),
    memory: values.one('memory', '', memoryFields),
    queue: values.one('cpu', 'scheduler', queueFields),
    disk: values.each('disk', 'devices', 'disk-device', diskFields),
    network: {
      'net-dev': values.each('network', 'interfaces', 'iface', netFields),
      'net-edev': values.each('network', 'interfaces', 'iface', netErrorFields),
      'net-tcp': values.one('network', 'tcp', tcpFields),
      'net-etcp': values.one('network', 'tcp', tcpErrorFields),
    },
  };
}

function hostHead(context: ViewContext, t_ms: number): string {
  const facts = context.host();
  const [date, time] = new Date(t_ms).toISOString().split(/[T.]/);
  const [sysname, release] = (facts.kernel ?? ' ').split(' ');
  const head = {
    nodename: facts.hostname ?? '',
    sysname,
    release: release ?? '',
    machine: facts.machine ?? '',
    'number-of-cpus': facts.cpus_online ?? 0,
    'file-date': date,
    'file-utc-time': time,
    timezone: 'UTC',
  };
  return `{"sysstat": {"hosts": [${jsonText(head).slice(0, -1)},\n"statistics": [\n`;
}

export default {
  name: 'sysstat-json',
  extensions: [],
  open(context) {
    const values = new Values(context.summarizer);
    let entries = 0;
    return {
      sample({ index, t_ms, elapsedSeconds }) {
        if (index === 0) return hostHead(context, t_ms);
        return `${entries++ === 0 ? '' : ',\n'}${jsonText(statistics(values, t_ms, elapsedSeconds))}`;
      },
      end: () => '\n],\n"restarts": []}]}}\n',
    };
  },
} satisfies Format;
