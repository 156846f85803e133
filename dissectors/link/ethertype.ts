/**
 * Ethertypes that are decoded or named.
 */
export const ETHERTYPE = {
  /** No Ethertype: what Linux puts into its place for frames that start with LLC (ETH_P_802_2). */
  llc: 0x0004,
  ipv4: 0x0800,
  arp: 0x0806,
  /** An Ethernet frame in GRE. */
  transparentEthernet: 0x6558,
  vlan: 0x8100,
  ipv6: 0x86dd,
  /** PPP, behind a GRE header of version 1. */
  ppp: 0x880b,
  pppoeDiscovery: 0x8863,
  pppoeSession: 0x8864,
  /** LLC in frames too long for a length. */
  jumboLlc: 0x8870,
  serviceVlan: 0x88a8,
  ciscoMetaData: 0x8909,
  /** Used for stacked tags before 802.1ad. */
  oldServiceVlan: 0x9100,
} as const;

/** Names of Ethertypes. */
export const ETHERTYPE_NAMES = [
  { value: 0x0004, name: 'LLC' },
  { value: 0x0800, name: 'IPv4' },
  { value: 0x0806, name: 'ARP' },
  { value: 0x6558, name: 'Transparent Ethernet bridging' },
  { value: 0x8100, name: '802.1Q Virtual LAN' },
  { value: 0x880b, name: 'PPP' },
  { value: 0x8863, name: 'PPPoE Discovery' },
  { value: 0x8864, name: 'PPPoE Session' },
  { value: 0x86dd, name: 'IPv6' },
  { value: 0x8870, name: 'Jumbo LLC' },
  { value: 0x88a8, name: '802.1ad Provider Bridge' },
  { value: 0x8909, name: 'Cisco MetaData' },
  { value: 0x9100, name: 'old 802.1ad Provider Bridge' },
] as const;

/** Smallest Ethertype; a smaller number is the length of an IEEE 802.3 frame. */
export const SMALLEST_ETHERTYPE = 0x0600;
