/**
 * Checks values against the schemas in docs/.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';

const DOCS = path.join(import.meta.dirname, '..', 'docs');

/** A function that gives what is wrong with a value, as lines; none when it fits the schema. */
export function schemaCheck(name: string): (value: unknown) => string[] {
  const schema: unknown = JSON.parse(readFileSync(path.join(DOCS, name), 'utf8'));
  if (typeof schema !== 'object' || schema === null) throw new Error(`${name} holds no schema`);
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  const validate: ValidateFunction = ajv.compile(schema);
  return (value) => {
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      (error) => `${error.instancePath} ${error.message ?? ''} ${JSON.stringify(error.params)}`,
    );
  };
}

/** Paths of every `null` in a value, and of numbers that are none. */
export function badValues(value: unknown, at = ''): string[] {
  if (value === null || (typeof value === 'number' && !Number.isFinite(value))) return [at];
  if (typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, item]) => badValues(item, `${at}/${name}`));
}
