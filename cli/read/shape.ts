/**
 * The field tree of a packet in tshark's form, for the exports that scripts read.
 */
import { fieldCatalogue } from '../../dissectors/catalogue.ts';
import type { FieldType } from '../../dissectors/catalogue.ts';
import { formatAddress, formatIpv4, formatMac } from '../../dissectors/core/address.ts';
import { u8 } from '../../dissectors/core/bytes.ts';
import { hexText } from '../../dissectors/core/field-tree.ts';
import type { ByteSource, FieldNode } from '../../dissectors/index.ts';
import type { RawOctets, ShownField, ShownKind } from '../../io/export/shown-field.ts';
import { safeText } from '../report/safe-text.ts';
import {
  ALIASES,
  ALIASES_BELOW,
  BELOW,
  DECIMAL,
  DISSOLVED,
  DISSOLVED_AROUND,
  DISSOLVED_LABELS,
  DISSOLVED_WHEN_DECODED,
  FIELD_TYPE,
  HEXADECIMAL,
  IN_IPV6,
  NAMED_AROUND,
  OPTION_TYPE,
  RENAMED,
  SPREAD,
  VALUED_PREFIX,
  WIDE_NUMBERS,
  WITHOUT_VALUE,
} from './shape-tables.ts';

/** A field whose children may still grow. */
interface Growing extends ShownField {
  readonly children: Growing[];
}

/** What is wrong with a packet. */
const EXPERT = '_ws.expert';
const COMMENT = 'frame.comment';
/** Octets that nothing decodes, and their number. */
const DATA = 'data.data';
const DATA_LENGTH = 'data.len';
/** Times of the frame: seconds and nine digits. */
const TIME_PREFIX = 'frame.time';
/** Deeper fields are left out: a hostile packet must not exhaust the stack of whoever reads the export. */
const MAX_DEPTH = 40;

/**
 * Layers of a packet.
 * @param nodes top-level nodes: frame, headers, what is said about the packet
 * @param withOctets whether `raw` is wanted
 */
export function shownLayers(
  nodes: readonly FieldNode[],
  sources: readonly ByteSource[],
  withOctets: boolean,
): ShownField[] {
  return new Shaper(sources, withOctets).layers(nodes);
}

class Shaper {
  readonly #sources: readonly ByteSource[];
  readonly #withOctets: boolean;

  constructor(sources: readonly ByteSource[], withOctets: boolean) {
    this.#sources = sources;
    this.#withOctets = withOctets;
  }

  layers(nodes: readonly FieldNode[]): Growing[] {
    const layers: Growing[] = [];
    const places: { readonly node: FieldNode; readonly shown: Growing }[] = [];
    for (const node of withoutRepeated(nodes)) {
      for (const shown of this.#fields(node, 0)) {
        if (shown.key !== EXPERT) {
          places.push({ node, shown });
          layers.push(shown);
          continue;
        }
        // As tshark: what is wrong stands in the layer that it is about.
        const place = places.findLast((item) => isWithin(node, item.node));
        (place?.shown.children ?? layers).push(shown);
      }
    }
    return nested(withComments(layers));
  }

  /** What stands for a node among its neighbours. */
  #fields(node: FieldNode, depth: number): Growing[] {
    const { name } = node;
    if (isDissolved(node)) return this.#children(node, depth);
    const shown = this.#field(node, depth);
    if (name === undefined) return [shown];
    if (SPREAD.has(name)) return [{ ...shown, children: [] }, ...shown.children];
    if (name === DATA) return [shown, lengthOf(shown, node.length)];
    for (const alias of ALIASES_BELOW[name] ?? []) shown.children.push(aliasOf(shown, alias));
    return [shown, ...(ALIASES[name] ?? []).map((alias) => aliasOf(shown, alias))];
  }

  #children(node: FieldNode, depth: number): Growing[] {
    if (depth >= MAX_DEPTH) return [];
    const found: Growing[] = [];
    for (const child of node.children) {
      for (const shown of this.#fields(child, depth + 1)) {
        const parent = BELOW[shown.key];
        const above = parent === undefined ? undefined : found.find(({ key }) => key === parent);
        (above?.children ?? found).push(shown);
      }
    }
    if (node.name === 'icmpv6' && found.some(({ key }) => key === DATA)) return withData(found);
    // A packet quoted in an error message.
    return found.some(({ key }) => key === 'ipv6') ? nested(found) : found;
  }

  #field(node: FieldNode, depth: number): Growing {
    const { name, text } = node;
    const label = safeText(labelOf(node));
    const key = name === undefined ? (nameAround(node) ?? label) : (RENAMED[name] ?? name);
    const line = safeText(text === '' ? label : `${label}: ${text}`);
    let children = this.#children(node, depth);
    let kind = kindOf(node, depth);
    let value = kind === 'protocol' || kind === 'none' ? undefined : valueText(node, kind);
    if (kind === 'octets' && typeof node.value === 'number') value = colonHex(this.#octets(node));
    if (name?.startsWith(VALUED_PREFIX) === true && node.value === undefined) {
      kind = 'octets';
      value = colonHex(this.#octets(node));
      children = children.filter((child) => child.key !== OPTION_TYPE);
    }
    if (name === 'esp') children = this.#espChildren(node, children);
    const raw = this.#withOctets ? this.#raw(node, kind) : undefined;
    return { key, kind, value, line, raw, children };
  }

  /** ESP that was opened: the verdict below the ICV, the trailer below the decrypted octets. */
  #espChildren(node: FieldNode, children: readonly Growing[]): Growing[] {
    const verdict = node.children.find(
      ({ name }) => name === 'esp.icv_good' || name === 'esp.icv_bad',
    );
    const inside = node.children.filter(({ source }) => source !== node.source);
    const insideKeys = new Set(inside.map(({ name }) => name));
    const outer = children.filter(({ key }) => key !== verdict?.name && !insideKeys.has(key));
    if (verdict !== undefined) {
      const icv = outer.find(({ key }) => key === 'esp.icv');
      for (const key of ['esp.icv_good', 'esp.icv_bad']) {
        const value = key === verdict.name ? '1' : '0';
        (icv?.children ?? outer).push({
          key,
          kind: 'boolean',
          value,
          line: key,
          raw: undefined,
          children: [],
        });
      }
    }
    const [first] = inside;
    const trailer = inside.find(({ name }) => name === 'esp.pad_len');
    if (first === undefined || trailer === undefined) return outer;
    const { source } = first;
    const length = this.#sources[source]?.bytes.length ?? 0;
    const octets = (name: string, to: number): FieldNode => {
      const value = this.#octets({ ...trailer, offset: 0, length: to });
      return { ...trailer, name, label: name, text: hexText(value), value, offset: 0, length: to };
    };
    const padLength = typeof trailer.value === 'number' ? trailer.value : 0;
    const decrypted = this.#field(octets('esp.decrypted_data', length), 1);
    decrypted.children.push(
      this.#field(octets('esp.contained_data', Math.max(0, trailer.offset - padLength)), 2),
      ...children.filter(({ key }) => insideKeys.has(key)),
    );
    return [...outer, decrypted];
  }

  #octets({ source, offset, length }: FieldNode): Uint8Array {
    return this.#sources[source]?.bytes.subarray(offset, offset + length) ?? new Uint8Array();
  }

  #raw(node: FieldNode, kind: ShownKind): RawOctets | undefined {
    if (node.generated === true || kind === 'heading') return undefined;
    const { offset, length, mask = 0, value } = node;
    const isPart = mask !== 0 && typeof value === 'number';
    // Upper case, as tshark writes parts of octets.
    const hex = isPart ? value.toString(16).toUpperCase() : plainHex(this.#octets(node));
    return { hex, offset, length, mask, type: typeOf(node, kind) };
  }
}

/**
 * Headers of a packet that was put together from fragments: tshark shows what is in it behind the fragment header,
 * and not again the headers that every fragment has.
 */
function withoutRepeated(nodes: readonly FieldNode[]): readonly FieldNode[] {
  const fragment = nodes.findIndex(({ name }) => name === 'ipv6.fraghdr');
  const inside = nodes.findIndex(
    ({ name, source }, i) => i > fragment && name === 'ipv6' && source !== nodes[fragment]?.source,
  );
  const [data, ...others] = nodes.slice(fragment + 1, inside);
  const isNext = data?.name === 'data' && others.length === 0;
  if (fragment < 0 || inside < 0 || !isNext) return nodes;
  const start = nodes.findLastIndex(({ name }, i) => i < fragment && name === 'ipv6');
  if (start < 0) return nodes;
  // The same extension headers stand before the fragment header and in the packet.
  const repeated = fragment - start;
  return [...nodes.slice(0, fragment + 1), ...nodes.slice(inside + repeated)];
}

/** Comments of the capture file are a layer of their own in tshark. */
function withComments(layers: readonly Growing[]): Growing[] {
  const frame = layers.find(({ key }) => key === 'frame');
  const comments = frame?.children.filter(({ key }) => key === COMMENT) ?? [];
  if (frame === undefined || comments.length === 0) return [...layers];
  const rest = frame.children.filter(({ key }) => key !== COMMENT);
  return [container('pkt_comment', comments), { ...frame, children: rest }, ...layers.slice(1)];
}

/** Octets that nothing decodes stand in a layer of their own. */
function withData(fields: readonly Growing[]): Growing[] {
  const isData = ({ key }: Growing): boolean => key === DATA || key === DATA_LENGTH;
  return [...fields.filter((field) => !isData(field)), container('data', fields.filter(isData))];
}

function container(key: string, children: Growing[]): Growing {
  return { key, kind: 'protocol', value: undefined, line: key, raw: undefined, children };
}

function lengthOf(data: Growing, length: number): Growing {
  const value = `${length}`;
  return {
    ...data,
    key: DATA_LENGTH,
    kind: 'number',
    value,
    line: value,
    raw: undefined,
    children: [],
  };
}

/** Name of tshark's for a line of ours that has none. */
function nameAround({ name, children }: FieldNode): string | undefined {
  if (name !== undefined) return undefined;
  for (const child of children) {
    const found = NAMED_AROUND[child.name ?? ''];
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Puts extension headers and Mobility Headers into the IPv6 header before them. */
function nested(layers: readonly Growing[]): Growing[] {
  const found: Growing[] = [];
  let ipv6: Growing | undefined;
  for (const shown of layers) {
    if (ipv6 !== undefined && IN_IPV6.has(shown.key)) ipv6.children.push(shown);
    else {
      found.push(shown);
      ipv6 = shown.key === 'ipv6' ? shown : undefined;
    }
  }
  return found;
}

/** Whether tshark has no line for a node, only for what is below it. */
function isDissolved({ name, label, children }: FieldNode): boolean {
  if (name === undefined) {
    if (DISSOLVED_LABELS.has(label)) return true;
    return children.some((child) => DISSOLVED_AROUND.has(child.name ?? ''));
  }
  return DISSOLVED.has(name) || (DISSOLVED_WHEN_DECODED.has(name) && children.length > 0);
}

/** Label of a line; an option without a name of its own is called as tshark calls it. */
function labelOf({ label, name, children }: FieldNode): string {
  const type =
    name === undefined ? children.find((child) => child.name === OPTION_TYPE)?.value : undefined;
  return typeof type === 'number' ? `Unknown (0x${type.toString(16).padStart(2, '0')})` : label;
}

function typeOfField(name: string): FieldType | undefined {
  return fieldCatalogue().get(name)?.type;
}

/** Whether what a node says is about octets of another. */
function isWithin(inner: FieldNode, outer: FieldNode): boolean {
  const end = outer.offset + outer.length;
  return inner.source === outer.source && inner.offset >= outer.offset && inner.offset < end;
}

function aliasOf(shown: Growing, key: string): Growing {
  const { raw } = shown;
  const isName = raw !== undefined && key.endsWith('host');
  return { ...shown, key, raw: isName ? { ...raw, type: FIELD_TYPE.string } : raw, children: [] };
}

function isFlag(mask: number | undefined): boolean {
  return mask !== undefined && (mask & (mask - 1)) === 0;
}

function kindOf(node: FieldNode, depth: number): ShownKind {
  const { name, value, mask } = node;
  if (name === undefined) {
    if (nameAround(node) !== undefined) return 'none';
    return depth === 0 ? 'protocol' : 'heading';
  }
  if (WITHOUT_VALUE.has(name)) return 'none';
  if (value === undefined) {
    return depth === 0 || name === EXPERT || typeOfField(name) === 'protocol' ? 'protocol' : 'none';
  }
  if (WIDE_NUMBERS.has(name)) return 'number';
  if (name.startsWith(TIME_PREFIX)) return 'plain';
  if (typeof value === 'number') {
    if (isFlag(mask)) return 'boolean';
    return isReserved(node, value) ? 'octets' : 'number';
  }
  if (typeof value === 'string') return 'text';
  return octetsKind(node, value);
}

/** Reserved octets are shown as octets, whatever number they make. */
function isReserved({ text, length, mask }: FieldNode, value: number): boolean {
  if (mask !== undefined || length === 0) return false;
  return text.length === 2 * length && text === value.toString(16).padStart(2 * length, '0');
}

/** Octets are shown as hexadecimal, as an address, or as the text they are. */
function octetsKind({ text, name = '' }: FieldNode, value: Uint8Array): ShownKind {
  if (text === hexText(value) || typeOfField(name) === 'octets') return 'octets';
  const isAddress =
    (value.length === 16 && text === formatAddress(value)) ||
    (value.length === 6 && text === formatMac(value, 0)) ||
    (value.length === 4 && text === formatIpv4(value));
  return isAddress ? 'plain' : 'text';
}

function valueText(node: FieldNode, kind: ShownKind): string | undefined {
  const { value, text, name = '' } = node;
  if (value === undefined) return undefined;
  // A number cannot hold all digits of a time: the line does.
  if (name.startsWith(TIME_PREFIX)) return text.replace(/ s$/, '');
  if (typeof value === 'number') return numberText(value, text, name);
  if (typeof value === 'string') return safeText(value);
  if (WIDE_NUMBERS.has(name)) return `0x${plainHex(value)}`;
  return kind === 'octets' ? colonHex(value) : safeText(text);
}

/** A number in the base of its line, unless tshark has another. */
function numberText(value: number, text: string, name: string): string {
  const digits = HEXADECIMAL[name];
  if (digits !== undefined) return `0x${value.toString(16).padStart(digits, '0')}`;
  const hex = DECIMAL.has(name) ? undefined : /^0x[0-9a-f]+/.exec(text)?.[0];
  return hex ?? `${value}`;
}

function plainHex(octets: Uint8Array): string {
  let text = '';
  for (let i = 0; i < octets.length; i++) text += u8(octets, i).toString(16).padStart(2, '0');
  return text;
}

function colonHex(octets: Uint8Array): string {
  let text = '';
  for (let i = 0; i < octets.length; i++) {
    text += `${i === 0 ? '' : ':'}${u8(octets, i).toString(16).padStart(2, '0')}`;
  }
  return text;
}

function typeOf({ value, length, name = '' }: FieldNode, kind: ShownKind): number {
  if (kind === 'protocol') return FIELD_TYPE.protocol;
  if (kind === 'none') return FIELD_TYPE.none;
  if (kind === 'boolean') return FIELD_TYPE.boolean;
  if (kind === 'number') return FIELD_TYPE.uint8 + Math.min(Math.max(length, 1), 8) - 1;
  // The first octets of an address are one as well.
  if (typeOfField(name) === 'address' && length > 4) return FIELD_TYPE.ipv6;
  if (kind !== 'plain' || !(value instanceof Uint8Array)) {
    return kind === 'octets' ? FIELD_TYPE.bytes : FIELD_TYPE.string;
  }
  if (value.length === 16) return FIELD_TYPE.ipv6;
  return value.length === 4 ? FIELD_TYPE.ipv4 : FIELD_TYPE.ether;
}
