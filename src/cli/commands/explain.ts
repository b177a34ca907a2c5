import { rules } from '../analyze/options.ts';
import type { Command } from '../command.ts';

export default {
  name: 'explain',
  summary: 'Print everything of a rule: what it asks, why, where the threshold is from, what to do.',
  positionals: [{ syntax: '[rule]', help: 'Identifier of a rule, such as cpu.psi; without one, all are listed.' }],
  options: [rules],
  examples: ['codoperf explain', 'codoperf explain cpu.psi'],
  async run(options, positionals, io) {
    const { run } = await import('../analyze/explain.ts');
    return run(options, positionals, io);
  },
} satisfies Command;
