import { csvField } from '../csv-field.ts';
import { currentValues } from '../current-values.ts';
import type { Format } from '../view.ts';

export default {
  name: 'csv',
  extensions: ['.csv'],
  open: ({ summarizer, verbose }) => ({
    sample({ index, t_ms }) {
      if (index === 0) return 't,resource,subject,stat,unit,value\n';
      const t = new Date(t_ms).toISOString();
      let text = '';
      for (const { resource, subject, stat, value } of currentValues(summarizer, verbose)) {
        text += `${t},${resource},${csvField(subject)},${stat.name},${stat.unit},${value}\n`;
      }
      return text;
    },
    end: () => '',
  }),
} satisfies Format;
