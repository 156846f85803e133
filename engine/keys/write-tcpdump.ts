/**
 * Writes secrets of `tcpdump -E`.
 */
import { ENCRYPTION_NAMES } from './algorithm-names.ts';
import { findIkeAlgorithm, IKE_ENCRYPTION, IKE_INTEGRITY } from './ike-algorithms.ts';
import type { AssociationEntry, IkeKey } from './key-file.ts';
import { KeyMaterial } from './key-material.ts';
import { addressText, commentText, lostOf, spiText, type WrittenItem } from './write-parts.ts';

/** Octets of the only ICV that tcpdump can be told of. */
const ICV_OCTETS = 12;

/** `spi@address algorithm:key`. */
export function tcpdumpSecret(entry: AssociationEntry): WrittenItem {
  const { association, encryptionKey } = entry;
  const { spi, destination, esp } = association;
  const { encryption, integrity } = esp;
  if (spi === undefined || destination.length !== 8 * destination.bytes.length) {
    return { impossible: 'tcpdump takes one SPI and one destination' };
  }
  const names = ENCRYPTION_NAMES.find((row) => row.transform === encryption)?.tcpdump;
  const name = names?.[encryptionKey.length]?.[0];
  if (name === undefined) return { impossible: `tcpdump does not have ${encryption.name}` };
  if (integrity.icvLength !== 0 && integrity.icvLength !== ICV_OCTETS) {
    return {
      impossible: `tcpdump can be told of an ICV of 96 bits or none; ${integrity.name} has ${8 * integrity.icvLength}`,
    };
  }
  const suffix = integrity.icvLength === 0 ? '' : '-hmac96';
  const secret = `${spiText(spi)}@${addressText(destination.bytes)} ${name}${suffix}:0x${encryptionKey.hex()}\n`;
  return {
    text: `${commentText(entry.name)}${secret}`,
    lost: lostOf(entry, [
      'source',
      'authentication key',
      'mode',
      'replay window',
      'selector',
      'care-of address',
      'request id',
      'UDP encapsulation',
      'extended sequence numbers',
    ]),
  };
}

/** `ikev2 I|R ...`, a line for each direction. */
export function tcpdumpIke(key: IkeKey): WrittenItem {
  if (key.version === 1) return { impossible: 'tcpdump has no place for IKEv1 keys' };
  const encryption = findIkeAlgorithm(IKE_ENCRYPTION, key.encryption)?.tcpdump;
  const integrity = findIkeAlgorithm(IKE_INTEGRITY, key.integrity)?.tcpdump;
  if (encryption === undefined || integrity === undefined) {
    const name = encryption === undefined ? key.encryption : key.integrity;
    return { impossible: `tcpdump does not have ${name} for IKE` };
  }
  const spis = [key.initiatorSpi, key.responderSpi].map((spi) => `0x${new KeyMaterial(spi).hex()}`);
  const line = (
    direction: string,
    check: KeyMaterial | undefined,
    cipher: KeyMaterial | undefined,
  ): string =>
    check === undefined || cipher === undefined
      ? ''
      : `ikev2 ${direction} ${spis.join(' ')} ${integrity}:0x${check.hex()} ${encryption}:0x${cipher.hex()}\n`;
  const text =
    line('I', key.initiatorIntegrity, key.initiatorEncryption) +
    line('R', key.responderIntegrity, key.responderEncryption);
  return { text, lost: [] };
}
