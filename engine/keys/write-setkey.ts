/**
 * Writes statements of `setkey`.
 */
import { hasMessageTypes, type TrafficSelector } from '../state/traffic-selector.ts';
import { ENCRYPTION_NAMES, INTEGRITY_NAMES } from './algorithm-names.ts';
import type { AssociationEntry, PolicyEntry, PolicyTemplate } from './key-file.ts';
import {
  addressText,
  commentText,
  endpointProblem,
  endpointText,
  lostOf,
  prefixText,
  spiText,
  type WrittenItem,
} from './write-parts.ts';

/** `add ...;` */
export function setkeyAdd(entry: AssociationEntry): WrittenItem {
  const problem = endpointProblem(entry, 'setkey');
  if (problem !== undefined) return { impossible: problem };
  const { association, encryptionKey, integrityKey, replayWindow, requestId } = entry;
  const { esp, spi = 0, source, destination, mode, extendedSequence } = association;
  if (extendedSequence) return { impossible: 'setkey has no extended sequence numbers' };
  const { encryption, integrity } = esp;
  const cipher = ENCRYPTION_NAMES.find((row) => row.transform === encryption)?.setkey[0];
  const check = INTEGRITY_NAMES.find((row) => row.transform === integrity)?.setkey[0];
  if (cipher === undefined || check === undefined) {
    const name = cipher === undefined ? encryption.name : integrity.name;
    return { impossible: `setkey does not have ${name}` };
  }
  const words = [
    'add',
    endpointText(source) ?? '',
    endpointText(destination) ?? '',
    'esp',
    spiText(spi),
    ...(mode === 'any' ? [] : ['-m', mode]),
    ...(requestId === undefined ? [] : ['-u', `${requestId}`]),
    // setkey counts octets of its bit map.
    ...(replayWindow === undefined ? [] : ['-r', `${Math.ceil(replayWindow / 8)}`]),
    '-E',
    cipher,
    ...(encryptionKey.length === 0 ? [] : [`0x${encryptionKey.hex()}`]),
    ...(integrity.icvLength === 0 ? [] : ['-A', check, `0x${integrityKey.hex()}`]),
  ];
  return {
    text: `${commentText(entry.name)}${words.join(' ')};\n`,
    lost: lostOf(entry, ['selector', 'care-of address', 'UDP encapsulation']),
  };
}

const ACTIONS = { protect: 'ipsec', bypass: 'none', discard: 'discard' } as const;

/** `spdadd ...;` */
export function setkeyPolicy({
  selector,
  direction,
  action,
  templates,
  priority,
}: PolicyEntry): WrittenItem {
  const { source, destination, sourcePort, destinationPort } = selector;
  const words = [
    'spdadd',
    `${prefixText(source)}${portText(sourcePort)}`,
    `${prefixText(destination)}${portText(destinationPort)}`,
    upperText(selector),
    '-P',
    direction === 'forward' ? 'fwd' : direction,
    ACTIONS[action],
    ...templates.map(templateText),
  ];
  const lost = [
    ...(selector.interface === undefined ? [] : ['interface']),
    // Larger is more important in KAME and less in Linux.
    ...(priority === undefined || priority === 0 ? [] : ['priority']),
  ];
  return { text: `${words.join(' ')};\n`, lost };
}

function portText(port: number | undefined): string {
  return port === undefined ? '' : `[${port}]`;
}

function upperText({ protocol, type, code }: TrafficSelector): string {
  if (protocol === undefined) return 'any';
  const name = protocol === 58 ? 'icmp6' : `${protocol}`;
  if (!hasMessageTypes(protocol) || type === undefined) return name;
  return `${name} ${type}${code === undefined ? '' : `,${code}`}`;
}

function templateText(template: PolicyTemplate): string {
  const { protocol, mode, source, destination, requestId, level } = template;
  const ends =
    mode === 'tunnel' && source !== undefined && destination !== undefined
      ? `${addressText(source.bytes)}-${addressText(destination.bytes)}`
      : '';
  const wanted = requestId === undefined ? level : `unique:${requestId}`;
  return `${protocol}/${mode}/${ends}/${wanted}`;
}
