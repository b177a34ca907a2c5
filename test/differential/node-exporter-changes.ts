/** What became different in node_exporter after 1.5.0, and where we differ on purpose. */

interface Change {
  readonly families: RegExp;
  /** Labels that only one of the two versions has; without, the family is not compared. */
  readonly labels?: readonly string[];
  readonly reason: string;
}

/** Families that are not the same in 1.5.0 and in what we follow. */
export const changes: readonly Change[] = [
  { families: /^node_filesystem_/, labels: ['device_error'], reason: 'the label device_error came with 1.8' },
  { families: /^node_network_info$/, labels: ['adminstate'], reason: 'the label adminstate came with 1.6' },
  {
    families: /^node_disk_info$/,
    labels: ['rotational', 'serial'],
    reason: 'rotational came with 1.9; serial is taken from two more properties',
  },
];

/** Collectors whose fixture trees cannot be shown to the exporter. */
export const liveOnly: ReadonlySet<string> = new Set([
  'uname', // Asks the kernel by a system call, whatever the tree says.
  'filesystem', // Asks the kernel of this machine; our fixtures answer from a record.
]);

/** Fixture cases where 1.5.0 gives up or errs, with the reason. */
const differing: Readonly<Record<string, string>> = {
  'cpufreq/intel-pstate-one-offline': 'a CPU that is offline has no frequency',
  'hwmon/garbage-and-hostile-names': 'blanks around a number are no reason to leave it out',
  'hwmon/no-device-and-sensors-in-the-device': 'chips of one name are told apart by their number',
  'hwmon/several-chips-on-one-device': 'chips of one device are told apart by their name',
  'hwmon/server-five-chips': 'labels of frequency sensors are shown like those of all others',
  'mdadm/reshape': '1.5.0 does not know arrays that are being reshaped',
  'netclass/garbage': 'what is no number is absent, where 1.5.0 shows 0',
  'processes/none': 'limits that are not there are absent, where 1.5.0 shows 0',
  'softnet/host': 'the CPU is the one that the kernel prints, where 1.5.0 counts lines',
  'softnet/linux-5.10': 'the CPU is the one that the kernel prints, where 1.5.0 counts lines',
  'thermal_zone/laptop': 'a zone that is switched off measures nothing',
  'zfs/blank-in-name': '1.5.0 cuts the name of a dataset at the blank',
};

/** Series that came to a family after 1.5.0. */
export const newSeries = /node_zfs_zpool_state\{.*state="suspended"/;

/** Series whose value never comes from the tree. */
export const ofThisMachine = /^node_time_seconds$/;

/** Series of this machine that come, go and move faster than two samples can hold them. */
export const restless = /node_processes_(threads_)?state/;

/** How much of a figure of the whole machine is what the two of us do while we look: here, the files we hold open. */
export function ownShare(key: string): number {
  return key.startsWith('node_filefd_allocated') ? 200 : 0;
}

/** Why 1.5.0 is no measure for a case; `undefined` where it is. */
export function whyDifferent(collector: string, name: string): string | undefined {
  return differing[`${collector}/${name}`];
}
