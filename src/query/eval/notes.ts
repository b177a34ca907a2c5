/** Warnings and infos of a query: each once, with the place they are about. */

/** Collects what a query has to say besides its result. */
export class Notes {
  readonly warnings = new Set<string>();
  readonly infos = new Set<string>();
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** Something is wrong with the query or its data. */
  warn(message: string, place: { readonly from: number }): void {
    this.warnings.add(`PromQL warning: ${message} (${this.at(place.from)})`);
  }

  /** Something that may be worth a look. */
  inform(message: string, place: { readonly from: number }): void {
    this.infos.add(`PromQL info: ${message} (${this.at(place.from)})`);
  }

  private at(offset: number): string {
    const lines = this.text.slice(0, offset).split('\n');
    return `${lines.length}:${(lines.at(-1) ?? '').length + 1}`;
  }
}
