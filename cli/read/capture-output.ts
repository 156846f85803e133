/**
 * `-w`: the selected packets as a pcapng file, with what was found as packet comments.
 */
import { PcapngWriter } from '../../dissectors/capture-file/index.ts';
import type { PcapngPacketToWrite } from '../../dissectors/capture-file/index.ts';
import type { CaptureInput, CaptureInterface } from '../../engine/ports.ts';
import type { OctetSink } from '../../io/output.ts';
import { derivedPackets } from './derived-packets.ts';
import type { DerivedPacket } from './derived-packets.ts';
import type { PacketView } from './packet-view.ts';

/** LINKTYPE_RAW: an IPv4 or IPv6 packet without a link header. */
const LINKTYPE_RAW = 101;
/** Octets collected before they go to the sink. */
const TAKE_AT = 64 * 1024;
/** Comments of one packet; more would bury the packet. */
const MAX_COMMENTS = 64;
/** Octets that an option holds. */
const MAX_OPTION = 0xffff;
/** UTF-16 units that fit into an option whatever they are: UTF-8 takes 3 octets for each at most. */
const FITTING = 21_800;
/** Last second whose nanoseconds since 1970 fit 64 bits; later packets are written in microseconds. */
const LAST_NANOSECONDS = 18_446_744_072;
const MICROSECONDS = { base: 10, exponent: 6 } as const;

const encoder = new TextEncoder();

/** What is written, for the user. */
export interface CaptureCounts {
  packets: number;
  commented: number;
  /** Packets put together or decrypted. */
  derived: number;
}

/** Writes packets to a pcapng file. */
export class CaptureOutput {
  readonly counts: CaptureCounts = { packets: 0, commented: 0, derived: 0 };
  readonly #writer = new PcapngWriter([]);
  readonly #sink: OctetSink;
  readonly #inputs: readonly CaptureInput[];
  readonly #interfaces: readonly CaptureInterface[];
  readonly #withDerived: boolean;
  /** Positions in the file of interfaces of the source, and of those of packets made from theirs. */
  readonly #positions = new Map<string, number>();

  /**
   * @param inputs of the source
   * @param interfaces of the source; may grow
   * @param withDerived also packets put together from fragments and taken out of ESP
   */
  constructor(
    sink: OctetSink,
    inputs: readonly CaptureInput[],
    interfaces: readonly CaptureInterface[],
    withDerived: boolean,
  ) {
    this.#sink = sink;
    this.#inputs = inputs;
    this.#interfaces = interfaces;
    this.#withDerived = withDerived;
  }

  /**
   * Writes one packet.
   * @param comments those of the input and what was found
   * Throws OutputError.
   */
  write(view: PacketView, comments: readonly string[]): void {
    const { record, dissection } = view;
    const { bytes, offset, end, originalLength, seconds, nanoseconds } = record;
    this.counts.packets++;
    if (comments.length > 0) this.counts.commented++;
    const interfaceIndex = this.#interface(record.interfaceIndex, record.linkType, seconds);
    const time = { seconds, nanoseconds };
    this.#write({ bytes, offset, end, originalLength, ...time, interfaceIndex }, comments);
    if (!this.#withDerived) return;
    for (const derived of derivedPackets(dissection)) {
      this.counts.derived++;
      const at = this.#derivedInterface(record.interfaceIndex, derived.kind, seconds);
      const place =
        this.#inputs.length > 1 ? ` of ${this.#inputs[record.inputIndex]?.name ?? ''}` : '';
      this.#write({ bytes: derived.bytes, ...time, interfaceIndex: at }, [
        `packet ${record.number}${place}, ${derived.comment}`,
      ]);
    }
  }

  /** Hands over what is left: the interfaces at least, so that the file is one. Throws OutputError. */
  end(): void {
    if (this.counts.packets === 0) {
      this.#interfaces.forEach((found, index) => this.#interface(index, found.linkType, 0));
    }
    this.#sink.writeOctets(this.#writer.take());
  }

  #write(packet: PcapngPacketToWrite, comments: readonly string[]): void {
    const shown = comments.slice(0, MAX_COMMENTS).map(shortened);
    if (comments.length > MAX_COMMENTS) {
      shown.push(`${comments.length - MAX_COMMENTS} more are not written`);
    }
    this.#writer.write({ ...packet, comments: shown });
    if (this.#writer.pending >= TAKE_AT) this.#sink.writeOctets(this.#writer.take());
  }

  #interface(index: number, linkType: number, seconds: number): number {
    const key = `${index}${lateMark(seconds)}`;
    const known = this.#positions.get(key);
    if (known !== undefined) return known;
    const found = this.#interfaces[index];
    const position = this.#writer.addInterface({
      linkType,
      snapLength: found?.snapLength ?? 0,
      ...resolutionOf(seconds),
      ...(found?.name === undefined ? {} : { name: found.name }),
      ...(found?.description === undefined ? {} : { description: found.description }),
    });
    this.#positions.set(key, position);
    return position;
  }

  #derivedInterface(index: number, kind: DerivedPacket['kind'], seconds: number): number {
    const key = `${kind} ${index}${lateMark(seconds)}`;
    const known = this.#positions.get(key);
    if (known !== undefined) return known;
    const name = this.#interfaces[index]?.name ?? `interface ${index}`;
    const position = this.#writer.addInterface({
      linkType: LINKTYPE_RAW,
      ...resolutionOf(seconds),
      name: kind === 'decrypted' ? `decrypted ESP of ${name}` : `reassembled of ${name}`,
      description: 'made by mip6guard: packets that were not on the wire as such',
    });
    this.#positions.set(key, position);
    return position;
  }
}

/** Tells interfaces with another resolution apart. */
function lateMark(seconds: number): string {
  return seconds > LAST_NANOSECONDS ? ' late' : '';
}

function resolutionOf(seconds: number): { resolution?: typeof MICROSECONDS } {
  return seconds > LAST_NANOSECONDS ? { resolution: MICROSECONDS } : {};
}

/** The text, cut where an option cannot hold it. */
function shortened(text: string): string {
  if (text.length <= FITTING || encoder.encode(text).length <= MAX_OPTION) return text;
  return `${text.slice(0, FITTING)}…`;
}
