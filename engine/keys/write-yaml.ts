/**
 * Writes items of `associations:` in the YAML key file, which has a place for everything.
 */
import { formatSelector } from '../state/security-association.ts';
import type { TrafficSelector } from '../state/traffic-selector.ts';
import type { AssociationEntry } from './key-file.ts';
import { addressText, prefixText, spiText, type WrittenItem } from './write-parts.ts';

type Line = readonly [name: string, value: string | undefined];

/** One item of the list. */
export function yamlAssociation(entry: AssociationEntry): WrittenItem {
  const { association, encryptionKey, integrityKey, encapsulation } = entry;
  const { spi, source, destination, mode, esp, extendedSequence, selector } = association;
  // A prefix of no bits has no family of its own.
  const isIpv4Wildcard =
    association.addressLength === 4 && source.length === 0 && destination.length === 0;
  const lines: Line[] = [
    ['name', entry.name === undefined ? undefined : quoted(entry.name)],
    ['source', quoted(isIpv4Wildcard ? '0.0.0.0/0' : formatSelector(source))],
    ['destination', quoted(isIpv4Wildcard ? '0.0.0.0/0' : formatSelector(destination))],
    ['spi', spi === undefined ? quoted('*') : spiText(spi)],
    ['mode', mode === 'any' ? undefined : mode],
    ['encryption', quoted(esp.encryption.name)],
    ['encryptionKey', keyText(encryptionKey)],
    ['integrity', quoted(esp.integrity.name)],
    ['integrityKey', keyText(integrityKey)],
    ['extendedSequence', extendedSequence ? 'true' : undefined],
    ['sequenceHigh', entry.initialSequenceHigh === 0 ? undefined : `${entry.initialSequenceHigh}`],
    ['replayWindow', numberText(entry.replayWindow)],
    ['requestId', numberText(entry.requestId)],
    [
      'careOfAddress',
      entry.careOfAddress === undefined ? undefined : quoted(addressText(entry.careOfAddress)),
    ],
  ];
  const blocks = [
    block('    ', lines),
    encapsulation === undefined
      ? ''
      : `    encapsulation:\n${block('      ', [
          ['sourcePort', `${encapsulation.sourcePort}`],
          ['destinationPort', `${encapsulation.destinationPort}`],
        ])}`,
    selector === undefined ? '' : `    selector:\n${block('      ', selectorLines(selector))}`,
  ];
  return { text: `  - ${blocks.join('').trimStart()}`, lost: [] };
}

function selectorLines(selector: TrafficSelector): Line[] {
  return [
    ['source', quoted(prefixText(selector.source))],
    ['destination', quoted(prefixText(selector.destination))],
    ['protocol', numberText(selector.protocol)],
    ['sourcePort', numberText(selector.sourcePort)],
    ['destinationPort', numberText(selector.destinationPort)],
    ['type', numberText(selector.type)],
    ['code', numberText(selector.code)],
    ['interface', selector.interface === undefined ? undefined : quoted(selector.interface)],
  ];
}

function block(indent: string, lines: readonly Line[]): string {
  let text = '';
  for (const [name, value] of lines) {
    if (value !== undefined) text += `${indent}${name}: ${value}\n`;
  }
  return text;
}

function keyText(key: AssociationEntry['encryptionKey']): string | undefined {
  return key.length === 0 ? undefined : quoted(`0x${key.hex()}`);
}

function numberText(value: number | undefined): string | undefined {
  return value === undefined ? undefined : `${value}`;
}

/** A double-quoted YAML text; JSON's escapes are YAML's. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
