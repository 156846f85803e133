/**
 * Everything known of the packet at hand: its fields, and what the engine found about it when that was asked for.
 */
import { expertNodes, frameNode } from '../../dissectors/frame.ts';
import { dissect } from '../../dissectors/index.ts';
import type { Dissection, FieldNode } from '../../dissectors/index.ts';
import type { Verifier } from '../../dissectors/verification.ts';
import type { CaptureInterface, PacketRecord } from '../../engine/ports.ts';
import { packetComments } from '../../dissectors/capture-file/index.ts';
import { stateNode } from '../../engine/filter/state-fields.ts';
import type { VerificationKeys } from '../../engine/verification/keys.ts';
import { PacketVerifier } from '../../engine/verification/packet-verifier.ts';
import { FragmentStore } from '../fragment-store.ts';
import type { PacketOpeners } from '../openers.ts';
import type { FindingsIndex } from './findings-index.ts';
import { timeFields } from './time-fields.ts';
import type { Instant } from './time-fields.ts';

/** What stands beside the headers of a packet. Each is made when first asked for. */
export interface PacketNodes {
  readonly frame: FieldNode;
  /** What is wrong with the packet. */
  readonly experts: readonly FieldNode[];
  /** What the engine found about it; undefined when nothing, or when it was not asked. */
  readonly state: FieldNode | undefined;
}

/** A packet with its fields. Valid as long as the record is. */
export interface PacketView {
  readonly record: PacketRecord;
  readonly dissection: Dissection;
  /** Seconds since the first packet. */
  readonly sinceFirst: number;
  /** Comments of the capture file. */
  readonly comments: readonly string[];
  readonly nodes: PacketNodes;
}

/** With what packets are opened and verified. */
export interface ViewTools extends Pick<PacketOpeners, 'openEsp' | 'openIke'> {
  readonly verifier: Verifier;
}

/** Where a packet stands in its run. */
export interface ViewPlace {
  /** Times of the first packet, of the one before, and of the one shown before. */
  readonly first: Instant;
  readonly previous: Instant;
  readonly displayed: Instant;
  readonly interfaceName: string | undefined;
  /** What the engine found about it; asked at most once. */
  readonly state: (nodes: readonly FieldNode[]) => FieldNode | undefined;
}

/** Fields of a packet. @param reassembled whole packet that it completes */
export function dissectRecord(
  record: PacketRecord,
  { openEsp, openIke, verifier }: ViewTools,
  reassembled: Uint8Array | undefined,
): Dissection {
  return dissect(record.bytes, record.offset, record.end, {
    linkType: record.linkType,
    originalLength: record.originalLength,
    verifier,
    openEsp,
    ...(openIke === undefined ? {} : { openIke }),
    ...(reassembled === undefined ? {} : { reassembled }),
  });
}

/** View of a packet at its place in the run. */
export function packetViewOf(
  record: PacketRecord,
  dissection: Dissection,
  place: ViewPlace,
): PacketView {
  const { seconds, nanoseconds } = record;
  const { first } = place;
  const comments = record.optionsLength === undefined ? [] : packetComments(record);
  return {
    record,
    dissection,
    comments,
    sinceFirst: seconds - first.seconds + (nanoseconds - first.nanoseconds) / 1_000_000_000,
    nodes: new LazyNodes(record, dissection, comments, place),
  };
}

/**
 * Nodes of one view. A class: a getter in an object literal gives every object a hidden class of its own, which keeps the
 * whole tree from being collected young.
 */
class LazyNodes implements PacketNodes {
  readonly #record: PacketRecord;
  readonly #dissection: Dissection;
  readonly #comments: readonly string[];
  readonly #place: ViewPlace;
  #frame: FieldNode | undefined;
  #experts: readonly FieldNode[] | undefined;
  #state: FieldNode | undefined;
  #hasAsked = false;

  constructor(
    record: PacketRecord,
    dissection: Dissection,
    comments: readonly string[],
    place: ViewPlace,
  ) {
    this.#record = record;
    this.#dissection = dissection;
    this.#comments = comments;
    this.#place = place;
  }

  get frame(): FieldNode {
    return (this.#frame ??= frameOf(this.#record, this.#dissection, this.#comments, this.#place));
  }

  get experts(): readonly FieldNode[] {
    return (this.#experts ??= expertNodes(this.#dissection));
  }

  get state(): FieldNode | undefined {
    if (!this.#hasAsked) {
      this.#hasAsked = true;
      this.#state = this.#place.state(this.#dissection.nodes);
    }
    return this.#state;
  }
}

function frameOf(
  record: PacketRecord,
  dissection: Dissection,
  comments: readonly string[],
  { first, previous, displayed, interfaceName: name }: ViewPlace,
): FieldNode {
  const { number, seconds, nanoseconds, originalLength, linkType, interfaceIndex } = record;
  const facts = {
    number,
    seconds,
    nanoseconds,
    first,
    previous,
    originalLength,
    linkType,
    comments,
  };
  const frame = frameNode(
    {
      ...facts,
      interfaceId: interfaceIndex,
      ...(name === undefined ? {} : { interfaceName: name }),
    },
    dissection,
  );
  frame.children.push(...timeFields({ seconds, nanoseconds }, displayed));
  return frame;
}

/** Makes views of the packets of one run; they must come in order. */
export class PacketViews {
  readonly #verifier: PacketVerifier;
  readonly #openers: Pick<PacketOpeners, 'openEsp' | 'openIke'>;
  readonly #interfaces: readonly CaptureInterface[];
  readonly #findings: FindingsIndex | undefined;
  readonly #fragments = new FragmentStore();
  #position = 0;
  #first: Instant | undefined;
  #previous: Instant | undefined;
  #displayed: Instant | undefined;

  /**
   * @param openers for ESP and IKE
   * @param interfaces of the source; may grow
   * @param findings of the engine, when they were asked for
   * @param verification keys for authenticators and signatures
   */
  constructor(
    openers: Pick<PacketOpeners, 'openEsp' | 'openIke'>,
    interfaces: readonly CaptureInterface[],
    findings: FindingsIndex | undefined,
    verification: VerificationKeys,
  ) {
    this.#verifier = new PacketVerifier(verification);
    this.#openers = openers;
    this.#interfaces = interfaces;
    this.#findings = findings;
  }

  /** View of the next packet. */
  next(record: PacketRecord): PacketView {
    const reassembled = this.#fragments.add(record);
    const verifier = this.#verifier;
    const { seconds, nanoseconds, inputIndex, number } = record;
    verifier.time = seconds * 1e6 + Math.floor(nanoseconds / 1000);
    const { openEsp, openIke } = this.#openers;
    const tools = { openEsp, verifier, ...(openIke === undefined ? {} : { openIke }) };
    const dissection = dissectRecord(record, tools, reassembled);
    const now: Instant = { seconds, nanoseconds };
    const first = (this.#first ??= now);
    const previous = this.#previous ?? now;
    const displayed = this.#displayed ?? now;
    this.#previous = now;
    const position = ++this.#position;
    return packetViewOf(record, dissection, {
      first,
      previous,
      displayed,
      interfaceName: this.#interfaces[record.interfaceIndex]?.name,
      state: (nodes) => {
        const found = this.#findings?.findingsOf(inputIndex, number, position, nodes);
        return found === undefined ? undefined : stateNode(found);
      },
    });
  }

  /** In place of `next`, for a packet that nobody wants to see and that later ones do not need. */
  passOver({ seconds, nanoseconds }: PacketRecord): void {
    const now: Instant = { seconds, nanoseconds };
    this.#first ??= now;
    this.#previous = now;
    this.#position++;
  }

  /** Notes that a packet was shown: `frame.time_delta_displayed` of the next counts from it. */
  shown({ record: { seconds, nanoseconds } }: PacketView): void {
    this.#displayed = { seconds, nanoseconds };
  }
}

/** All fields of a packet: frame, headers, what is wrong, what was found. */
export function allNodes({ dissection, nodes }: PacketView): FieldNode[] {
  const { frame, experts, state } = nodes;
  return [frame, ...dissection.nodes, ...experts, ...(state === undefined ? [] : [state])];
}
