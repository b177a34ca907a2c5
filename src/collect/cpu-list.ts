/** The kernel's list of CPUs (`0-3,8`) as their numbers. https://docs.kernel.org/admin-guide/cputopology.html */
export function cpuList(text: string): string[] {
  const cpus: string[] = [];
  for (const part of text.trim().split(',')) {
    const range = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (range === null) continue;
    for (let cpu = Number(range[1]); cpu <= Number(range[2] ?? range[1]); cpu++) cpus.push(String(cpu));
  }
  return cpus;
}
