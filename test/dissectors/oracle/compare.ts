/**
 * Compares a field tree with the fields of another dissector, by name and place.
 */
import { formatAddress, formatIpv4 } from '../../../dissectors/core/address.ts';
import type { Dissection, FieldNode } from '../../../dissectors/core/node.ts';
import type { OracleField } from './tshark.ts';

/** One disagreement. */
export interface Difference {
  readonly packet: number;
  readonly name: string;
  readonly offset: number;
  readonly kind: 'only here' | 'only there' | 'length' | 'value';
  readonly here: string;
  readonly there: string;
}

/** Result of comparing many packets. */
export interface Comparison {
  readonly packets: number;
  /** Fields that both have, at the same place, with the same length and value. */
  agreed: number;
  readonly differences: Difference[];
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((octet) => octet.toString(16).padStart(2, '0')).join('');
}

/** A value of tshark in a form that does not depend on its display. */
function normalise(value: string): string {
  if (/^0x[0-9a-f]+$/i.test(value)) return BigInt(value).toString();
  if (/^[0-9a-f]{2}(:[0-9a-f]{2})+$/i.test(value)) return value.replaceAll(':', '').toLowerCase();
  return value;
}

/** Whether a value of ours is what the other dissector shows. */
export function agrees(node: FieldNode, theirs: string): boolean {
  const { value } = node;
  const there = normalise(theirs);
  if (value === undefined || there === node.text) return true;
  if (typeof value === 'number') {
    // Reserved octets are shown as octets; an empty text stands for a field without a value.
    const octets = value.toString(16).padStart(2 * node.length, '0');
    return theirs === '' || there === String(value) || normalise(theirs) === octets;
  }
  if (typeof value === 'string') return there === value;
  if (value.length === 16 && there === formatAddress(value)) return true;
  if (value.length === 4 && there === formatIpv4(value)) return true;
  const ours = hex(value);
  // 64-bit numbers and octets without colons; an empty text stands for a field without a value.
  return (
    there === ours || there === (ours === '' ? '' : BigInt(`0x${ours}`).toString()) || theirs === ''
  );
}

/** All named nodes of the frame itself, in depth. */
export function namedNodes(dissection: Dissection): FieldNode[] {
  const found: FieldNode[] = [];
  const visit = (nodes: readonly FieldNode[]): void => {
    for (const node of nodes) {
      if (node.name !== undefined && node.source === 0 && node.generated !== true) found.push(node);
      visit(node.children);
    }
  };
  visit(dissection.nodes);
  return found;
}

/** A difference that is understood. */
export interface KnownDifference {
  /** Names as a whole, or up to the `*` at the end. */
  readonly names: readonly string[];
  readonly kinds: readonly Difference['kind'][];
  readonly reason: string;
}

/** Whether a name is one of the names or prefixes. */
function isNamed(name: string, names: readonly string[]): boolean {
  return names.some((item) =>
    item.endsWith('*') ? name.startsWith(item.slice(0, -1)) : name === item,
  );
}

/** The entry that explains a difference. */
export function explain(
  difference: Difference,
  known: readonly KnownDifference[],
): KnownDifference | undefined {
  return known.find(
    ({ names, kinds }) => kinds.includes(difference.kind) && isNamed(difference.name, names),
  );
}

/** Adds the comparison of one packet to `into`. */
export function comparePacket(
  into: Comparison,
  packet: number,
  dissection: Dissection,
  theirs: readonly OracleField[],
  isCompared: (name: string) => boolean,
): void {
  const left = theirs.filter(({ name }) => isCompared(name));
  for (const node of namedNodes(dissection)) {
    const { name = '', offset } = node;
    if (!isCompared(name)) continue;
    const index = left.findIndex((field) => field.name === name && field.offset === offset);
    const field = left[index];
    const base = { packet, name, offset, here: node.text };
    if (field === undefined) {
      into.differences.push({ ...base, kind: 'only here', there: '' });
      continue;
    }
    left.splice(index, 1);
    if (field.length !== node.length) {
      const lengths = { here: `${node.length}`, there: `${field.length}` };
      into.differences.push({ ...base, ...lengths, kind: 'length' });
    } else if (!agrees(node, field.value)) {
      into.differences.push({ ...base, kind: 'value', there: field.value });
    } else {
      into.agreed++;
    }
  }
  for (const field of left) {
    const { name, offset, value } = field;
    into.differences.push({ packet, name, offset, kind: 'only there', here: '', there: value });
  }
}
