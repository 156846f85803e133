/**
 * Compares what another program says of a packet, one value after another, with the fields of our tree.
 */
import { formatAddress, formatIpv4 } from '../../../dissectors/core/address.ts';
import type { Dissection, FieldNode } from '../../../dissectors/core/node.ts';
import { hexOf } from '../hex.ts';
import type { Tally } from './tally.ts';

/** A value that another program gives a field. */
export interface Statement {
  /** Our name of the field; several with `|` between them where the other has one for them. */
  readonly name: string;
  /** Decimal number, hexadecimal octets, address, or text. */
  readonly value: string;
}

/** A value in every form that another program may write it in. */
function formsOf({ value, text }: FieldNode): string[] {
  if (typeof value === 'number') return [String(value), text];
  if (!(value instanceof Uint8Array)) return [text];
  const hex = hexOf(value);
  const forms = [hex, text];
  if (value.length === 16) forms.push(formatAddress(value));
  if (value.length === 4) forms.push(formatIpv4(value));
  if (hex !== '') forms.push(BigInt(`0x${hex}`).toString());
  return forms;
}

/** Adds the comparison of the statements about one packet, each with the next field of its name. */
export function compareStatements(
  tally: Tally,
  group: string,
  dissection: Dissection,
  statements: readonly Statement[],
  subject: string,
): void {
  const fields = new Map<string, FieldNode[]>();
  const visit = (nodes: readonly FieldNode[]): void => {
    for (const node of nodes) {
      if (node.name !== undefined) fields.set(node.name, [...(fields.get(node.name) ?? []), node]);
      visit(node.children);
    }
  };
  visit(dissection.nodes);
  const row = tally.row(group);
  row.packets++;
  const isDiagnosed = dissection.diagnostics.length > 0;
  for (const { name, value: there } of statements) {
    const node = name
      .split('|')
      .map((item) => fields.get(item)?.shift())
      .find((item) => item !== undefined);
    if (node !== undefined && formsOf(node).includes(there)) {
      row.equal++;
      continue;
    }
    const kind = node === undefined ? 'only there' : 'value';
    const place = { offset: node?.offset ?? 0, here: node?.text ?? '', isLost: false, isDiagnosed };
    tally.judge(group, { name, kind, there, subject, ...place });
  }
}
