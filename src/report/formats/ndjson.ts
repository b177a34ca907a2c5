import { jsonText } from '../json-text.ts';
import { SampleText } from '../sample-text.ts';
import type { Format } from '../view.ts';

export default {
  name: 'ndjson',
  extensions: ['.ndjson', '.jsonl'],
  open({ summarizer, verbose }) {
    const resources = new SampleText(summarizer, verbose);
    return {
      sample({ index, t_ms, elapsedSeconds, gap }) {
        if (index === 0) return '';
        const head = {
          schema: 'codoperf/sample@1',
          t: new Date(t_ms).toISOString(),
          elapsed_seconds: elapsedSeconds,
          gap,
        };
        return `${JSON.stringify(head).slice(0, -1)},"resources":${resources.write()}}\n`;
      },
      end: (report) => `${jsonText({ ...report, schema: 'codoperf/summary@1' })}\n`,
    };
  },
} satisfies Format;
