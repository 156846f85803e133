/**
 * A mobile node made of octets: Binding Updates in every layout, right and wrong, and acknowledgements read from the wire.
 */
import { formatAddress, isSameAddress } from '../../../dissectors/core/address.ts';
import { u8 } from '../../../dissectors/core/bytes.ts';
import { DiagnosticList } from '../../../dissectors/core/diagnostic.ts';
import { decodeMobilityHeader, encodeMobilityHeader } from '../../../dissectors/mobility/header.ts';
import type { MobilityOption } from '../../../dissectors/mobility/options/index.ts';
import { NEXT_HEADER } from '../../../dissectors/ipv6/header.ts';
import { walkHeaders } from '../../../nodes/ip/header-walk.ts';
import type { OutboundDecision } from '../../../nodes/ip/ipsec-layer.ts';
import { encodePacket, encodePlain, inboundPacket, wholePacket } from '../../../nodes/ip/wire.ts';
import type { NodeIpsec } from '../../../nodes/ipsec/node-ipsec.ts';
import type { WirePacket } from '../wire-peer.ts';

/** Which of the home agent's links. */
export type LinkName = 'home' | 'upstream';

/** A packet that the home agent has sent. */
export interface Seen {
  readonly packet: WirePacket;
  readonly link: LinkName;
  /** Milliseconds. */
  readonly at: number;
  /** Destination of the frame, as hexadecimal digits. */
  readonly linkDestination: string;
}

/** Flags of a Binding Update. */
export const FLAG = { A: 0x8000, H: 0x4000, L: 0x2000, K: 0x1000, R: 0x0400 } as const;
const ESP_NONE = { kind: 'bypass' } as const satisfies OutboundDecision;
const HOP_LIMIT = 60;

/** A Binding Update; what is not said is as a mobile node away from home does it. */
export interface UpdateFields {
  readonly sequence: number;
  /** Seconds; default 240. */
  readonly lifetime?: number;
  /** Default A and H. */
  readonly flags?: number;
  /** Default 2001:db8:b::100. */
  readonly careOf?: Uint8Array;
  /** Wire source (in tunnel mode: outer source); default: the care-of address. */
  readonly source?: Uint8Array;
  /** Alternate Care-of Address; default: the care-of address; `none` leaves the option out. */
  readonly alternate?: Uint8Array | 'none';
  /** Home Address option; default: the home address; `none` leaves it out. */
  readonly option?: Uint8Array | 'none';
  /** Home address of the checksum and of the protection; default: the own. */
  readonly home?: Uint8Array;
  readonly destination?: Uint8Array;
  /** Further mobility options, before the Alternate Care-of Address. */
  readonly options?: readonly MobilityOption[];
  /** In the clear. */
  readonly isPlain?: boolean;
  /** Where it comes in. */
  readonly link?: LinkName;
}

/** A Binding Acknowledgement from the wire, with what protected it taken off. */
export interface Acknowledgement {
  readonly status: number;
  readonly flags: number;
  readonly sequence: number;
  /** Seconds. */
  readonly lifetime: number;
  readonly options: readonly MobilityOption[];
  readonly wire: WirePacket;
  /** Protocol of the outermost protection, 0 = none. */
  readonly protection: number;
  readonly isTunnelled: boolean;
  readonly link: LinkName;
  readonly linkDestination: string;
  readonly at: number;
}

/** Fields of a de-registration at home, in the strict layout. */
export function fromHome(home: Uint8Array, sequence: number): UpdateFields {
  return {
    sequence,
    lifetime: 0,
    source: home,
    option: 'none',
    alternate: 'none',
    link: 'home',
  };
}

/** A mobile node. */
export class MobileSide {
  readonly home: Uint8Array;
  readonly ipsec: NodeIpsec;
  readonly #agent: Uint8Array;

  constructor(home: Uint8Array, agent: Uint8Array, ipsec: NodeIpsec) {
    this.home = home;
    this.ipsec = ipsec;
    this.#agent = agent;
  }

  /** The packet of an update. */
  update(fields: UpdateFields): Uint8Array {
    const { careOf = DEFAULT_CARE_OF, home = this.home, destination = this.#agent } = fields;
    const { source = careOf, alternate = careOf, option = home } = fields;
    const options: MobilityOption[] = [...(fields.options ?? [])];
    if (alternate !== 'none') {
      options.push({ kind: 'alternate-care-of-address', careOfAddress: alternate });
    }
    const message = {
      kind: 'binding-update',
      sequence: fields.sequence,
      flags: fields.flags ?? FLAG.A | FLAG.H,
      lifetime: (fields.lifetime ?? 240) / 4,
    } as const;
    const payload = encodeMobilityHeader(message, options, { source: home, destination });
    const wire = {
      source,
      destination,
      homeAddressOption: option === 'none' ? undefined : option,
      type2RoutingHeader: undefined,
    };
    const protocol = NEXT_HEADER.mobility;
    const decision =
      fields.isPlain === true
        ? ESP_NONE
        : this.ipsec.outbound({
            source: this.home,
            destination: this.#agent,
            protocol,
            type: 5,
            isTunnelled: false,
          });
    switch (decision.kind) {
      case 'discard':
        throw new Error(`the mobile node cannot send: ${decision.reason}`);
      case 'bypass':
        return encodePacket(wire, protocol, payload, HOP_LIMIT);
      case 'transport': {
        const sealed = decision.protect(protocol, payload, wire);
        return encodePacket(wire, sealed.protocol, sealed.payload, HOP_LIMIT);
      }
      case 'tunnel': {
        const inner = encodePlain(home, destination, protocol, payload, HOP_LIMIT);
        const outer = { ...wire, homeAddressOption: undefined };
        const sealed = decision.protect(NEXT_HEADER.ipv6, inner, outer);
        return encodePacket(outer, sealed.protocol, sealed.payload, HOP_LIMIT);
      }
    }
  }

  /** Binding Acknowledgements to this mobile node among what was sent, opened with its associations. */
  acknowledgements(seen: readonly Seen[]): Acknowledgement[] {
    return seen.flatMap((each) => {
      const read = this.#read(each.packet);
      return read === undefined ? [] : [{ ...read, ...placeOf(each) }];
    });
  }

  #read(wire: WirePacket): Omit<Acknowledgement, 'link' | 'linkDestination' | 'at'> | undefined {
    const packet = inboundPacket(wire.bytes, undefined, undefined, []);
    const walked = walkHeaders(packet, {
      knowsHomeAddressOption: true,
      hasBinding: () => true,
      isHomeAddress: (address) => isSameAddress(address, this.home),
      open: (inbound, protocol, offset) => this.ipsec.open(inbound, protocol, offset),
    });
    if (walked.kind !== 'upper-layer') return undefined;
    let { protocol, payload, destination } = packet;
    const isTunnelled = protocol === NEXT_HEADER.ipv6;
    if (isTunnelled) {
      const inner = wholePacket(payload);
      if (inner === undefined) return undefined;
      destination = inner.slice(24, 40);
      protocol = u8(inner, 6);
      payload = inner.slice(40);
    }
    if (protocol !== NEXT_HEADER.mobility || !isSameAddress(destination, this.home)) {
      return undefined;
    }
    const header = decodeMobilityHeader(payload, 0, payload.length, new DiagnosticList());
    if (header?.message.kind !== 'binding-acknowledgement') return undefined;
    const { status, flags, sequence, lifetime } = header.message;
    return {
      status,
      flags,
      sequence,
      lifetime: lifetime * 4,
      options: header.options.filter(({ kind }) => kind !== 'padn' && kind !== 'pad1'),
      wire,
      protection: packet.protection === undefined ? 0 : wire.protocol,
      isTunnelled,
    };
  }

  /** The home address as text. */
  get name(): string {
    return formatAddress(this.home);
  }
}

function placeOf({ link, linkDestination, at }: Seen): {
  link: LinkName;
  linkDestination: string;
  at: number;
} {
  return { link, linkDestination, at };
}

const DEFAULT_CARE_OF = Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0xb, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0);
