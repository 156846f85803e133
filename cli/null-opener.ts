/**
 * Opens ESP without keys, for the field trees of packets: what is recognised as having NULL encryption.
 */
import { copyOctets, equalBytes, u32 } from '../dissectors/core/bytes.ts';
import type { Ipv6View, OpenEsp, OpenedEsp } from '../dissectors/index.ts';
import { EspFlows, FlowLayout } from '../engine/ipsec/esp-flows.ts';
import type { EspSight, NullGuess } from '../engine/ipsec/esp-null.ts';

const ADDRESS = 16;
/** SPI and sequence number. */
const HEADER = 8;

/** Knows the flows of one reading, whose packets it is asked about in their order. */
export class NullOpener {
  readonly #flows = new EspFlows();
  /** Source, destination, SPI and sequence number of the packet at hand. */
  readonly #key = new Uint8Array(2 * ADDRESS + HEADER);
  readonly #sight: EspSight = {
    bytes: new Uint8Array(),
    esp: 0,
    end: 0,
    sourceBytes: this.#key,
    source: 0,
    destinationBytes: this.#key,
    destination: ADDRESS,
  };
  /** Packets so far: flows go by their age. */
  #count = 0;
  /** The packet looked at last, so that it counts once. */
  #last: { tail: number; end: number; guess: NullGuess | undefined; isOpen: boolean } = {
    tail: 0,
    end: 0,
    guess: undefined,
    isOpen: false,
  };

  /** For trees: opens what is in the clear. IPv6 only. */
  readonly openEsp: OpenEsp = (bytes, offset, end, source, destination) => {
    if (source.length !== ADDRESS || destination.length !== ADDRESS) return undefined;
    const guess = this.#look(bytes, offset, end, source, 0, destination, 0);
    return guess === undefined ? undefined : openedBy(guess, bytes, end);
  };

  /** Whether the ESP packet at `view.esp` is in the clear. The tree of the same packet may be made afterwards. */
  isReadable(view: Ipv6View): boolean {
    const { bytes, esp, end, effectiveSource, effectiveDestination } = view;
    return (
      this.#look(bytes, esp, end, bytes, effectiveSource, bytes, effectiveDestination) !== undefined
    );
  }

  #look(
    bytes: Uint8Array,
    esp: number,
    end: number,
    sourceBytes: Uint8Array,
    source: number,
    destinationBytes: Uint8Array,
    destination: number,
  ): NullGuess | undefined {
    if (end - esp < HEADER) return undefined;
    const key = this.#key;
    let isSame = put(key, 0, sourceBytes, source, ADDRESS);
    isSame = put(key, ADDRESS, destinationBytes, destination, ADDRESS) && isSame;
    isSame = put(key, 2 * ADDRESS, bytes, esp, HEADER) && isSame;
    const last = this.#last;
    const tail = u32(bytes, end - 4);
    if (isSame && last.tail === tail && last.end === end && last.guess !== undefined) {
      return last.isOpen ? last.guess : undefined;
    }
    const sight = this.#sight;
    sight.bytes = bytes;
    sight.esp = esp;
    sight.end = end;
    const time = this.#count++;
    const size = end - esp;
    const flow = this.#flows.note(key, 2 * ADDRESS, 0, ADDRESS, FlowLayout.PLAIN, size, time);
    last.guess = flow.guess;
    last.tail = tail;
    last.end = end;
    last.isOpen = flow.guess.open(sight);
    return last.isOpen ? flow.guess : undefined;
  }
}

/** Copies octets. @returns whether they were there before */
function put(
  key: Uint8Array,
  at: number,
  bytes: Uint8Array,
  from: number,
  length: number,
): boolean {
  const isSame = equalBytes(key, at, bytes, from, length);
  for (let i = 0; i < length; i++) key[at + i] = bytes[from + i] ?? 0;
  return isSame;
}

function openedBy(guess: NullGuess, bytes: Uint8Array, end: number): OpenedEsp {
  const { ivLength, icvLength, payloadOffset, proof } = guess;
  return {
    bytes: copyOctets(bytes, payloadOffset, end - icvLength),
    ivLength,
    icvLength,
    icv: 'not-checked',
    ...(proof === undefined ? {} : { recognisedBy: proof }),
  };
}
