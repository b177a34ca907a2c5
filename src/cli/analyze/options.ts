/** The options that only `analyze` has. */
import { ruleResources } from '../../analyze/rules/rule.ts';
import type { OptionSpec } from '../../config/option.ts';
import { duration } from '../options.ts';

/** How long to measure. */
export const analyzeDuration: OptionSpec = { ...duration, default: 30 };

/** Rules of the user. */
export const rules: OptionSpec = {
  name: 'rules',
  kind: { type: 'text', placeholder: 'path', completes: 'file' },
  help: 'Rules of your own: a file, or a folder of them; one with the identifier of a built-in rule replaces it.',
  repeatable: true,
};

/** What to look at. */
export const resource: OptionSpec = {
  name: 'resource',
  kind: { type: 'choice', choices: ruleResources },
  help: 'Only rules about this resource; may be given several times.',
  repeatable: true,
  configurable: false,
};

/** How to write it. */
export const analyzeFormat: OptionSpec = {
  name: 'format',
  kind: { type: 'choice', choices: ['text', 'json'] },
  help: 'How to write the result (default: by the extension of --output-file, else text).',
  configurable: false,
};
