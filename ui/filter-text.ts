/**
 * Display filters out of fields of a packet: what *apply as filter* and *copy as filter* write.
 */
import type { ByteSource, FieldNode } from '../dissectors/core/node.ts';
import { fieldNamed, filterProblem } from '../engine/filter/index.ts';

/** Most octets compared; of longer values their start is, with a slice. */
const MAX_OCTETS = 64;

function hex(bytes: Uint8Array, separator: string): string {
  return Array.from(bytes, (octet) => octet.toString(16).padStart(2, '0')).join(separator);
}

/** A text as a string of a filter. Whatever is not plain is an escape, so that the filter can be shown. */
export function quoted(text: string): string {
  let inner = '';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (character === '"' || character === '\\') inner += `\\${character}`;
    else if (code >= 0x20 && code < 0x7f) inner += character;
    else if (code < 0x80) inner += `\\x${code.toString(16).padStart(2, '0')}`;
    else if (/^[\p{L}\p{N}\p{P}\p{S}]$/u.test(character)) inner += character;
    else if (code <= 0xffff) inner += `\\u${code.toString(16).padStart(4, '0')}`;
    else inner += `\\U${code.toString(16).padStart(8, '0')}`;
  }
  return `"${inner}"`;
}

/** An address as it is written without leaving out zeros in a row; filters take it as any other form. */
function addressText(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.');
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) {
    groups.push((((octets[i] ?? 0) << 8) | (octets[i + 1] ?? 0)).toString(16));
  }
  return shortened(groups.join(':'));
}

/** RFC 5952 section 4.2: the longest run of two or more zero groups as `::`, the first of equals. */
function shortened(full: string): string {
  const runs = [...`:${full}:`.matchAll(/(?<=:)(?:0:){2,}/g)];
  const longest = runs.reduce<RegExpExecArray | undefined>(
    (best, run) => (best === undefined || run[0].length > best[0].length ? run : best),
    undefined,
  );
  if (longest === undefined) return full;
  const padded = `:${full}:`;
  const head = padded.slice(1, longest.index);
  const tail = padded.slice(longest.index + longest[0].length, -1);
  return `${head === '' ? ':' : head}:${tail}`;
}

function numberText(value: number, shown: string): string {
  if (/^0x[0-9a-f]/i.test(shown) && Number.isInteger(value) && value >= 0) {
    return `0x${value.toString(16)}`;
  }
  const text = `${value}`;
  return text.includes('e') ? value.toFixed(9).replace(/\.?0+$/, '') : text;
}

/** Octets of a field, or of their start. */
function octetsComparison(name: string, octets: Uint8Array): string | undefined {
  if (octets.length === 0) return undefined;
  if (octets.length > MAX_OCTETS) {
    return `${name}[0:${MAX_OCTETS}] == ${hex(octets.subarray(0, MAX_OCTETS), ':')}`;
  }
  // One octet as a word could be taken for a name.
  return `${name} == ${octets.length === 1 ? '0x' : ''}${hex(octets, ':')}`;
}

/** The value of a field as a filter compares with it; undefined when it can be asked for presence only. */
function comparison(
  node: FieldNode,
  name: string,
  sources: readonly ByteSource[],
): string | undefined {
  const { value, text, source, offset, length } = node;
  const named = fieldNamed(name);
  if (value === undefined || named === undefined || named.isPrefix) return undefined;
  switch (named.info.type) {
    case 'protocol':
    case 'none':
      return undefined;
    case 'octets':
    case 'mac': {
      // Numbers and texts of such a field are compared by their octets.
      const octets =
        value instanceof Uint8Array
          ? value
          : sources[source]?.bytes.subarray(offset, offset + length);
      return octets === undefined ? undefined : octetsComparison(name, octets);
    }
    case 'text':
      return `${name} == ${quoted(typeof value === 'string' ? value : text)}`;
    case 'address':
      return value instanceof Uint8Array && (value.length === 4 || value.length === 16)
        ? `${name} == ${addressText(value)}`
        : undefined;
    case 'number':
    case 'boolean':
      if (typeof value === 'number') return `${name} == ${numberText(value, text)}`;
      return value instanceof Uint8Array && value.length > 0
        ? `${name} == 0x${hex(value, '')}`
        : undefined;
  }
}

/**
 * The filter that selects packets with the same value of the field, or with the field when it has no value to
 * compare. Undefined for a group without a name. What is given is always a filter that compiles.
 * @param sources octets of the packet
 */
export function filterOfNode(node: FieldNode, sources: readonly ByteSource[]): string | undefined {
  const { name } = node;
  if (name === undefined) return undefined;
  const compared = comparison(node, name, sources);
  if (compared !== undefined && filterProblem(compared) === undefined) return compared;
  return filterProblem(name) === undefined ? name : undefined;
}

/** Both filters; one alone when the other is empty. */
export function joinFilters(first: string, word: 'and' | 'or', second: string): string {
  if (first.trim() === '') return second;
  if (second.trim() === '') return first;
  const grouped = (text: string): string =>
    /\b(?:and|or|xor|not)\b|&&|\|\||\^\^|!(?!=)/.test(text) ? `(${text})` : text;
  return `${grouped(first)} ${word} ${grouped(second)}`;
}

/** All of a filter but what another selects. */
export function excludeFilter(current: string, excluded: string): string {
  return joinFilters(current, 'and', `!(${excluded})`);
}

/** Filter for all packets of one home address: by its binding, and wherever the address stands. */
export function bindingFilter(homeAddress: string): string {
  return [
    'mip6guard.binding.hoa',
    'ipv6.addr',
    'ipv6.opt.mipv6.home_address',
    'ipv6.routing.mipv6.home_address',
    'mip6.be.haddr',
  ]
    .map((name) => `${name} == ${homeAddress}`)
    .join(' or ');
}
