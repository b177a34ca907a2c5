import { printable } from '../../core/printable.ts';
import { currentValues } from '../current-values.ts';
import type { Format } from '../view.ts';

/**
 * RFC 4180: quoted where it must be. A line is a record, as control characters are made visible; a
 * leading `=`, `+`, `-` or `@` would be a formula to a spreadsheet.
 */
function field(text: string): string {
  const shown = printable(text);
  const safe = /^[=+\-@]/.test(shown) ? `'${shown}` : shown;
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export default {
  name: 'csv',
  extensions: ['.csv'],
  open: ({ summarizer, verbose }) => ({
    sample({ index, t_ms }) {
      if (index === 0) return 't,resource,subject,stat,unit,value\n';
      const t = new Date(t_ms).toISOString();
      let text = '';
      for (const { resource, subject, stat, value } of currentValues(summarizer, verbose)) {
        text += `${t},${resource},${field(subject)},${stat.name},${stat.unit},${value}\n`;
      }
      return text;
    },
    end: () => '',
  }),
} satisfies Format;
