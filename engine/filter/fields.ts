/**
 * Names that a filter may use: fields of the catalogue and of the engine's state, names that stand for several
 * fields, and prefixes.
 */
import { fieldCatalogue } from '../../dissectors/catalogue.ts';
import type { FieldInfo } from '../../dissectors/catalogue.ts';
import { nearestName } from '../keys/nearest-name.ts';
import { STATE_FIELDS } from './state-fields.ts';

/** A name that stands for other fields, as in Wireshark. */
interface Alias {
  readonly name: string;
  readonly label: string;
  readonly fields: readonly string[];
  /** The values are compared as text. */
  readonly isText?: boolean;
}

const ALIASES: readonly Alias[] = [
  { name: 'eth.addr', label: 'Source or Destination', fields: ['eth.src', 'eth.dst'] },
  { name: 'ip.addr', label: 'Source or Destination Address', fields: ['ip.src', 'ip.dst'] },
  { name: 'ipv6.addr', label: 'Source or Destination Address', fields: ['ipv6.src', 'ipv6.dst'] },
  { name: 'tcp.port', label: 'Source or Destination Port', fields: ['tcp.srcport', 'tcp.dstport'] },
  { name: 'udp.port', label: 'Source or Destination Port', fields: ['udp.srcport', 'udp.dstport'] },
  { name: 'mipv6', label: 'Mobile IPv6', fields: ['mip6'] },
  {
    name: 'ip.host',
    label: 'Source or Destination Address as text',
    fields: ['ip.src', 'ip.dst'],
    isText: true,
  },
  { name: 'ip.src_host', label: 'Source Address as text', fields: ['ip.src'], isText: true },
  { name: 'ip.dst_host', label: 'Destination Address as text', fields: ['ip.dst'], isText: true },
  {
    name: 'ipv6.host',
    label: 'Source or Destination Address as text',
    fields: ['ipv6.src', 'ipv6.dst'],
    isText: true,
  },
  { name: 'ipv6.src_host', label: 'Source Address as text', fields: ['ipv6.src'], isText: true },
  {
    name: 'ipv6.dst_host',
    label: 'Destination Address as text',
    fields: ['ipv6.dst'],
    isText: true,
  },
];

/** What a name of a filter stands for. */
export interface NamedField {
  readonly info: FieldInfo;
  /** Fields of packets that it stands for. */
  readonly fields: readonly string[];
  /** Type of the values as they are in the packet; `info.type` is the one to compare with. */
  readonly stored: FieldInfo['type'];
  /** A prefix: can be asked for presence only. */
  readonly isPrefix: boolean;
}

interface Names {
  readonly infos: ReadonlyMap<string, FieldInfo>;
  readonly named: Map<string, NamedField>;
  /** Fields below each prefix: `mip6.bu` has `mip6.bu.seqnr` and others. */
  readonly prefixes: ReadonlyMap<string, readonly string[]>;
}

function build(): Names {
  const infos = new Map<string, FieldInfo>(fieldCatalogue());
  for (const info of STATE_FIELDS) infos.set(info.name, info);
  const named = new Map<string, NamedField>();
  const prefixes = new Map<string, string[]>();
  for (const [name, info] of infos) {
    named.set(name, { info, fields: [name], stored: info.type, isPrefix: false });
    for (let dot = name.indexOf('.'); dot > 0; dot = name.indexOf('.', dot + 1)) {
      const prefix = name.slice(0, dot);
      const known = prefixes.get(prefix);
      if (known === undefined) prefixes.set(prefix, [name]);
      else known.push(name);
    }
  }
  for (const { name, label, fields, isText = false } of ALIASES) {
    const first = infos.get(fields[0] ?? '');
    if (first === undefined || infos.has(name)) continue;
    const info: FieldInfo = isText
      ? { name, label, type: 'text', formats: first.formats }
      : { ...first, name, label };
    infos.set(name, info);
    named.set(name, { info, fields, stored: first.type, isPrefix: false });
  }
  return { infos, named, prefixes };
}

let names: Names | undefined;

function allNames(): Names {
  names ??= build();
  return names;
}

/** All names of filters with their types: the catalogue, the state fields, and names for several fields. */
export function filterFields(): ReadonlyMap<string, FieldInfo> {
  return allNames().infos;
}

/** What a name stands for; undefined when nothing has it. */
export function fieldNamed(name: string): NamedField | undefined {
  const { named, prefixes } = allNames();
  const known = named.get(name);
  if (known !== undefined) return known;
  const fields = prefixes.get(name);
  if (fields === undefined) return undefined;
  const info: FieldInfo = { name, label: name, type: 'none', formats: [] };
  return { info, fields, stored: 'none', isPrefix: true };
}

/** Most names told at once. */
const MAX_NEAR = 3;

/** Names that somebody may have meant: the nearest one, and those that start or end like it. */
export function namesLike(text: string): readonly string[] {
  const all = [...allNames().infos.keys()];
  const lower = text.toLowerCase();
  const nearest = nearestName(text, all);
  const same = all.filter((name) => name.toLowerCase() === lower);
  const alike = lower.length < 3 ? [] : all.filter((name) => name.endsWith(`.${lower}`));
  // Fields of mobility first: that is what this is for. Then the shortest.
  const rank = (name: string): number => (name.startsWith('mip6.') ? 0 : 1000) + name.length;
  alike.sort((a, b) => rank(a) - rank(b));
  const found = [...same, ...(nearest === undefined ? [] : [nearest]), ...alike];
  return [...new Set(found)].slice(0, MAX_NEAR);
}

/** `did you mean mip6.bu.lifetime?`, or where to look. */
export function hintFor(text: string): string {
  const near = namesLike(text);
  return near.length === 0
    ? 'mip6guard fields lists all of them'
    : `did you mean ${near.join(' or ')}?`;
}
