// What a command costs before it does anything: `codoperf --help` against `node -e 0`.
import { complete } from './lib/children.mjs';

export async function measure({ options, workspace, report }) {
  const { rounds = 15 } = options;
  const cputime = workspace.compile('cputime');
  const commands = { bare: ['-e', '0'], ours: [workspace.codoperf, '--help'] };
  const results = { bare: [], ours: [] };
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? ['bare', 'ours'] : ['ours', 'bare']) {
      const { cpu_seconds, status } = JSON.parse(await complete(cputime, [process.execPath, ...commands[name]]));
      if (status !== 0) throw new Error(`node ${commands[name].join(' ')} ended with status ${status}`);
      results[name].push(cpu_seconds * 1000);
    }
  }
  const ours = Math.min(...results.ours);
  const theirs = Math.min(...results.bare);
  const note = `minimum of ${rounds} interleaved`;
  const limits = { judged: 'ratio', must: 1.35, aim: 1.15, note };
  const figure = {
    name: '--help, CPU',
    unit: 'ms',
    ours,
    theirs,
    against: 'node -e 0',
    ratio: ours / theirs,
    ...limits,
  };
  report(figure);
  return { figures: [figure], runs: results };
}
