/**
 * A rule as one JSON object.
 */
import type { RuleDefinition } from '../../engine/rule-api.ts';
import { signatureId } from '../report/record-maker.ts';

/** A rule under the names that the outputs use. */
export interface RuleRecord {
  readonly rule: string;
  readonly signature_id: number;
  readonly signature: string;
  readonly severity: string;
  readonly category: string;
  readonly verdict: string;
  readonly precedence?: string;
  readonly needs: readonly string[];
  readonly parameters: readonly {
    readonly name: string;
    readonly default: number;
    readonly min: number;
    readonly max: number;
    readonly unit: string;
    readonly text: string;
  }[];
  readonly explanation: string;
  readonly illustration?: string;
  readonly advice: string;
  readonly references: readonly string[];
}

/** Record of a rule. */
export function ruleRecord(rule: RuleDefinition): RuleRecord {
  const { id, title, severity, category, verdict, precedence, needs, params } = rule;
  return {
    rule: id,
    signature_id: signatureId(id),
    signature: title,
    severity,
    category,
    verdict,
    ...(precedence === undefined ? {} : { precedence }),
    needs,
    parameters: Object.entries(params).map(([name, { doc, ...range }]) => ({
      name,
      ...range,
      text: doc,
    })),
    explanation: rule.explanation,
    ...(rule.illustration === undefined ? {} : { illustration: rule.illustration }),
    advice: rule.advice,
    references: rule.references,
  };
}
