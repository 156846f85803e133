/**
 * The header of both versions. RFC 7296 section 3.1, RFC 2408 section 3.1.
 */
import { bytesField, flags, layout, uint32, uint8 } from '../core/layout.ts';
import type { FlagBit, NamedValue, ValueOf } from '../core/layout.ts';
import { IKEV1_EXCHANGE_NAMES, IKEV2_EXCHANGE_NAMES, PAYLOAD_NAMES } from './names/message.ts';

/** Flags of the header of IKEv2. RFC 7296 section 3.1. */
export const IKEV2_FLAG = { initiator: 0x08, higherVersion: 0x10, response: 0x20 } as const;

/** Flags of the header of IKEv1. RFC 2408 section 3.1. */
export const IKEV1_FLAG = { encryption: 0x01, commit: 0x02, authenticationOnly: 0x04 } as const;

const V2 = { rfc: 7296, section: '3.1' } as const;
const V1 = { rfc: 2408, section: '3.1' } as const;

const ikev2Bits: Readonly<Record<string, FlagBit>> = {
  initiator: { mask: IKEV2_FLAG.initiator, label: 'Initiator', filter: 'isakmp.flag_i', spec: V2 },
  higherVersion: {
    mask: IKEV2_FLAG.higherVersion,
    label: 'Can speak a higher version',
    filter: 'isakmp.flag_v',
    spec: V2,
  },
  response: { mask: IKEV2_FLAG.response, label: 'Response', filter: 'isakmp.flag_r', spec: V2 },
};

const ikev1Bits: Readonly<Record<string, FlagBit>> = {
  encryption: { mask: IKEV1_FLAG.encryption, label: 'Encryption', filter: 'isakmp.flag_e' },
  commit: { mask: IKEV1_FLAG.commit, label: 'Commit', filter: 'isakmp.flag_c' },
  authenticationOnly: {
    mask: IKEV1_FLAG.authenticationOnly,
    label: 'Authentication only',
    filter: 'isakmp.flag_a',
  },
};

const fields = (exchanges: readonly NamedValue[], bits: Readonly<Record<string, FlagBit>>) =>
  [
    bytesField(8, 'initiatorSpi', { label: 'Initiator SPI', filter: 'isakmp.ispi' }),
    bytesField(8, 'responderSpi', { label: 'Responder SPI', filter: 'isakmp.rspi' }),
    uint8('nextPayload', {
      label: 'Next Payload',
      filter: 'isakmp.nextpayload',
      values: PAYLOAD_NAMES,
    }),
    flags(1, 'version', {
      label: 'Version',
      filter: 'isakmp.version',
      bits: {
        major: { mask: 0xf0, label: 'Major', filter: 'isakmp.mjver' },
        minor: { mask: 0x0f, label: 'Minor', filter: 'isakmp.mnver' },
      },
    }),
    uint8('exchangeType', {
      label: 'Exchange Type',
      filter: 'isakmp.exchangetype',
      values: exchanges,
    }),
    flags(1, 'flags', { label: 'Flags', filter: 'isakmp.flags', bits }),
    uint32('messageId', { label: 'Message ID', filter: 'isakmp.messageid', hex: true }),
    uint32('length', { label: 'Length', filter: 'isakmp.length', unit: 'octets' }),
  ] as const;

/** Header of IKEv2; also shown for versions that do not exist. */
export const ikev2Header = layout({
  name: 'Internet Key Exchange version 2',
  spec: V2,
  fields: fields(IKEV2_EXCHANGE_NAMES, ikev2Bits),
});

/** Header of IKEv1: the same fields with other exchanges and flags. */
export const ikev1Header = layout({
  name: 'Internet Security Association and Key Management Protocol',
  spec: V1,
  fields: fields(IKEV1_EXCHANGE_NAMES, ikev1Bits),
});

/** The header as decoded: both SPIs (8 octets), and numbers as on the wire; `version` is major and minor. */
export type IkeHeader = ValueOf<typeof ikev2Header.fields>;

/** Octets of the header. */
export const IKE_HEADER_OCTETS = ikev2Header.fixedOctets;
/** Offset of Version. */
export const IKE_VERSION_OFFSET = ikev2Header.offsetOf('version');
/** Version octet of IKEv2. RFC 7296 section 3.1. */
export const IKEV2_VERSION = 0x20;
/** Version octet of IKEv1. RFC 2408 section 3.1. */
export const IKEV1_VERSION = 0x10;
