/**
 * `spdadd` of `setkey`: the policies.
 */
import { parsePrefix, type Prefix } from '../../dissectors/core/address.ts';
import { hasMessageTypes, type TrafficSelector } from '../state/traffic-selector.ts';
import type { KeyFileBuilder, KeyPlace } from './key-file-builder.ts';
import type { PolicyTemplate } from './key-file.ts';
import { protocolNumber, wholeNumber, type WordReader } from './word-reader.ts';

/** A range of addresses with a port: `2001:db8::/64[500]`. */
interface Range {
  readonly prefix: Prefix;
  readonly port: number | undefined;
}

/** Actions, and what RFC 4301 calls them. */
const ACTIONS: Readonly<Record<string, 'protect' | 'bypass' | 'discard'>> = {
  ipsec: 'protect',
  none: 'bypass',
  bypass: 'bypass',
  discard: 'discard',
};

const DIRECTIONS: Readonly<Record<string, 'in' | 'out' | 'forward'>> = {
  in: 'in',
  out: 'out',
  fwd: 'forward',
};

/** Reads what follows `spdadd`. */
export function readSetkeyPolicy(
  reader: WordReader,
  place: KeyPlace,
  builder: KeyFileBuilder,
): void {
  while (/^-[46n]+$/.test(reader.peek()?.text ?? '')) reader.take();
  const source = range(reader, 'source');
  const destination = range(reader, 'destination');
  const upper = upperLayer(reader);
  if (reader.hasFailed) return;
  if (!reader.takeIf('-P')) {
    reader.fail('KEYS_POLICY', 'policy', 'expected -P and a direction', place);
    return;
  }
  const direction = ownValue(DIRECTIONS, reader.take());
  if (direction === undefined) {
    reader.fail('KEYS_POLICY', 'direction', 'expected in, out or fwd');
    return;
  }
  const priority = readPriority(reader);
  const action = ownValue(ACTIONS, reader.take());
  if (action === undefined) {
    reader.fail('KEYS_POLICY', 'action', 'expected ipsec, none or discard');
    return;
  }
  const templates: PolicyTemplate[] = [];
  while (!reader.isAtEnd && action === 'protect') {
    const template = readTemplate(reader);
    if (template === undefined) return;
    templates.push(template);
  }
  if (source === undefined || destination === undefined || upper === undefined) return;
  if (source.prefix.bytes.length !== destination.prefix.bytes.length) {
    reader.fail('KEYS_ADDRESS', 'destination', 'expected the address family of the source', place);
    return;
  }
  const selector: TrafficSelector = {
    source: source.prefix,
    destination: destination.prefix,
    sourcePort: source.port,
    destinationPort: destination.port,
    interface: undefined,
    ...upper,
  };
  builder.policy({ direction, action, selector, priority, templates }, place);
}

/** A property that an object itself has: the text may be `constructor`. */
function ownValue<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function range(reader: WordReader, field: string): Range | undefined {
  const text = reader.take();
  const bracket = text.endsWith(']') ? text.indexOf('[') : -1;
  const prefix = parsePrefix(bracket < 0 ? text : text.slice(0, bracket));
  const portText = bracket < 0 ? 'any' : text.slice(bracket + 1, -1);
  const port = portText === 'any' ? undefined : wholeNumber(portText, 65_535);
  if (prefix === undefined || (portText !== 'any' && port === undefined)) {
    reader.fail(
      'KEYS_ADDRESS',
      field,
      'expected an address or prefix like 2001:db8::/64, with a port in brackets or none; names are not looked up',
    );
    return undefined;
  }
  return { prefix, port };
}

/** Protocol with type and code: `any`, `tcp`, `icmp6 146,0`, `135 5`. */
function upperLayer(
  reader: WordReader,
): Pick<TrafficSelector, 'protocol' | 'type' | 'code'> | undefined {
  const name = reader.take();
  const any = { protocol: undefined, type: undefined, code: undefined };
  if (name === 'any') return any;
  const protocol = protocolNumber(name);
  if (protocol === undefined) {
    reader.fail(
      'KEYS_PROTOCOL',
      'protocol',
      'expected any, a protocol number, or a name like icmp6, tcp, udp',
    );
    return undefined;
  }
  const numbers: number[] = [];
  while (/^[0-9,]+$/.test(reader.peek()?.text ?? '')) {
    for (const part of reader.take().split(',').slice(0, 3)) {
      const number = part === '' ? undefined : wholeNumber(part, 255);
      if (number !== undefined) numbers.push(number);
      else if (part !== '') {
        reader.fail('KEYS_NUMBER', 'type', 'expected a type from 0 to 255, or type,code');
        return undefined;
      }
    }
  }
  if (!hasMessageTypes(protocol)) return { ...any, protocol };
  const [type, code] = numbers;
  return { protocol, type, code };
}

/** `prio high`, `priority -5`, `prio def + 100`: kept when it is a number. */
function readPriority(reader: WordReader): number | undefined {
  if (!reader.takeIf('prio', 'priority')) return undefined;
  let priority: number | undefined;
  let words = 0;
  while (!reader.isAtEnd && words++ < 3 && !Object.hasOwn(ACTIONS, reader.peek()?.text ?? '')) {
    const text = reader.take();
    if (/^-?[0-9]{1,10}$/.test(text) && words === 1) priority = Number(text);
  }
  return priority;
}

/** `esp/tunnel/2001:db8::1-2001:db8::2/require`. */
function readTemplate(reader: WordReader): PolicyTemplate | undefined {
  const parts = reader.take().split('/');
  const [protocol = '', mode = '', ends = '', level = ''] = parts;
  const isProtocol = protocol === 'esp' || protocol === 'ah' || protocol === 'ipcomp';
  const isMode = mode === 'transport' || mode === 'tunnel';
  const levelMatch = /^(default|use|require|unique|)(?::([0-9]{1,10}))?$/.exec(level);
  if (!isProtocol || !isMode || levelMatch === null || parts.length > 4) {
    reader.fail(
      'KEYS_POLICY',
      'template',
      'expected protocol/mode/source-destination/level, for example esp/transport//require',
    );
    return undefined;
  }
  const [from, to, ...more] = ends === '' || ends === 'any' ? [] : ends.split('-');
  const source = from === undefined ? undefined : parsePrefix(withoutPort(from));
  const destination = to === undefined ? undefined : parsePrefix(withoutPort(to));
  const isComplete = from === undefined || (source !== undefined && destination !== undefined);
  if (!isComplete || more.length > 0 || (mode === 'tunnel' && from === undefined)) {
    reader.fail(
      'KEYS_POLICY',
      'template',
      'expected the ends of the tunnel, for example esp/tunnel/2001:db8::1-2001:db8::2/require',
    );
    return undefined;
  }
  const [, levelName, id] = levelMatch;
  return {
    protocol,
    mode,
    source,
    destination,
    requestId: id === undefined ? undefined : Number(id),
    level: levelName === 'use' ? 'use' : 'require',
  };
}

function withoutPort(text: string): string {
  const bracket = text.indexOf('[');
  return bracket < 0 ? text : text.slice(0, bracket);
}
