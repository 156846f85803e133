/**
 * Writes rows of Wireshark's `esp_sa`.
 */
import { formatSelector } from '../state/security-association.ts';
import type { AssociationEntry } from './key-file.ts';
import type { KeyMaterial } from './key-material.ts';
import { commentText, lostOf, spiText, type WrittenItem } from './write-parts.ts';

/** One row. Every association can be one. */
export function espSaRow(entry: AssociationEntry): WrittenItem {
  const { association, encryptionKey, integrityKey, initialSequenceHigh } = entry;
  const { spi, source, destination, addressLength, esp, extendedSequence } = association;
  const fields = [
    addressLength === 16 ? 'IPv6' : 'IPv4',
    formatSelector(source),
    formatSelector(destination),
    spi === undefined ? '*' : spiText(spi),
    esp.encryption.name,
    keyText(encryptionKey),
    esp.integrity.name,
    keyText(integrityKey),
  ];
  // Only newer versions have these columns.
  if (extendedSequence) fields.push('64-bit', `${initialSequenceHigh}`);
  return {
    text: `${commentText(entry.name)}${fields.map((field) => `"${field}"`).join(',')}\n`,
    lost: lostOf(entry, [
      'mode',
      'replay window',
      'selector',
      'care-of address',
      'request id',
      'UDP encapsulation',
    ]),
  };
}

function keyText(key: KeyMaterial): string {
  return key.length === 0 ? '' : `0x${key.hex()}`;
}
