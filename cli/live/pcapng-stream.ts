/**
 * A pcapng file that grows while packets come, and ends with what was lost.
 */
import { PcapngWriter } from '../../dissectors/capture-file/index.ts';
import { OutputOctets } from '../../dissectors/capture-file/output-octets.ts';
import type { CaptureInterface, PacketRecord } from '../../engine/ports.ts';
import type { InterfaceCounts } from '../../io/capture/live-source.ts';
import type { OctetSink } from '../../io/output.ts';

/** Octets collected before they go to the sink. */
const TAKE_AT = 64 * 1024;
/** libpcap hands over microseconds. */
const MICROSECONDS = { base: 10, exponent: 6 } as const;
/** draft-ietf-opsawg-pcapng section 4.6. */
const INTERFACE_STATISTICS_BLOCK = 5;
const ISB_IFRECV = 4;
const ISB_IFDROP = 5;
const ISB_OSDROP = 7;
const ISB_USRDELIV = 8;

/** Writes one section to a sink. Its methods throw OutputError. */
export class PcapngStream {
  /** Octets written so far. */
  octets = 0;
  packets = 0;
  readonly #sink: OctetSink;
  readonly #interfaces: readonly CaptureInterface[];
  readonly #writer = new PcapngWriter([]);
  /** Interfaces described so far. */
  #described = 0;

  /** @param interfaces of the source; may grow */
  constructor(sink: OctetSink, interfaces: readonly CaptureInterface[]) {
    this.#sink = sink;
    this.#interfaces = interfaces;
    this.#describe();
    this.#hand();
  }

  /** @param comments of the packet */
  write(record: PacketRecord, comments?: readonly string[]): void {
    if (this.#described < this.#interfaces.length) this.#describe();
    this.#writer.write(comments === undefined ? record : { ...record, comments });
    this.packets++;
    if (this.#writer.pending >= TAKE_AT) this.#hand();
  }

  /** Octets of the file, with those that wait to be handed over. */
  get length(): number {
    return this.octets + this.#writer.pending;
  }

  /** Makes what was written readable for others. */
  flush(): void {
    this.#hand();
    this.#sink.flush();
  }

  /**
   * Ends the section.
   * @param counts of the interfaces since the start of the capture, by name
   * @param microseconds since 1970
   */
  end(counts: readonly InterfaceCounts[], microseconds: number): void {
    this.#hand();
    const out = new OutputOctets('little-endian');
    const told = new Set<string>();
    this.#interfaces.forEach(({ name }, index) => {
      const count = counts.find((item) => item.name === name);
      // An interface that came back with another link type has two descriptions and one count.
      if (count === undefined || told.has(count.name)) return;
      told.add(count.name);
      writeStatistics(out, index, count, microseconds);
    });
    this.#put(out.take());
    this.#sink.flush();
  }

  #describe(): void {
    for (const { linkType, snapLength, name } of this.#interfaces.slice(this.#described)) {
      const named = name === undefined ? {} : { name };
      this.#writer.addInterface({ linkType, snapLength, resolution: MICROSECONDS, ...named });
      this.#described++;
    }
  }

  #hand(): void {
    this.#put(this.#writer.take());
  }

  #put(octets: Uint8Array): void {
    this.octets += octets.length;
    this.#sink.writeOctets(octets);
  }
}

/** Interface Statistics Block. draft-ietf-opsawg-pcapng section 4.6. */
function writeStatistics(
  out: OutputOctets,
  index: number,
  count: InterfaceCounts,
  microseconds: number,
): void {
  const { received, dropped, droppedByInterface, shedPayload, shedSignalling } = count;
  const block = out.beginBlock(INTERFACE_STATISTICS_BLOCK);
  out.u32(index);
  out.u32(Math.floor(microseconds / 2 ** 32));
  out.u32(microseconds % 2 ** 32);
  // isb_ifdrop holds all that never reached the capture, as dumpcap writes it: readers show that one.
  const lost = dropped + droppedByInterface;
  const values = [
    [ISB_IFRECV, received],
    [ISB_IFDROP, lost],
    [ISB_OSDROP, dropped],
    [ISB_USRDELIV, Math.max(0, received - dropped - shedPayload - shedSignalling)],
  ] as const;
  for (const [code, value] of values) {
    out.u16(code);
    out.u16(8);
    out.u64(BigInt(value));
  }
  out.endOptions();
  out.endBlock(block);
}
