/** A YAML file as values that know on which line they stand. */
import { type Document, isMap, isNode, isScalar, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { printable } from '../../core/printable.ts';
import type { RuleProblem } from './rule.ts';

/** Keys and indexes that lead to a value. */
export type YamlPath = readonly PropertyKey[];

/** A file that was read; with problems it holds no data. */
export class YamlFile {
  readonly path: string;
  readonly problems: RuleProblem[] = [];
  readonly data: unknown;
  private readonly lines = new LineCounter();
  private readonly document: Document;

  constructor(path: string, text: string) {
    this.path = path;
    this.document = parseDocument(text, { lineCounter: this.lines, prettyErrors: false, logLevel: 'error' });
    for (const { pos, message } of [...this.document.errors, ...this.document.warnings]) {
      const words = message.replace(/\s+/g, ' ').replace(/\.$/, '');
      this.problems.push(this.problem(this.lines.linePos(pos[0]).line, words.charAt(0).toLowerCase() + words.slice(1)));
    }
    visit(this.document, {
      Alias: (_, alias) => {
        if (alias.resolve(this.document) === undefined)
          this.problems.push(this.problem(this.lineOfNode(alias), `the alias *${alias.source} stands for nothing`));
      },
    });
    if (this.problems.length === 0) this.data = this.convert();
  }

  /** A problem of this file. */
  problem(line: number, text: string): RuleProblem {
    return { file: this.path, line, text: printable(text) };
  }

  /** The line of the value, or of the nearest level above that is there. */
  lineOf(at: YamlPath): number {
    for (let depth = at.length; depth > 0; depth--) {
      const node = this.document.getIn(at.slice(0, depth), true);
      if (isNode(node)) return this.lineOfNode(node);
    }
    return 1;
  }

  /** The line of the key itself, or of the level that lacks it. */
  lineOfKey(level: YamlPath, key: string): number {
    const map = level.length === 0 ? this.document.contents : this.document.getIn(level, true);
    const pair = isMap(map)
      ? map.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
      : undefined;
    return pair !== undefined && isNode(pair.key) ? this.lineOfNode(pair.key) : this.lineOf(level);
  }

  /** The line of the `n`-th line, from 1, of a text; texts in quotes and folded ones stand on their first line. */
  lineInText(at: YamlPath, n: number): number {
    const node = this.document.getIn(at, true);
    return this.lineOf(at) + (isScalar(node) && node.type === 'BLOCK_LITERAL' ? n : 0);
  }

  private lineOfNode(node: Node): number {
    return this.lines.linePos(node.range?.[0] ?? 0).line;
  }

  private convert(): unknown {
    try {
      return this.document.toJS();
    } catch (error) {
      // Aliases that multiply beyond measure.
      this.problems.push(this.problem(1, (error as Error).message));
      return undefined;
    }
  }
}
