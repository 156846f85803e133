/**
 * What a schema of a configuration allows at a place, for the names that are meant by a wrong one. Loads zod.
 */
import { z } from 'zod';

/** Keys that the mapping at a path may have; none when there is no such mapping. */
export function schemaKeysAt(
  schema: z.ZodType,
  at: readonly (string | number)[],
): readonly string[] {
  let part: z.core.JSONSchema.BaseSchema = z.toJSONSchema(schema, { io: 'input' });
  for (const step of at) {
    const next = typeof step === 'number' ? part.items : part.properties?.[step];
    if (typeof next !== 'object' || Array.isArray(next)) return [];
    part = next;
  }
  return Object.keys(part.properties ?? {});
}
