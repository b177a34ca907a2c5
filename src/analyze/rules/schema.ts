/** The shape of a file of rules: Prometheus's rule format, with the labels and annotations of ours. */
import * as z from 'zod/mini';
import { confidences, ruleResources, ruleSeverities } from './rule.ts';

const text = z.string().check(z.trim(), z.minLength(1));
const optionalText = z.optional(text);
const duration = z.string().check(z.regex(/^(?:\d+(?:ms|[smhdwy]))+$/));

/** What surrounds the rules; they are checked one by one, so that a bad one leaves the others alone. */
export const fileSchema = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: text,
      interval: z.optional(duration),
      limit: z.optional(z.number()),
      rules: z.array(z.unknown()),
    }),
  ),
});

/** One rule. */
export const entrySchema = z.strictObject({
  alert: z.string().check(z.regex(/^[A-Z][A-Za-z0-9]*$/)),
  expr: text,
  for: z.optional(duration),
  keep_firing_for: z.optional(duration),
  labels: z.strictObject({
    rule_id: z.string().check(z.regex(/^[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+$/)),
    severity: z.enum(ruleSeverities),
    resource: z.enum(ruleResources),
  }),
  annotations: z.strictObject({
    summary: text,
    subject: optionalText,
    cause: optionalText,
    impact: optionalText,
    evidence: optionalText,
    explains: optionalText,
    explains_on: z.optional(z.string()),
    recommendation: optionalText,
    verify: optionalText,
    source: text,
    confidence: z.optional(z.enum(confidences)),
    needs: optionalText,
    live_for: z.optional(duration),
  }),
});

/** A rule as it stands in a file. */
export type EntryInput = z.infer<typeof entrySchema>;

const forms: Readonly<Record<string, string>> = {
  alert: 'must be a name in PascalCase, such as CpuPressure',
  rule_id: 'must be words joined by dots, such as cpu.psi',
  for: 'must be a duration, such as 2m',
  keep_firing_for: 'must be a duration, such as 2m',
  live_for: 'must be a duration, such as 3s',
  interval: 'must be a duration, such as 1m',
};

/** What a value should have been. */
export function expectation(issue: z.core.$ZodIssue): string {
  const key = String(issue.path.at(-1) ?? '');
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`;
  if (Object.hasOwn(forms, key)) return forms[key];
  if (issue.code === 'invalid_type') return `must be ${kinds[issue.expected] ?? issue.expected}`;
  return 'must not be empty';
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  array: 'a list',
  object: 'keys with values',
  number: 'a number',
};
