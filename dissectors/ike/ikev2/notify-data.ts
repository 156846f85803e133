/**
 * Notification Data of the notify message types of IKEv2 that have some.
 */
import {
  address,
  bytesField,
  ipv4,
  layout,
  list,
  uint16,
  uint32,
  uint8,
  when,
} from '../../core/layout.ts';
import type { Field, FieldNumbers, Layout, NamedValue } from '../../core/layout.ts';
import type { Spec } from '../../core/node.ts';
import { SIGNATURE_HASH_NAMES } from '../names/identity.ts';
import { IPCOMP_TRANSFORM_NAMES } from '../names/ikev1.ts';
import { PAYLOAD_NAMES } from '../names/message.ts';
import { GROUP_NAMES } from '../names/transform.ts';

const rfc = (number: number, section: string): Spec => ({ rfc: number, section });
const P = 'isakmp.notify.data';

const format = <const F extends readonly Field[]>(name: string, spec: Spec, fields: F) =>
  layout({ name, spec, fields });

/** Kinds of gateway identities. RFC 5685 section 9.2. */
const GATEWAY_NAMES: readonly NamedValue[] = [
  { value: 1, name: 'IPv4 address' },
  { value: 2, name: 'IPv6 address' },
  { value: 3, name: 'FQDN' },
];
const GATEWAY = { ipv4: 1, ipv6: 2, fqdn: 3 } as const;

/** Gateway identity: rows for each kind, and octets for what is none of them. */
function gateway<const F extends readonly Field[]>(
  name: string,
  spec: Spec,
  label: string,
  filter: string,
  more: F,
) {
  const kindOf = (numbers: FieldNumbers): number => {
    const { gatewayType = 0, gatewayLength = 0 } = numbers;
    if (gatewayType === GATEWAY.ipv4 && gatewayLength === 4) return GATEWAY.ipv4;
    if (gatewayType === GATEWAY.ipv6 && gatewayLength === 16) return GATEWAY.ipv6;
    return gatewayType === GATEWAY.fqdn ? GATEWAY.fqdn : 0;
  };
  return format(name, spec, [
    uint8('gatewayType', {
      label: 'Gateway Identity Type',
      filter: `${P}.redirect.gw_ident.type`,
      values: GATEWAY_NAMES,
    }),
    uint8('gatewayLength', {
      label: 'Gateway Identity Length',
      filter: `${P}.redirect.gw_ident.len`,
      unit: 'octets',
    }),
    when(
      (numbers: FieldNumbers) => kindOf(numbers) === GATEWAY.ipv4,
      ipv4('gatewayIpv4', {
        label,
        filter: `${filter}.ipv4`,
      }),
    ),
    when(
      (numbers: FieldNumbers) => kindOf(numbers) === GATEWAY.ipv6,
      address('gatewayIpv6', {
        label,
        filter: `${filter}.ipv6`,
      }),
    ),
    when(
      (numbers: FieldNumbers) => kindOf(numbers) === GATEWAY.fqdn,
      bytesField({ by: 'gatewayLength' }, 'gatewayName', {
        label,
        filter: `${filter}.fqdn`,
        show: 'text',
      }),
    ),
    when(
      (numbers: FieldNumbers) => kindOf(numbers) === 0,
      bytesField({ by: 'gatewayLength' }, 'gatewayData', {
        label,
        filter: `${filter}.data`,
      }),
    ),
    ...more,
  ]);
}

/** REDIRECT: the new gateway, which for a mobile node is a home agent. RFC 5685 section 9.2. */
export const redirectData = gateway(
  'REDIRECT',
  rfc(5685, '9.2'),
  'New Responder Gateway Identity',
  `${P}.redirect.new_resp_gw_ident`,
  [bytesField('rest', 'nonce', { label: 'Nonce Data', filter: `${P}.redirect.nonce_data` })],
);

/** REDIRECTED_FROM: the gateway that redirected. RFC 5685 section 9.3. */
export const redirectedFromData = gateway(
  'REDIRECTED_FROM',
  rfc(5685, '9.3'),
  'Original Responder Gateway Identity',
  `${P}.redirect.org_resp_gw_ident`,
  [],
);

/** SHA-1 of SPIs, address and port. RFC 7296 section 2.23. */
const natDetection = format('NAT_DETECTION', rfc(7296, '2.23'), [
  bytesField(20, 'hash', { label: 'Hash of SPIs, address and port', filter: `${P}.nat_hash` }),
]);

const cookie = (name: string, filter: string, spec: Spec) =>
  format(name, spec, [bytesField('rest', 'cookie', { label: 'Cookie', filter })]);

/** Formats of Notification Data by notify message type; other types have none, or data nobody decodes. */
export const IKEV2_NOTIFY_DATA: ReadonlyMap<number, Layout> = new Map<number, Layout>([
  [
    1,
    format('UNSUPPORTED_CRITICAL_PAYLOAD', rfc(7296, '2.5'), [
      uint8('payloadType', {
        label: 'Payload Type',
        filter: `${P}.unsupported_payload`,
        values: PAYLOAD_NAMES,
      }),
    ]),
  ],
  [
    5,
    format('INVALID_MAJOR_VERSION', rfc(7296, '3.10.1'), [
      uint8('version', { label: 'Highest major version', filter: `${P}.major_version` }),
    ]),
  ],
  [
    9,
    format('INVALID_MESSAGE_ID', rfc(7296, '2.3'), [
      uint32('messageId', { label: 'Message ID', filter: `${P}.message_id`, hex: true }),
    ]),
  ],
  [
    17,
    format('INVALID_KE_PAYLOAD', rfc(7296, '1.2'), [
      uint16('group', {
        label: 'Accepted Diffie-Hellman Group',
        filter: `${P}.accepted_dh_group`,
        values: GROUP_NAMES,
      }),
    ]),
  ],
  [
    16385,
    format('SET_WINDOW_SIZE', rfc(7296, '2.3'), [
      uint32('windowSize', { label: 'Window size', filter: `${P}.window_size`, unit: 'messages' }),
    ]),
  ],
  [
    16387,
    format('IPCOMP_SUPPORTED', rfc(7296, '2.22'), [
      uint16('cpi', { label: 'IPComp CPI', filter: `${P}.ipcomp.cpi`, hex: true }),
      uint8('transformId', {
        label: 'IPComp Transform ID',
        filter: `${P}.ipcomp.transform_id`,
        values: IPCOMP_TRANSFORM_NAMES,
      }),
    ]),
  ],
  [16388, natDetection],
  [16389, natDetection],
  [16390, cookie('COOKIE', `${P}.cookie`, rfc(7296, '2.6'))],
  [
    16397,
    format('ADDITIONAL_IP4_ADDRESS', rfc(4555, '4.2.2'), [
      ipv4('address', { label: 'Additional IPv4 address', filter: `${P}.additional_ip4_address` }),
    ]),
  ],
  [
    16398,
    format('ADDITIONAL_IP6_ADDRESS', rfc(4555, '4.2.2'), [
      address('address', {
        label: 'Additional IPv6 address',
        filter: `${P}.additional_ip6_address`,
      }),
    ]),
  ],
  [16401, cookie('COOKIE2', `${P}.cookie2`, rfc(4555, '4.2.5'))],
  [
    16403,
    format('AUTH_LIFETIME', rfc(4478, '3'), [
      uint32('seconds', { label: 'Lifetime', filter: `${P}.auth_lifetime`, unit: 's' }),
    ]),
  ],
  [16407, redirectData],
  [16408, redirectedFromData],
  [
    16431,
    format('SIGNATURE_HASH_ALGORITHMS', rfc(7427, '4'), [
      list('algorithms', {
        label: 'Supported Signature Hash Algorithms',
        of: layout({
          name: 'Signature Hash Algorithm',
          spec: rfc(7427, '4'),
          fields: [
            uint16('algorithm', {
              label: 'Hash Algorithm',
              filter: `${P}.signature_hash_algorithms`,
              values: SIGNATURE_HASH_NAMES,
            }),
          ],
        }),
      }),
    ]),
  ],
]);
