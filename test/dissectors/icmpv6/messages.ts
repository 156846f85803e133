/**
 * ICMPv6 messages with nothing wrong, and parts to make others of.
 */
import { encodeIcmpv6 } from '../../../dissectors/icmpv6/index.ts';
import type { Icmpv6Message, NdOption } from '../../../dissectors/icmpv6/index.ts';
import { hopByHop, ipv6Packet, type2RoutingHeader } from '../../../dissectors/ipv6/build.ts';
import type { ExtensionHeader } from '../../../dissectors/ipv6/build.ts';
import { octetsOf } from '../hex.ts';
import { CARE_OF_ADDRESS, HOME_ADDRESS, HOME_AGENT, ip } from '../vectors.ts';

export const ROUTER = ip('fe80::1');
export const HOST = ip('fe80::2');
export const ALL_NODES = ip('ff02::1');
export const NOBODY = ip('::');
export const MAC = octetsOf('02005e005302');
export const ALERT = hopByHop([{ kind: 'router-alert', value: 0 }]);

export const advertisement = (options: readonly NdOption[], flags = 0): Icmpv6Message => ({
  kind: 'router-advertisement',
  code: 0,
  currentHopLimit: 64,
  flags,
  routerLifetime: 1800,
  reachableTime: 0,
  retransTimer: 0,
  options,
});
export const HOME_AGENT_FLAG = 0x20;
export const solicitation = (
  options: readonly NdOption[] = [],
  targetAddress = HOME_ADDRESS,
): Icmpv6Message => ({ kind: 'neighbor-solicitation', code: 0, targetAddress, options });
export const neighbor = (flags: number, targetAddress = HOME_ADDRESS): Icmpv6Message => ({
  kind: 'neighbor-advertisement',
  code: 0,
  flags,
  targetAddress,
  options: [],
});
export const redirect = (
  targetAddress: Uint8Array,
  destinationAddress: Uint8Array,
): Icmpv6Message => ({
  kind: 'redirect',
  code: 0,
  targetAddress,
  destinationAddress,
  options: [],
});
export const prefix = {
  kind: 'prefix-information',
  prefixLength: 64,
  flags: 0xc0,
  validLifetime: 3600,
  preferredLifetime: 1800,
  prefix: ip('2001:db8:0:1::'),
} as const;
export const route = {
  kind: 'route-information',
  prefixLength: 48,
  flags: 0,
  lifetime: 600,
  prefix: octetsOf('20010db800050000'),
} as const;
export const agent = {
  kind: 'home-agent-information',
  flags: 0,
  preference: 1,
  lifetime: 60,
} as const;
export const anchorPoint = (distance: number): NdOption => ({
  kind: 'mobility-anchor-point',
  distanceAndPreference: (distance << 4) | 10,
  flags: 0,
  validLifetime: 600,
  globalAddress: HOME_AGENT,
});
export const expansion = (bits: string): NdOption => ({
  kind: 'flags-expansion',
  bits: octetsOf(bits),
});
export const cga = (collisionCount: number): NdOption => ({
  kind: 'cga',
  padLength: 3,
  modifier: new Uint8Array(16),
  subnetPrefix: octetsOf('20010db800000001'),
  collisionCount,
  publicKeyAndExtensions: octetsOf('30023000'),
  padding: new Uint8Array(7).slice(0, 3),
});
export const signature: NdOption = {
  kind: 'rsa-signature',
  keyHash: new Uint8Array(16).fill(1),
  signature: new Uint8Array(12).fill(2),
};
export const timestamp: NdOption = { kind: 'timestamp', timestamp: octetsOf('00006553f1000000') };
export const nonce: NdOption = { kind: 'nonce', nonce: octetsOf('010203040506') };
export const sourceAddress: NdOption = { kind: 'source-link-layer-address', address: MAC };
export const targetAddress: NdOption = { kind: 'target-link-layer-address', address: MAC };
export const acknowledgment = (status: number): NdOption => ({
  kind: 'neighbor-advertisement-acknowledgment',
  optionCode: 0,
  status,
});

export const QUERY_V2 = {
  kind: 'multicast-listener-query-v2',
  code: 0,
  maximumResponseCode: 1000,
  multicastAddress: NOBODY,
  flags: 2,
  queryIntervalCode: 125,
  numberOfSources: 0,
  sources: [],
} as const satisfies Icmpv6Message;
export const query = (length: 24 | 28, group: Uint8Array): Icmpv6Message =>
  length === 28
    ? { ...QUERY_V2, multicastAddress: group }
    : {
        kind: 'multicast-listener-query',
        code: 0,
        maximumResponseDelay: 1000,
        multicastAddress: group,
      };
export const report = (recordType: number, auxData = ''): Icmpv6Message => ({
  kind: 'multicast-listener-report-v2',
  code: 0,
  numberOfRecords: 1,
  records: [
    {
      recordType,
      auxDataLength: auxData.length / 8,
      numberOfSources: 0,
      group: ip('ff02::5'),
      sources: [],
      auxData: octetsOf(auxData),
    },
  ],
});
export const MLD = { hopLimit: 1, headers: [ALERT], destination: ip('ff02::16') };

export const inverse = (options: readonly NdOption[]): Icmpv6Message => ({
  kind: 'inverse-neighbor-discovery-solicitation',
  code: 0,
  options,
});
export const listed = (...addresses: Uint8Array[]): NdOption => ({
  kind: 'source-address-list',
  addresses,
});

export const prefixAdvertisement = (options: readonly NdOption[]): Icmpv6Message => ({
  kind: 'mobile-prefix-advertisement',
  code: 0,
  identifier: 7,
  flags: 0,
  options,
});
export const MPA = {
  source: HOME_AGENT,
  destination: CARE_OF_ADDRESS,
  hopLimit: 64,
  headers: [type2RoutingHeader(HOME_ADDRESS)],
  home: { destination: HOME_ADDRESS },
};
export const MPS: Icmpv6Message = {
  kind: 'mobile-prefix-solicitation',
  code: 0,
  identifier: 7,
  options: [],
};
export const discovery: Icmpv6Message = {
  kind: 'home-agent-discovery-request',
  code: 0,
  identifier: 7,
  flags: 0,
};

export const anchor = (nameType: 1 | 2): NdOption =>
  nameType === 1
    ? {
        kind: 'trust-anchor',
        nameType,
        padLength: 2,
        x501Name: octetsOf('3000'),
        padding: new Uint8Array(2),
      }
    : {
        kind: 'trust-anchor',
        nameType,
        padLength: 1,
        fqdn: octetsOf('016100'),
        padding: new Uint8Array(1),
      };
export const pathSolicitation = (
  identifier: number,
  options: readonly NdOption[],
): Icmpv6Message => ({
  kind: 'certification-path-solicitation',
  code: 0,
  identifier,
  component: 0xffff,
  options,
});
export const path = (
  identifier: number,
  component: number,
  options: readonly NdOption[] = [],
): Icmpv6Message => ({
  kind: 'certification-path-advertisement',
  code: 0,
  identifier,
  allComponents: 3,
  component,
  options,
});

export const accessPoint = (optionCode: number): NdOption => ({
  kind: 'link-layer-address',
  optionCode,
  address: octetsOf('02005e00530100000000000000'),
});
export const proxySolicitation = (...options: NdOption[]): Icmpv6Message => ({
  kind: 'router-solicitation-for-proxy-advertisement',
  code: 0,
  identifier: 9,
  options,
});
export const proxyAdvertisement = (
  code: number,
  identifier: number,
  options: readonly NdOption[] = [accessPoint(1)],
): Icmpv6Message => ({
  kind: 'proxy-router-advertisement',
  code,
  flags: 0,
  identifier,
  options,
});
export const unknown = (type: number, code: number, data: string): Icmpv6Message => ({
  kind: 'unknown-icmpv6',
  type,
  code,
  data: octetsOf(data),
});

/** A message and the packet around it. */
export interface Sent {
  readonly message: Icmpv6Message;
  readonly source?: Uint8Array;
  readonly destination?: Uint8Array;
  readonly hopLimit?: number;
  readonly headers?: readonly ExtensionHeader[];
  /** Source and destination of the checksum where headers change them. */
  readonly home?: { source?: Uint8Array; destination?: Uint8Array };
}

/** The packet, from a router to a host of the link where nothing else is said. */
export function packetOf(sent: Sent): Uint8Array {
  const { message, source = ROUTER, destination = HOST, hopLimit = 255, headers = [] } = sent;
  const how = {
    source: sent.home?.source ?? source,
    destination: sent.home?.destination ?? destination,
  };
  const payload = encodeIcmpv6(message, how);
  return ipv6Packet({ source, destination, hopLimit, headers, protocol: 58, payload });
}
