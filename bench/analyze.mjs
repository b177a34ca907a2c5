// What a diagnosis costs: 40 rules over five minutes of 1 Hz data of 1,000 series in the live ring.
import path from 'node:path';
import { complete } from './lib/children.mjs';
import { median } from './lib/figures.mjs';

/** Until the code is compiled a diagnosis costs several times what it does later. */
const REPETITIONS = 60;

export async function measure({ options, workspace, report }) {
  const { rounds = 5 } = options;
  const program = await workspace.bundle('diagnosis.ts');
  const runs = [];
  for (let round = 0; round < rounds; round++)
    runs.push(
      JSON.parse(await complete(process.execPath, [program, path.join(workspace.root, 'rules'), String(REPETITIONS)])),
    );
  const [{ rules, series }] = runs;
  const note = `${rules} rules, ${series} series x 301 samples, CPU, median of ${rounds} processes`;
  const figures = [
    {
      name: 'a diagnosis, the first of a process',
      unit: 'ms',
      ours: median(runs.map(({ first }) => first)),
      note: `${note}; compiling the code and parsing the rules' queries included`,
    },
    {
      name: 'a diagnosis',
      unit: 'ms',
      ours: median(runs.map(({ later }) => median(later))),
      judged: 'ours',
      must: 50,
      aim: 15,
      note: `${note} and of ${REPETITIONS} repetitions`,
    },
  ];
  for (const figure of figures) report(figure);
  return { figures, runs };
}
