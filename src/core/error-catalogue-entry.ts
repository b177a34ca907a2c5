/** What stands in the catalogue of errors. */

/** One error. */
export interface CatalogueEntry {
  /** What happened and why; `{name}` stands for a detail. */
  readonly text: string;
  readonly exitCode: number;
  /** What to do next. */
  readonly remedy: string;
}
