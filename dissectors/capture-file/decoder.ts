import type { CaptureFaultCode } from './faults.ts';

/** A packet was read. */
export const NEXT_PACKET = 0;
/** More octets are needed, `need` from the start of the window; then call again. */
export const NEXT_MORE = 1;
/** Nothing more comes. */
export const NEXT_END = 2;

/** What {@link CaptureDecoder.next} found. */
export type NextStatus = typeof NEXT_PACKET | typeof NEXT_MORE | typeof NEXT_END;

/**
 * Largest captured length that is believed, in octets. Real captures stay below 262144; some tools
 * reassemble before they write.
 */
export const MAX_CAPTURED_LENGTH = 16 * 1024 * 1024;

/**
 * Captured length that needs no second look, in octets: the limit other readers have, and the one
 * writers use for "whole packets".
 */
export const USUAL_CAPTURED_LENGTH = 262_144;

/** Octets behind damage after which the search for the next record gives up; the rest of the file is not read. */
export const SEARCH_LIMIT = 32 * 1024 * 1024;

/** One packet, filled in place; the caller gives the same object again and again. */
export interface CapturedPacket {
  /** Buffer with the captured octets at `[offset, end)`; valid until octets are added to the window. */
  bytes: Uint8Array;
  offset: number;
  end: number;
  /** Length on the wire in octets, never less than `end - offset`. */
  originalLength: number;
  /** Seconds since 1970, 0..253402300799, and nanoseconds 0..999999999. */
  seconds: number;
  nanoseconds: number;
  /** LINKTYPE_ value. */
  linkType: number;
  /** What `DecoderHooks.onInterface` returned for the interface of this packet. */
  interfaceIndex: number;
  /** 1-based number of the packet in its file. */
  number: number;
  /** Offset of the record or block in the file, octets. */
  fileOffset: number;
  /** Octets of the options that follow those of the packet (pcapng), filled up to four; undefined = none. */
  optionsLength?: number;
  /** Byte order of those options. */
  isLittleEndian?: boolean;
}

/** A capture interface found in a file. */
export interface DecodedInterface {
  readonly name: string | undefined;
  readonly description: string | undefined;
  readonly linkType: number;
  /** Capture length limit, octets; 0 = none. */
  readonly snapLength: number;
}

/** How a decoder tells what it finds beside packets. Called from inside `next`. */
export interface DecoderHooks {
  /**
   * An interface was described; comes before its first packet.
   * @returns the number to put into `CapturedPacket.interfaceIndex`
   */
  onInterface(found: DecodedInterface): number;
  /** Something is wrong at `fileOffset` (octets from the start of the file). */
  onFault(code: CaptureFaultCode, message: string, fileOffset: number): void;
}

/**
 * Reads packets out of an {@link OctetWindow}. Never throws, whatever the octets are.
 */
export interface CaptureDecoder {
  /** After {@link NEXT_MORE}: octets that must be in the window, counted from its start. */
  readonly need: number;
  /** Packets delivered so far. */
  readonly packets: number;
  /**
   * Fills `packet` with the next one and consumes it from the window.
   * A decoder that asks for more makes progress as soon as `need` octets are there or `finish` was called.
   */
  next(packet: CapturedPacket): NextStatus;
  /**
   * No octets come any more.
   * @param cutIsKnown the input is known to be incomplete (a cut gzip file for example): a cut-off last record is
   *   then no news and not reported again
   */
  finish(cutIsKnown?: boolean): void;
}

/** An object for `CaptureDecoder.next` to fill. */
export function emptyPacket(): CapturedPacket {
  return {
    bytes: new Uint8Array(0),
    offset: 0,
    end: 0,
    originalLength: 0,
    seconds: 0,
    nanoseconds: 0,
    linkType: 0,
    interfaceIndex: 0,
    number: 0,
    fileOffset: 0,
  };
}
