/**
 * Mobility packets of the legacy home agent: opened with what it knows of a mobile node, and passed on as they are, sealed
 * anew for the mobile node, or not at all. RFC 6275 sections 9.3.2 and 10.4.2.
 */
import {
  addressKey,
  formatAddress,
  isLinkLocal,
  isMulticast,
  isSameAddress,
} from '../../dissectors/core/address.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import type { BindingCacheEntry } from '../binding-cache.ts';
import { walkHeaders } from '../ip/header-walk.ts';
import type { OpenedProtection, RefusedProtection } from '../ip/ipsec-layer.ts';
import type { InboundPacket, TunnelOrigin } from '../ip/packet.ts';
import {
  destinationOf,
  hopLimitOf,
  inboundPacket,
  selectorsOf,
  upperLayerType,
  wholePacket,
} from '../ip/wire.ts';
import { MobilityEndpoint } from '../mobility/mobility-endpoint.ts';
import type { ProxyAcknowledgements } from './acknowledgements.ts';
import { mobilityTypeOf } from './concern.ts';
import { linkSourceOf } from './ethernet.ts';
import type { Exchanges } from './exchanges.ts';
import type { ProxyCore } from './proxy-context.ts';
import type { FrameVerdict, ProxiedFrame, ProxiedMobileNode } from './proxy-parts.ts';
import { sealedPacket, sealedTunnel } from './sealed-packet.ts';

const BINDING_ACKNOWLEDGEMENT = 6;

/** What the side towards the legacy home agent works with. */
export interface AgentSideParts extends ProxyCore {
  readonly exchanges: Exchanges;
  readonly acknowledgements: ProxyAcknowledgements;
}

const UNKNOWN: OpenedProtection = { kind: 'refused', reason: 'no-association' };

/** Judges what the legacy home agent sends. One packet at a time. */
export class AgentSide {
  readonly #parts: AgentSideParts;
  readonly #endpoint: MobilityEndpoint;
  #frame: ProxiedFrame | undefined;
  /** Whose IPsec has opened the packet at hand. */
  #opener: ProxiedMobileNode | undefined;

  constructor(parts: AgentSideParts) {
    this.#parts = parts;
    const { context, acknowledgements } = parts;
    this.#endpoint = new MobilityEndpoint({
      scheduler: context.options.scheduler,
      log: context.log,
      icmpv6: {
        parameterProblem: () => {
          context.drop('legacy-mobility-header-malformed');
        },
      },
      send: () => false,
      owns: () => false,
      sourceFor: () => undefined,
    });
    this.#endpoint.handle('binding-acknowledgement', (received) => {
      const node = this.#nodeOf(received.packet.destination);
      if (node !== undefined && this.#frame !== undefined) {
        acknowledgements.handle(received, node, this.#frame);
      }
    });
  }

  /** Judges a whole packet from the home agent that is mobility. */
  receive(frame: ProxiedFrame): FrameVerdict {
    this.#frame = frame;
    this.#opener = undefined;
    const packet = inboundPacket(frame.packet, undefined, linkSourceOf(frame.header), []);
    const verdict = this.#open(packet);
    this.#frame = undefined;
    return verdict;
  }

  #open(packet: InboundPacket): FrameVerdict {
    const { context } = this.#parts;
    let refusal: RefusedProtection | undefined;
    const result = walkHeaders(packet, {
      knowsHomeAddressOption: true,
      hasBinding: () => true,
      isHomeAddress: () => true,
      open: (inbound, protocol, offset) => {
        const opened = this.#opened(inbound, protocol, offset);
        if (opened.kind === 'refused') refusal = opened.reason;
        return opened;
      },
    });
    if (result.kind === 'upper-layer') return this.#deliver(packet);
    if (refusal === undefined) return context.drop('legacy-headers-malformed');
    if (refusal === 'no-association' && context.options.otherProtection === 'pass') return 'pass';
    return context.refuse('legacy-protection-refused', {
      reason: refusal,
      destination: formatAddress(packet.wireDestination),
    });
  }

  /** By the home address where the packet names it, else by whoever is at the care-of address. */
  #opened(packet: InboundPacket, protocol: 50 | 51, offset: number): OpenedProtection {
    const named = this.#nodeOf(packet.destination);
    if (named !== undefined) return this.#openedBy(named, packet, protocol, offset);
    for (const node of this.#nodesAt(packet.wireDestination)) {
      const opened = this.#openedBy(node, packet, protocol, offset);
      if (opened.kind === 'opened' || opened.reason !== 'no-association') return opened;
    }
    return UNKNOWN;
  }

  #openedBy(
    node: ProxiedMobileNode,
    packet: InboundPacket,
    protocol: 50 | 51,
    offset: number,
  ): OpenedProtection {
    const opened = node.legacy.open(packet, protocol, offset);
    if (opened.kind === 'opened') this.#opener = node;
    return opened;
  }

  /** Mobile nodes registered at a care-of address, and those whose update from it is under way: tunnel-mode acknowledgements. */
  *#nodesAt(careOfAddress: Uint8Array): Iterable<ProxiedMobileNode> {
    const { bindings, exchanges } = this.#parts;
    for (const { homeAddress } of bindings.atCareOf(careOfAddress)) {
      const node = this.#nodeOf(homeAddress);
      if (node !== undefined) yield node;
    }
    for (const { homeAddress } of exchanges.from(careOfAddress)) {
      const node = this.#nodeOf(homeAddress);
      if (node !== undefined) yield node;
    }
  }

  #deliver(packet: InboundPacket): FrameVerdict {
    const { context, bindings } = this.#parts;
    const { protocol, payload, source, destination, protection } = packet;
    if (protocol === NEXT_HEADER.ipv6) return this.#decapsulate(packet);
    const node = this.#nodeOf(destination);
    // Messages of the home agent as correspondent, and errors to addresses that are nobody's home.
    if (node === undefined)
      return protection === undefined ? 'pass' : context.drop('not-configured');
    const known = protection ?? packet.tunnels.at(-1)?.protection;
    const isTunnelled = packet.tunnels.length > 0;
    const type = upperLayerType(protocol, payload);
    const selectors = { source, destination, protocol, type, isTunnelled };
    if (!node.legacy.permits(selectors, known)) {
      return context.refuse('legacy-signalling-unprotected', {
        protocol,
        homeAddress: formatAddress(destination),
      });
    }
    if (protocol === NEXT_HEADER.mobility && mobilityTypeOf(payload) === BINDING_ACKNOWLEDGEMENT) {
      this.#endpoint.receive(packet);
      return 'taken';
    }
    if (packet.type2RoutingHeader !== undefined) {
      if (!bindings.isAt(destination, packet.wireDestination)) {
        return context.drop('legacy-other-care-of-address');
      }
    } else if (known !== undefined && bindings.find(destination) !== undefined) {
      return context.drop('legacy-other-care-of-address');
    }
    return this.#passOn(packet, node);
  }

  #passOn(packet: InboundPacket, node: ProxiedMobileNode): FrameVerdict {
    const { context } = this.#parts;
    const { protection, protocol, payload, destination, type2RoutingHeader, wireDestination } =
      packet;
    if (protection === undefined) return 'pass';
    const isForBindings = node.legacy.isBindingProtection(destination, protection);
    if (node.hasSameAssociations && !isForBindings) return 'pass';
    const sealed = sealedPacket(context.options.outside, {
      source: context.options.homeAgent,
      destination,
      protocol,
      payload,
      hopLimit: packet.hopLimit,
      ...(type2RoutingHeader === undefined ? {} : { careOfDestination: wireDestination }),
    });
    this.#send(sealed, destination);
    return 'taken';
  }

  #decapsulate(packet: InboundPacket): FrameVerdict {
    const { context } = this.#parts;
    const inner = wholePacket(packet.payload);
    if (inner === undefined) return context.drop('legacy-tunnel-malformed');
    const { wireSource, wireDestination, protection } = packet;
    const origin: TunnelOrigin = { source: wireSource, destination: wireDestination, protection };
    if (this.#isAcknowledgement(inner)) return this.#signalling(inner, origin);
    const entry = this.#bindingOf(inner, wireDestination);
    const node = entry === undefined ? undefined : this.#nodeOf(entry.homeAddress);
    if (entry === undefined || node === undefined) {
      return context.drop('legacy-tunnel-without-binding');
    }
    if (!node.legacy.permits(selectorsOf(inner, entry.homeAddress), protection)) {
      return context.refuse('legacy-tunnel-unprotected', {
        homeAddress: formatAddress(entry.homeAddress),
      });
    }
    return this.#passTunnel(packet, inner, entry, node);
  }

  #isAcknowledgement(inner: Uint8Array): boolean {
    const { protocol, type } = selectorsOf(inner);
    return (
      protocol === NEXT_HEADER.mobility &&
      type === BINDING_ACKNOWLEDGEMENT &&
      this.#opener !== undefined
    );
  }

  /** RFC 4877 section 3. */
  #signalling(inner: Uint8Array, origin: TunnelOrigin): FrameVerdict {
    const { context } = this.#parts;
    const packet = inboundPacket(inner, undefined, undefined, [origin]);
    const result = walkHeaders(packet, {
      knowsHomeAddressOption: true,
      hasBinding: () => false,
      isHomeAddress: () => false,
      open: () => ({ kind: 'refused', reason: 'not-allowed' }),
    });
    if (result.kind !== 'upper-layer') return context.drop('legacy-headers-malformed');
    return this.#deliver(packet);
  }

  /** The binding that a tunnelled packet is for, at the care-of address that it goes to. */
  #bindingOf(inner: Uint8Array, careOfAddress: Uint8Array): BindingCacheEntry | undefined {
    const { bindings } = this.#parts;
    const opener = this.#opener?.policy.homeAddress;
    const destination = destinationOf(inner);
    for (const entry of bindings.atCareOf(careOfAddress)) {
      if (opener !== undefined && !isSameAddress(opener, entry.homeAddress)) continue;
      const isFor =
        isSameAddress(destination, entry.homeAddress) ||
        isMulticast(destination) ||
        isLinkLocal(destination);
      if (isFor) return entry;
    }
    return undefined;
  }

  #passTunnel(
    packet: InboundPacket,
    inner: Uint8Array,
    entry: BindingCacheEntry,
    node: ProxiedMobileNode,
  ): FrameVerdict {
    const { context } = this.#parts;
    const { homeAddress, careOfAddress } = entry;
    const isForBindings = node.legacy.isBindingProtection(homeAddress, packet.protection);
    if (node.hasSameAssociations && !isForBindings) return 'pass';
    const { outside, homeAgent } = context.options;
    const ends = { local: homeAgent, remote: careOfAddress, homeAddress };
    const sealed = sealedTunnel(outside, inner, ends, hopLimitOf(packet.bytes));
    if (sealed.kind === 'sealed' && !sealed.isProtected && packet.protection === undefined) {
      return 'pass';
    }
    this.#send(sealed, homeAddress);
    return 'taken';
  }

  #send(sealed: Parameters<ProxyCore['context']['send']>[2], homeAddress: Uint8Array): void {
    if (this.#frame === undefined) return;
    const { pair, header } = this.#frame;
    this.#parts.context.send(pair.outside, header, sealed, homeAddress);
  }

  #nodeOf(homeAddress: Uint8Array): ProxiedMobileNode | undefined {
    return this.#parts.context.nodes.get(addressKey(homeAddress));
  }
}
