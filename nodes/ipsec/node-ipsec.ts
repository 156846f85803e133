/**
 * IPsec of a node: policies and associations between mobile nodes and their home agents. RFC 3776, RFC 4877.
 *
 * What it decides, it decides by home address: an association stands for one, and never for another (RFC 3776 section
 * 4.2). Where a policy wants protection and there is none to be had, packets are thrown away in both directions.
 */
import { addressKey, formatAddress, isSameAddress } from '../../dissectors/core/address.ts';
import type { AddressKey } from '../../dissectors/core/address.ts';
import { u16, u32 } from '../../dissectors/core/bytes.ts';
import type { RandomSource } from '../../engine/ports.ts';
import type { IpsecLayer, OpenedProtection, OutboundDecision } from '../ip/ipsec-layer.ts';
import type { InboundPacket, Protection, Selectors, TunnelEnds } from '../ip/packet.ts';
import type { NodeLog } from '../node-log.ts';
import { associationFault, formatSpi, nameOf } from './association-parameters.ts';
import type { NodeAssociationParameters } from './association-parameters.ts';
import { isStateOf, resume, RESTART_MARGIN, stateOf } from './association-state.ts';
import type { AssociationState } from './association-state.ts';
import { NodeAssociation, refused } from './association.ts';
import type { AssociationCounters, AssociationSurroundings } from './association.ts';
import { CipherPool, SIGNALLING_CIPHERS } from './cipher-pool.ts';
import { RandomOctets } from './initialization-vectors.ts';
import type { HomeAddressPolicies, ProtectionPurpose } from './policy.ts';
import { BYPASS, ProtectedAddress } from './protected-address.ts';
import { ProtectedAddresses } from './protected-addresses.ts';

const ESP = 50;
const IPV6_OCTETS = 40;
const PAYLOAD_LENGTH = 4;
const AH_FIXED_OCTETS = 12;
const ESP_HEADER_OCTETS = 8;
/** Numbers left at which new keys are asked for. */
const FEW_LEFT = 16_777_216;

const WHICH_TUNNEL: OutboundDecision = {
  kind: 'discard',
  reason: 'protected, and nothing tells through whose tunnel it goes',
};

/** What a node's IPsec is made of. */
export interface NodeIpsecOptions {
  readonly random: RandomSource;
  readonly log?: NodeLog | undefined;
  /** Associations in tunnel mode that have ciphers at a time, 1 or more; default 4096. In transport mode 64 at most. */
  readonly ciphers?: number | undefined;
  /**
   * Called when half of what a restart passes over was sent since the last `snapshot()`: whoever keeps states takes a new
   * one now. Never called before the first snapshot.
   */
  readonly onSnapshotDue?: (() => void) | undefined;
}

/** An association as people may see it. */
export interface AssociationDescription extends AssociationCounters {
  readonly name: string;
  readonly direction: 'in' | 'out';
  readonly protocol: 'esp' | 'ah';
  readonly mode: 'transport' | 'tunnel';
  readonly spi: number;
  readonly homeAddress: string;
  readonly homeAgent: string;
  readonly purposes: readonly ProtectionPurpose[];
  readonly keying: 'manual' | 'negotiated';
  /** Names of the transforms. */
  readonly encryption: string;
  readonly integrity: string;
  readonly replayWindow: number;
  readonly sequence: number;
}

/** A purpose that a policy protects and no association serves: such packets are thrown away. */
export interface MissingAssociation {
  readonly homeAddress: Uint8Array;
  readonly purpose: ProtectionPurpose;
  readonly direction: 'in' | 'out';
}

/** Policies and associations of a node. */
export class NodeIpsec implements IpsecLayer {
  readonly #addresses: ProtectedAddresses;
  readonly #byName = new Map<string, NodeAssociation>();
  /** Addresses of home agents: one array each, however many mobile nodes. */
  readonly #homeAgents = new Map<AddressKey, Uint8Array>();
  readonly #inboundEsp = new Map<number, NodeAssociation>();
  readonly #inboundAh = new Map<number, NodeAssociation>();
  readonly #surroundings: AssociationSurroundings;
  readonly #log: NodeLog | undefined;
  readonly #onSnapshotDue: (() => void) | undefined;
  #hasSnapshot = false;

  constructor(options: NodeIpsecOptions) {
    this.#log = options.log;
    this.#onSnapshotDue = options.onSnapshotDue;
    this.#addresses = new ProtectedAddresses(u32(options.random.octets(4), 0));
    this.#surroundings = {
      random: new RandomOctets(options.random),
      ciphers: {
        tunnel: new CipherPool(options.ciphers),
        transport: new CipherPool(
          Math.min(SIGNALLING_CIPHERS, options.ciphers ?? SIGNALLING_CIPHERS),
        ),
      },
      onSequence: (association) => {
        this.#onSequence(association);
      },
    };
  }

  /**
   * Policies of a home address; associations come after.
   * @throws RangeError when it has some, or the table is full
   */
  addPolicies(policies: HomeAddressPolicies): void {
    if (this.#addresses.get(policies.homeAddress) !== undefined) {
      throw new RangeError(`${formatAddress(policies.homeAddress)}: has policies already`);
    }
    const key = addressKey(policies.homeAgent);
    const homeAgent = this.#homeAgents.get(key) ?? policies.homeAgent.slice();
    this.#addresses.add(new ProtectedAddress({ ...policies, homeAgent }));
    this.#homeAgents.set(key, homeAgent);
  }

  /** Takes away the policies of a home address and all its associations. @returns whether there were any */
  removePolicies(homeAddress: Uint8Array): boolean {
    const row = this.#addresses.get(homeAddress);
    if (row === undefined) return false;
    for (const { name } of row.associations) this.remove(name);
    this.#addresses.remove(row);
    return true;
  }

  /** Policies of a home address. */
  policiesOf(homeAddress: Uint8Array): HomeAddressPolicies | undefined {
    return this.#addresses.get(homeAddress);
  }

  /**
   * Takes an association into use. A negotiated one may follow another of the same purpose: packets leave with the
   * newest, and come in with any until it is removed.
   * @throws RangeError that says by name what is wrong; never with key material
   */
  add(parameters: NodeAssociationParameters): void {
    const name = nameOf(parameters);
    const fault = this.#faultOf(parameters, name);
    if (fault !== undefined) throw new RangeError(`association ${name}: ${fault}`);
    const owner = this.#addresses.get(parameters.homeAddress);
    if (owner === undefined) return;
    const { homeAddress, homeAgent } = owner;
    const association = new NodeAssociation(
      { ...parameters, homeAddress, homeAgent },
      this.#surroundings,
    );
    this.#byName.set(name, association);
    owner.add(association);
    if (association.direction === 'in') {
      this.#inbound(association.protocol).set(association.spi, association);
    } else this.#setMark(association);
  }

  #faultOf(parameters: NodeAssociationParameters, name: string): string | undefined {
    const { homeAddress, homeAgent, protocol, spi, direction } = parameters;
    const owner = this.#addresses.get(homeAddress);
    if (owner === undefined) return `${formatAddress(homeAddress)} has no policies`;
    if (!isSameAddress(homeAgent, owner.homeAgent)) {
      return `is with ${formatAddress(homeAgent)}, the home agent is ${formatAddress(owner.homeAgent)}`;
    }
    if (this.#byName.has(name)) return 'the name is taken';
    const holder = direction === 'in' ? this.#inbound(protocol).get(spi) : undefined;
    if (holder !== undefined) {
      return `incoming SPI ${formatSpi(spi)} is that of ${holder.name}; each needs its own`;
    }
    return associationFault(parameters, owner) ?? this.#rivalOf(parameters, owner);
  }

  /** RFC 3776 section 4.2: with manual keys, a single association for each purpose. */
  #rivalOf(
    { purposes, direction, keying }: NodeAssociationParameters,
    owner: ProtectedAddress,
  ): string | undefined {
    for (const other of owner.associations) {
      const isAlike =
        other.direction === direction &&
        other.purposes.some((purpose) => purposes.includes(purpose));
      if (isAlike && (keying === 'manual' || other.keying === 'manual')) {
        return `${other.name} serves the same, and manual keys leave no choice (RFC 3776 section 4.2)`;
      }
    }
    return undefined;
  }

  /** Takes an association out of use. @returns whether there was one of that name */
  remove(name: string): boolean {
    const association = this.#byName.get(name);
    if (association === undefined) return false;
    this.#byName.delete(name);
    this.#addresses.get(association.homeAddress)?.remove(association);
    if (association.direction === 'in') {
      this.#inbound(association.protocol).delete(association.spi);
    }
    this.#surroundings.ciphers[association.mode].release(association);
    return true;
  }

  outbound(selectors: Selectors): OutboundDecision {
    const owner = this.#addresses.ownerOf(selectors, true);
    if (owner !== undefined) return owner.outbound(selectors);
    return this.#addresses.mayConcern(selectors, true) ? WHICH_TUNNEL : BYPASS;
  }

  open(packet: InboundPacket, protocol: 50 | 51, offset: number): OpenedProtection {
    const { bytes } = packet;
    const isEsp = protocol === ESP;
    const end = packetEnd(bytes);
    // Not `>`: also an offset that is no number ends here.
    if (!(offset >= 0 && offset + (isEsp ? ESP_HEADER_OCTETS : AH_FIXED_OCTETS) <= end)) {
      return refused('malformed');
    }
    const spi = u32(bytes, isEsp ? offset : offset + 4);
    const association = (isEsp ? this.#inboundEsp : this.#inboundAh).get(spi);
    if (association === undefined) return refused('no-association');
    return association.open(packet, offset, end);
  }

  permits(selectors: Selectors, protection: Protection | undefined): boolean {
    if (protection === undefined) {
      const owner = this.#addresses.ownerOf(selectors, false);
      if (owner !== undefined) return owner.permits(selectors, undefined);
      return !this.#addresses.mayConcern(selectors, false);
    }
    const association = this.#byName.get(protection.association);
    if (association?.direction !== 'in') return false;
    return this.#addresses.get(association.homeAddress)?.permits(selectors, association) === true;
  }

  moveTunnel(homeAddress: Uint8Array, ends: TunnelEnds | undefined): void {
    this.#addresses.get(homeAddress)?.moveTunnel(ends);
  }

  /** Ends of the tunnel of a home address; undefined when it has none. */
  tunnelOf(homeAddress: Uint8Array): TunnelEnds | undefined {
    return this.#addresses.get(homeAddress)?.ends;
  }

  /** Whether an association of this home address protects binding messages: what a home registration has to show. */
  isBindingProtection(homeAddress: Uint8Array, protection: Protection | undefined): boolean {
    if (protection === undefined) return false;
    const association = this.#byName.get(protection.association);
    return (
      association?.direction === 'in' &&
      association.purposes.includes('binding') &&
      isSameAddress(association.homeAddress, homeAddress)
    );
  }

  /** What policies protect and no association serves. */
  missing(): MissingAssociation[] {
    const missing: MissingAssociation[] = [];
    for (const { homeAddress, policies, associations } of this.#addresses.values()) {
      for (const purpose of new Set(policies.map((policy) => policy.purpose))) {
        for (const direction of ['in', 'out'] as const) {
          const isServed = associations.some(
            (each) => each.direction === direction && each.purposes.includes(purpose),
          );
          if (!isServed) missing.push({ homeAddress, purpose, direction });
        }
      }
    }
    return missing;
  }

  /** Associations in use. */
  get size(): number {
    return this.#byName.size;
  }

  /** All associations, without their keys. */
  describe(): AssociationDescription[] {
    return [...this.#byName.values()].map(describe);
  }

  /** Numbers to keep over a restart. */
  snapshot(): AssociationState[] {
    this.#hasSnapshot = true;
    const states: AssociationState[] = [];
    for (const association of this.#byName.values()) {
      states.push(stateOf(association));
      if (association.direction === 'out') this.#setMark(association);
    }
    return states;
  }

  /**
   * Goes on from states of before: to be called when the associations are in use and before the first packet.
   * @returns names of states that fit no association; they are passed over
   */
  restore(states: readonly AssociationState[]): string[] {
    const left: string[] = [];
    for (const state of states) {
      const association = this.#byName.get(state.name);
      if (association === undefined || !isStateOf(state, association)) {
        left.push(state.name);
        continue;
      }
      resume(association, state);
      if (association.direction === 'out') this.#setMark(association);
    }
    return left;
  }

  #inbound(protocol: 'esp' | 'ah'): Map<number, NodeAssociation> {
    return protocol === 'esp' ? this.#inboundEsp : this.#inboundAh;
  }

  /** The next number worth a word: a snapshot due, few left, the last. */
  #setMark(association: NodeAssociation): void {
    const { remaining, mode } = association;
    const tillFew = remaining > FEW_LEFT ? remaining - FEW_LEFT : remaining;
    const tillSnapshot = this.#hasSnapshot ? RESTART_MARGIN[mode] / 2 : Infinity;
    association.markAfter(Math.min(tillFew, tillSnapshot));
  }

  #onSequence(association: NodeAssociation): void {
    const { name, remaining } = association;
    if (remaining === 0) this.#tell('alarm', 'association-used-up', name, remaining);
    else if (remaining <= FEW_LEFT)
      this.#tell('warn', 'association-nearly-used-up', name, remaining);
    this.#setMark(association);
    if (this.#hasSnapshot) this.#onSnapshotDue?.();
  }

  #tell(level: 'warn' | 'alarm', event: string, association: string, remaining: number): void {
    this.#log?.({ level, event, details: { association, remaining } });
  }
}

/** Where a packet ends that may have more octets behind it. */
function packetEnd(bytes: Uint8Array): number {
  const length = u16(bytes, PAYLOAD_LENGTH);
  return length === 0 ? bytes.length : Math.min(bytes.length, IPV6_OCTETS + length);
}

function describe(association: NodeAssociation): AssociationDescription {
  const { name, direction, protocol, mode, spi, purposes, keying, keys } = association;
  const { counters, replayWindow, sequence } = association;
  return {
    name,
    direction,
    protocol,
    mode,
    spi,
    homeAddress: formatAddress(association.homeAddress),
    homeAgent: formatAddress(association.homeAgent),
    purposes,
    keying,
    encryption: keys.encryption.name,
    integrity: keys.integrity.name,
    replayWindow,
    sequence,
    ...counters,
  };
}
