/**
 * What the parts of a proxy home agent share.
 */
import { formatAddress, isSameAddress } from '../../dissectors/core/address.ts';
import type { AddressKey } from '../../dissectors/core/address.ts';
import { u32 } from '../../dissectors/core/bytes.ts';
import { fragmentPacket } from '../../dissectors/ipv6/build.ts';
import type { LinkPort } from '../../engine/ports.ts';
import { PathMtuTable } from '../ip/path-mtu.ts';
import { destinationOf } from '../ip/wire.ts';
import { limitedLog } from '../limited-log.ts';
import type { LogLevel, NodeLog } from '../node-log.ts';
import type { ProxyBindings } from './bindings.ts';
import { frameWith } from './ethernet.ts';
import type { ProxiedMobileNode, ProxyHomeAgentOptions } from './proxy-parts.ts';
import type { Sealed } from './sealed-packet.ts';

type Details = Readonly<Record<string, string | number | boolean>>;

/** Sends, counts and tells for all parts. */
export class ProxyContext {
  readonly options: ProxyHomeAgentOptions;
  readonly nodes: ReadonlyMap<AddressKey, ProxiedMobileNode>;
  readonly log: NodeLog;
  readonly pathMtu: PathMtuTable;
  /** Packets thrown away, by reason. */
  readonly drops = new Map<string, number>();

  constructor(options: ProxyHomeAgentOptions, nodes: ReadonlyMap<AddressKey, ProxiedMobileNode>) {
    this.options = options;
    this.nodes = nodes;
    this.log = limitedLog(options.log, options.scheduler);
    this.pathMtu = new PathMtuTable(options.scheduler);
  }

  isHomeAgent(address: Uint8Array): boolean {
    return isSameAddress(address, this.options.homeAgent);
  }

  /** Counts a packet that goes nowhere. */
  drop(reason: string): 'taken' {
    this.drops.set(reason, (this.drops.get(reason) ?? 0) + 1);
    return 'taken';
  }

  /** Counts a packet that goes nowhere, and tells that somebody may be attacking. */
  refuse(event: string, details: Details): 'taken' {
    this.tell('alarm', event, details);
    return this.drop(event);
  }

  tell(level: LogLevel, event: string, details: Details = {}): void {
    this.log({ level, event, details });
  }

  /** Sends what was sealed, in pieces where it does not fit. @returns whether it left */
  send(port: LinkPort, header: Uint8Array, sealed: Sealed, homeAddress: Uint8Array): boolean {
    if (sealed.kind === 'refused') {
      this.tell('warn', 'packet-not-sealed', {
        homeAddress: formatAddress(homeAddress),
        reason: sealed.reason,
      });
      this.drop('packet-not-sealed');
      return false;
    }
    this.put(port, header, sealed.bytes);
    return true;
  }

  /** Puts a packet on a link, in pieces where it does not fit. */
  put(port: LinkPort, header: Uint8Array, packet: Uint8Array): void {
    // What routers behind the mobile nodes' side have said of the way to a care-of address counts for that way alone.
    const path = this.pathMtu.of(destinationOf(packet)) ?? port.mtu;
    const mtu = Math.min(port.mtu, path);
    if (packet.length <= mtu) {
      port.send(frameWith(header, packet));
      return;
    }
    const identification = u32(this.options.random.octets(4), 0);
    for (const piece of fragmentPacket(packet, mtu, identification)) {
      port.send(frameWith(header, piece));
    }
  }
}

/** What the parts that judge packets work with. */
export interface ProxyCore {
  readonly context: ProxyContext;
  readonly bindings: ProxyBindings;
}
