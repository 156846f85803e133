/**
 * Octets of an option that are several things, each of which says itself where it ends: names in DNS wire format,
 * ASN.1 in DER, extension fields. They are decoded as one run of octets; the tree has a line for each.
 */
import { u8 } from '../../core/bytes.ts';
import { derSequenceOctets } from '../../core/der.ts';
import { bytesField, layout, uint16 } from '../../core/layout.ts';
import type { Layout } from '../../core/layout.ts';
import type { FieldNode } from '../../core/node.ts';
import { PADDING } from './rows.ts';

/** Lines of a run of octets. */
export interface Parts {
  /** Formats of the lines. */
  readonly layouts: readonly Layout[];
  /** Lines of `[offset, end)`, all of it; undefined when it does not have this form. */
  tree(bytes: Uint8Array, offset: number, end: number, source: number): FieldNode[] | undefined;
}

const paddingPart = layout({
  name: 'Padding',
  spec: { rfc: 4861, section: '4.6' },
  fields: [bytesField('rest', 'padding', { label: 'Padding', filter: PADDING })],
});

const domainName = layout({
  name: 'Domain name',
  spec: { rfc: 8106, section: '5.2' },
  fields: [
    bytesField('rest', 'name', {
      label: 'Domain name',
      filter: 'icmpv6.opt.dnssl',
      show: 'dns',
    }),
  ],
});

/** Longest label of a name. RFC 1035 section 3.1. */
const MAX_LABEL = 63;

/** End of the name at `offset`, its last label of length zero included; `end` when it has none. */
function nameEnd(bytes: Uint8Array, offset: number, end: number): number {
  let at = offset;
  while (at < end) {
    const length = u8(bytes, at);
    if (length === 0) return at + 1;
    // No compression here: RFC 8106 section 5.2.
    if (length > MAX_LABEL) return end;
    at += 1 + length;
  }
  return end;
}

/** Names one after another, and padding from where no further one starts. RFC 8106 section 5.2. */
export const domainNames: Parts = {
  layouts: [domainName, paddingPart],
  tree(bytes, offset, end, source) {
    const nodes: FieldNode[] = [];
    let at = offset;
    while (at < end && u8(bytes, at) !== 0) {
      const to = nameEnd(bytes, at, end);
      nodes.push(...domainName.tree(bytes, at, to, source));
      at = to;
    }
    nodes.push(...paddingPart.tree(bytes, at, end, source));
    return nodes;
  },
};

const subjectPublicKeyInfo = layout({
  name: 'Subject Public Key Info',
  spec: { rfc: 3972, section: '3' },
  fields: [
    bytesField('rest', 'publicKey', {
      label: 'Subject Public Key Info (DER)',
      filter: 'icmpv6.opt.cga.subject_public_key_info',
    }),
  ],
});

/** Extension field of CGA Parameters: RFC 3972 section 3 leaves the form open, RFC 4581 section 3 gives it. */
const cgaExtension = layout({
  name: 'CGA extension field',
  spec: { rfc: 4581, section: '3' },
  fields: [
    uint16('type', { label: 'Extension type', filter: 'icmpv6.opt.cga.ext_type' }),
    uint16('length', {
      label: 'Extension length',
      filter: 'icmpv6.opt.cga.ext_length',
      unit: 'octets',
    }),
    bytesField({ by: 'length' }, 'data', {
      label: 'Extension data',
      filter: 'icmpv6.opt.cga.ext_data',
    }),
  ],
});

/** Public key, then extension fields. RFC 3972 section 3. */
export const publicKeyAndExtensions: Parts = {
  layouts: [subjectPublicKeyInfo, cgaExtension],
  tree(bytes, offset, end, source) {
    const octets = derSequenceOctets(bytes, offset, end);
    if (octets < 0) return undefined;
    const nodes = subjectPublicKeyInfo.tree(bytes, offset, offset + octets, source);
    let at = offset + octets;
    while (at < end) {
      const extension = cgaExtension.measure(bytes, at, end);
      if (extension < 0) {
        nodes.push(...paddingPart.tree(bytes, at, end, source));
        break;
      }
      nodes.push(...cgaExtension.tree(bytes, at, at + extension, source));
      at += extension;
    }
    return nodes;
  },
};

const certificate = layout({
  name: 'Certificate',
  spec: { rfc: 3971, section: '6.4.4' },
  fields: [
    bytesField('rest', 'certificate', {
      label: 'Certificate (DER)',
      filter: 'icmpv6.opt.certificate',
    }),
  ],
});

/** Certificate and the padding behind it, which no field counts. RFC 3971 section 6.4.4. */
export const certificateAndPadding: Parts = {
  layouts: [certificate, paddingPart],
  tree(bytes, offset, end, source) {
    const octets = derSequenceOctets(bytes, offset, end);
    if (octets < 0) return undefined;
    return [
      ...certificate.tree(bytes, offset, offset + octets, source),
      ...paddingPart.tree(bytes, offset + octets, end, source),
    ];
  },
};
