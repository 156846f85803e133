/**
 * Security Association payload of IKEv1. RFC 2408 sections 3.4 to 3.6, RFC 2407 section 4.6.1, RFC 2409
 * appendix A.
 */
import { copyOctets, u8 } from '../../core/bytes.ts';
import {
  bytesField,
  concatenate,
  flags,
  layout,
  nameOfValue,
  reserved,
  uint32,
  uint8,
  when,
} from '../../core/layout.ts';
import type { FieldNumbers, NamedValue } from '../../core/layout.ts';
import type { AttributeList, AttributeSpace } from '../attribute.ts';
import {
  AH_TRANSFORM_NAMES,
  DOI,
  DOI_NAMES,
  ESP_TRANSFORM_NAMES,
  IPCOMP_TRANSFORM_NAMES,
  ISAKMP_TRANSFORM_NAMES,
} from '../names/ikev1.ts';
import { IKEV1_PROTOCOL_NAMES } from '../names/message.ts';
import { layoutTree, payload } from '../payload.ts';
import type { PayloadBody } from '../payload.ts';
import { proposalCodec, substructureRows } from '../proposal.ts';
import type { ProposalList, SubstructureFrame, TransformCodec } from '../proposal.ts';
import { ikeAttributes, ipsecAttributes } from './attributes.ts';

/** A transform of IKEv1. */
export interface Ikev1Transform extends SubstructureFrame, AttributeList {
  readonly kind: 'transform';
  readonly number: number;
  /** Transform-ID, of the registry of the protocol of the proposal. */
  readonly id: number;
  /** Octets after the ID, when not zero. */
  readonly reserved2?: Uint8Array;
}

function transformHead(values?: readonly NamedValue[]) {
  const id = { label: 'Transform ID', filter: 'isakmp.trans.id' };
  return layout({
    name: 'Transform',
    spec: { rfc: 2408, section: '3.6' },
    fields: [
      ...substructureRows,
      uint8('number', { label: 'Transform Number', filter: 'isakmp.trans.number' }),
      uint8('id', values === undefined ? id : { ...id, values }),
      reserved(2, 'reserved2', 'isakmp.reserved'),
    ],
  });
}

const PROTOCOL_ISAKMP = 1;
const otherHead = transformHead();
const NAMES = new Map<number, readonly NamedValue[]>([
  [PROTOCOL_ISAKMP, ISAKMP_TRANSFORM_NAMES],
  [2, AH_TRANSFORM_NAMES],
  [3, ESP_TRANSFORM_NAMES],
  [4, IPCOMP_TRANSFORM_NAMES],
]);
const HEADS = new Map([...NAMES].map(([protocol, names]) => [protocol, transformHead(names)]));
const OCTETS = otherHead.fixedOctets;
const ID = otherHead.offsetOf('id');

/** Attributes of phase 1 for ISAKMP, of the IPsec DOI for others. RFC 2409 appendix A. */
const space = (protocolId: number): AttributeSpace =>
  protocolId === PROTOCOL_ISAKMP ? ikeAttributes : ipsecAttributes;

/** The kind of attributes is that of the protocol, and the encoding the same for both. */
const transform: TransformCodec<Ikev1Transform> = {
  formats: [...HEADS.values(), otherHead, ...ikeAttributes.formats, ...ipsecAttributes.formats],

  decode(bytes, offset, end, protocolId, next, diagnostics) {
    const value = otherHead.decode(bytes, offset, end);
    if (value === undefined) return undefined;
    if (value.reserved !== undefined || value.reserved2 !== undefined) {
      diagnostics.add('IKE_RESERVED', offset, OCTETS, 'transform');
    }
    return {
      kind: 'transform',
      number: value.number,
      id: value.id,
      ...space(protocolId).decode(bytes, offset + OCTETS, end, diagnostics),
      ...(next === undefined ? {} : { next }),
      ...(value.reserved === undefined ? {} : { reserved: value.reserved }),
      ...(value.reserved2 === undefined ? {} : { reserved2: value.reserved2 }),
    };
  },

  encode(value, next) {
    const octets = ikeAttributes.encode(value);
    const length = OCTETS + octets.length;
    return concatenate([
      otherHead.encodeFields({ ...value, next: value.next ?? next, length }),
      octets,
    ]);
  },

  tree(bytes, offset, end, protocolId, source) {
    const headEnd = Math.min(end, offset + OCTETS);
    const head = HEADS.get(protocolId) ?? otherHead;
    return [
      ...layoutTree(head, bytes, offset, headEnd, source),
      ...space(protocolId).tree(bytes, headEnd, end, source),
    ];
  },

  summary(bytes, offset, end, protocolId) {
    if (end - offset < OCTETS) return 'malformed';
    const id = u8(bytes, offset + ID);
    return nameOfValue(NAMES.get(protocolId), id) ?? `ID ${id}`;
  },
};

const proposals = proposalCodec({
  spec: { rfc: 2408, section: '3.5' },
  protocols: IKEV1_PROTOCOL_NAMES,
  transform,
});

/** Content of a Security Association payload. */
export interface Ikev1SecurityAssociation extends ProposalList<Ikev1Transform> {
  /** Domain of interpretation: 1 = IPsec. */
  readonly doi: number;
  /** Situation bits of the IPsec DOI; absent for other domains. */
  readonly situation?: number;
  /**
   * What follows when it is not proposals: other domains, and the labels of situations with secrecy or
   * integrity (RFC 2407 section 4.6.1) with the proposals behind them.
   */
  readonly opaque?: Uint8Array;
}

const IDENTITY_ONLY = 1;

const head = layout({
  name: 'Security Association',
  spec: { rfc: 2408, section: '3.4' },
  fields: [
    uint32('doi', {
      label: 'Domain of Interpretation',
      filter: 'isakmp.sa.doi',
      values: DOI_NAMES,
    }),
    when(
      (numbers: FieldNumbers) => numbers['doi'] === DOI.ipsec,
      flags(4, 'situation', {
        label: 'Situation',
        filter: 'isakmp.sa.situation',
        spec: { rfc: 2407, section: '4.2' },
        bits: {
          identityOnly: {
            mask: IDENTITY_ONLY,
            label: 'Identity Only',
            filter: 'isakmp.sa.situation.identity_only',
          },
          secrecy: { mask: 2, label: 'Secrecy', filter: 'isakmp.sa.situation.secrecy' },
          integrity: { mask: 4, label: 'Integrity', filter: 'isakmp.sa.situation.integrity' },
        },
      }),
    ),
  ],
});
const opaqueData = layout({
  name: 'Situation data',
  spec: { rfc: 2407, section: '4.6.1' },
  fields: [
    bytesField('rest', 'opaque', { label: 'Situation data', filter: 'isakmp.sa.situation.data' }),
  ],
});

const body: PayloadBody<Ikev1SecurityAssociation> = {
  formats: [head, opaqueData, ...proposals.formats],

  decode(bytes, offset, end, diagnostics) {
    const value = head.decode(bytes, offset, end);
    if (value === undefined) return undefined;
    const from = offset + head.measure(bytes, offset, end);
    if (value.situation === IDENTITY_ONLY) {
      return { ...value, ...proposals.decode(bytes, from, end, diagnostics) };
    }
    diagnostics.add('IKE_PAYLOAD_UNKNOWN', from, end - from, 'situation not decoded');
    return { ...value, proposals: [], opaque: copyOctets(bytes, from, end) };
  },

  encode(value) {
    return concatenate([head.encode(value), value.opaque ?? proposals.encode(value)]);
  },

  tree(bytes, offset, end, source) {
    const octets = head.measure(bytes, offset, end);
    if (octets < 0) return layoutTree(head, bytes, offset, end, source);
    const from = offset + octets;
    const nodes = head.tree(bytes, offset, from, source);
    const isPlain = head.decode(bytes, offset, end)?.situation === IDENTITY_ONLY;
    nodes.push(...(isPlain ? proposals : opaqueData).tree(bytes, from, end, source));
    return nodes;
  },
};

/** Security Association. */
export const securityAssociation = payload({
  kind: 'securityAssociation',
  types: [1],
  spec: { rfc: 2408, section: '3.4' },
  body,
});
