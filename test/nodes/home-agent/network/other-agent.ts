/**
 * Another home agent of the home link: its router advertisements, octet by octet.
 */
import type { Icmpv6Message } from '../../../../dissectors/icmpv6/index.ts';
import { ip } from '../../wire-peer.ts';
import { ALL_NODES } from '../bench.ts';
import { icmpv6Packet } from './traffic.ts';

/** Fields of an advertisement; what is not said is as a home agent of the home prefix does it. */
export interface OtherAdvertisement {
  readonly linkLocal?: Uint8Array;
  readonly hopLimit?: number;
  /** Octet of flags; default H. */
  readonly flags?: number;
  readonly routerLifetime?: number;
  readonly information?:
    | { readonly preference: number; readonly lifetime: number; readonly isForRouters?: boolean }
    | undefined;
  readonly prefixes?: readonly OtherPrefix[];
}

/** A prefix with the address of the home agent (R). */
export interface OtherPrefix {
  readonly address: string;
  /** Default L, A and R. */
  readonly flags?: number;
  readonly valid?: number;
  readonly preferred?: number;
}

export const H = 0x20;

/** The packet. */
export function otherAgent({
  linkLocal = ip('fe80::b'),
  hopLimit = 255,
  flags = H,
  routerLifetime = 1800,
  information,
  prefixes = [{ address: '2001:db8:a::b' }],
}: OtherAdvertisement = {}): Uint8Array {
  const message: Icmpv6Message = {
    kind: 'router-advertisement',
    code: 0,
    currentHopLimit: 64,
    flags,
    routerLifetime,
    reachableTime: 0,
    retransTimer: 0,
    options: [
      { kind: 'source-link-layer-address', address: Uint8Array.of(2, 0, 0, 0, 0, 0x0b) },
      ...(information === undefined
        ? []
        : [
            {
              kind: 'home-agent-information',
              flags: information.isForRouters === true ? 0x8000 : 0,
              preference: information.preference,
              lifetime: information.lifetime,
            } as const,
          ]),
      ...prefixes.map(
        ({ address, flags: prefixFlags = 0xe0, valid = 7200, preferred = valid }) =>
          ({
            kind: 'prefix-information',
            prefixLength: 64,
            flags: prefixFlags,
            validLifetime: valid,
            preferredLifetime: preferred,
            prefix: ip(address),
          }) as const,
      ),
    ],
  };
  return icmpv6Packet(message, linkLocal, ALL_NODES, { hopLimit });
}
