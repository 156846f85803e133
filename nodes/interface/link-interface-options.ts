/**
 * What an interface over a port is made of.
 */
import type { LinkPort, RandomSource, Scheduler } from '../../engine/ports.ts';
import type { NodeLog } from '../node-log.ts';
import type { NetworkInterface } from './network-interface.ts';

/** What an interface is made of. */
export interface LinkInterfaceOptions {
  /** Position in the host's list. */
  readonly index: number;
  readonly port: LinkPort;
  readonly scheduler: Scheduler;
  readonly random: RandomSource;
  readonly log: NodeLog;
  /** Takes router solicitations, sets R in its advertisements, forms no addresses, follows no advertised router. */
  readonly isRouter: boolean;
  /**
   * Takes every IPv6 packet of a frame to this interface's link-layer address or to one of its groups.
   * @param packet as long as its header says; the receiver's own
   * @param linkSource source of the frame; the receiver's own
   */
  readonly receive: (from: NetworkInterface, packet: Uint8Array, linkSource: Uint8Array) => void;
  /** Interface identifier of formed addresses, 8 octets; default: modified EUI-64 of the link-layer address. */
  readonly interfaceIdentifier?: Uint8Array;
  /** Default: fe80::/64 and the interface identifier. */
  readonly linkLocal?: Uint8Array;
  /** How the link-local address is taken; default `probe`. */
  readonly linkLocalDetection?: 'probe' | 'skip';
  /** DupAddrDetectTransmits; default 1, 0 = no detection. */
  readonly duplicateTransmits?: number;
  /**
   * Random delays of up to a second before the first router solicitation, and before detection for the link-local
   * address and for those that a multicast advertisement asked for (RFC 4861 section 6.3.7, RFC 4862 section 5.4.2). Default false: a mobile node
   * may leave them out, and simulations want no waits.
   */
  readonly usesStartDelays?: boolean;
}
