import type { Column, TableSpec } from '../../core/metric.ts';
import { Table } from '../../core/table.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';
import { cpuList } from '../cpu-list.ts';
import { listDirectory, readText } from '../files.ts';
import type { Attribute } from '../kept-attributes.ts';
import { KeptAttributes } from '../kept-attributes.ts';

const HERTZ_PER_KHZ = 1000;

const hertz = (name: string, help: string): Column => ({
  metric: `node_cpu_${name}_hertz`,
  type: 'gauge',
  unit: 'hertz',
  help,
});

/** File of `cpufreq/` by column. Those of the hardware (`cpuinfo_cur_freq`) are for root only. */
const fileNames = [
  'cpuinfo_cur_freq',
  'cpuinfo_min_freq',
  'cpuinfo_max_freq',
  'scaling_cur_freq',
  'scaling_min_freq',
  'scaling_max_freq',
];
const frequencies: TableSpec = {
  name: 'frequencies',
  labels: ['cpu'],
  columns: [
    hertz('frequency', 'Clock rate of a CPU as the hardware says.'),
    hertz('frequency_min', 'Lowest clock rate a CPU can have.'),
    hertz('frequency_max', 'Highest clock rate a CPU can have.'),
    hertz('scaling_frequency', 'Clock rate of a CPU as the kernel set or measured it.'),
    hertz('scaling_frequency_min', 'Lowest clock rate the policy allows.'),
    hertz('scaling_frequency_max', 'Highest clock rate the policy allows.'),
  ],
};
const governors: TableSpec = {
  name: 'governors',
  labels: ['cpu', 'governor'],
  columns: [
    {
      metric: 'node_cpu_scaling_governor',
      type: 'gauge',
      unit: 'info',
      help: 'Who sets the clock rate: 1 for the governor in charge, 0 for the others.',
    },
  ],
};

/** Every CPU that is on and has a clock rate. https://docs.kernel.org/admin-guide/pm/cpufreq.html */
function findCpus(root: string, rates: Table, deciders: Table): Attribute[] {
  const offline = new Set(cpuList(readText(`${root}/offline`) ?? ''));
  const cpus = listDirectory(root).flatMap((name) => /^cpu(\d+)$/.exec(name)?.[1] ?? []);
  return cpus.flatMap((cpu) => {
    const folder = `${root}/cpu${cpu}/cpufreq`;
    const present = new Set(offline.has(cpu) ? [] : listDirectory(folder));
    const figures = fileNames.flatMap((file, column) =>
      present.has(file)
        ? [{ path: `${folder}/${file}`, table: rates, key: cpu, labels: [cpu], column, multiply: HERTZ_PER_KHZ }]
        : [],
    );
    const names = (readText(`${folder}/scaling_available_governors`) ?? '').split(/\s+/).filter((name) => name !== '');
    const choices = present.has('scaling_governor') ? names : [];
    const chosen = choices.map((governor) => {
      return {
        path: `${folder}/scaling_governor`,
        table: deciders,
        key: `${cpu} ${governor}`,
        labels: [cpu, governor],
        is: governor,
      };
    });
    return [...figures, ...chosen];
  });
}

function open({ files, paths }: CollectContext): Reader {
  const tables = [frequencies, governors].map((each) => new Table(each));
  const root = `${paths.sysfs}/devices/system/cpu`;
  return new KeptAttributes(files, tables, `${root}/cpu*/cpufreq`, () => findCpus(root, tables[0], tables[1]));
}

export default {
  name: 'cpufreq',
  enabledByDefault: true,
  help: 'Clock rates of the CPUs and their limits (sysfs).',
  tables: [frequencies, governors],
  minIntervalSeconds: 1,
  open,
} satisfies Collector;
