/**
 * Security Association payload of IKEv2. RFC 7296 section 3.3.
 */
import { u16, u8 } from '../../core/bytes.ts';
import { concatenate, layout, nameOfValue, reserved, uint16, uint8 } from '../../core/layout.ts';
import type { NamedValue } from '../../core/layout.ts';
import { attributeNumber, attributeSpace, numberAttribute } from '../attribute.ts';
import type { AttributeList } from '../attribute.ts';
import { IKEV2_PROTOCOL_NAMES } from '../names/message.ts';
import {
  ENCRYPTION_NAMES,
  EXTENDED_SEQUENCE_NUMBER_NAMES,
  GROUP_NAMES,
  INTEGRITY_NAMES,
  PSEUDORANDOM_FUNCTION_NAMES,
  TRANSFORM_TYPE_NAMES,
} from '../names/transform.ts';
import { layoutTree, payload } from '../payload.ts';
import type { PayloadBody } from '../payload.ts';
import { proposalCodec, substructureRows } from '../proposal.ts';
import type { ProposalList, SubstructureFrame, TransformCodec } from '../proposal.ts';

/** Transform attribute Key Length, in bits. RFC 7296 section 3.3.5. */
export const KEY_LENGTH = 14;

/** A transform of IKEv2. */
export interface Ikev2Transform extends SubstructureFrame, AttributeList {
  readonly kind: 'transform';
  /** Transform Type: 1 ENCR, 2 PRF, 3 INTEG, 4 D-H, 5 ESN. */
  readonly type: number;
  /** Transform ID, of the registry of its type. */
  readonly id: number;
  /** Octet before the ID, when not zero. */
  readonly reserved2?: Uint8Array;
}

/** Key length in bits that the attributes of a transform ask for; undefined when none does. */
export function transformKeyLength(transform: Ikev2Transform): number | undefined {
  const attribute = transform.attributes.find(({ type }) => type === KEY_LENGTH);
  return attribute === undefined ? undefined : attributeNumber(attribute);
}

/** Attributes of transforms. RFC 7296 section 3.3.5. */
const attributes = attributeSpace({
  name: 'Transform Attribute',
  filter: 'isakmp.ike2.attr',
  spec: { rfc: 7296, section: '3.3.5' },
  names: [{ value: KEY_LENGTH, name: 'Key Length' }],
  values: new Map([[KEY_LENGTH, numberAttribute('Key Length', 'isakmp.ike2.attr.key_length')]]),
  hasFormat: true,
});

function transformHead(name: string, filter: string, values?: readonly NamedValue[]) {
  const id = { label: name, filter };
  return layout({
    name: 'Transform',
    spec: { rfc: 7296, section: '3.3.2' },
    fields: [
      ...substructureRows,
      uint8('type', {
        label: 'Transform Type',
        filter: 'isakmp.tf.type',
        values: TRANSFORM_TYPE_NAMES,
      }),
      reserved(1, 'reserved2', 'isakmp.reserved'),
      uint16('id', values === undefined ? id : { ...id, values }),
    ],
  });
}

const otherHead = transformHead('Transform ID', 'isakmp.tf.id');
/** IDs of a type have their own field, as in Wireshark. */
const HEADS = new Map([
  [1, transformHead('Transform ID (ENCR)', 'isakmp.tf.id.encr', ENCRYPTION_NAMES)],
  [2, transformHead('Transform ID (PRF)', 'isakmp.tf.id.prf', PSEUDORANDOM_FUNCTION_NAMES)],
  [3, transformHead('Transform ID (INTEG)', 'isakmp.tf.id.integ', INTEGRITY_NAMES)],
  [4, transformHead('Transform ID (D-H)', 'isakmp.tf.id.dh', GROUP_NAMES)],
  [5, transformHead('Transform ID (ESN)', 'isakmp.tf.id.esn', EXTENDED_SEQUENCE_NUMBER_NAMES)],
]);
const NAMES = new Map<number, readonly NamedValue[]>([
  [1, ENCRYPTION_NAMES],
  [2, PSEUDORANDOM_FUNCTION_NAMES],
  [3, INTEGRITY_NAMES],
  [4, GROUP_NAMES],
  [5, EXTENDED_SEQUENCE_NUMBER_NAMES],
  // RFC 9370: additional key exchanges use the IDs of type 4.
  ...[6, 7, 8, 9, 10, 11, 12].map((type) => [type, GROUP_NAMES] as const),
]);
const OCTETS = otherHead.fixedOctets;
const TYPE = otherHead.offsetOf('type');
const ID = otherHead.offsetOf('id');

const headOf = (bytes: Uint8Array, offset: number) =>
  HEADS.get(u8(bytes, offset + TYPE)) ?? otherHead;

const transform: TransformCodec<Ikev2Transform> = {
  formats: [...HEADS.values(), otherHead, ...attributes.formats],

  decode(bytes, offset, end, _protocolId, next, diagnostics) {
    const value = otherHead.decode(bytes, offset, end);
    if (value === undefined) return undefined;
    const { type, id } = value;
    if (value.reserved !== undefined || value.reserved2 !== undefined) {
      diagnostics.add('IKE_RESERVED', offset, OCTETS, 'transform');
    }
    return {
      kind: 'transform',
      type,
      id,
      ...attributes.decode(bytes, offset + OCTETS, end, diagnostics),
      ...(next === undefined ? {} : { next }),
      ...(value.reserved === undefined ? {} : { reserved: value.reserved }),
      ...(value.reserved2 === undefined ? {} : { reserved2: value.reserved2 }),
    };
  },

  encode(value, next) {
    const octets = attributes.encode(value);
    const head = otherHead.encodeFields({
      ...value,
      next: value.next ?? next,
      length: OCTETS + octets.length,
    });
    return concatenate([head, octets]);
  },

  tree(bytes, offset, end, _protocolId, source) {
    const headEnd = Math.min(end, offset + OCTETS);
    return [
      ...layoutTree(headOf(bytes, offset), bytes, offset, headEnd, source),
      ...attributes.tree(bytes, headEnd, end, source),
    ];
  },

  summary(bytes, offset, end) {
    if (end - offset < OCTETS) return 'malformed';
    const type = u8(bytes, offset + TYPE);
    const id = u16(bytes, offset + ID);
    return nameOfValue(NAMES.get(type), id) ?? `type ${type} ID ${id}`;
  },
};

const proposals = proposalCodec({
  spec: { rfc: 7296, section: '3.3.1' },
  protocols: IKEV2_PROTOCOL_NAMES,
  transform,
});

/** Content of a Security Association payload. */
export type Ikev2SecurityAssociation = ProposalList<Ikev2Transform>;

const body: PayloadBody<Ikev2SecurityAssociation> = {
  formats: proposals.formats,
  decode: (bytes, offset, end, diagnostics) => proposals.decode(bytes, offset, end, diagnostics),
  encode: (value) => proposals.encode(value),
  tree: (bytes, offset, end, source) => proposals.tree(bytes, offset, end, source),
};

/** Security Association. */
export const securityAssociation = payload({
  kind: 'securityAssociation',
  types: [33],
  spec: { rfc: 7296, section: '3.3' },
  body,
});
