import { currentValues } from '../current-values.ts';
import type { Format } from '../view.ts';

/** RFC 4180: quoted where it must be; a leading `=`, `+`, `-` or `@` would be a formula to a spreadsheet. */
function field(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
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
