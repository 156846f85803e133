/**
 * Fingerprints of findings: the same finding has the same one in every run, whatever the order of the inputs, the
 * numbers of packets and the number of workers.
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Alert } from '../../engine/alert.ts';
import type { Link } from '../../engine/events.ts';

/** Hexadecimal digits of a fingerprint: half of SHA-256 leaves no chance of two alike by accident. */
const DIGITS = 32;

/** Fingerprint of an alert, 32 hexadecimal digits: of its rule and of what it is about. */
export function alertFingerprint({ rule, draft }: Alert): string {
  const links = draft.evidence.flatMap(({ link }) => link ?? []);
  // Keys of addresses hold any UTF-16 unit, also halves of pairs, which UTF-8 could not tell apart.
  return createHash('sha256')
    .update(`${rule.id}\0${withLinkNames(draft.object, links)}`, 'utf16le')
    .digest('hex')
    .slice(0, DIGITS);
}

/** Links are numbered as they are met, so their numbers depend on the order of the inputs; their names do not. */
function withLinkNames(object: string, links: readonly Link[]): string {
  for (const link of links) {
    const name = `link ${path.basename(link.name)}`;
    const id = `${link.id}`;
    if (object.startsWith(`${id}/`)) return `${name}${object.slice(id.length)}`;
    if (object.endsWith(`/${id}`)) return `${object.slice(0, -id.length)}${name}`;
    if (object.endsWith(`link ${id}`)) return `${object.slice(0, -id.length - 5)}${name}`;
  }
  return object;
}
