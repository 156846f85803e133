/**
 * Associations that secrets of IKE gave in a check: how they fared.
 */
import { isIkev1, type AnyIkeSecret } from '../../engine/ike/secret.ts';
import {
  formatSelector,
  type AssociationOrigin,
  type SecurityAssociation,
} from '../../engine/state/security-association.ts';
import { countText, plural } from '../report/numbers.ts';
import { bareName, hexOf, spiOf } from './association-text.ts';
import type { CheckVerdict } from './check-explain.ts';

/** How one derived association fared. */
export interface DerivedVerdict {
  readonly association: SecurityAssociation;
  readonly verdict: CheckVerdict;
  /** Packets that it opened. */
  readonly opened: number;
}

/** What one secret of IKE gave; those of rekeyed IKE SAs are among it. */
export interface DerivedSession {
  readonly origin: AssociationOrigin;
  /** SPI or cookie of the initiator as hexadecimal digits; undefined when the row is not found. */
  readonly initiator: string | undefined;
  readonly version: 1 | 2;
  readonly associations: readonly DerivedVerdict[];
}

function placeOf({ file, line }: AssociationOrigin): string {
  return `${file}:${line}`;
}

/** Derived associations by the secret they came of, in the order they were derived. */
export function sessionsOf(
  derived: readonly SecurityAssociation[],
  secrets: readonly AnyIkeSecret[],
): DerivedSession[] {
  const byPlace = new Map<string, DerivedVerdict[]>();
  for (const association of derived) {
    const place = placeOf(association.origin);
    const known = byPlace.get(place);
    if (known === undefined) byPlace.set(place, [judged(association)]);
    else known.push(judged(association));
  }
  const bySecret = new Map(secrets.map((secret) => [placeOf(secret.origin), secret]));
  return [...byPlace].flatMap(([place, associations]) => {
    const [first] = associations;
    if (first === undefined) return [];
    const secret = bySecret.get(place);
    const isOld = secret !== undefined && isIkev1(secret);
    const initiator = isOld ? secret.initiatorCookie : secret?.initiatorSpi;
    return {
      origin: first.association.origin,
      initiator: initiator === undefined ? undefined : hexOf(initiator),
      version: isOld ? 1 : 2,
      associations,
    };
  });
}

function judged(association: SecurityAssociation): DerivedVerdict {
  const { packets, icvFailures, decryptErrors } = association.statistics;
  const opened = packets - icvFailures - decryptErrors;
  const failed = opened === 0 ? 'wrong' : 'mixed';
  const verdict = packets === 0 ? 'unused' : opened === packets ? 'works' : failed;
  return { association, verdict, opened };
}

/** Lines of a session: where it came from, and one for each association. */
export function derivedLines({
  origin,
  initiator,
  version,
  associations,
}: DerivedSession): string[] {
  const lines = [
    `From IKE session ${initiator ?? ''} (IKEv${version}, ${origin.file} line ${origin.line})`,
  ];
  for (const { association, verdict, opened } of associations) {
    const { spi, source, destination, mode, statistics } = association;
    const ends = `${formatSelector(source)} > ${formatSelector(destination)}`;
    const { packets } = statistics;
    const how =
      packets === 0 ? 'no packet' : `${countText(opened)} of ${plural(packets, 'packet')} opened`;
    lines.push(
      `  ${verdict.padEnd(6)}  ${spiOf(spi)}  ${ends}  ${mode}  ${transformsOf(association)}: ${how}`,
    );
  }
  if (associations.some(({ verdict }) => verdict === 'wrong')) {
    const name = version === 1 ? 'SKEYID_d' : 'SK_d or SKEYSEED';
    lines.push(`          Fix: check ${name} and the Diffie-Hellman secrets of this session`);
  }
  return lines;
}

function transformsOf({ esp }: SecurityAssociation): string {
  const { encryption, integrity } = esp;
  if (encryption.icvLength > 0) return bareName(encryption.name);
  const check = integrity.icvLength === 0 ? 'no integrity' : bareName(integrity.name);
  return `${bareName(encryption.name)} + ${check}`;
}

/** A session as records, one for each association. */
export function derivedFields(session: DerivedSession): Record<string, unknown>[] {
  const { origin, initiator, version } = session;
  return session.associations.map(({ association, verdict, opened }) => {
    const { spi, source, destination, mode, esp, statistics } = association;
    return {
      ...origin,
      ike_version: version,
      ...(initiator === undefined ? {} : { ike_initiator: initiator }),
      ...(spi === undefined ? {} : { spi }),
      source: formatSelector(source),
      destination: formatSelector(destination),
      mode,
      encryption: esp.encryption.name,
      integrity: esp.integrity.name,
      verdict,
      packets: statistics.packets,
      opened,
      verified: statistics.verified,
      icv_mismatches: statistics.icvFailures,
      malformed: statistics.decryptErrors,
    };
  });
}
