/**
 * Mobility Headers and ICMPv6 signalling: from octets to events.
 */
import { u8 } from '../dissectors/core/bytes.ts';
import { DIAGNOSTICS, DiagnosticList } from '../dissectors/core/diagnostic.ts';
import type { Diagnostic } from '../dissectors/core/diagnostic.ts';
import { decodeIcmpv6, icmpv6Checksum } from '../dissectors/icmpv6/index.ts';
import { decodeMobilityHeader, mobilityChecksum } from '../dissectors/mobility/header.ts';
import type { MobilityHeader } from '../dissectors/mobility/header.ts';
import {
  BINDING_ACKNOWLEDGEMENT_FLAGS,
  BINDING_UPDATE_FLAGS,
} from '../dissectors/mobility/messages/binding.ts';
import { findOption } from '../dissectors/mobility/options/index.ts';
import type { Verification } from '../dissectors/verification.ts';
import type { EngineCounters } from './engine.ts';
import type { EngineEvent, Icmpv6Event, MobilityEvent, PacketContext } from './events.ts';
import type { Admission } from './inline/admission.ts';
import type { Level, PacketState } from './packet-state.ts';
import type { Bindings } from './state/bindings.ts';
import type { HomeNetwork } from './state/home-network.ts';
import type { LinkState } from './state/link-state.ts';
import type { ReturnRoutability } from './state/return-routability.ts';
import { SeenMessages } from './state/seen-messages.ts';
import type { MessageSighting } from './state/seen-messages.ts';
import type { PacketVerifier } from './verification/packet-verifier.ts';

/** ICMPv6 types that become events: neighbor, home agent and mobile prefix discovery, fast handovers. */
const SIGNALLING_ICMPV6 = new Set([133, 134, 135, 136, 137, 144, 145, 146, 147, 154]);
/** Options whose verdicts go into events. */
const VERIFIED = new Set(['message-authentication', 'signature', 'fmip-authorization-data']);
/** Last of the types of neighbor discovery. RFC 4861 section 4. */
const REDIRECT = 137;
/** Offset of the Hop Limit in an IPv6 header. RFC 8200 section 3. */
const HOP_LIMIT_OFFSET = 7;

/** Whether the ICMPv6 message at `offset` is signalling that becomes an event. */
export function isSignallingIcmpv6(bytes: Uint8Array, offset: number): boolean {
  return SIGNALLING_ICMPV6.has(u8(bytes, offset));
}

/** Decodes signalling, verifies its checksum with the normalised addresses, and keeps the bindings. */
export class SignallingStage {
  readonly #packet: PacketState;
  readonly #counters: EngineCounters;
  readonly #bindings: Bindings;
  readonly #home: HomeNetwork;
  readonly #linkState: LinkState;
  readonly #returnRoutability: ReturnRoutability;
  readonly #emit: (event: EngineEvent) => void;
  readonly #verifier: PacketVerifier;
  readonly #hasKeys: boolean;
  readonly #admission: Admission | undefined;
  readonly #found = new DiagnosticList();
  readonly seen: SeenMessages;

  constructor(parts: {
    packet: PacketState;
    counters: EngineCounters;
    bindings: Bindings;
    home: HomeNetwork;
    linkState: LinkState;
    returnRoutability: ReturnRoutability;
    verifier: PacketVerifier;
    /** Keys for mobility options were supplied. */
    hasMobilityKeys: boolean;
    emit: (event: EngineEvent) => void;
    seed?: number | undefined;
    admission?: Admission | undefined;
  }) {
    this.seen = new SeenMessages(parts.seed);
    this.#packet = parts.packet;
    this.#counters = parts.counters;
    this.#bindings = parts.bindings;
    this.#home = parts.home;
    this.#linkState = parts.linkState;
    this.#returnRoutability = parts.returnRoutability;
    this.#verifier = parts.verifier;
    this.#hasKeys = parts.hasMobilityKeys;
    this.#emit = parts.emit;
    this.#admission = parts.admission;
  }

  /** A Mobility Header is the upper layer of `level`. */
  mobility(level: Level): void {
    const { view } = level;
    const counters = this.#counters;
    counters.mobility++;
    const { upperBytes: bytes, upperOffset: offset, upperEnd: end, isCut } = view;
    const found = this.#found;
    found.clear();
    const header = decodeMobilityHeader(bytes, offset, end, found);
    // A length fault of a cut packet is the capture's, not the sender's.
    const diagnostics = isCut ? found.items.filter(isNotMalformed) : found.items.slice();
    if (header === undefined) {
      this.malformed(level, diagnostics);
      return;
    }
    counters.mobilityByType[header.mhType] = (counters.mobilityByType[header.mhType] ?? 0) + 1;
    const sum = mobilityChecksum(
      view.bytes,
      view.effectiveSource,
      view.effectiveDestination,
      bytes,
      offset,
      Math.min(end, offset + header.length),
    );
    const checksum = isCut ? 'unknown' : sum === 0 ? 'right' : 'wrong';
    if (checksum === 'wrong') {
      diagnostics.push({ code: 'MH_CHECKSUM', offset: offset + 4, length: 2, source: 0 });
    }
    const context = this.#packet.contextOf(level);
    const verdicts = this.#verify(level, header, context);
    const isWhole = checksum === 'right';
    const earlier = isWhole ? this.#earlier(bytes, offset, header, context) : undefined;
    const authentication =
      checksum === 'right' ? this.#authenticate(level, header, context) : undefined;
    const event: MobilityEvent = {
      kind: 'mobility',
      context,
      header,
      checksum,
      diagnostics,
      ...(verdicts === undefined ? {} : { verdicts }),
      ...(earlier === undefined ? {} : { earlier }),
      ...(authentication === undefined ? {} : { authentication }),
    };
    this.count(diagnostics);
    this.#emit(event);
    // RFC 6275 section 9.2: a message with a wrong checksum is dropped, so it changes nothing.
    if (checksum === 'wrong') return;
    const admission = this.#admission;
    if (admission === undefined) this.#apply(event);
    else {
      admission.defer(() => {
        this.#apply(event);
      });
    }
  }

  /** The same Binding Update or Acknowledgement, seen before. */
  #earlier(
    bytes: Uint8Array,
    offset: number,
    { message, length }: MobilityHeader,
    context: PacketContext,
  ): MessageSighting | undefined {
    const end = offset + length;
    const isUpdate = message.kind === 'binding-update';
    if (!isUpdate && message.kind !== 'binding-acknowledgement') return undefined;
    const homeAddress = isUpdate
      ? (context.homeAddressOption ?? context.source)
      : (context.routingHomeAddress ?? context.destination);
    const earlier = this.seen.note(homeAddress, bytes, offset, end, context);
    // A copy that was refused may have overtaken the genuine message: that one is no copy of it then.
    this.#admission?.changed(this.seen);
    return earlier;
  }

  /** What can be said of authenticators and signatures in a message. */
  #verify(
    { view }: Level,
    header: MobilityHeader,
    context: PacketContext,
  ): readonly Verification[] | undefined {
    if (view.isCut || !header.options.some(({ kind }) => VERIFIED.has(kind))) return undefined;
    this.#verifier.time = this.#packet.time;
    return this.#verifier.mobility({
      bytes: view.upperBytes,
      offset: view.upperOffset,
      end: view.upperEnd,
      header,
      wireSource: context.source,
      wireDestination: context.destination,
      source: context.homeAddressOption ?? context.source,
      destination: context.routingHomeAddress ?? context.destination,
    });
  }

  /** What can be said of the authenticator of a correspondent registration. */
  #authenticate(
    { view }: Level,
    header: MobilityHeader,
    context: PacketContext,
  ): MobilityEvent['authentication'] {
    const { message, options } = header;
    if (message.kind !== 'binding-update') return undefined;
    if ((message.flags & BINDING_UPDATE_FLAGS.homeRegistration.mask) !== 0) return undefined;
    if (findOption(options, 'binding-authorization-data') === undefined) return undefined;
    const { upperBytes: bytes, upperOffset: offset, upperEnd: end } = view;
    const found = this.#returnRoutability.verify({ header, context }, message, bytes, offset);
    if (found === 'right' || !this.#hasKeys) return found;
    this.#verifier.time = this.#packet.time;
    const source = context.homeAddressOption ?? context.source;
    const destination = context.routingHomeAddress ?? context.destination;
    const wire = { wireSource: context.source, wireDestination: context.destination };
    const verdicts = this.#verifier.mobility({
      bytes,
      offset,
      end,
      header,
      ...wire,
      source,
      destination,
    });
    // A supplied key outweighs tokens that were seen: RFC 4449 uses no tokens.
    const status = verdicts.find(({ code }) => code === 'AUTHENTICATOR')?.status;
    return status === 'right' || status === 'wrong' ? status : found;
  }

  #apply(event: MobilityEvent): void {
    const { message } = event.header;
    const { context } = event;
    this.#returnRoutability.observe(event);
    if (message.kind === 'binding-update') {
      // RFC 6275 section 9.5.1: a correspondent silently discards what does not verify.
      if (event.authentication === 'wrong') return;
      this.#bindings.bindingUpdate(event, message, event.authentication === 'right');
    } else if (message.kind === 'binding-acknowledgement') {
      const homeAddress = context.routingHomeAddress ?? context.destination;
      // A proxy acknowledgement speaks to an access gateway, not to a mobile node. RFC 5213 section 8.2.
      if ((message.flags & BINDING_ACKNOWLEDGEMENT_FLAGS.proxyRegistration.mask) !== 0) return;
      this.#bindings.bindingAcknowledgement(event, message);
      const binding = this.#bindings.find(homeAddress, context.source);
      if (binding?.role === 'home' && binding.registeredAt > 0) {
        this.#home.learn(homeAddress, context.source);
      }
    }
  }

  /** An ICMPv6 message that `isSignallingIcmpv6` is the upper layer of `level`. */
  icmpv6(level: Level): void {
    const { view } = level;
    this.#counters.icmpv6Signalling++;
    const { upperBytes: bytes, upperOffset: offset, upperEnd: end, isCut } = view;
    const found = this.#found;
    found.clear();
    const message = decodeIcmpv6(bytes, offset, end, found);
    const diagnostics = isCut ? found.items.filter(isNotMalformed) : found.items.slice();
    if (message === undefined) {
      this.malformed(level, diagnostics);
      return;
    }
    const { effectiveSource, effectiveDestination } = view;
    const sum = icmpv6Checksum(
      view.bytes,
      effectiveSource,
      effectiveDestination,
      bytes,
      offset,
      end,
    );
    const checksum = isCut ? 'unknown' : sum === 0 ? 'right' : 'wrong';
    if (checksum === 'wrong') {
      diagnostics.push({ code: 'ICMPV6_CHECKSUM', offset: offset + 2, length: 2, source: 0 });
    }
    // RFC 4861 section 6.1: a neighbor discovery message must not have been forwarded.
    if (u8(bytes, offset) <= REDIRECT && view.hopLimit !== 255) {
      const at = view.start + HOP_LIMIT_OFFSET;
      diagnostics.push({ code: 'ND_HOP_LIMIT', offset: at, length: 1, source: 0 });
    }
    this.count(diagnostics);
    const context = this.#packet.contextOf(level);
    const event: Icmpv6Event = { kind: 'icmpv6', context, message, checksum, diagnostics };
    this.#emit(event);
    const admission = this.#admission;
    if (admission === undefined) this.#linkState.observe(event);
    else {
      admission.defer(() => {
        this.#linkState.observe(event);
      });
    }
  }

  /** Headers of `level` are wrong. */
  malformed(level: Level, diagnostics: readonly Diagnostic[]): void {
    if (diagnostics.length === 0) return;
    this.count(diagnostics);
    this.#emit({ kind: 'malformed', context: this.#packet.contextOf(level), diagnostics });
  }

  count(diagnostics: readonly Diagnostic[]): void {
    const counts = this.#counters.diagnostics;
    for (const { code } of diagnostics) counts.set(code, (counts.get(code) ?? 0) + 1);
  }
}

function isNotMalformed(item: Diagnostic): boolean {
  return DIAGNOSTICS[item.code].group !== 'malformed';
}
