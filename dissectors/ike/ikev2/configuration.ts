/**
 * Configuration payload of IKEv2. RFC 7296 section 3.15.
 */
import { concatenate, layout, nameOfValue, reserved, uint8 } from '../../core/layout.ts';
import { attributeSpace } from '../attribute.ts';
import type { AttributeList } from '../attribute.ts';
import { CONFIGURATION_VALUES } from '../configuration-attribute.ts';
import { CONFIGURATION_ATTRIBUTE_NAMES, CONFIGURATION_TYPE_NAMES } from '../names/configuration.ts';
import { layoutTree, payload } from '../payload.ts';
import type { PayloadBody } from '../payload.ts';

/** Content of a Configuration payload. */
export interface Ikev2Configuration extends AttributeList {
  /** CFG Type: 1 request, 2 reply, 3 set, 4 acknowledgement. */
  readonly configurationType: number;
  /** Octets after the type, when not zero. */
  readonly reserved?: Uint8Array;
}

const attributes = attributeSpace({
  name: 'Configuration Attribute',
  filter: 'isakmp.cfg.attr',
  spec: { rfc: 7296, section: '3.15.1' },
  names: CONFIGURATION_ATTRIBUTE_NAMES,
  values: CONFIGURATION_VALUES,
  hasFormat: false,
});

const head = layout({
  name: 'Configuration',
  spec: { rfc: 7296, section: '3.15' },
  fields: [
    uint8('configurationType', {
      label: 'CFG Type',
      filter: 'isakmp.cfg.type',
      values: CONFIGURATION_TYPE_NAMES,
    }),
    reserved(3, 'reserved', 'isakmp.reserved'),
  ],
});
const OCTETS = head.fixedOctets;

const body: PayloadBody<Ikev2Configuration> = {
  formats: [head, ...attributes.formats],

  decode(bytes, offset, end, diagnostics) {
    const value = head.decode(bytes, offset, end);
    if (value === undefined) return undefined;
    if (value.reserved !== undefined) diagnostics.add('IKE_RESERVED', offset + 1, 3, head.name);
    return { ...value, ...attributes.decode(bytes, offset + OCTETS, end, diagnostics) };
  },

  encode: (value) => concatenate([head.encode(value), attributes.encode(value)]),

  tree(bytes, offset, end, source) {
    const headEnd = Math.min(end, offset + OCTETS);
    return [
      ...layoutTree(head, bytes, offset, headEnd, source),
      ...attributes.tree(bytes, headEnd, end, source),
    ];
  },

  summary(bytes, offset, end) {
    const type = head.decode(bytes, offset, end)?.configurationType;
    return type === undefined ? '' : (nameOfValue(CONFIGURATION_TYPE_NAMES, type) ?? `${type}`);
  },
};

/** Configuration. */
export const configuration = payload({
  kind: 'configuration',
  types: [47],
  spec: { rfc: 7296, section: '3.15' },
  body,
});
