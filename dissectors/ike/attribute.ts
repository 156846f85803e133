/**
 * Attributes of transforms, notifications and configuration payloads. RFC 2408 section 3.3, RFC 7296
 * sections 3.3.5 and 3.15.1.
 */
import { copyOctets, u16 } from '../core/bytes.ts';
import type { DiagnosticList } from '../core/diagnostic.ts';
import {
  bytesField,
  concatenate,
  flags,
  groupNode,
  layout,
  nameOfValue,
  uint16,
  uint32,
} from '../core/layout.ts';
import type { Layout, NamedValue } from '../core/layout.ts';
import type { FieldNode, Spec } from '../core/node.ts';
import { extraData } from './payload.ts';
import { findRecords, reportRun } from './records.ts';
import type { RecordKind } from './records.ts';

/** Most attributes decoded in one transform, notification or configuration payload. */
export const MAX_ATTRIBUTES = 128;

/** An attribute. */
export interface IkeAttribute {
  /** Attribute Type, 15 bits. */
  readonly type: number;
  /**
   * First bit: Attribute Format, true = Type/Value with a value of 2 octets (RFC 2408 section 3.3). In
   * configuration payloads of IKEv2 it is reserved, and a length always there (RFC 7296 section 3.15.1).
   */
  readonly format: boolean;
  readonly value: Uint8Array;
}

/** Attributes, and the octets behind them that are none. */
export interface AttributeList {
  readonly attributes: readonly IkeAttribute[];
  /** Octets that are no attribute; absent when there are none. */
  readonly rest?: Uint8Array;
}

/** Attributes of a kind. */
export interface AttributeSpace {
  readonly name: string;
  readonly formats: readonly Layout[];
  decode(
    bytes: Uint8Array,
    offset: number,
    end: number,
    diagnostics: DiagnosticList,
  ): AttributeList;
  /** Throws RangeError for a value that does not fit. */
  encode(list: AttributeList): Uint8Array;
  tree(bytes: Uint8Array, offset: number, end: number, source: number): FieldNode[];
}

/** Formats of the value of an attribute type; the first that takes all its octets is shown. */
export type AttributeFormats = ReadonlyMap<number, readonly Layout[]>;

/** A number of 2 or 4 octets. */
export function numberAttribute(
  label: string,
  filter: string,
  values?: readonly NamedValue[],
): readonly Layout[] {
  const meta = values === undefined ? { label, filter } : { label, filter, values };
  return [
    layout({ name: label, fields: [uint16('value', meta)] }),
    layout({ name: label, fields: [uint32('value', meta)] }),
  ];
}

const HEADER_OCTETS = 4;
const FORMAT = 0x8000;
const TYPE = 0x7fff;

/**
 * Declares a kind of attributes.
 * @param row.filter filter field of an attribute; `.type`, `.format`, `.length` and `.value` are under it.
 * @param row.hasFormat false where the first bit is reserved.
 */
export function attributeSpace(row: {
  name: string;
  filter: string;
  spec: Spec;
  names: readonly NamedValue[];
  values: AttributeFormats;
  hasFormat: boolean;
}): AttributeSpace {
  const { name, filter, spec, names, values, hasFormat } = row;
  const type = flags(2, 'word', {
    label: hasFormat ? 'Format and Type' : 'Reserved and Type',
    filter: `${filter}.word`,
    bits: {
      format: {
        mask: FORMAT,
        label: hasFormat ? 'Format' : 'Reserved',
        filter: `${filter}.format`,
        ...(hasFormat
          ? {
              values: [
                { value: 0, name: 'Type/Length/Value' },
                { value: 1, name: 'Type/Value' },
              ],
            }
          : {}),
      },
      type: { mask: TYPE, label: 'Type', filter: `${filter}.type`, values: names },
    },
  });
  const value = bytesField('rest', 'value', { label: 'Value', filter: `${filter}.value` });
  const length = uint16('length', { label: 'Length', filter: `${filter}.length`, unit: 'octets' });
  const shortFormat = layout({ name, spec, fields: [type, value] });
  const longFormat = layout({ name, spec, fields: [type, length, value] });

  const isShort = (bytes: Uint8Array, at: number): boolean =>
    hasFormat && (u16(bytes, at) & FORMAT) !== 0;
  const kind: RecordKind = {
    limit: MAX_ATTRIBUTES,
    octets(bytes, at, end) {
      if (at + HEADER_OCTETS > end) return -1;
      const octets = HEADER_OCTETS + (isShort(bytes, at) ? 0 : u16(bytes, at + 2));
      return at + octets > end ? -1 : octets;
    },
  };
  /** The value begins where the length of a Type/Length/Value attribute is. */
  const valueStart = (bytes: Uint8Array, at: number): number => at + (isShort(bytes, at) ? 2 : 4);

  const formatOf = (attribute: number, bytes: Uint8Array, from: number, to: number) =>
    from === to
      ? undefined
      : values
          .get(attribute)
          ?.find((candidate) => candidate.measure(bytes, from, to) === to - from);

  return {
    name,
    formats: [shortFormat, longFormat, ...[...values.values()].flat()],

    decode(bytes, offset, end, diagnostics) {
      const run = findRecords(kind, bytes, offset, end);
      reportRun(run, end, `${name}s`, diagnostics);
      const attributes = run.starts.map((at, i): IkeAttribute => {
        const to = run.ends[i] ?? at;
        const from = valueStart(bytes, at);
        const word = u16(bytes, at);
        const known = values.get(word & TYPE);
        if (known !== undefined && from < to && !formatOf(word & TYPE, bytes, from, to)) {
          const text = nameOfValue(names, word & TYPE) ?? `type ${word & TYPE}`;
          diagnostics.add('IKE_PAYLOAD_MALFORMED', at, to - at, `${text}: ${to - from} octets`);
        }
        const isSet = (word & FORMAT) !== 0;
        if (isSet && !hasFormat) diagnostics.add('IKE_RESERVED', at, 2, name);
        return { type: word & TYPE, format: isSet, value: copyOctets(bytes, from, to) };
      });
      return run.rest < end
        ? { attributes, rest: copyOctets(bytes, run.rest, end) }
        : { attributes };
    },

    encode({ attributes, rest }) {
      const parts = attributes.map((attribute) => {
        const { format } = attribute;
        const word = (format ? FORMAT : 0) | attribute.type;
        if (attribute.type > TYPE) throw new RangeError(`${filter}.type: expected at most ${TYPE}`);
        if (!hasFormat || !format) {
          const octets = attribute.value.length;
          return longFormat.encode({ word, length: octets, value: attribute.value });
        }
        if (attribute.value.length !== 2) {
          throw new RangeError(`${filter}.value: expected 2 octets in a Type/Value attribute`);
        }
        return shortFormat.encode({ word, value: attribute.value });
      });
      return concatenate(rest === undefined ? parts : [...parts, rest]);
    },

    tree(bytes, offset, end, source) {
      const run = findRecords(kind, bytes, offset, end);
      const nodes = run.starts.map((at, i) => {
        const to = run.ends[i] ?? at;
        const from = valueStart(bytes, at);
        const attribute = u16(bytes, at) & TYPE;
        const format = isShort(bytes, at) ? shortFormat : longFormat;
        const children = format.tree(bytes, at, to, source);
        const shown = formatOf(attribute, bytes, from, to)?.tree(bytes, from, to, source) ?? [];
        children.push(...shown);
        const title = nameOfValue(names, attribute) ?? `unknown (${attribute})`;
        const text = shown.length === 1 ? `${title}: ${shown[0]?.text ?? ''}` : title;
        return groupNode(name, filter, text, at, to - at, source, spec, children);
      });
      if (run.rest < end) nodes.push(...extraData.tree(bytes, run.rest, end, source));
      return nodes;
    },
  };
}

/** Number in a value of 1 to 4 octets, undefined for other lengths. Source of key lengths and lifetimes. */
export function attributeNumber(attribute: IkeAttribute): number | undefined {
  const { value } = attribute;
  if (value.length === 0 || value.length > 4) return undefined;
  let number = 0;
  for (const octet of value) number = number * 256 + octet;
  return number;
}
