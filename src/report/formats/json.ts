import { jsonText } from '../json-text.ts';
import type { Format } from '../view.ts';

export default {
  name: 'json',
  extensions: ['.json'],
  open: () => ({ end: (report) => `${jsonText(report, 2)}\n` }),
} satisfies Format;
