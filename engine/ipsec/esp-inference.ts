/**
 * ESP without keys: keeps the flows, and reads those that are in the clear.
 */
import { formatAddress } from '../../dissectors/core/address.ts';
import type { Ipv6View } from '../../dissectors/walk.ts';
import { u8 } from '../../dissectors/core/bytes.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import type { OpenedEsp } from '../esp-opener.ts';
import type { MobilityEvent } from '../events.ts';
import type { HomeNetwork } from '../state/home-network.ts';
import type { AssociationFacts } from './association-facts.ts';
import { EspFlows, FlowLayout } from './esp-flows.ts';
import type { EspFlow, EspFlowFacts } from './esp-flows.ts';
import type { EspSight } from './esp-null.ts';

const IPV6_HEADER = 40;

/** What is told of ESP packets without keys. */
export class EspInference {
  readonly flows: EspFlows;
  readonly #home: HomeNetwork;
  readonly #sight: EspSight = {
    bytes: new Uint8Array(),
    esp: 0,
    end: 0,
    sourceBytes: new Uint8Array(),
    source: 0,
    destinationBytes: new Uint8Array(),
    destination: 0,
  };

  constructor(home: HomeNetwork, seed?: number) {
    this.#home = home;
    this.flows = new EspFlows(seed);
  }

  /**
   * Notes the ESP packet at `view.esp`, of which at least 8 octets are there.
   * @param size octets on the wire
   * @param time microseconds since 1970
   */
  note(view: Ipv6View, size: number, time: number): EspFlow {
    const { bytes, esp, effectiveSource, effectiveDestination, homeAddress } = view;
    const layout =
      homeAddress >= 0
        ? FlowLayout.OPTION
        : view.routingHomeAddress >= 0
          ? FlowLayout.ROUTING
          : FlowLayout.PLAIN;
    return this.flows.note(bytes, esp, effectiveSource, effectiveDestination, layout, size, time);
  }

  /**
   * Reads a whole packet of `flow` that no association fits, when it is in the clear.
   * @param opened gets what is inside; its integrity is not verified
   * @returns true when it could be read
   */
  open(flow: EspFlow, view: Ipv6View, opened: OpenedEsp): boolean {
    const { guess } = flow;
    const sight = this.#sight;
    sight.bytes = sight.sourceBytes = sight.destinationBytes = view.bytes;
    sight.esp = view.esp;
    sight.end = view.end;
    sight.source = view.effectiveSource;
    sight.destination = view.effectiveDestination;
    if (!guess.open(sight)) return false;
    flow.openedAsNull++;
    flow.security ??= factsOf(flow);
    opened.outcome = 'opened';
    opened.integrityVerified = false;
    opened.association = flow.security.label;
    opened.nextHeader = guess.nextHeader;
    opened.bytes = view.bytes;
    opened.payloadOffset = guess.payloadOffset;
    opened.payloadEnd = guess.payloadEnd;
    opened.nextHeaderPointer = view.end - guess.icvLength - 1;
    return true;
  }

  /** Takes what was read in a packet of `flow`; its upper layer is in the view now. */
  content(flow: EspFlow, view: Ipv6View): void {
    const { upperBytes: bytes, upperOffset: offset, upperEnd: end, upperProtocol: protocol } = view;
    if (protocol === NEXT_HEADER.ipv6) {
      const upper = offset + IPV6_HEADER;
      if (upper + 3 > end) return;
      const inner = u8(bytes, offset + 6);
      flow.noteContent(inner, u8(bytes, upper + 2), true);
    } else if (protocol === NEXT_HEADER.mobility) {
      flow.noteContent(protocol, u8(bytes, offset + 2), false);
    } else if (protocol >= 0) flow.noteContent(protocol, u8(bytes, offset), false);
  }

  /** A Mobility Header in clear may tell what the ESP packets next to it are. */
  mobility({ context, header }: MobilityEvent): void {
    const { protection, source, packet } = context;
    if (header.message.kind !== 'care-of-test-init' || protection !== 'none') return;
    this.flows.noteCareOfTestInit(source, 0, packet.time);
  }

  /** Facts about all flows, first seen first. */
  facts(): EspFlowFacts[] {
    return this.flows.facts((source, destination) => ({
      isFromAgent: this.#home.isHomeAgent(source, 0),
      isToAgent: this.#home.isHomeAgent(destination, 0),
    }));
  }
}

function factsOf({ spi, addresses, guess }: EspFlow): AssociationFacts {
  const { icvLength } = guess;
  const ends = `${formatAddress(addresses, 0)} > ${formatAddress(addresses, 16)}`;
  return {
    label: `0x${spi.toString(16).padStart(8, '0')} ${ends}, recognised without a key`,
    mode: 'any',
    encryption: guess.ivLength > 0 ? 'NULL with AES-GMAC' : 'NULL',
    integrity: icvLength === 0 ? 'NULL' : `unknown, ICV of ${icvLength} octets`,
    isEncrypted: false,
    isAuthenticated: icvLength === 0 ? 'no' : 'unknown',
    selector: undefined,
    isShared: false,
    isInferred: true,
    mobilityPackets: 0,
    otherPackets: 0,
    payloadPackets: 0,
  };
}
