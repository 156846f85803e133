/**
 * What the analyzer says of captures of the lab.
 */
import { z } from 'zod';
import type { LabPlace } from './lab-state.ts';
import { runHere } from './processes.ts';

const document = z.looseObject({
  alerts: z.array(z.looseObject({ rule: z.string(), severity: z.string(), message: z.string() })),
  incidents: z.array(
    z.looseObject({
      title: z.string(),
      severity: z.string(),
      confidence: z.string(),
      /** Of the de-registration attack only. */
      assessment: z.string().optional(),
    }),
  ),
});

/** What was found. */
export type LabAudit = z.infer<typeof document>;

/** The command that a user types for the same. */
export function auditCommand(
  { site, keys }: Pick<LabPlace, 'site' | 'keys'>,
  files: readonly string[],
): string {
  return ['mip6guard audit', '--config', site, '--keys', keys, ...files].join(' ');
}

/** Audits captures. */
export async function auditCaptures(place: LabPlace, files: readonly string[]): Promise<LabAudit> {
  const words = ['--config', place.site, '--keys', place.keys, '--format', 'json', '--quiet'];
  return document.parse(JSON.parse(await runHere(['audit', ...words, ...files])));
}
