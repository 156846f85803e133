/**
 * What a peer program made of the rows.
 */
import type { EspAssociation } from '../../../../engine/crypto/esp.ts';
import {
  createEspResult,
  EspContext,
  EspScratch,
  EspStatus,
  NO_SEQUENCE_HIGH,
  openEsp,
} from '../../../../engine/crypto/esp.ts';
import { NULL_INTEGRITY } from '../../../../engine/crypto/transforms.ts';
import type { TransformRow } from './rows.ts';

/** `passed`, why there was nothing to compare, or what was wrong. */
export type Outcome =
  | { readonly kind: 'passed' }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

export const PASSED: Outcome = { kind: 'passed' };

/** Nothing to compare. */
export function skipped(reason: string): Outcome {
  return { kind: 'skipped', reason };
}

/** Not what was expected. */
export function failed(reason: string): Outcome {
  return { kind: 'failed', reason };
}

/** A column: what one program does with every row. */
export interface PeerColumn {
  readonly title: string;
  /** Program with the first two numbers of its version; undefined: it is not installed or may not run here. */
  readonly version: string | undefined;
  /** In the order of the rows; empty without the program. */
  readonly outcomes: readonly Outcome[];
}

/** Hex of octets. */
export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** First two numbers of a version. */
export function majorAndMinor(version: string): string {
  return /\d+\.\d+/.exec(version)?.[0] ?? version.trim();
}

/** The association of a row, on our side. */
export function associationOf(row: TransformRow): EspAssociation & { readonly spi: number } {
  const { encryption, encryptionKey, integrity, integrityKey, spi } = row;
  const esp = new EspContext({ encryption, encryptionKey, integrity, integrityKey });
  return { esp, spi, sequenceHigh: () => NO_SEQUENCE_HIGH };
}

/** Whether something in a row is checked: nothing is with NULL integrity and an encryption that only encrypts. */
export function isChecked({ encryption, integrity }: TransformRow): boolean {
  return encryption.icvLength > 0 || integrity !== NULL_INTEGRITY;
}

/** What opening a packet with our keys gives: hex of the payload, or the word for what is wrong. */
export function openedPayload(
  association: EspAssociation,
  packet: Uint8Array,
  offset: number,
  expectsIcv: boolean,
): string {
  const result = createEspResult();
  openEsp(association, packet, offset, packet.length, new EspScratch(), result);
  if (result.status !== EspStatus.OK || result.integrityVerified !== expectsIcv) {
    return `status ${result.status}, ${result.integrityVerified ? '' : 'not '}verified`;
  }
  return hexOf(result.bytes.subarray(result.payloadOffset, result.payloadEnd));
}
