/**
 * Where the exports differ from those of tshark 4.0, and why. An entry that never applies fails the test, so the
 * list cannot rot.
 */

/** Fields whose place or value differs, with the reason. */
export interface ShapeDifference {
  /** Names as a whole, or up to the `*` at the end. */
  readonly names: readonly string[];
  readonly reason: string;
}

export const SHAPE_DIFFERENCES: readonly ShapeDifference[] = [
  {
    names: ['_ws.expert.*'],
    reason: 'diagnostics are our own and stand in the layer they are about, not at the field',
  },
  {
    names: ['ipv6.version_raw', 'ip.version_raw', 'ipv6.flow_raw'],
    reason: 'parts of the first word of the header: here all with its four octets and a mask',
  },
  {
    names: ['mip6.mobility_opt.len', 'mip6.mobility_opt.len_raw'],
    reason: 'tshark takes the length of an unknown option from the Mobility Header',
  },
  {
    names: ['ipv6_raw'],
    reason: 'tshark counts the extension headers as octets of the IPv6 header',
  },
  {
    names: ['icmpv6.reserved', 'icmpv6.reserved_raw'],
    reason: 'tshark counts the code, or the whole first word, as reserved',
  },
  {
    names: ['icmpv6.opt.reserved', 'icmpv6.opt.reserved_raw'],
    reason: 'tshark has a reserved octet for the flags of a prefix as well',
  },
  {
    names: ['frame.protocols'],
    reason: 'what each decodes inside differs: DNS and other payloads are data here',
  },
  {
    names: ['data', 'data_raw', 'data.*'],
    reason:
      'tshark puts data of quoted packets beside the layers, and decodes payloads that are data here',
  },
];

/** Whether an entry is about a name. */
export function isAbout({ names }: ShapeDifference, name: string): boolean {
  return names.some((item) =>
    item.endsWith('*') ? name.startsWith(item.slice(0, -1)) : name === item,
  );
}
