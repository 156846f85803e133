/**
 * Writes `ip xfrm state add` and `ip xfrm policy add` commands, for a shell.
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

/** Window that goes with extended sequence numbers when none is said: Linux demands one. */
const DEFAULT_WINDOW = 32;

/** `ip xfrm state add ...` */
export function ipXfrmState(entry: AssociationEntry): WrittenItem {
  const problem = endpointProblem(entry, 'ip xfrm');
  if (problem !== undefined) return { impossible: problem };
  const { association, initialSequenceHigh, replayWindow, requestId } = entry;
  const { spi = 0, source, destination, mode, extendedSequence, selector } = association;
  const algorithms = algorithmWords(entry);
  if (typeof algorithms === 'string') return { impossible: algorithms };
  const { careOfAddress, encapsulation } = entry;
  const window = replayWindow ?? (extendedSequence ? DEFAULT_WINDOW : undefined);
  const words = [
    'ip xfrm state add',
    ...['src', endpointText(source) ?? '', 'dst', endpointText(destination) ?? ''],
    ...['proto', 'esp', 'spi', spiText(spi)],
    ...(requestId === undefined ? [] : ['reqid', `${requestId}`]),
    ...(mode === 'any' ? [] : ['mode', mode]),
    ...(window === undefined ? [] : ['replay-window', `${window}`]),
    ...(extendedSequence ? ['flag', 'esn'] : []),
    ...(extendedSequence && initialSequenceHigh > 0
      ? ['replay-seq-hi', `0x${initialSequenceHigh.toString(16)}`]
      : []),
    ...algorithms,
    ...(encapsulation === undefined
      ? []
      : [`encap espinudp ${encapsulation.sourcePort} ${encapsulation.destinationPort} ::`]),
    ...(careOfAddress === undefined ? [] : ['coa', addressText(careOfAddress)]),
    ...(selector === undefined ? [] : ['sel', ...selectorWords(selector)]),
  ];
  return {
    text: `${commentText(entry.name)}${words.join(' ')}\n`,
    lost: extendedSequence ? [] : lostOf(entry, ['upper sequence number']),
  };
}

/** `enc`, `auth-trunc` or `aead` with keys; a text: why there are none. */
function algorithmWords(entry: AssociationEntry): string[] | string {
  const { encryption, integrity } = entry.association.esp;
  const cipher = ENCRYPTION_NAMES.find((row) => row.transform === encryption)?.kernel[0];
  const check = INTEGRITY_NAMES.find((row) => row.transform === integrity)?.kernel[0];
  if (cipher === undefined) return `ip xfrm does not have ${encryption.name}`;
  if (check === undefined) return `ip xfrm does not have ${integrity.name}`;
  const key = entry.encryptionKey.length === 0 ? "''" : `0x${entry.encryptionKey.hex()}`;
  if (encryption.icvLength > 0) return ['aead', `'${cipher}'`, key, `${8 * encryption.icvLength}`];
  const words = ['enc', `'${cipher}'`, key];
  if (integrity.icvLength === 0) return words;
  const bits = `${8 * integrity.icvLength}`;
  return ['auth-trunc', `'${check}'`, `0x${entry.integrityKey.hex()}`, bits, ...words];
}

function selectorWords(selector: TrafficSelector): string[] {
  const { source, destination, protocol, type, code, sourcePort, destinationPort } = selector;
  const option = (name: string, value: number | string | undefined): string[] =>
    value === undefined ? [] : [name, `${value}`];
  const inner = hasMessageTypes(protocol)
    ? [...option('type', type), ...option('code', code)]
    : [...option('sport', sourcePort), ...option('dport', destinationPort)];
  return [
    ...['src', prefixText(source), 'dst', prefixText(destination)],
    ...option('proto', protocol),
    ...inner,
    ...option('dev', selector.interface),
  ];
}

/** `ip xfrm policy add ...` */
export function ipXfrmPolicy(policy: PolicyEntry): WrittenItem {
  const { selector, direction, action, priority, templates } = policy;
  const words = [
    'ip xfrm policy add',
    ...selectorWords(selector),
    ...['dir', direction === 'forward' ? 'fwd' : direction],
    ...(action === 'discard' ? ['action', 'block'] : []),
    ...(priority === undefined || priority < 0 ? [] : ['priority', `${priority}`]),
    ...templates.flatMap((template) => templateWords(template, selector)),
  ];
  return {
    text: `${words.join(' ')}\n`,
    lost: priority !== undefined && priority < 0 ? ['negative priority'] : [],
  };
}

function templateWords(template: PolicyTemplate, selector: TrafficSelector): string[] {
  const { protocol, mode, source, destination, requestId, level } = template;
  const unspecified = selector.source.bytes.length === 4 ? '0.0.0.0' : '::';
  return [
    'tmpl',
    ...['src', source === undefined ? unspecified : addressText(source.bytes)],
    ...['dst', destination === undefined ? unspecified : addressText(destination.bytes)],
    ...['proto', protocol === 'ipcomp' ? 'comp' : protocol],
    ...(requestId === undefined ? [] : ['reqid', `${requestId}`]),
    ...['mode', mode],
    ...(level === 'use' ? ['level', 'use'] : []),
  ];
}
