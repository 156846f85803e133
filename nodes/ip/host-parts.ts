/**
 * What a host is made of, and what it hands to its roles.
 */
import type { LocalStack, RandomSource, Scheduler } from '../../engine/ports.ts';
import type { BindingCacheOptions } from '../binding-cache.ts';
import type { LinkInterfaceOptions } from '../interface/link-interface-options.ts';
import type { NetworkInterface } from '../interface/network-interface.ts';
import type { NodeLog } from '../node-log.ts';
import type { IpsecLayer } from './ipsec-layer.ts';
import type { TunnelOrigin } from './packet.ts';

/** What a node is made of. */
export interface HostOptions {
  readonly scheduler: Scheduler;
  readonly random: RandomSource;
  readonly log: NodeLog;
  /** Forwards packets of others between its links. */
  readonly isRouter?: boolean;
  /** Programs of the machine; without, UDP and TCP for this node find nobody. */
  readonly localStack?: LocalStack | undefined;
  readonly ipsec?: IpsecLayer | undefined;
  /** RFC 6275 section 8.1: every node understands it; false is for tests of others' behaviour. */
  readonly knowsHomeAddressOption?: boolean;
  /** Default true; false answers Mobility Headers with Parameter Problem 1 as a node without RFC 6275. */
  readonly knowsMobility?: boolean;
  readonly bindings?: Omit<BindingCacheOptions, 'scheduler'>;
}

/** How an interface differs from the others. */
export type InterfaceOptions = Pick<LinkInterfaceOptions, 'linkLocal'>;

/** A packet for somebody else. */
export interface TransitPacket {
  /** Whole packet; the receiver's own. */
  readonly bytes: Uint8Array;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** undefined = out of a tunnel. */
  readonly interface: NetworkInterface | undefined;
  readonly tunnels: readonly TunnelOrigin[];
}

/** What becomes of a packet for somebody else; `taken` = the role has dealt with it. */
export type TransitVerdict = 'forward' | 'taken' | 'drop';
