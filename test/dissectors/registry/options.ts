/**
 * Mobility options as their documents define them, transcribed by hand from the RFCs: not from the tables under test.
 */

/** MH types: RFC 6275 section 6.1 and the documents named in `messages.ts`. */
const BRR = 0;
const COTI = 2;
const COT = 4;
const BU = 5;
const BA = 6;
const FBU = 8;
const FBACK = 9;
const HAS = 12;
const HB = 13;
const HI = 14;
const HACK = 15;
const BRI = 16;
const LRI = 17;
const LRA = 18;
const UPN = 19;
const UPA = 20;
const FB = 21;
const SQ = 22;
const SR = 23;

/** Proxy binding messages, and those that carry the context of a session (RFC 5949 section 6.2.1). */
const SESSION = [BU, BA, HI, HACK];
const PROXY = [BU, BA];

/** Value of a field: a number, octets in hexadecimal, or records of fields. */
export type Expected = number | string | readonly Readonly<Record<string, Expected>>[];

/** One option. */
export interface OptionRow {
  readonly type: number;
  readonly name: string;
  /** Alignment xn+y of the Type octet, where the document asks for one. */
  readonly align?: readonly [x: number, y: number];
  /** Lengths that the document allows; none given = any. */
  readonly lengths?: readonly number[];
  /** Messages that may carry it by the documents; none given = any. */
  readonly messages?: readonly number[];
  /** May it be repeated in a message? */
  readonly repeats?: true;
  /** An option, from Type on, and the values of its fields. */
  readonly hex: string;
  readonly fields: Readonly<Record<string, Expected>>;
}

const P64 = '20010db8000100000000000000000000';
const HOST = '20010db8000000000000000000000001';
const LINK_LOCAL = 'fe800000000000000000000000000001';
const IPV4 = 'c0000201';
const EVEN = Array.from({ length: 127 }, (_, i) => 2 * i + 2);
const FROM_ONE = Array.from({ length: 255 }, (_, i) => i + 1);

// oxfmt-ignore
export const OPTION_ROWS: readonly OptionRow[] = [
  { type: 1, name: 'PadN', repeats: true, hex: '01 02 0000', fields: { padding: '0000' } },
  { type: 2, name: 'Binding Refresh Advice', align: [2, 0], lengths: [2], messages: [BA, HAS],
    hex: '02 02 003c', fields: { refreshInterval: 60 } },
  { type: 3, name: 'Alternate Care-of Address', align: [8, 6], lengths: [16], messages: [BU, FBU, FBACK, BRI],
    hex: `03 10 ${HOST}`, fields: { careOfAddress: HOST } },
  { type: 4, name: 'Nonce Indices', align: [2, 0], lengths: [4], messages: [BU],
    hex: '04 04 0007 0009', fields: { homeNonceIndex: 7, careOfNonceIndex: 9 } },
  { type: 5, name: 'Binding Authorization Data', align: [8, 2], messages: [BU, BA],
    hex: '05 0c 0102030405060708090a0b0c', fields: { authenticator: '0102030405060708090a0b0c' } },
  { type: 6, name: 'Mobile Network Prefix', align: [8, 4], lengths: [18], messages: [BU], repeats: true,
    hex: `06 12 00 40 ${P64}`, fields: { prefixLength: 64, prefix: P64 } },
  { type: 7, name: 'Mobility Header Link-Layer Address',
    hex: '07 07 02 02005e005302', fields: { code: 2, linkLayerAddress: '02005e005302' } },
  { type: 8, name: 'Mobile Node Identifier', repeats: true,
    hex: '08 04 01 6d4061', fields: { subtype: 1, identifier: '6d4061' } },
  { type: 9, name: 'Mobility Message Authentication', align: [4, 1], messages: [BU, BA], repeats: true,
    hex: '09 11 01 00000100 0102030405060708090a0b0c',
    fields: { subtype: 1, mobilitySpi: 256, authenticationData: '0102030405060708090a0b0c' } },
  { type: 10, name: 'Mobility Message Replay Protection', align: [8, 2], lengths: [8], messages: [BU, BA],
    hex: '0a 08 c50204ec ec42ee92', fields: { timestamp: 'c50204ecec42ee92' } },
  { type: 11, name: 'CGA Parameters Request', lengths: [0], messages: [BU], hex: '0b 00', fields: {} },
  { type: 12, name: 'CGA Parameters', lengths: FROM_ONE, messages: [BU, BA], repeats: true,
    hex: '0c 03 a1b2c3', fields: { parameters: 'a1b2c3' } },
  { type: 13, name: 'Signature', messages: [BU, BA], hex: '0d 04 01020304', fields: { signature: '01020304' } },
  { type: 14, name: 'Permanent Home Keygen Token', messages: [BA],
    hex: '0e 08 0102030405060708', fields: { encryptedToken: '0102030405060708' } },
  { type: 15, name: 'Care-of Test Init', lengths: [0], messages: [BU], hex: '0f 00', fields: {} },
  { type: 16, name: 'Care-of Test', lengths: [8], messages: [BA],
    hex: '10 08 0102030405060708', fields: { careOfKeygenToken: '0102030405060708' } },
  { type: 17, name: 'DNS Update', messages: [BU, BA],
    hex: '11 05 00 80 026d6e', fields: { status: 0, flags: 0x80, mobileNodeIdentity: '026d6e' } },
  { type: 18, name: 'Experimental', hex: '12 03 010203', fields: { data: '010203' } },
  { type: 19, name: 'Vendor Specific', align: [4, 2], repeats: true,
    hex: '13 07 0000000b 05 abcd', fields: { vendorId: 11, subType: 5, data: 'abcd' } },
  { type: 20, name: 'Service Selection', lengths: FROM_ONE, messages: [BU, HI, HACK, BRI],
    hex: '14 03 696d73', fields: { identifier: '696d73' } },
  { type: 21, name: 'Binding Authorization Data for FMIPv6', messages: [FBU, FBACK],
    hex: '15 10 00000001 0102030405060708090a0b0c', fields: { spi: 1, authenticator: '0102030405060708090a0b0c' } },
  { type: 22, name: 'Home Network Prefix', align: [8, 4], lengths: [18], repeats: true,
    messages: [...SESSION, BRI, LRI, LRA, SQ, SR],
    hex: `16 12 80 40 ${P64}`, fields: { flags: 0x80, prefixLength: 64, prefix: P64 } },
  { type: 23, name: 'Handoff Indicator', lengths: [2], messages: SESSION, hex: '17 02 00 03', fields: { indicator: 3 } },
  { type: 24, name: 'Access Technology Type', lengths: [2], messages: [...SESSION, BRI],
    hex: '18 02 00 04', fields: { technology: 4 } },
  { type: 25, name: 'Mobile Node Link-layer Identifier', messages: [...SESSION, BRI],
    hex: '19 08 0000 02005e005302', fields: { identifier: '02005e005302' } },
  { type: 26, name: 'Link-local Address', align: [8, 6], lengths: [16], messages: SESSION,
    hex: `1a 10 ${LINK_LOCAL}`, fields: { linkLocalAddress: LINK_LOCAL } },
  { type: 27, name: 'Timestamp', align: [8, 2], lengths: [8], messages: PROXY,
    hex: '1b 08 00004a000000 8000', fields: { timestamp: '00004a0000008000' } },
  { type: 28, name: 'Restart Counter', align: [4, 2], lengths: [4], messages: [HB],
    hex: '1c 04 00000007', fields: { restartCounter: 7 } },
  { type: 29, name: 'IPv4 Home Address', align: [4, 0], lengths: [6], messages: [BU, BRI, LRI, LRA], repeats: true,
    hex: `1d 06 6200 ${IPV4}`, fields: { flags: (24 << 10) | 0x200, homeAddress: IPV4 } },
  { type: 30, name: 'IPv4 Address Acknowledgement', align: [4, 0], lengths: [6], messages: [BA], repeats: true,
    hex: `1e 06 00 60 ${IPV4}`, fields: { status: 0, flags: 24 << 2, homeAddress: IPV4 } },
  { type: 31, name: 'NAT Detection', align: [4, 0], lengths: [6], messages: [BA],
    hex: '1f 06 8000 0000006e', fields: { flags: 0x8000, refreshTime: 110 } },
  { type: 32, name: 'IPv4 Care-of Address', align: [4, 0], lengths: [6], messages: [BU],
    hex: `20 06 0000 ${IPV4}`, fields: { careOfAddress: IPV4 } },
  { type: 33, name: 'GRE Key', align: [4, 0], lengths: [2, 6], messages: [...SESSION, BRI],
    hex: '21 06 0000 00000102', fields: { key: 0x102 } },
  { type: 34, name: 'Mobility Header IPv6 Address/Prefix', align: [8, 4], lengths: [18], messages: [HI, HACK],
    repeats: true, hex: `22 12 02 80 ${HOST}`, fields: { code: 2, prefixLength: 128, address: HOST } },
  { type: 35, name: 'Binding Identifier', align: [2, 0], lengths: [4, 8, 20], repeats: true,
    messages: [BRR, COTI, COT, BU, BA, BRI, FB],
    hex: '23 04 0102 00 05', fields: { bindingIdentifier: 0x102, status: 0, flags: 5 } },
  { type: 36, name: 'IPv4 Home Address Request', align: [4, 0], lengths: [6], messages: [BU, HI, HACK, BRI, LRI, LRA],
    repeats: true, hex: `24 06 60 00 ${IPV4}`, fields: { flags: 24 << 2, homeAddress: IPV4 } },
  { type: 37, name: 'IPv4 Home Address Reply', align: [4, 0], lengths: [6], messages: [BA, HI, HACK, LRI, LRA],
    repeats: true, hex: `25 06 00 60 ${IPV4}`, fields: { status: 0, flags: 24 << 2, homeAddress: IPV4 } },
  { type: 38, name: 'IPv4 Default-Router Address', align: [4, 0], lengths: [6], messages: [BA, HI, HACK],
    hex: `26 06 0000 ${IPV4}`, fields: { router: IPV4 } },
  { type: 39, name: 'IPv4 DHCP Support Mode', lengths: [2], messages: [BA, HI, HACK],
    hex: '27 02 0001', fields: { flags: 1 } },
  { type: 40, name: 'Context Request', messages: [HI],
    hex: '28 0d 0000 16 00 19 00 13 05 000028af 01',
    fields: { requests: [
      { optionType: 22, dataLength: 0, data: '' },
      { optionType: 25, dataLength: 0, data: '' },
      { optionType: 19, dataLength: 5, vendorId: 10415, subType: 1 },
    ] } },
  { type: 41, name: 'Local Mobility Anchor Address', lengths: [6, 18], messages: [HI, HACK], repeats: true,
    hex: `29 06 02 00 ${IPV4}`, fields: { code: 2, ipv4AnchorAddress: IPV4 } },
  { type: 42, name: 'Mobile Node Link-local Address Interface Identifier', lengths: [10], messages: [HI, HACK],
    hex: '2a 0a 0000 02005efffe005302', fields: { interfaceIdentifier: '02005efffe005302' } },
  { type: 43, name: 'Transient Binding', lengths: [2], messages: PROXY,
    hex: '2b 02 01 14', fields: { flags: 1, lifetime: 20 } },
  { type: 44, name: 'Flow Summary', align: [2, 0], lengths: EVEN, messages: [BU], repeats: true,
    hex: '2c 04 0001 0002', fields: { flowIdentifiers: [{ flowIdentifier: 1 }, { flowIdentifier: 2 }] } },
  { type: 45, name: 'Flow Identification', align: [2, 0], messages: [BU, BA, BRI, FB], repeats: true,
    hex: '2d 0a 0007 000a 00 00 02 02 0001',
    fields: { flowIdentifier: 7, priority: 10, status: 0, subOptions: [{ bindingIdentifiers: [{ bindingIdentifier: 1 }] }] } },
  { type: 46, name: 'Redirect-Capability', align: [4, 0], lengths: [2], messages: [BU], hex: '2e 02 0000', fields: {} },
  { type: 47, name: 'Redirect', align: [4, 0], lengths: [6, 18], messages: [BA],
    hex: `2f 06 4000 ${IPV4}`, fields: { flags: 0x4000, ipv4AnchorAddress: IPV4 } },
  { type: 48, name: 'Load Information', align: [4, 0], lengths: [18], messages: [BA],
    hex: '30 12 0001 00000002 00000003 00000004 00000005',
    fields: { priority: 1, sessionsInUse: 2, maximumSessions: 3, usedCapacity: 4, maximumCapacity: 5 } },
  { type: 49, name: 'Alternate IPv4 Care-of Address', align: [4, 2], lengths: [4], messages: PROXY,
    hex: `31 04 ${IPV4}`, fields: { careOfAddress: IPV4 } },
  { type: 50, name: 'Mobile Node Group Identifier', lengths: [6], repeats: true,
    messages: [...SESSION, BRI, LRI, LRA, SQ, SR],
    hex: '32 06 01 00 00000009', fields: { subType: 1, groupIdentifier: 9 } },
  { type: 51, name: 'MAG IPv6 Address', align: [8, 4], lengths: [18], messages: [LRI],
    hex: `33 12 00 80 ${HOST}`, fields: { addressLength: 128, gatewayAddress: HOST } },
  { type: 52, name: 'Access Network Identifier', align: [4, 0], messages: SESSION,
    hex: '34 04 06 02 0019', fields: { subOptions: [{ updateTimer: 25 }] } },
  { type: 53, name: 'IPv4 Traffic Offload Selector', align: [4, 0], messages: SESSION,
    hex: `35 10 80000000 03 0a 01 00 80000000 ${IPV4}`,
    fields: { flags: 0x8000_0000, subOptions: [{ tsFormat: 1, ipv4Flags: 0x8000_0000, startSourceIpv4: IPV4 }] } },
  { type: 54, name: 'Dynamic IP Multicast Selector', messages: [BA, HI, HACK], repeats: true,
    hex: '36 08 12 80 0001 e8010101', fields: { protocolAndMode: 0x1280, numberOfRecords: 1, groups: [{ group: 'e8010101' }] } },
  { type: 55, name: 'Delegated Mobile Network Prefix', align: [8, 2], lengths: [6, 18], messages: SESSION, repeats: true,
    hex: '37 06 80 18 c0000200', fields: { flags: 0x80, prefixLength: 24, ipv4Prefix: 'c0000200' } },
  { type: 56, name: 'Active Multicast Subscription IPv4', align: [4, 1], messages: [...SESSION, SR], repeats: true,
    hex: '38 05 16 e8010101', fields: { reportType: 0x16, group: 'e8010101' } },
  { type: 57, name: 'Active Multicast Subscription IPv6', align: [8, 1], messages: [...SESSION, SR], repeats: true,
    hex: '39 15 8f 04 00 0000 ff1e0000000000000000000000000099',
    fields: { reportType: 143, records: [{
      recordType: 4, auxDataLength: 0, numberOfSources: 0, group: 'ff1e0000000000000000000000000099', sources: [], auxData: '',
    }] } },
  { type: 58, name: 'Quality of Service', align: [4, 0], messages: [...SESSION, FB], repeats: true,
    hex: '3a 0e 01 b8 01 000000 08 06 0000 000f4240',
    fields: { serviceRequest: 1, trafficClass: 0xb8, operationalCode: 1, attributes: [{ bitRate: 1_000_000 }] } },
  { type: 59, name: 'LMA User-Plane Address', align: [8, 2], lengths: [2, 6, 18], messages: SESSION, repeats: true,
    hex: '3b 02 0000', fields: {} },
  { type: 60, name: 'Multicast Mobility', messages: [FBU, HI], repeats: true,
    hex: '3c 06 02 00 0000 0001 04 00 0000 ff1e0000000000000000000000000099',
    fields: { code: 2, numberOfRecords: 1, addressRecords: [{
      recordType: 4, auxDataLength: 0, numberOfSources: 0, group: 'ff1e0000000000000000000000000099', sources: [], auxData: '',
    }] } },
  { type: 61, name: 'Multicast Acknowledgement', messages: [FBACK, HACK], repeats: true,
    hex: '3d 01 00 01 0000 0000', fields: { code: 0, status: 1, numberOfRecords: 0 } },
  { type: 62, name: 'LMA-Controlled MAG Parameters', align: [4, 2], messages: [BA],
    hex: '3e 10 01 06 000a 0001 0020 02 06 003c 0005 0003',
    fields: { subOptions: [
      { startTime: 10, initialRetransmission: 1, maximumRetransmission: 32 },
      { interval: 60, retransmissionDelay: 5, maximumRetransmissions: 3 },
    ] } },
  { type: 63, name: 'MAG Multipath Binding', lengths: [6], messages: PROXY,
    hex: '3f 06 04 09 01 80 0000', fields: { accessTechnology: 4, interfaceLabel: 9, bindingIdentifier: 1, flags: 0x80 } },
  { type: 64, name: 'MAG Identifier', messages: PROXY,
    hex: '40 05 01 00 6d4061', fields: { subtype: 1, identifier: '6d4061' } },
  { type: 65, name: 'Anchored Prefix', align: [8, 4], lengths: [18], messages: PROXY, repeats: true,
    hex: `41 12 00 40 ${P64}`, fields: { prefixLength: 64, prefix: P64 } },
  { type: 66, name: 'Local Prefix', align: [8, 4], lengths: [18], messages: PROXY, repeats: true,
    hex: `42 12 00 40 ${P64}`, fields: { prefixLength: 64, prefix: P64 } },
  { type: 67, name: 'Previous MAAR', align: [8, 4], lengths: [34], messages: [BA], repeats: true,
    hex: `43 22 00 40 ${HOST} ${P64}`, fields: { prefixLength: 64, previousMaar: HOST, homeNetworkPrefix: P64 } },
  { type: 68, name: 'Serving MAAR', align: [8, 6], lengths: [16], messages: PROXY,
    hex: `44 10 ${HOST}`, fields: { servingMaar: HOST } },
  { type: 69, name: 'DLIF Link-Local Address', align: [8, 6], lengths: [16], messages: [BA], repeats: true,
    hex: `45 10 ${LINK_LOCAL}`, fields: { linkLocalAddress: LINK_LOCAL } },
  { type: 70, name: 'DLIF Link-Layer Address', messages: [BA], repeats: true,
    hex: '46 08 0000 02005e005302', fields: { linkLayerAddress: '02005e005302' } },
];

/** Update Notification and its acknowledgement take any option. RFC 7077 sections 4.1 and 4.2. */
export const TAKE_ANY_OPTION: readonly number[] = [UPN, UPA];

/** A sub-option, or an attribute, and the option around it. */
export interface SubOptionRow {
  /** Option that has it, and the octets in front of it in the option's data. */
  readonly within: number;
  readonly head: string;
  readonly message: number;
  readonly type: number;
  readonly name: string;
  readonly hex: string;
  readonly fields: Readonly<Record<string, Expected>>;
}

const FLOW = { within: 45, head: '0007 000a 00 00', message: BU } as const;
const ACCESS = { within: 52, head: '', message: BU } as const;
const QOS = { within: 58, head: '01 b8 01 000000', message: BU } as const;
const LCMP = { within: 62, head: '', message: BA } as const;

// oxfmt-ignore
export const SUB_OPTION_ROWS: readonly SubOptionRow[] = [
  { ...FLOW, type: 1, name: 'PadN', hex: '01 02 0000', fields: { padding: '0000' } },
  { ...FLOW, type: 2, name: 'Binding Reference', hex: '02 04 0001 0002',
    fields: { bindingIdentifiers: [{ bindingIdentifier: 1 }, { bindingIdentifier: 2 }] } },
  { ...FLOW, type: 3, name: 'Traffic Selector',
    hex: `03 2a 01 00 fffc0000 ${IPV4} ${IPV4} ${IPV4} ${IPV4} 00000101 00000102 0001 0002 0003 0004 b8 bc 06 11`,
    fields: {
      tsFormat: 1, ipv4Flags: 0xfffc_0000,
      startSourceIpv4: IPV4, endSourceIpv4: IPV4, startDestinationIpv4: IPV4, endDestinationIpv4: IPV4,
      startSpi: 0x101, endSpi: 0x102, startSourcePort: 1, endSourcePort: 2,
      startDestinationPort: 3, endDestinationPort: 4, startTrafficClass: 0xb8, endTrafficClass: 0xbc,
      startProtocol: 6, endProtocol: 17,
    } },
  { ...FLOW, type: 3, name: 'Traffic Selector',
    hex: `03 62 02 00 ffff0000 ${HOST} ${HOST} ${HOST} ${HOST} 00000101 00000102 000abcde 000abcdf 0001 0002 0003 0004 b8 bc 06 11`,
    fields: {
      tsFormat: 2, ipv6Flags: 0xffff_0000,
      startSource: HOST, endSource: HOST, startDestination: HOST, endDestination: HOST,
      startSpi: 0x101, endSpi: 0x102, startFlowLabel: 0xabcde, endFlowLabel: 0xabcdf,
      startSourcePort: 1, endSourcePort: 2, startDestinationPort: 3, endDestinationPort: 4,
      startTrafficClass: 0xb8, endTrafficClass: 0xbc, startProtocol: 6, endProtocol: 17,
    } },
  { ...FLOW, type: 4, name: 'Flow Binding Action', hex: '04 02 00 0b', fields: { action: 11 } },
  { ...FLOW, type: 5, name: 'Target Care-of Address', hex: `05 12 0000 ${HOST}`, fields: { careOfAddress: HOST } },
  { ...ACCESS, type: 1, name: 'Network-Identifier', hex: '01 08 80 03 6e6574 02 6170',
    fields: { flags: 0x80, networkNameLength: 3, networkName: '6e6574', accessPointNameLength: 2, accessPointName: '6170' } },
  { ...ACCESS, type: 2, name: 'Geo-Location', hex: '02 06 1b8000 e20000',
    fields: { latitude: 55 * 32768, longitude: -60 * 32768 } },
  { ...ACCESS, type: 3, name: 'Operator-Identifier', hex: '03 03 01 28af', fields: { identifierType: 1, identifier: '28af' } },
  { ...ACCESS, type: 4, name: 'Civic-Location', hex: '04 08 00 00 4445 03 02 4b61',
    fields: { format: 0, countryCode: '4445', elements: [{ value: '4b61' }] } },
  { ...ACCESS, type: 5, name: 'MAG-Group-Identifier', hex: '05 02 0102', fields: { group: 0x102 } },
  { ...ACCESS, type: 6, name: 'ANI Update-Timer', hex: '06 02 0019', fields: { updateTimer: 25 } },
  { ...QOS, type: 1, name: 'Per-MN-Agg-Max-DL-Bit-Rate', hex: '01 06 0000 000f4240', fields: { bitRate: 1_000_000 } },
  { ...QOS, type: 2, name: 'Per-MN-Agg-Max-UL-Bit-Rate', hex: '02 06 0000 000f4240', fields: { bitRate: 1_000_000 } },
  { ...QOS, type: 3, name: 'Per-Session-Agg-Max-DL-Bit-Rate', hex: '03 06 8000 000f4240',
    fields: { flags: 0x8000, bitRate: 1_000_000 } },
  { ...QOS, type: 4, name: 'Per-Session-Agg-Max-UL-Bit-Rate', hex: '04 06 4000 000f4240',
    fields: { flags: 0x4000, bitRate: 1_000_000 } },
  { ...QOS, type: 5, name: 'Allocation-Retention-Priority', hex: '05 02 00 f4', fields: { priority: 0xf4 } },
  { ...QOS, type: 6, name: 'Aggregate-Max-DL-Bit-Rate', hex: '06 06 0000 000f4240', fields: { bitRate: 1_000_000 } },
  { ...QOS, type: 7, name: 'Aggregate-Max-UL-Bit-Rate', hex: '07 06 0000 000f4240', fields: { bitRate: 1_000_000 } },
  { ...QOS, type: 8, name: 'Guaranteed-DL-Bit-Rate', hex: '08 06 0000 000f4240', fields: { bitRate: 1_000_000 } },
  { ...QOS, type: 9, name: 'Guaranteed-UL-Bit-Rate', hex: '09 06 0000 000f4240', fields: { bitRate: 1_000_000 } },
  { ...QOS, type: 10, name: 'QoS-Traffic-Selector', hex: '0a 07 00 01 00080000 06',
    fields: { tsFormat: 1, ipv4Flags: 0x0008_0000, startProtocol: 6 } },
  { ...QOS, type: 11, name: 'QoS-Vendor-Specific-Attribute', hex: '0b 09 0000 000028af 01 abcd',
    fields: { vendor: 10415, subtype: 1, data: 'abcd' } },
  { ...LCMP, type: 1, name: 'Binding Re-registration Control', hex: '01 06 000a 0001 0020',
    fields: { startTime: 10, initialRetransmission: 1, maximumRetransmission: 32 } },
  { ...LCMP, type: 2, name: 'Heartbeat Control', hex: '02 06 003c 0005 0003',
    fields: { interval: 60, retransmissionDelay: 5, maximumRetransmissions: 3 } },
];

/** Civic address types. RFC 4776 section 3.4. */
export const CIVIC_TYPES: readonly number[] = [
  ...Array.from({ length: 7 }, (_, i) => i),
  ...Array.from({ length: 24 }, (_, i) => 16 + i),
  128,
];
