import { Table } from '../../core/table.ts';
import type { EffectiveLimit, GroupLimits } from './limits.ts';
import { countCpus, effectiveLimits } from './limits.ts';
import type { Role } from './mounts.ts';
import { chainOf } from './mounts.ts';
import type { OwnGroup } from './own.ts';
import type { SlowReader } from './slow.ts';
import { Slow } from './source.ts';
import { OwnLimits, ownLimitsSpec, ownSpec } from './tables.ts';
import type { Group, GroupTree } from './tree.ts';

/** Names of the file that lists the CPUs a cgroup may run on, v2's first. */
const cpusetFiles = ['cpuset.cpus.effective', 'cpuset.effective_cpus', 'cpuset.cpus'];

/** Which limits a v1 hierarchy sets; v2 sets them all. */
const limitsOfRole: Readonly<Record<string, readonly (keyof Omit<GroupLimits, 'id'>)[]>> = {
  cpu: ['cpuCores'],
  memory: ['memoryBytes', 'memoryHighBytes'],
  pids: ['pids'],
};

/** Where codoperf runs and what binds it there; refilled after each scan of the tree. */
export class OwnTables {
  readonly limits = new Table(ownLimitsSpec);
  readonly own = new Table(ownSpec);
  /** Whose limits were read in this update. */
  private readonly refreshed = new Set<Group>();

  /** Shows our cgroups and their tightest limits. */
  update(groups: readonly OwnGroup[], tree: GroupTree, slow: SlowReader): void {
    this.limits.begin();
    this.own.begin();
    this.refreshed.clear();
    for (const { controller, hierarchy, path } of groups) {
      if (path === undefined) continue;
      const group = tree.byPath.get(path);
      if (group === undefined) continue;
      const slot = this.own.slot(`${controller}\0${path}`, [controller, group.id]);
      this.own.values[slot] = 1;
      this.showLimits(controller, group, tree, slow);
      if (hierarchy.version === 2 || controller === 'cpuset') this.showCpuset(group, slow);
    }
    this.limits.commit();
    this.own.commit();
  }

  private showLimits(controller: string, group: Group, tree: GroupTree, slow: SlowReader): void {
    const wanted = limitsOfRole[controller] ?? (controller === '' ? Object.values(limitsOfRole).flat() : []);
    if (wanted.length === 0) return;
    const chain: GroupLimits[] = [];
    for (const path of chainOf(group.path)) {
      const each = tree.byPath.get(path);
      if (each === undefined) continue;
      if (!this.refreshed.has(each)) slow.read(each);
      this.refreshed.add(each);
      chain.push(limitsOf(each));
    }
    const effective = effectiveLimits(chain);
    const show = (name: keyof Omit<GroupLimits, 'id'>, column: number) => {
      if (wanted.includes(name)) this.set(effective[name], column);
    };
    show('cpuCores', OwnLimits.cpu);
    show('memoryBytes', OwnLimits.memory);
    show('memoryHighBytes', OwnLimits.memoryHigh);
    show('pids', OwnLimits.pids);
  }

  private showCpuset(group: Group, slow: SlowReader): void {
    const role: Role = 'cpuset';
    for (const file of cpusetFiles) {
      const cpus = countCpus(slow.text(role, group, file) ?? '');
      if (Number.isNaN(cpus)) continue;
      this.set({ value: cpus, id: group.id }, OwnLimits.cpuset);
      return;
    }
  }

  private set(limit: EffectiveLimit | undefined, column: number): void {
    if (limit === undefined) return;
    const slot = this.limits.slot(limit.id, [limit.id]);
    this.limits.values[slot * this.limits.width + column] = limit.value;
  }
}

/** The limits that a cgroup sets itself. */
function limitsOf({ id, slow }: Group): GroupLimits {
  return {
    id,
    cpuCores: slow[Slow.quota] / slow[Slow.period],
    memoryBytes: slow[Slow.memory],
    memoryHighBytes: slow[Slow.memoryHigh],
    pids: slow[Slow.pids],
  };
}
