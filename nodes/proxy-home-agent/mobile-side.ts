/**
 * Mobility packets for the legacy home agent: opened, judged, and passed on as they are, sealed anew, or not at all.
 * RFC 3776 sections 3 and 4, RFC 6275 sections 9.3.1 and 10.4.5.
 */
import {
  addressKey,
  formatAddress,
  isLinkLocal,
  isMulticast,
  isSameAddress,
  isUnspecified,
} from '../../dissectors/core/address.ts';
import { u8 } from '../../dissectors/core/bytes.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import type { BindingCacheEntry } from '../binding-cache.ts';
import { walkHeaders } from '../ip/header-walk.ts';
import type { RefusedProtection } from '../ip/ipsec-layer.ts';
import type { InboundPacket, TunnelOrigin } from '../ip/packet.ts';
import {
  destinationOf,
  hopLimitOf,
  inboundPacket,
  selectorsOf,
  sourceOf,
  upperLayerType,
  wholePacket,
} from '../ip/wire.ts';
import { receiveBindingUpdates } from '../mobility/binding-update.ts';
import { MobilityEndpoint } from '../mobility/mobility-endpoint.ts';
import { isClearHomeRegistration, isSmuggling, mobilityTypeOf } from './concern.ts';
import { linkSourceOf, reversed } from './ethernet.ts';
import type { ProxyCore } from './proxy-context.ts';
import type { FrameVerdict, ProxiedFrame, ProxiedMobileNode } from './proxy-parts.ts';
import type { ProxyRegistrations } from './registrations.ts';
import { sealedPacket, sealedTunnel } from './sealed-packet.ts';

const BINDING_UPDATE = 5;

/** What the side towards mobile nodes works with. */
export interface MobileSideParts extends ProxyCore {
  readonly registrations: ProxyRegistrations;
  readonly isAgent: (address: Uint8Array) => boolean;
}

/** Judges what mobile nodes send. One packet at a time. */
export class MobileSide {
  readonly endpoint: MobilityEndpoint;
  readonly #parts: MobileSideParts;
  #frame: ProxiedFrame | undefined;

  constructor(parts: MobileSideParts) {
    this.#parts = parts;
    const { context, registrations } = parts;
    const { scheduler, homeAgent } = context.options;
    this.endpoint = new MobilityEndpoint({
      scheduler,
      log: context.log,
      // What is malformed ends here: the answer would be one of the home agent's, about what it has not seen.
      icmpv6: {
        parameterProblem: () => {
          context.drop('mobility-header-malformed');
        },
      },
      send: (packet) => {
        const { pair, header } = this.frame;
        const sealed = sealedPacket(context.options.outside, packet);
        return context.send(pair.outside, reversed(header), sealed, packet.destination);
      },
      owns: (address) => context.isHomeAgent(address),
      sourceFor: () => homeAgent,
    });
    receiveBindingUpdates(
      {
        mobility: this.endpoint,
        tell: (level, event, details) => {
          context.tell(level, event, details);
        },
      },
      {
        home: registrations,
        correspondent: {
          handle: (update) => {
            registrations.discard(update, 'not-home-registration');
          },
        },
      },
    );
  }

  /** The frame at hand. */
  get frame(): ProxiedFrame {
    if (this.#frame === undefined) throw new Error('no packet is being looked at');
    return this.#frame;
  }

  /** Judges a whole packet to the home agent that is mobility. */
  receive(frame: ProxiedFrame): FrameVerdict {
    this.#frame = frame;
    const packet = inboundPacket(frame.packet, undefined, linkSourceOf(frame.header), []);
    const verdict = this.#open(packet);
    this.#frame = undefined;
    return verdict;
  }

  #open(packet: InboundPacket): FrameVerdict {
    const { context, bindings } = this.#parts;
    let refusal: RefusedProtection | undefined;
    const result = walkHeaders(packet, {
      knowsHomeAddressOption: true,
      // Of others nothing is known here: the home agent as correspondent asks its own cache.
      hasBinding: (homeAddress, careOfAddress) =>
        this.#nodeOf(homeAddress) === undefined || bindings.isAt(homeAddress, careOfAddress),
      isHomeAddress: () => false,
      open: (inbound, protocol, offset) => {
        const opened = context.options.outside.open(inbound, protocol, offset);
        if (opened.kind === 'refused') refusal = opened.reason;
        return opened;
      },
    });
    if (result.kind === 'upper-layer') return this.#deliver(packet);
    if (result.kind === 'unknown-binding') {
      this.endpoint.sendBindingError(1, packet);
      return context.drop('home-address-option-without-binding');
    }
    if (refusal === undefined) return context.drop('headers-malformed');
    if (refusal === 'no-association' && context.options.otherProtection === 'pass') return 'pass';
    return context.refuse('protection-refused', {
      reason: refusal,
      source: formatAddress(packet.wireSource),
    });
  }

  #deliver(packet: InboundPacket): FrameVerdict {
    const { context, bindings } = this.#parts;
    const { protocol, payload, source, destination, protection } = packet;
    if (protocol === NEXT_HEADER.ipv6) return this.#decapsulate(packet);
    const isTunnelled = packet.tunnels.length > 0;
    const known = protection ?? packet.tunnels.at(-1)?.protection;
    const type = upperLayerType(protocol, payload);
    const selectors = { source, destination, protocol, type, isTunnelled };
    if (!context.options.outside.permits(selectors, known)) {
      return context.refuse('signalling-unprotected', {
        protocol,
        source: formatAddress(packet.wireSource),
        homeAddress: formatAddress(source),
      });
    }
    const node = this.#nodeOf(source);
    if (protocol === NEXT_HEADER.mobility && mobilityTypeOf(payload) === BINDING_UPDATE) {
      return this.#update(packet, node);
    }
    if (protocol === NEXT_HEADER.none) return context.drop('nothing-inside');
    if (node === undefined) return known === undefined ? 'pass' : context.drop('not-configured');
    const isAway = packet.homeAddressOption !== undefined || known !== undefined;
    if (isAway && !bindings.isAt(source, packet.wireSource)) {
      return context.refuse('other-care-of-address', {
        homeAddress: formatAddress(source),
        source: formatAddress(packet.wireSource),
      });
    }
    return this.#passOn(packet, node);
  }

  /** A Binding Update of a configured mobile node is judged; of others only those to a correspondent pass, in clear. */
  #update(packet: InboundPacket, node: ProxiedMobileNode | undefined): FrameVerdict {
    const { context } = this.#parts;
    if (node !== undefined) {
      this.endpoint.receive(packet);
      return 'taken';
    }
    const isForCorrespondent =
      packet.protection === undefined &&
      packet.tunnels.length === 0 &&
      !isClearHomeRegistration(packet.bytes);
    if (isForCorrespondent) return 'pass';
    return context.refuse('binding-update-not-configured', {
      homeAddress: formatAddress(packet.source),
      source: formatAddress(packet.wireSource),
    });
  }

  /** Prefix solicitations, revocation acknowledgements and the like, between the ends. */
  #passOn(packet: InboundPacket, node: ProxiedMobileNode): FrameVerdict {
    const { context } = this.#parts;
    const { protection, protocol, payload, source, homeAddressOption, wireSource } = packet;
    if (protection === undefined) return 'pass';
    // Where binding messages are sealed anew, so is all else of the association: numbers would come twice.
    if (node.hasSameAssociations && !this.#isForBindings(packet, node)) return 'pass';
    const sealed = sealedPacket(node.legacy, {
      source,
      destination: context.options.homeAgent,
      protocol,
      payload,
      hopLimit: packet.hopLimit,
      ...(homeAddressOption === undefined ? {} : { careOfSource: wireSource }),
    });
    const { pair, header } = this.frame;
    context.send(pair.inside, header, sealed, source);
    return 'taken';
  }

  #isForBindings({ protection }: InboundPacket, node: ProxiedMobileNode): boolean {
    const { outside } = this.#parts.context.options;
    return outside.isBindingProtection(node.policy.homeAddress, protection);
  }

  #decapsulate(packet: InboundPacket): FrameVerdict {
    const { context } = this.#parts;
    const inner = wholePacket(packet.payload);
    if (inner === undefined) return context.drop('tunnel-malformed');
    const { wireSource, wireDestination, protection } = packet;
    const origin: TunnelOrigin = { source: wireSource, destination: wireDestination, protection };
    if (!context.options.outside.permits(selectorsOf(inner), protection)) {
      return this.#refuseTunnel('not-protected', inner, origin);
    }
    if (this.#isBindingUpdate(inner)) return this.#signalling(inner, origin);
    const entry = this.#bindingOf(inner, origin);
    if (entry === undefined) return this.#refuseTunnel('no-binding', inner, origin);
    if (!isSameAddress(entry.careOfAddress, wireSource)) {
      return this.#refuseTunnel('other-care-of-address', inner, origin);
    }
    if (!isFrom(inner, entry)) return this.#refuseTunnel('other-source', inner, origin);
    if (isSmuggling(inner, this.#parts.isAgent)) {
      return this.#refuseTunnel('hidden-signalling', inner, origin);
    }
    return this.#passTunnel(packet, inner, entry);
  }

  /** RFC 4877 section 3: the home address is in the inner header. */
  #isBindingUpdate(inner: Uint8Array): boolean {
    const { protocol, type } = selectorsOf(inner);
    return (
      protocol === NEXT_HEADER.mobility &&
      type === BINDING_UPDATE &&
      this.#parts.context.isHomeAgent(destinationOf(inner))
    );
  }

  #signalling(inner: Uint8Array, origin: TunnelOrigin): FrameVerdict {
    const { context } = this.#parts;
    const { header } = this.frame;
    const packet = inboundPacket(inner, undefined, linkSourceOf(header), [origin]);
    // Nothing protected, and no Home Address option, stands in a tunnel of signalling.
    const result = walkHeaders(packet, {
      knowsHomeAddressOption: true,
      hasBinding: () => false,
      isHomeAddress: () => false,
      open: () => ({ kind: 'refused', reason: 'not-allowed' }),
    });
    if (result.kind !== 'upper-layer') return context.drop('headers-malformed');
    return this.#deliver(packet);
  }

  /** Whose tunnel it is: by its association, else by the inner source, else by where it comes from. RFC 6275 section 10.4.3. */
  #bindingOf(
    inner: Uint8Array,
    { source, protection }: TunnelOrigin,
  ): BindingCacheEntry | undefined {
    const { context, bindings } = this.#parts;
    if (protection !== undefined) {
      const homeAddress = context.options.homeAddressOf(protection.association);
      return homeAddress === undefined ? undefined : bindings.find(homeAddress);
    }
    const entry = bindings.find(sourceOf(inner));
    if (entry !== undefined || !isOfLink(sourceOf(inner))) return entry;
    const [first] = bindings.atCareOf(source);
    return first;
  }

  #passTunnel(packet: InboundPacket, inner: Uint8Array, entry: BindingCacheEntry): FrameVerdict {
    const { context } = this.#parts;
    const { homeAddress } = entry;
    const node = this.#nodeOf(homeAddress);
    if (node === undefined) return context.drop('not-configured');
    entry.usedAt = context.options.scheduler.now;
    const isOwnNumber = packet.protection !== undefined && this.#isForBindings(packet, node);
    if (node.hasSameAssociations && !isOwnNumber) return 'pass';
    const ends = { local: packet.wireSource, remote: context.options.homeAgent, homeAddress };
    const sealed = sealedTunnel(node.legacy, inner, ends, hopLimitOf(packet.bytes));
    if (sealed.kind === 'sealed' && !sealed.isProtected && packet.protection === undefined) {
      return 'pass';
    }
    const { pair, header } = this.frame;
    context.send(pair.inside, header, sealed, homeAddress);
    return 'taken';
  }

  #nodeOf(homeAddress: Uint8Array): ProxiedMobileNode | undefined {
    return this.#parts.context.nodes.get(addressKey(homeAddress));
  }

  #refuseTunnel(reason: string, inner: Uint8Array, { source }: TunnelOrigin): FrameVerdict {
    return this.#parts.context.refuse('reverse-tunnel-refused', {
      reason,
      source: formatAddress(source),
      innerSource: formatAddress(sourceOf(inner)),
    });
  }
}

function isOfLink(source: Uint8Array): boolean {
  return isLinkLocal(source) || isUnspecified(source);
}

/** From the home address, or from what group membership and DHCPv6 speak with. RFC 6275 sections 10.4.3 and 10.4.5. */
function isFrom(inner: Uint8Array, { homeAddress, hasLinkLocal }: BindingCacheEntry): boolean {
  const source = sourceOf(inner);
  if (isSameAddress(source, homeAddress)) return true;
  if (!isOfLink(source)) return false;
  return isMulticast(destinationOf(inner)) || (hasLinkLocal && isLinkLocal(source));
}

/** Whether a packet that passes a proxy unopened may: not what its judge would have had to see. */
export function mayPassBy(packet: Uint8Array, isAgent: (address: Uint8Array) => boolean): boolean {
  if (u8(packet, 6) === NEXT_HEADER.ipv6 && isSmuggling(packet, isAgent)) return false;
  return !isClearHomeRegistration(packet);
}
