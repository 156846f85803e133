/**
 * Checks logs against the JSON schema of SARIF 2.1.0, as a package of its authors carries it.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Ajv } from 'ajv';
import type { ValidateFunction } from 'ajv';

/** A function that gives what is wrong with a log, as lines; none when it fits the schema. */
export function sarifCheck(): (log: unknown) => string[] {
  const main = createRequire(import.meta.url).resolve('@microsoft/jest-sarif');
  const file = path.join(path.dirname(main), 'schemas', 'sarif-2.1.0-rtm.5.json');
  const schema: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof schema !== 'object' || schema === null) throw new Error(`${file} holds no schema`);
  // Draft 4 names its identity otherwise; of what else differs from draft 7 the schema uses nothing.
  const names = new Set(['$schema', 'id']);
  const plain = Object.fromEntries(Object.entries(schema).filter(([name]) => !names.has(name)));
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
  ajv.addFormat('uri', (text) => URL.canParse(text));
  ajv.addFormat('uri-reference', (text) => URL.canParse(text, 'file:///base/'));
  ajv.addFormat('date-time', (text) => !Number.isNaN(Date.parse(text)));
  const validate: ValidateFunction = ajv.compile(plain);
  return (log) => {
    if (validate(log)) return [];
    return (validate.errors ?? []).map(
      (error) => `${error.instancePath} ${error.message ?? ''} ${JSON.stringify(error.params)}`,
    );
  };
}
