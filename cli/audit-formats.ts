/**
 * The formats of `mip6guard audit` that are made of the whole result. The code of each is loaded when it is asked for.
 */
import type { RuleDefinition } from '../engine/rule-api.ts';
import { jsonText } from '../io/export/json-text.ts';
import type { AlertRecord, AuditDocument } from '../io/export/records.ts';
import type { ExitCode } from './exit-codes.ts';
import { isAtLeast } from './report/verdict.ts';

/** What the result of an audit looks like. */
export type AuditFormat = 'text' | 'html' | 'eve' | 'json' | 'sarif' | 'junit';

/** What a format may need besides the document. */
export interface FormatMaterial {
  /** All rules that ran, in order of their ids. */
  readonly rules: readonly RuleDefinition[];
  /** Findings that the baseline left out. */
  readonly known: readonly AlertRecord[];
  readonly exitCode: ExitCode;
}

/** The document in one of the formats for programs. */
export async function formatted(
  format: 'json' | 'sarif' | 'junit',
  document: AuditDocument,
  material: FormatMaterial,
): Promise<string> {
  switch (format) {
    case 'json':
      return `${jsonText(document, 2)}\n`;
    case 'sarif':
      return (await import('../io/export/sarif.ts')).sarifText(document, material);
    case 'junit': {
      const { junitText } = await import('../io/export/junit.ts');
      const isFailure = (severity: RuleDefinition['severity']): boolean =>
        isAtLeast(severity, document.run.fail_on);
      return junitText(document, material.rules, isFailure);
    }
  }
}
