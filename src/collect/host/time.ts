import type { Column, TableSpec } from '../../core/metric.ts';
import { Table } from '../../core/table.ts';
import type { CollectContext, Collector, Reader } from '../collector.ts';
import { listDirectory, readText } from '../files.ts';
import { zoneAt } from '../time-zone.ts';

const now: TableSpec = {
  name: 'now',
  labels: [],
  columns: [{ metric: 'node_time_seconds', type: 'gauge', unit: 'seconds', help: 'Wall-clock time since 1970.' }],
};
const zone: TableSpec = {
  name: 'zone',
  labels: ['time_zone'],
  columns: [{ metric: 'node_time_zone_offset_seconds', type: 'gauge', unit: 'seconds', help: 'Local time minus UTC.' }],
};
const info = (metric: string, help: string): Column => ({ metric, type: 'gauge', unit: 'info', help });
const available: TableSpec = {
  name: 'clocksource_available',
  labels: ['device', 'clocksource'],
  columns: [info('node_time_clocksource_available_info', 'Clock sources that the kernel could use; always 1.')],
};
const current: TableSpec = {
  name: 'clocksource_current',
  labels: ['device', 'clocksource'],
  columns: [info('node_time_clocksource_current_info', 'The clock source that the kernel uses; always 1.')],
};

/** The zone changes twice a year and the clock source when the kernel finds it unstable. */
const SLOW_MS = 60_000;

/** https://docs.kernel.org/timers/timekeeping.html#clock-sources */
function showClockSources(sysfs: string, all: Table, used: Table): void {
  const root = `${sysfs}/devices/system/clocksource`;
  all.begin();
  used.begin();
  const devices = listDirectory(root).filter((name) => /^clocksource\d/.test(name));
  // node_exporter's label is the place in the list, not the number in the name.
  devices.forEach((name, device) => {
    const show = (table: Table, source: string) => {
      table.values[table.slot(`${device} ${source}`, [String(device), source])] = 1;
    };
    for (const source of words(`${root}/${name}/available_clocksource`)) show(all, source);
    for (const source of words(`${root}/${name}/current_clocksource`)) show(used, source);
  });
  all.commit();
  used.commit();
}

function words(path: string): string[] {
  return (readText(path) ?? '').split(/\s+/).filter((word) => word !== '');
}

function open({ clock, paths }: CollectContext): Reader {
  const tables = [now, zone, available, current].map((each) => new Table(each));
  const [seconds, offset, all, used] = tables;
  let shownAt = Number.NaN;
  return {
    tables,
    read() {
      const wallMs = clock.wallMs();
      seconds.begin();
      seconds.values[seconds.single()] = wallMs / 1000;
      seconds.commit();
      if (Math.abs(wallMs - shownAt) < SLOW_MS) return;
      shownAt = wallMs;
      const { name, offsetSeconds } = zoneAt(wallMs);
      offset.begin();
      offset.values[offset.slot(name, [name])] = offsetSeconds;
      offset.commit();
      showClockSources(paths.sysfs, all, used);
    },
  };
}

export default {
  name: 'time',
  enabledByDefault: true,
  minIntervalSeconds: 1,
  help: 'Wall-clock time, time zone and clock source.',
  tables: [now, zone, available, current],
  open,
} satisfies Collector;
