/**
 * Schema of `*.rule.yaml`: rules of the operator as data. Loads zod.
 */
import { z } from 'zod';
import { SEVERITIES } from '../../engine/rule-api.ts';
import { safeText } from '../report/safe-text.ts';
import { list, oneOf } from '../site-schema-parts.ts';
import { schemaKeysAt } from '../schema-keys.ts';

/** Most rules of one file. */
export const MAX_RULES = 256;
const MAX_TITLE = 100;
const MAX_TEXT = 4000;
/** As the filter language has it. */
const MAX_FILTER = 4096;

const line = (most: number, description: string) => {
  const error = `text of 1 to ${most} characters on one line`;
  return z
    .string({ error })
    .min(1, { error })
    .max(most, { error })
    .refine((text) => safeText(text) === text && text.trim() === text, { error })
    .meta({ description });
};

const text = (description: string) => {
  const error = `text of 1 to ${MAX_TEXT} characters`;
  return z
    .string({ error })
    .min(1, { error })
    .max(MAX_TEXT, { error })
    .transform((written) => written.replaceAll(/\s+/g, ' ').trim())
    .meta({ description });
};

const whole = (most: number, what: string, description: string) => {
  const error = `a whole number from 1 to ${most}${what}`;
  return z.int({ error }).min(1, { error }).max(most, { error }).meta({ description });
};

const ID = 'an id from LOCAL-0001 to LOCAL-9999';

const threshold = z
  .strictObject(
    {
      count: whole(1_000_000, '', 'packets that the filter selects, from which on the rule speaks'),
      seconds: whole(604_800, ' (seconds)', 'time in which they come'),
      by: line(
        100,
        'what is counted by: source, destination, home-address, or the name of a field; packets without it are counted together',
      ).default('source'),
    },
    { error: 'a mapping with count, seconds and by' },
  )
  .meta({ description: 'how often it must match; absent = every packet that the filter selects' });

const rule = z
  .strictObject(
    {
      id: z
        .string({ error: ID })
        .regex(/^LOCAL-(?!0000)[0-9]{4}$/, { error: ID })
        .meta({ description: 'LOCAL- and four digits; EVE has it as 1000000 and the digits' }),
      title: line(MAX_TITLE, 'one line that stands in reports'),
      severity: oneOf(SEVERITIES, 'from medium on an alert makes an incident'),
      filter: z
        .string({ error: 'a display filter' })
        .min(1, { error: 'a display filter' })
        .max(MAX_FILTER, { error: `a display filter of at most ${MAX_FILTER} characters` })
        .meta({
          description: 'display filter: mip6guard help filters; the fields: mip6guard fields',
          examples: ['mip6.bu and ipv6.src == 2001:db8:66::/48'],
        }),
      threshold: threshold.exactOptional(),
      verdict: oneOf(['drop', 'alert', 'rate-limit'], 'what the gateway does').default('alert'),
      explanation: text('what it means, for whoever reads the report'),
      advice: text('what to do then'),
      references: list(line(200, 'document and section'), 'texts', 'documents and sections'),
    },
    { error: 'a rule with id, title, severity, filter, explanation and advice' },
  )
  .meta({ description: 'a rule' });

/** Schema of a file of rules. */
export const ruleFileSchema = z
  .strictObject(
    {
      version: z
        .literal(1, { error: '1, the version of this format' })
        .meta({ description: 'version of this format' }),
      rules: z
        .array(rule, { error: 'a list of rules' })
        .min(1, { error: 'a list of at least one rule' })
        .max(MAX_RULES, { error: `a list of at most ${MAX_RULES} rules` })
        .meta({ description: 'rules of this file' }),
    },
    { error: 'a mapping with version: 1 and rules' },
  )
  .meta({
    title: 'mip6guard rule file',
    description: 'Rules of an operator: display filters with thresholds, and what to say then.',
  });

/** JSON Schema (2020-12) of a file of rules, for editors. */
export function ruleFileJsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(ruleFileSchema, { io: 'input', target: 'draft-2020-12' });
}

/** Keys that the mapping at a path of a rule file may have; none when there is no such mapping. */
export function ruleKeysAt(path: readonly (string | number)[]): readonly string[] {
  return schemaKeysAt(ruleFileSchema, path);
}
