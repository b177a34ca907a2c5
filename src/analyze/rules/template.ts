/**
 * Texts with holes: the few words of Prometheus's templates that rules may use. Labels come from outside, and a text
 * may hold commands between backticks that people paste into a shell: there a label is quoted as its place requires.
 */
import { filterNamed, formatted, type Filter } from './template-filters.ts';

/** What the holes are filled with. */
export interface TemplateData {
  readonly value: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** Something in a template that is not understood; `offset` is its place in the text. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** Where in a text a hole is: in prose, or in a command, bare, in quotes, or in a query in quotes in quotes. */
type Context = 'prose' | 'bare' | 'single' | 'double' | 'query';

interface Hole {
  /** Name of the label, or `undefined` for the value. */
  readonly label: string | undefined;
  readonly filters: readonly Filter[];
  readonly context: Context;
}

/** A template that was read. */
export class Template {
  /** As it was written. */
  readonly text: string;
  private readonly parts: readonly (string | Hole)[];

  private constructor(text: string, parts: readonly (string | Hole)[]) {
    this.text = text;
    this.parts = parts;
  }

  /** Reads a template; throws a `TemplateError`. */
  static parse(text: string): Template {
    const parts: (string | Hole)[] = [];
    const place = new Place();
    for (let at = 0; at < text.length; ) {
      const open = text.indexOf('{{', at);
      const before = text.slice(at, open < 0 ? text.length : open);
      place.pass(before);
      if (before !== '') parts.push(before);
      if (open < 0) break;
      const close = text.indexOf('}}', open);
      if (close < 0) throw new TemplateError('{{ is never closed', open);
      parts.push({ ...hole(text.slice(open + 2, close), open + 2), context: place.context });
      at = close + 2;
    }
    return new Template(text, parts);
  }

  /** The text with its holes as words: labels in capitals, `N` for values. */
  get outline(): string {
    return this.parts
      .map((part) => (typeof part === 'string' ? part : (part.label?.toUpperCase() ?? 'N')))
      .join('')
      .trim();
  }

  /** The text with its holes filled; white space at its ends goes. */
  render(data: TemplateData): string {
    return this.parts
      .map((part) => (typeof part === 'string' ? part : quoteFor(part.context, fill(part, data))))
      .join('')
      .trim();
  }
}

/** Follows a text through backticks and quotes. */
class Place {
  context: Context = 'prose';

  pass(text: string): void {
    for (const character of text) this.context = after(this.context, character);
  }
}

const nextContext: Readonly<Record<Context, Readonly<Record<string, Context>>>> = {
  prose: { '`': 'bare' },
  bare: { '`': 'prose', "'": 'single', '"': 'double' },
  single: { '`': 'prose', "'": 'bare', '"': 'query' },
  query: { '`': 'prose', "'": 'bare', '"': 'single' },
  double: { '`': 'prose', '"': 'bare' },
};

function after(context: Context, character: string): Context {
  return nextContext[context][character] ?? context;
}

function hole(body: string, at: number): Omit<Hole, 'context'> {
  const stages = body.replace(/^-|-$/g, '').split('|');
  const first = stages[0].trim();
  const call = /^(printf\s+"[^"]*"|\w+)\s+(\$.*)$/.exec(first);
  const operand = call === null ? first : call[2].trim();
  const names = [...(call === null ? [] : [call[1]]), ...stages.slice(1).map((stage) => stage.trim())];
  const filters = names.map((name) => {
    const found = filterNamed(name);
    if (found === undefined) throw new TemplateError(`unknown function '${name}' in a template`, at);
    return found;
  });
  if (operand === '$value') return { label: undefined, filters };
  const label = /^\$labels\.([a-zA-Z_]\w*)$/.exec(operand);
  if (label === null) throw new TemplateError(`'${operand}' is not $value or $labels.NAME`, at);
  return { label: label[1], filters };
}

function fill({ label, filters }: Hole, { value, labels }: TemplateData): string {
  if (label === undefined) return formatted(value, filters);
  const text = Object.hasOwn(labels, label) ? labels[label] : '';
  return filters.length === 0 ? text : formatted(text === '' ? Number.NaN : Number(text), filters);
}

/** A label as the place where it stands can bear it. */
function quoteFor(context: Context, text: string): string {
  switch (context) {
    case 'prose':
      // A backtick would begin a command.
      return text.replaceAll('`', "'");
    case 'bare':
      return /^[\w@%+=:,./-]+$/.test(text) && !text.startsWith('-') ? text : `'${inSingle(text)}'`;
    case 'single':
      return inSingle(text);
    case 'double':
      return text.replace(/[\\"$`!]/g, String.raw`\$&`);
    default:
      return inSingle(text.replace(/[\\"]/g, String.raw`\$&`).replaceAll('\n', String.raw`\n`));
  }
}

function inSingle(text: string): string {
  return text.replaceAll("'", String.raw`'\''`);
}
