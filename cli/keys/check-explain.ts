/**
 * Puts what a check found of an association into words: what is so, and what to change.
 */
import { isSameAddress, prefixMatches, type Prefix } from '../../dissectors/core/address.ts';
import { formatSelector } from '../../engine/state/security-association.ts';
import type { Cause, EspFlow, KeyCheck } from '../../engine/keys/key-check.ts';
import type { AssociationEntry } from '../../engine/keys/key-file.ts';
import { addressText, spiText } from '../../engine/keys/write-parts.ts';
import { plural } from '../report/numbers.ts';
import { transformsOf } from './association-text.ts';

/** How an association fared. */
export type CheckVerdict = 'works' | 'mixed' | 'wrong' | 'unused';

/** One reason with its fix. */
export interface Explanation {
  /** Stable: a `CauseKind`, or `spi-not-seen`, `shadowed`, `no-esp`. */
  readonly code: string;
  readonly packets: number;
  /** A right ICV proved it. */
  readonly isProven: boolean;
  readonly message: string;
  /** What to change in the key file or the capture; `undefined` when there is nothing. */
  readonly fix: string | undefined;
  /** First packet, when there is one. */
  readonly first?: { readonly input: number; readonly number: number };
}

/** What is said of one association. */
export interface AssociationVerdict {
  readonly entry: AssociationEntry;
  readonly verdict: CheckVerdict;
  /** Packets it was tried on, opened and verified. */
  readonly packets: number;
  readonly opened: number;
  readonly verified: number;
  readonly icvMismatches: number;
  readonly malformed: number;
  readonly explanations: readonly Explanation[];
}

/** Flows named in one explanation. */
const MAX_NAMED = 3;

/** Judges one association after a run. */
export function judgeAssociation(entry: AssociationEntry, check: KeyCheck): AssociationVerdict {
  const { packets, verified, icvFailures, decryptErrors } = entry.association.statistics;
  const findings = check.findingsOf(entry);
  const opened = packets - icvFailures - decryptErrors;
  const explanations = merged(findings?.causes ?? []).map((cause) => explain(cause, entry, check));
  const oddPadding = findings?.oddPadding ?? 0;
  const isNonsense = oddPadding * 2 > opened;
  if (isNonsense) explanations.push(oddPaddingOf(oddPadding, entry));
  // Packets of others with the same SPI, and packets cut short, are no mistake of the row.
  const isFaulty = explanations.some(({ code, fix }) => code !== 'cut' && fix !== undefined);
  if (packets === 0 && explanations.length === 0) {
    explanations.push(unusedBecause(entry, check, findings?.shadowed ?? 0));
  }
  const works = opened > 0 && !isNonsense;
  const verdict = isFaulty ? (works ? 'mixed' : 'wrong') : works ? 'works' : 'unused';
  return {
    entry,
    verdict,
    packets,
    opened,
    verified,
    icvMismatches: icvFailures,
    malformed: decryptErrors,
    explanations,
  };
}

/**
 * Causes with one fix together: packets of a node that is at home have the home address as well, without an option
 * that carries it.
 */
function merged(causes: readonly Cause[]): Cause[] {
  const kept = causes.map((cause) => ({ ...cause }));
  const careOf = kept.find(({ kind }) => kind === 'care-of-address');
  if (careOf === undefined) return kept;
  return kept.filter((cause) => {
    const isSame =
      cause.kind === 'addresses' &&
      isSameAddress(cause.flow.effectiveSource, careOf.flow.effectiveSource) &&
      isSameAddress(cause.flow.effectiveDestination, careOf.flow.effectiveDestination);
    if (isSame) careOf.packets += cause.packets;
    return !isSame;
  });
}

function addressesOf({ effectiveSource, effectiveDestination }: EspFlow): string {
  return `${addressText(effectiveSource)} > ${addressText(effectiveDestination)}`;
}

/** Whether a wrong key would show. */
function hasIcv({ association }: AssociationEntry): boolean {
  const { encryption, integrity } = association.esp;
  return integrity.create !== undefined || encryption.icvLength > 0;
}

/** What is known of the keys of a row whose addresses do not fit. */
function keysText(cause: Cause, entry: AssociationEntry): string {
  if (cause.isProven) return 'The keys fit.';
  return hasIcv(entry)
    ? 'The keys do not fit either.'
    : 'Without an ICV that is checked nobody can tell whether the keys fit.';
}

function explain(cause: Cause, entry: AssociationEntry, check: KeyCheck): Explanation {
  const { kind, isProven, first } = cause;
  // Only the first packets of an unknown SPI are tried; the fix is for all of them.
  const packets =
    kind === 'spi'
      ? check.flowsOf(cause.flow.spi).reduce((total, flow) => total + flow.packets, 0)
      : cause.packets;
  const { message, fix } = wordsOf({ ...cause, packets }, entry);
  return { code: kind, packets, isProven, message, fix, first };
}

/** Ends of the row that would have to change, in words. */
function endsToWrite({ flow }: Cause, { association }: AssociationEntry): string {
  const { effectiveSource, effectiveDestination } = flow;
  const fits = ({ bytes, length }: Prefix, address: Uint8Array): boolean =>
    bytes.length === address.length && prefixMatches(bytes, length, address, 0);
  return [
    ...(fits(association.source, effectiveSource)
      ? []
      : [`${addressText(effectiveSource)} as the source`]),
    ...(fits(association.destination, effectiveDestination)
      ? []
      : [`${addressText(effectiveDestination)} as the destination`]),
  ].join(' and ');
}

function wordsOf(
  cause: Cause,
  entry: AssociationEntry,
): { message: string; fix: string | undefined } {
  const { flow, packets, isProven } = cause;
  const { association } = entry;
  const count = plural(packets, 'packet');
  const keys = keysText(cause, entry);
  switch (cause.kind) {
    case 'care-of-address':
      return {
        message: `${count} with this SPI between these addresses carry a home address, which counts instead of the care-of address: ${addressesOf(flow)}. ${keys}`,
        fix: `write the home address: ${endsToWrite(cause, entry)}`,
      };
    case 'direction':
      return {
        message: `${count} with this SPI go the other way: ${addressesOf(flow)}. ${keys}`,
        fix: isProven
          ? 'exchange source and destination'
          : 'exchange source and destination, and look whether the keys are those of that direction',
      };
    case 'addresses': {
      const message = `${count} with this SPI have other addresses: ${addressesOf(flow)}. ${keys}`;
      return isProven || !hasIcv(entry)
        ? { message, fix: `write ${endsToWrite(cause, entry)}` }
        : {
            message: `${message} They are most likely of another association with the same SPI.`,
            fix: undefined,
          };
    }
    case 'family':
      return {
        message: `the row is for ${familyOf(association.addressLength)}, ${count} with this SPI are ${familyOf(flow.source.length)}: ${addressesOf(flow)}`,
        fix: `write ${addressesOf(flow)}`,
      };
    case 'spi':
      return {
        message: `SPI ${spiText(flow.spi)}, of which there are ${count}, opens with these keys between these addresses`,
        fix: `write ${spiText(flow.spi)} as the SPI`,
      };
    case 'algorithm':
      return {
        message: `${count} verify with ${cause.wanted ?? ''} and the same keys, not with ${transformsOf(entry)}`,
        fix: `write ${cause.wanted ?? ''}`,
      };
    case 'sequence-length':
      return {
        message: `${count} verify with ${cause.wanted ?? ''}`,
        fix: `say that the association has ${cause.wanted ?? ''}`,
      };
    case 'other-row': {
      const origin = cause.other?.association.origin;
      return {
        message: `${count} verify with the keys of ${origin?.file ?? ''}:${origin?.line ?? 0}`,
        fix: 'exchange the keys of the two rows',
      };
    }
    case 'icv':
      return {
        message: `${count} failed the integrity check`,
        fix: 'check the authentication key, and whether the association was renewed under the same SPI',
      };
    case 'encryption-key':
      return {
        message: `${count} have a right ICV and decrypt to nonsense`,
        fix: 'check the encryption key and algorithm; the authentication key is right',
      };
    case 'nonsense':
      return {
        message: `${count} cannot be decrypted with ${transformsOf(entry)}: too short, misaligned, or nonsense`,
        fix: `check the algorithms${association.esp.integrity.icvLength === 0 ? ', above all whether there is an ICV' : ''}, and the key`,
      };
    case 'cut':
      return {
        message: `${count} with this SPI are cut short by the capture, so nothing can be verified`,
        fix: 'capture whole packets: tcpdump -s 0',
      };
  }
}

function oddPaddingOf(packets: number, entry: AssociationEntry): Explanation {
  return {
    code: 'encryption-key',
    packets,
    isProven: true,
    message: `${plural(packets, 'packet')} have a right ICV and padding that no sender writes (RFC 4303 section 2.4)`,
    fix: `check the encryption key and algorithm (${transformsOf(entry)}); the authentication key is right`,
  };
}

/** Why an association that nothing speaks against was not used. */
function unusedBecause(entry: AssociationEntry, check: KeyCheck, shadowed: number): Explanation {
  const { association } = entry;
  const reason = (code: string, message: string, fix?: string): Explanation => ({
    code,
    packets: 0,
    isProven: false,
    message,
    fix,
  });
  if (shadowed > 0) {
    const message = `${plural(shadowed, 'packet')} were opened by a row with the same SPI before this one was tried`;
    return reason('shadowed', message, 'remove the row, or narrow its addresses');
  }
  if (check.packets === 0) return reason('no-esp', 'the captures have no ESP');
  const { addressLength } = association;
  if (check.unlisted === 0 && check.flows.every((flow) => flow.source.length !== addressLength)) {
    const family = familyOf(addressLength);
    return reason(
      'family',
      `the row is for ${family}, and the captures have no ESP over ${family}`,
    );
  }
  const { spi } = association;
  const seen = spi === undefined ? [] : similarSpis(spi, check);
  if (seen.length > 0) {
    const list = seen.slice(0, MAX_NAMED).map((flow) => spiText(flow.spi));
    return reason(
      'spi-not-seen',
      `no ESP packet has this SPI; ${list.join(', ')} is there, which is the same digits in another base or order`,
      `write ${list[0] ?? ''}`,
    );
  }
  const between = check.flows.filter((flow) => fits(entry, flow));
  if (between.length === 0) {
    return reason(
      'spi-not-seen',
      spi === undefined
        ? `no ESP packet goes between ${formatSelector(association.source)} and ${formatSelector(association.destination)}`
        : 'no ESP packet has this SPI, and none goes between these addresses',
    );
  }
  const list = between
    .slice(0, MAX_NAMED)
    .map((flow) => `${spiText(flow.spi)} (${plural(flow.packets, 'packet')})`)
    .join(', ');
  const more = between.length > MAX_NAMED ? ` and ${between.length - MAX_NAMED} more` : '';
  return reason(
    'spi-not-seen',
    `no ESP packet has this SPI; between these addresses there are ${list}${more}`,
    'the association may have been renewed before the capture: get the keys that belong to these SPIs',
  );
}

function fits({ association }: AssociationEntry, flow: EspFlow): boolean {
  const { length } = flow.effectiveSource;
  const addresses = new Uint8Array(2 * length);
  addresses.set(flow.effectiveSource, 0);
  addresses.set(flow.effectiveDestination, length);
  return association.matches(addresses, 0, length, length);
}

/** IP of addresses with so many octets. */
function familyOf(octets: number): string {
  return octets === 4 ? 'IPv4' : 'IPv6';
}

/** Flows whose SPI has the digits of this one in another base, or its octets in reverse order. */
function similarSpis(spi: number, check: KeyCheck): EspFlow[] {
  const swapped =
    (((spi & 0xff) << 24) | ((spi & 0xff00) << 8) | ((spi >>> 8) & 0xff00) | (spi >>> 24)) >>> 0;
  const asHex = Number.parseInt(`${spi}`, 16);
  const hex = spi.toString(16);
  const asDecimal = /^[0-9]+$/.test(hex) ? Number(hex) : undefined;
  const wanted = new Set([swapped, asHex, asDecimal]);
  wanted.delete(spi);
  return check.flows.filter((flow) => wanted.has(flow.spi));
}
