/**
 * ICMPv6 contents that an independent dissector reads further: names, keys, certificates.
 */
import type { Icmpv6Message, NdOption } from '../../../dissectors/icmpv6/index.ts';
import { octetsOf } from '../hex.ts';
import { ip } from '../vectors.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** Zeros that fill an option with so many octets up to a multiple of 8. */
const zeros = (octets: number): Uint8Array => new Uint8Array((8 - (octets % 8)) % 8);

/** A public key of 512 bits, made for this test. */
export const PUBLIC_KEY = octetsOf(
  '305c300d06092a864886f70d0101010500034b003048024100b7c5427fe417d5432f5fefd3a1f51ffea2cdd602' +
    '1fecfaad957af017f6ffbf6ecc2f7298aa8f779c04e411858e0e69cd2eea47de841db4c7e3b7742706b13879' +
    '0203010001',
);

/** A certificate, made for this test. */
export const CERTIFICATE = octetsOf(
  '3082012c3081dfa00302010202146d701e9de465939a4f9fcda5e802e572e67c1648300506032b6570300c310a30' +
    '0806035504030c0161301e170d3236313132313133313635325a170d3336313131383133313635325a300c310a30' +
    '0806035504030c0161302a300506032b6570032100dda39254355ee2eebc1ef75db84f00205f618967fd38fdcbea' +
    'f78629800e930ca3533051301d0603551d0e0416041464476322b3540c23985c3719d947a446ea1332ff301f0603' +
    '551d2304183016801464476322b3540c23985c3719d947a446ea1332ff300f0603551d130101ff04053003010' +
    '1ff300506032b6570034100211a4c98a9dc577a4c1399fd66cff8f2e02e91a84ca02af0296e6586254adc4306ec3c' +
    'b692f3914a36b8847af6287621955afc890d89eb7e2332cda823cb9b00',
);

/** Extension field of CGA Parameters. RFC 4581 section 3. */
const EXTENSION = octetsOf('fffd0004c0ffee00');

function cga(publicKeyAndExtensions: Uint8Array): NdOption {
  const padding = zeros(29 + publicKeyAndExtensions.length);
  return {
    kind: 'cga',
    padLength: padding.length,
    modifier: octetsOf('000102030405060708090a0b0c0d0e0f'),
    subnetPrefix: octetsOf('20010db800000001'),
    collisionCount: 1,
    publicKeyAndExtensions,
    padding,
  };
}

const X501_NAME = octetsOf('3011310f300d06035504030c06616e63686f72');

/** Options whose octets are more than numbers, addresses and octets without form. */
export const wholeNdOptions: readonly NdOption[] = [
  cga(PUBLIC_KEY),
  cga(Uint8Array.of(...PUBLIC_KEY, ...EXTENSION)),
  {
    kind: 'dns-search-list',
    lifetime: 600,
    names: text('\x0asearchlist\x03org\0\x01a\x07example\0'),
  },
  {
    kind: 'trust-anchor',
    nameType: 1,
    padLength: 1,
    x501Name: X501_NAME,
    padding: zeros(23),
  },
  {
    kind: 'trust-anchor',
    nameType: 2,
    padLength: 6,
    fqdn: text('\x0aanchorhost\0'),
    padding: zeros(18),
  },
  {
    kind: 'certificate',
    certificateType: 1,
    certificate: Uint8Array.of(...CERTIFICATE, ...zeros(4 + CERTIFICATE.length)),
  },
  { kind: 'neighbor-advertisement-acknowledgment', optionCode: 0, status: 1 },
  {
    kind: 'neighbor-advertisement-acknowledgment',
    optionCode: 0,
    status: 2,
    newCareOfAddress: ip('2001:db8::9'),
  },
  { kind: 'timestamp', timestamp: octetsOf('00006553f1001234') },
  {
    kind: 'handover-key-request',
    padLength: zeros(4 + PUBLIC_KEY.length).length,
    algorithm: 0x10,
    publicKey: PUBLIC_KEY,
    padding: zeros(4 + PUBLIC_KEY.length),
  },
  {
    kind: 'handover-key-reply',
    padLength: 6,
    algorithm: 0x10,
    keyLifetime: 600,
    encryptedKey: PUBLIC_KEY.slice(0, 20),
    padding: zeros(26),
  },
  {
    kind: 'handover-assist-information',
    optionCode: 1,
    length: 5,
    value: octetsOf('0102030405'),
    padding: zeros(9),
  },
  {
    kind: 'mobile-node-identifier',
    optionCode: 1,
    length: 7,
    value: text('a@b.org'),
    padding: zeros(11),
  },
];

const query = { queryType: 2, flags: 0, nonce: octetsOf('0102030405060708') };

/** Node Information messages with contents of every form. */
export const nodeInformation: readonly Icmpv6Message[] = [
  { kind: 'node-information-query-address', code: 0, ...query, subject: ip('2001:db8::1') },
  {
    kind: 'node-information-query-name',
    code: 1,
    ...query,
    subject: text('\x04host\x07example\0'),
  },
  { kind: 'node-information-query-ipv4', code: 2, ...query, subject: octetsOf('c0000201') },
  {
    kind: 'node-information-reply',
    code: 0,
    ...query,
    timeToLive: 0,
    names: text('\x04host\x07example\0'),
  },
  {
    kind: 'node-information-reply',
    code: 0,
    ...query,
    queryType: 3,
    flags: 0x3f,
    addresses: [
      { timeToLive: 0, address: ip('2001:db8::1') },
      { timeToLive: 0, address: ip('fe80::1') },
    ],
  },
  {
    kind: 'node-information-reply',
    code: 0,
    ...query,
    queryType: 4,
    flags: 3,
    ipv4Addresses: [{ timeToLive: 0, address: octetsOf('c0000201') }],
  },
];
