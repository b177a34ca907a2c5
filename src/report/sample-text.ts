/**
 * One sample as JSON, written from fragments that are made once: at one line a second this costs a third
 * of building the tree and handing it to `JSON.stringify`.
 */
import { jsonText } from './json-text.ts';
import { emptyResources } from './monitor-report.ts';
import type { SectionState, SubjectRow, Summarizer } from './summarizer.ts';

/** Constant text, or what changes from sample to sample. */
type Part = string | (() => string);

/** The `resources` of a sample: numbers in place of the report's distributions, `null` where there is none. */
export class SampleText {
  private readonly parts: readonly Part[];
  private readonly names = new WeakMap<SubjectRow, string>();

  constructor(summarizer: Summarizer, verbose: boolean) {
    const shown = summarizer.sections.filter(({ section }) => section.verbose !== true || verbose);
    const members = Object.entries(emptyResources(summarizer)).map(([resource, place]): Part[] => {
      if (place === null) return [`${jsonText(resource)}:null`];
      const own = shown.filter(({ section }) => section.resource === resource);
      const groups: Part[][] = own.filter(({ section }) => section.key === '').map((state) => this.figures(state));
      for (const key of Object.keys(place)) {
        const state = own.find(({ section }) => section.key === key);
        groups.push([`${jsonText(key)}:`, ...(state === undefined ? ['null'] : this.group(state))]);
      }
      return [`${jsonText(resource)}:{`, ...joined(groups), '}'];
    });
    this.parts = ['{', ...joined(members), '}'];
  }

  /** The text of the current frame. */
  write(): string {
    let text = '';
    for (const part of this.parts) text += typeof part === 'string' ? part : part();
    return text;
  }

  private group(state: SectionState): Part[] {
    const heads = headsOf(state);
    return state.section.subject === undefined
      ? ['{', ...this.figures(state), '}']
      : ['{', () => this.subjects(state, heads), '}'];
  }

  /** The members of a section without subjects. */
  private figures(state: SectionState): Part[] {
    const heads = headsOf(state);
    return [() => figuresOf(heads, state.subject(''))];
  }

  private subjects(state: SectionState, heads: readonly string[]): string {
    let text = '';
    for (const row of state.subjects()) {
      if (!row.current) continue;
      let name = this.names.get(row);
      if (name === undefined) this.names.set(row, (name = `${jsonText(row.subject)}:{`));
      text += `${text === '' ? '' : ','}${name}${figuresOf(heads, row)}}`;
    }
    return text;
  }
}

/** The names of the figures, each with what stands before its value. */
function headsOf({ section }: SectionState): string[] {
  return section.stats.map(({ name }, i) => `${i === 0 ? '' : ','}${jsonText(name)}:`);
}

function figuresOf(heads: readonly string[], row: SubjectRow | undefined): string {
  let text = '';
  for (let i = 0; i < heads.length; i++) {
    const known = row?.current === true && !Number.isNaN(row.values[i]);
    text += heads[i] + (known ? String(row.values[i]) : 'null');
  }
  return text;
}

function joined(groups: readonly (readonly Part[])[]): Part[] {
  return groups.flatMap((group, i) => (i === 0 ? group : [',', ...group]));
}
