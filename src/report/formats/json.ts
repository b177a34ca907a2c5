import type { Format } from '../view.ts';

export default {
  name: 'json',
  extensions: ['.json'],
  open: () => ({ end: (report) => `${JSON.stringify(report, null, 2)}\n` }),
} satisfies Format;
