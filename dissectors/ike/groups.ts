/**
 * Filter fields that no layout declares: the message, payloads and attributes as a whole, names of vendors.
 */
import type { NamedValue } from '../core/layout.ts';
import type { Spec } from '../core/node.ts';
import { PAYLOAD_NAMES } from './names/message.ts';

/** A field beside those of `IKE_FORMATS`, as the list of fields wants it. */
export interface IkeGroup {
  readonly name: string;
  readonly label: string;
  readonly type: 'protocol' | 'number' | 'text' | 'none';
  readonly spec?: Spec;
  readonly values?: readonly NamedValue[];
  readonly min?: number;
  readonly max?: number;
}

const group = (name: string, label: string, rfc: number, section: string): IkeGroup => ({
  name,
  label,
  type: 'none',
  spec: { rfc, section },
});

/** All of them. */
export const IKE_GROUPS: readonly IkeGroup[] = [
  { name: 'isakmp', label: 'Internet Key Exchange', type: 'protocol' },
  {
    name: 'isakmp.typepayload',
    label: 'Payload',
    type: 'number',
    spec: { rfc: 7296, section: '3.2' },
    values: PAYLOAD_NAMES,
    min: 0,
    max: 255,
  },
  {
    name: 'isakmp.vid_string',
    label: 'Vendor',
    type: 'text',
    spec: { rfc: 7296, section: '3.12' },
  },
  group('isakmp.ts.data', 'Traffic Selector', 7296, '3.13.1'),
  group('isakmp.ike2.attr', 'Transform Attribute', 7296, '3.3.5'),
  group('isakmp.cfg.attr', 'Configuration Attribute', 7296, '3.15.1'),
  group('isakmp.ike.attr', 'IKE Attribute', 2409, 'A'),
  group('isakmp.ipsec.attr', 'IPsec Attribute', 2407, '4.5'),
  group('isakmp.notify.data.resp_lifetime.ike.attr', 'IKE Attribute', 2407, '4.6.3.1'),
  group('isakmp.notify.data.resp_lifetime.ipsec.attr', 'IPsec Attribute', 2407, '4.6.3.1'),
];
