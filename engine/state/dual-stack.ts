/**
 * IPv4 side of registrations: where the tunnel of a home address ends, and which IPv4 home address it has.
 * RFC 5555 sections 3 and 4.
 */
import { addressKey } from '../../dissectors/core/address.ts';
import { equalBytes, u32 } from '../../dissectors/core/bytes.ts';
import {
  BINDING_ACKNOWLEDGEMENT_FLAGS,
  BINDING_UPDATE_FLAGS,
} from '../../dissectors/mobility/messages/binding.ts';
import { findOption } from '../../dissectors/mobility/options/index.ts';
import { isAccepted } from '../../dissectors/mobility/status.ts';
import type { Ipv4Outer, MobilityEvent, PacketContext } from '../events.ts';

/** Home addresses followed; the one that registered longest ago is forgotten. */
const MAX_NODES = 8192;
/** Earlier ends remembered of one node. */
const MAX_EARLIER = 4;
/** Microseconds an update waits for its answer: MAX_BINDACK_TIMEOUT. RFC 6275 section 12. */
const ANNOUNCED = 32e6;
/** Tunnels looked through for an IPv4 header. */
const MAX_DEPTH = 8;

/** Where a tunnel over IPv4 ends, seen from the home agent. */
export interface Ipv4Endpoint {
  /** 4 octets. */
  readonly address: Uint8Array;
  /** Undefined without UDP. */
  readonly port: number | undefined;
}

/** What is known of a dual-stack mobile node. */
export interface DualStackNode {
  readonly homeAddress: Uint8Array;
  /** End of the accepted registration; undefined when it came over IPv6, or none was accepted yet. */
  endpoint: Ipv4Endpoint | undefined;
  /** Ends before, the latest first: packets on their way. */
  readonly earlier: Ipv4Endpoint[];
  /** IPv4 home address that the home agent granted. */
  ipv4HomeAddress: Uint8Array | undefined;
}

/** The IPv4 header around a packet or around one of its tunnels. */
export function ipv4OuterOf(context: PacketContext): Ipv4Outer | undefined {
  let at: PacketContext | undefined = context;
  for (let i = 0; i < MAX_DEPTH && at !== undefined; i++) {
    if (at.ipv4Outer !== undefined) return at.ipv4Outer;
    at = at.outer;
  }
  return undefined;
}

/** Whether two ends have the same address, whatever the port. */
export function isSameIpv4(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a?.length === 4 && b?.length === 4 && equalBytes(a, 0, b, 0, 4);
}

/** A Binding Update that may be answered. */
interface Request {
  readonly sequence: number;
  readonly isDeletion: boolean;
  readonly endpoint: Ipv4Endpoint | undefined;
  readonly time: number;
}

/** IPv4 side of home registrations. Only acknowledged registrations make entries. */
export class DualStackNodes {
  evictions = 0;
  readonly #nodes = new Map<string, DualStackNode>();
  readonly #requests = new Map<string, Request>();
  readonly #owners = new Map<number, Uint8Array>();

  find(homeAddress: Uint8Array): DualStackNode | undefined {
    return this.#nodes.get(addressKey(homeAddress));
  }

  /** End of a Binding Update of the last 32 seconds that is not answered yet. @param now microseconds since 1970. */
  announced(homeAddress: Uint8Array, now: number): Ipv4Endpoint | undefined {
    const request = this.#requests.get(addressKey(homeAddress));
    if (request === undefined || now - request.time > ANNOUNCED) return undefined;
    return request.endpoint;
  }

  /** Home address that an IPv4 home address was granted to. */
  owner(ipv4HomeAddress: Uint8Array): Uint8Array | undefined {
    return this.#owners.get(u32(ipv4HomeAddress, 0));
  }

  observe({ header, context, checksum }: MobilityEvent): void {
    const { message, options } = header;
    if (checksum === 'wrong') return;
    if (message.kind === 'binding-update') {
      const { homeRegistration, proxyRegistration } = BINDING_UPDATE_FLAGS;
      if ((message.flags & proxyRegistration.mask) !== 0) return;
      if ((message.flags & homeRegistration.mask) === 0) return;
      const homeAddress = context.homeAddressOption ?? context.source;
      const outer = ipv4OuterOf(context);
      const asks = findOption(options, 'ipv4-home-address') !== undefined;
      if (outer === undefined && !asks && this.find(homeAddress) === undefined) return;
      const key = addressKey(homeAddress);
      this.#requests.delete(key);
      this.#requests.set(key, {
        sequence: message.sequence,
        isDeletion: message.lifetime === 0,
        endpoint:
          outer === undefined ? undefined : { address: outer.source, port: outer.sourcePort },
        time: context.packet.time,
      });
      if (this.#requests.size > MAX_NODES) {
        const oldest = this.#requests.keys().next();
        if (oldest.done !== true) this.#requests.delete(oldest.value);
      }
    } else if (message.kind === 'binding-acknowledgement') {
      if ((message.flags & BINDING_ACKNOWLEDGEMENT_FLAGS.proxyRegistration.mask) !== 0) return;
      const homeAddress = context.routingHomeAddress ?? context.destination;
      const request = this.#requests.get(addressKey(homeAddress));
      if (request?.sequence !== message.sequence) return;
      this.#requests.delete(addressKey(homeAddress));
      if (!isAccepted(message.status)) return;
      const node = this.#open(homeAddress);
      const { endpoint: old } = node;
      node.endpoint = request.isDeletion ? undefined : request.endpoint;
      if (old !== undefined && !isSameIpv4(old.address, node.endpoint?.address)) {
        node.earlier.unshift(old);
        if (node.earlier.length > MAX_EARLIER) node.earlier.pop();
      }
      const granted = findOption(options, 'ipv4-address-acknowledgement');
      if (granted !== undefined && granted.status < 128) this.#grant(node, granted.homeAddress);
    }
  }

  #open(homeAddress: Uint8Array): DualStackNode {
    const key = addressKey(homeAddress);
    const known = this.#nodes.get(key);
    const node: DualStackNode = known ?? {
      homeAddress,
      endpoint: undefined,
      earlier: [],
      ipv4HomeAddress: undefined,
    };
    this.#nodes.delete(key);
    this.#nodes.set(key, node);
    if (this.#nodes.size > MAX_NODES) {
      const oldest = this.#nodes.entries().next();
      if (oldest.done !== true) {
        this.#release(oldest.value[1]);
        this.#nodes.delete(oldest.value[0]);
        this.evictions++;
      }
    }
    return node;
  }

  #grant(node: DualStackNode, ipv4HomeAddress: Uint8Array): void {
    this.#release(node);
    node.ipv4HomeAddress = ipv4HomeAddress;
    this.#owners.set(u32(ipv4HomeAddress, 0), node.homeAddress);
  }

  #release(node: DualStackNode): void {
    if (node.ipv4HomeAddress !== undefined) this.#owners.delete(u32(node.ipv4HomeAddress, 0));
  }
}
