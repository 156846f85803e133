/**
 * Ethertypes that are decoded or named.
 */
export const ETHERTYPE = {
  ipv4: 0x0800,
  arp: 0x0806,
  vlan: 0x8100,
  ipv6: 0x86dd,
  pppoeSession: 0x8864,
  serviceVlan: 0x88a8,
  /** Used for stacked tags before 802.1ad. */
  oldServiceVlan: 0x9100,
} as const;

/** Names of Ethertypes. */
export const ETHERTYPE_NAMES = [
  { value: 0x0800, name: 'IPv4' },
  { value: 0x0806, name: 'ARP' },
  { value: 0x8100, name: '802.1Q Virtual LAN' },
  { value: 0x8864, name: 'PPPoE Session' },
  { value: 0x86dd, name: 'IPv6' },
  { value: 0x88a8, name: '802.1ad Provider Bridge' },
  { value: 0x9100, name: 'old 802.1ad Provider Bridge' },
] as const;

/** Smallest Ethertype; a smaller number is the length of an IEEE 802.3 frame. */
export const SMALLEST_ETHERTYPE = 0x0600;
