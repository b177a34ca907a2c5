import { jsonText } from '../json-text.ts';
import { emptyResources } from '../monitor-report.ts';
import type { Section } from '../section.ts';
import type { SubjectRow } from '../summarizer.ts';
import type { Format, ViewContext } from '../view.ts';

/** The values of one subject in this frame; `null` where there is none. */
function valuesOf({ stats }: Section, row: SubjectRow | undefined): Record<string, number | null> {
  const known = (i: number): number | null =>
    row?.current !== true || Number.isNaN(row.values[i]) ? null : row.values[i];
  return Object.fromEntries(stats.map(({ name }, i) => [name, known(i)]));
}

/** As `resources` of the report, with a number in place of a distribution. */
function resourcesNow({ summarizer, verbose }: ViewContext): unknown {
  const tree = emptyResources(summarizer);
  for (const state of summarizer.sections) {
    const { section } = state;
    if (section.verbose === true && !verbose) continue;
    const place = tree[section.resource] as Record<string, unknown>;
    if (section.subject === undefined) {
      const values = valuesOf(section, state.subject(''));
      if (section.key === '') Object.assign(place, values);
      else place[section.key] = values;
      continue;
    }
    const rows = [...state.subjects()].filter(({ current }) => current);
    place[section.key] = Object.fromEntries(rows.map((row) => [row.subject, valuesOf(section, row)]));
  }
  return tree;
}

export default {
  name: 'ndjson',
  extensions: ['.ndjson', '.jsonl'],
  open: (context) => ({
    sample: ({ index, t_ms, elapsedSeconds, gap }) =>
      index === 0
        ? ''
        : `${jsonText({
            schema: 'codoperf/sample@1',
            t: new Date(t_ms).toISOString(),
            elapsed_seconds: elapsedSeconds,
            gap,
            resources: resourcesNow(context),
          })}\n`,
    end: (report) => `${jsonText({ ...report, schema: 'codoperf/summary@1' })}\n`,
  }),
} satisfies Format;
