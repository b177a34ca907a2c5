import { currentValues } from '../current-values.ts';
import type { Format, ViewContext } from '../view.ts';

type Tree = Record<string, unknown>;

/** An own property even for names such as `__proto__`. */
function child(tree: Tree, name: string): Tree {
  if (!Object.hasOwn(tree, name)) {
    Object.defineProperty(tree, name, { value: {}, enumerable: true, configurable: true, writable: true });
  }
  return tree[name] as Tree;
}

function resourcesNow({ summarizer, verbose }: ViewContext): Tree {
  const tree: Tree = {};
  for (const { resource, key, subject, stat, value } of currentValues(summarizer, verbose)) {
    let place = child(tree, resource);
    if (key !== '') place = child(place, key);
    if (subject !== '') place = child(place, subject);
    place[stat.name] = value;
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
        : `${JSON.stringify({
            schema: 'codoperf/sample@1',
            t: new Date(t_ms).toISOString(),
            elapsed_seconds: elapsedSeconds,
            gap,
            resources: resourcesNow(context),
          })}\n`,
    end: (report) => `${JSON.stringify({ ...report, schema: 'codoperf/summary@1' })}\n`,
  }),
} satisfies Format;
