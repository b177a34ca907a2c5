/** The exposition types of Prometheus that a host, process or cache figure can have. */
export type MetricType = 'counter' | 'gauge' | 'untyped';

/** Base unit of a figure; the metric name carries it too (`_seconds`, `_bytes`, `_ratio`). */
export type Unit =
  | 'seconds'
  | 'bytes'
  | 'ratio'
  | 'celsius'
  | 'volts'
  | 'amperes'
  | 'watts'
  | 'joules'
  | 'rpm'
  | 'hertz'
  | 'info'
  | 'count';

/**
 * One measured figure of a subject: the metric it belongs to and the labels that tell it from its
 * siblings (`node_cpu_seconds_total` with `mode="user"`).
 */
export interface Column {
  readonly metric: string;
  readonly type: MetricType;
  readonly unit: Unit;
  readonly help: string;
  /** Labels that are the same for every subject; label names sorted by the writer, not here. */
  readonly labels?: Readonly<Record<string, string>>;
  /** An `untyped` figure that the kernel only counts up (`/proc/vmstat`, `/proc/net/snmp`): repaired as a counter is. */
  readonly cumulative?: boolean;
  /**
   * Where this counter begins again at zero, in the column's unit, because the kernel keeps it in 32
   * bits on 64-bit hosts too (2^32 for a count, 2^32 / 1000 for milliseconds shown as seconds). A fall
   * from close below it is a wrap, not a reset.
   */
  readonly wrapAt?: number;
  /**
   * The largest fall, in the column's unit, that the kernel is known to produce without a reset
   * (idle and iowait: `man 5 proc`, "value may decrease"). Such a fall is clamped to the last value.
   */
  readonly mayFallBy?: number;
  /** The histogram, or summary, that this series is a part of: its family has that name and type. */
  readonly histogram?: { readonly name: string; readonly summary?: true };
}

/**
 * A set of subjects that share their figures: the CPUs, the block devices, or, with no subject
 * label, the host itself. Either every row has the same `columns`, or each row is one figure of its
 * own, described when its key first appears (`/proc/meminfo`, `/proc/vmstat`).
 */
export interface TableSpec {
  /** Unique within its collector; used by the readers of the table, never shown. */
  readonly name: string;
  /** Names of the labels that tell the subjects apart, in the order of `Row.labels`. */
  readonly labels: readonly string[];
  readonly columns: readonly Column[];
  /** For tables of the second kind: the figure behind a key, or `null` to leave the key out. */
  readonly describe?: (key: string) => Column | null;
  /** Leaves out subjects by key (device and mount point filters). Called once per new key. */
  readonly accept?: (key: string) => boolean;
  /** Labels of a subject; the key itself when absent. Called once per new key. */
  readonly labelsOf?: (key: string) => readonly string[];
  /**
   * A subject that appears in a later sample began at zero (processes, cgroups), so that its first
   * value is its increase. Elsewhere a first value proves nothing. A function tells it of one subject by its labels.
   */
  readonly bornAtZero?: boolean | ((labels: readonly string[]) => boolean);
  /** Labels that a subject lacks are left out of its series, not shown as empty ones. */
  readonly omitsEmptyLabels?: boolean;
  /** For the generated reference: metric name patterns of a `describe` table (`node_memory_*_bytes`). */
  readonly documented?: readonly Column[];
}
