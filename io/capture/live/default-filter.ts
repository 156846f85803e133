/**
 * The BPF filter of a capture when the user gives none: what the engine looks into and nothing else, so that the
 * kernel does not copy the rest.
 */

/**
 * UDP over IPv4 that is looked into: IKE (500), Dual Stack Mobile IPv6 (4191, RFC 5555), IKE and ESP (4500, RFC 3948),
 * VXLAN (4789, RFC 7348), Proxy Mobile IPv6 (5436 and 5437, RFC 5844), Mobile IPv6 over TLS (7872, RFC 6618).
 */
const UDP_PORTS = [500, 4191, 4500, 4789, 5436, 5437, 7872];

/** An IPv6 packet as the whole payload of UDP, on any port: its version, and its length within that of UDP. */
const IPV6_IN_UDP = '(udp[8] & 0xf0 = 0x60 and udp[4:2] = udp[12:2] + 48)';

/** All IPv6, and IPv4 that carries IPv6, GRE, ESP or one of the ports above. */
const PACKETS = `(ip6 or (ip and (ip proto 41 or ip proto 47 or ip proto 50 or ${[
  ...UDP_PORTS.map((port) => `udp port ${port}`),
  IPV6_IN_UDP,
].join(' or ')})))`;

/** {@link DEFAULT_FILTER} for interfaces without Ethernet: libpcap refuses `vlan` there. */
export const DEFAULT_FILTER_WITHOUT_VLAN = PACKETS;

/**
 * Keeps all IPv6, IPv4 that carries Mobile IPv6 or IPsec, PPPoE sessions, and the same behind one and two VLAN tags.
 * Each `vlan` moves what comes behind it in the filter by a tag, so the order matters.
 */
export const DEFAULT_FILTER = `${PACKETS} or ether proto 0x8864 or (vlan and ${PACKETS}) or (vlan and ${PACKETS})`;
