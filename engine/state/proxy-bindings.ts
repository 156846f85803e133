/**
 * Proxy bindings as an observer can infer them: which access gateway serves a mobile node at which anchor.
 * RFC 5213 sections 5.1 and 6.1.
 *
 * Only an acknowledgement that answers an update seen before makes or changes a binding, and only such an exchange
 * teaches who is gateway and who is anchor.
 */
import { addressKey, isSameAddress, prefixMatches } from '../../dissectors/core/address.ts';
import { isAccepted } from '../../dissectors/mobility/status.ts';
import { overlaps } from '../extension/proxy-messages.ts';
import type { ProxyAcknowledgement, ProxyUpdate } from '../extension/proxy-messages.ts';
import type { PacketReference } from '../packet.ts';
import type { SitePrefix } from '../site.ts';

/** Bindings kept; one that is over goes first, else the one changed longest ago. */
export const MAX_PROXY_BINDINGS = 32_768;
/** Updates whose acknowledgement may come; the oldest goes first. */
const MAX_REQUESTS = 16_384;
/** Pairs of gateway and anchor that agreed on a binding; the one seen longest ago goes first. */
const MAX_PAIRS = 8192;
/** Entries looked at for one that is over before a live one goes. */
const EVICTION_SCAN = 32;
/** Earlier gateways, and keys, remembered of one binding. */
const MAX_EARLIER = 8;
/** Bindings of one /64 that are told apart. */
const MAX_OWNERS = 16;

/** A Proxy Binding Update that was seen. */
export interface ProxyRequest {
  readonly update: ProxyUpdate;
  readonly packet: PacketReference;
  /** An acknowledgement came. */
  isAnswered: boolean;
}

/** The binding of a mobile node at an anchor. */
export interface ProxyBinding {
  readonly anchor: Uint8Array;
  /** Key and text of the identifier. */
  readonly node: string;
  readonly nodeText: string;
  isRegistered: boolean;
  /** Gateway that serves the node, or did last. */
  gateway: Uint8Array;
  prefixes: readonly SitePrefix[];
  /** Of the last accepted update, seconds since 1970. */
  timestamp: number | undefined;
  sequence: number;
  /** Handoff Indicator of the first update seen. */
  readonly firstIndicator: number | undefined;
  /** Microseconds since 1970. */
  readonly firstSeen: number;
  /** Last time another gateway took over. */
  movedAt: number;
  expiresAt: number;
  lastPacket: PacketReference;
  /** Gateways before, the latest first. */
  readonly earlier: Uint8Array[];
  /** GRE keys towards the anchor and towards the gateway, and those used before, the latest first. */
  uplinkKey: number | undefined;
  downlinkKey: number | undefined;
  readonly earlierKeys: number[];
}

/** Proxy bindings and who keeps them. */
export class ProxyBindings {
  /** Live bindings forgotten for want of room. */
  evictions = 0;
  readonly #bindings = new Map<string, ProxyBinding>();
  readonly #owners = new Map<string, ProxyBinding[]>();
  readonly #requests = new Map<string, ProxyRequest>();
  readonly #pairs = new Map<string, number>();
  readonly #gateways = new Map<string, number>();
  readonly #anchors = new Map<string, number>();

  get size(): number {
    return this.#bindings.size;
  }

  /** Binding of a node at an anchor; may be over: see `isRegistered` and `expiresAt`. */
  find(anchor: Uint8Array, node: string): ProxyBinding | undefined {
    return this.#bindings.get(bindingKey(anchor, node));
  }

  /** Live binding at an anchor whose prefixes overlap a prefix, of another node than `except`. */
  owner(
    anchor: Uint8Array,
    prefix: SitePrefix,
    now: number,
    except?: string,
  ): ProxyBinding | undefined {
    return this.#owners
      .get(ownerKey(anchor, prefix.prefix))
      ?.find(
        (item) =>
          item.node !== except &&
          isLive(item, now) &&
          item.prefixes.some((each) => overlaps(each, prefix)),
      );
  }

  /** Live binding at an anchor that an address belongs to. */
  at(anchor: Uint8Array, address: Uint8Array, now: number): ProxyBinding | undefined {
    if (this.#owners.size === 0) return undefined;
    return this.#owners
      .get(ownerKey(anchor, address))
      ?.find(
        (item) =>
          isLive(item, now) &&
          item.prefixes.some(({ prefix, length }) => prefixMatches(prefix, length, address, 0)),
      );
  }

  /** The update that an acknowledgement answers. */
  request(gateway: Uint8Array, anchor: Uint8Array, sequence: number): ProxyRequest | undefined {
    return this.#requests.get(requestKey(gateway, anchor, sequence));
  }

  /** Whether the two agreed on a binding, in either role. */
  arePeers(a: Uint8Array, b: Uint8Array): boolean {
    return this.#pairs.has(pairKey(a, b)) || this.#pairs.has(pairKey(b, a));
  }

  /** Whether an update of the address was accepted. */
  isGateway(address: Uint8Array): boolean {
    return this.#gateways.size > 0 && this.#gateways.has(addressKey(address));
  }

  /** Whether the address accepted an update. */
  isAnchor(address: Uint8Array): boolean {
    return this.#anchors.size > 0 && this.#anchors.has(addressKey(address));
  }

  update(update: ProxyUpdate, packet: PacketReference): void {
    const key = requestKey(update.gateway, update.anchor, update.sequence);
    const known = this.#requests.get(key);
    // The same packet on another link changes nothing.
    const isCopy =
      known?.update.timestamp === update.timestamp && known?.update.node?.key === update.node?.key;
    if (known !== undefined && isCopy && packet.time - known.packet.time < 1e6) return;
    this.#requests.delete(key);
    this.#requests.set(key, { update, packet, isAnswered: false });
    dropOldest(this.#requests, MAX_REQUESTS);
  }

  acknowledgement(answer: ProxyAcknowledgement, packet: PacketReference): void {
    const { gateway, anchor, sequence, status } = answer;
    const request = this.request(gateway, anchor, sequence);
    if (request === undefined || request.isAnswered) return;
    request.isAnswered = true;
    if (!isAccepted(status)) return;
    note(this.#pairs, pairKey(gateway, anchor), packet.time);
    note(this.#gateways, addressKey(gateway), packet.time);
    note(this.#anchors, addressKey(anchor), packet.time);
    const node = request.update.node ?? answer.node;
    if (node === undefined) return;
    if (request.update.lifetime === 0 || answer.lifetime === 0) {
      const known = this.find(anchor, node.key);
      // An anchor ignores a gateway that does not serve the node any more. RFC 5213 section 5.3.5.
      if (known !== undefined && isSameAddress(known.gateway, gateway)) {
        known.isRegistered = false;
        known.timestamp = request.update.timestamp ?? known.timestamp;
        known.lastPacket = packet;
      }
      return;
    }
    this.#register(node.key, node.text, request.update, answer, packet);
  }

  #register(
    node: string,
    nodeText: string,
    update: ProxyUpdate,
    answer: ProxyAcknowledgement,
    packet: PacketReference,
  ): void {
    const { anchor, gateway } = answer;
    const key = bindingKey(anchor, node);
    let binding = this.#bindings.get(key);
    if (binding === undefined) {
      binding = {
        anchor,
        node,
        nodeText,
        isRegistered: true,
        gateway,
        prefixes: [],
        timestamp: undefined,
        sequence: update.sequence,
        firstIndicator: update.handoffIndicator,
        firstSeen: packet.time,
        movedAt: packet.time,
        expiresAt: 0,
        lastPacket: packet,
        earlier: [],
        uplinkKey: undefined,
        downlinkKey: undefined,
        earlierKeys: [],
      };
    } else this.#bindings.delete(key);
    this.#bindings.set(key, binding);
    if (this.#bindings.size > MAX_PROXY_BINDINGS) this.#evict(packet.time);

    if (!isSameAddress(binding.gateway, gateway)) {
      remember(binding.earlier, binding.gateway, isSameAddress);
      binding.gateway = gateway;
      binding.movedAt = packet.time;
    }
    for (const old of [binding.uplinkKey, binding.downlinkKey]) {
      if (old !== undefined) remember(binding.earlierKeys, old, (a, b) => a === b);
    }
    binding.isRegistered = true;
    binding.sequence = update.sequence;
    binding.timestamp = update.timestamp ?? binding.timestamp;
    binding.expiresAt = packet.time + answer.lifetime * 1e6;
    binding.lastPacket = packet;
    binding.uplinkKey = answer.greKey ?? binding.uplinkKey;
    binding.downlinkKey = update.greKey ?? binding.downlinkKey;
    const prefixes = answer.prefixes.length > 0 ? answer.prefixes : update.prefixes;
    if (prefixes.length === 0) return;
    this.#disown(binding);
    binding.prefixes = prefixes;
    for (const { prefix } of prefixes) {
      const place = ownerKey(anchor, prefix);
      const owners = this.#owners.get(place) ?? [];
      if (owners.includes(binding)) continue;
      if (owners.length >= MAX_OWNERS) owners.shift();
      owners.push(binding);
      this.#owners.set(place, owners);
    }
  }

  #disown(binding: ProxyBinding): void {
    for (const { prefix } of binding.prefixes) {
      const place = ownerKey(binding.anchor, prefix);
      const left = this.#owners.get(place)?.filter((item) => item !== binding) ?? [];
      if (left.length > 0) this.#owners.set(place, left);
      else this.#owners.delete(place);
    }
  }

  #evict(now: number): void {
    let victim: [string, ProxyBinding] | undefined;
    let looked = 0;
    for (const entry of this.#bindings) {
      victim ??= entry;
      if (!isLive(entry[1], now)) {
        victim = entry;
        break;
      }
      if (++looked >= EVICTION_SCAN) break;
    }
    if (victim === undefined) return;
    const [key, binding] = victim;
    if (isLive(binding, now)) this.evictions++;
    this.#bindings.delete(key);
    this.#disown(binding);
  }
}

/** Whether a proxy binding is in force. @param now microseconds since 1970. */
export function isLive(binding: Readonly<ProxyBinding>, now: number): boolean {
  return binding.isRegistered && now < binding.expiresAt;
}

function remember<T>(list: T[], value: T, isSame: (a: T, b: T) => boolean): void {
  const at = list.findIndex((item) => isSame(item, value));
  if (at >= 0) list.splice(at, 1);
  list.unshift(value);
  if (list.length > MAX_EARLIER) list.pop();
}

function note(map: Map<string, number>, key: string, time: number): void {
  map.delete(key);
  map.set(key, time);
  dropOldest(map, MAX_PAIRS);
}

function dropOldest(map: Map<string, unknown>, most: number): void {
  if (map.size <= most) return;
  const oldest = map.keys().next();
  if (oldest.done !== true) map.delete(oldest.value);
}

function bindingKey(anchor: Uint8Array, node: string): string {
  return `${addressKey(anchor)}${node}`;
}

/** Anchor and the first 64 bits, which is what home network prefixes have. RFC 5213 section 5.1. */
function ownerKey(anchor: Uint8Array, prefix: Uint8Array): string {
  return `${addressKey(anchor)}${String.fromCharCode(...prefix.subarray(0, 8))}`;
}

function requestKey(gateway: Uint8Array, anchor: Uint8Array, sequence: number): string {
  return `${addressKey(gateway)}${addressKey(anchor)}${sequence}`;
}

function pairKey(gateway: Uint8Array, anchor: Uint8Array): string {
  return `${addressKey(gateway)}${addressKey(anchor)}`;
}
