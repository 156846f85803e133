/**
 * Interfaces between the engine and the outside; `io/` implements them.
 */

/**
 * One captured packet. A source fills the same object again for each packet, so whoever wants to keep
 * something copies it. `bytes` may be a chunk that is overwritten after the callback returns.
 */
export interface PacketRecord {
  /** Buffer that holds the captured octets at `[offset, end)`. */
  bytes: Uint8Array;
  offset: number;
  end: number;
  /** Length on the wire in octets; larger than `end - offset` when the capture cut the packet. */
  originalLength: number;
  /** Capture time: seconds since 1970 and nanoseconds 0..999999999, kept apart because a number cannot hold both. */
  seconds: number;
  nanoseconds: number;
  /** LINKTYPE_ value of the interface (1 Ethernet, 101 raw IP, 113 SLL, 276 SLL2 ...). */
  linkType: number;
  /** Index into `PacketSource.interfaces`. */
  interfaceIndex: number;
  /** Index into `PacketSource.inputs`. */
  inputIndex: number;
  /** 1-based packet number within its input, as other tools count. */
  number: number;
  /** Offset of the record in the (decompressed) input, in octets. */
  fileOffset: number;
}

/** One thing packets are read from. */
export interface CaptureInput {
  /** Name as the user knows it: path, or `-` for standard input. */
  readonly name: string;
  /** Packets delivered so far. */
  packets: number;
}

/** One capture interface of one input. */
export interface CaptureInterface {
  readonly inputIndex: number;
  /** Interface name of the capture file (pcapng if_name), when it has one. */
  readonly name: string | undefined;
  readonly description: string | undefined;
  readonly linkType: number;
  /** Capture length limit in octets; 0 = none. */
  readonly snapLength: number;
}

/** Something wrong with a capture file. Everything readable before and after it is still delivered. */
export interface CaptureFault {
  readonly inputIndex: number;
  /** Stable code, for example `CAPTURE_TRUNCATED`. */
  readonly code: string;
  /** What was found, what was expected, what to do. */
  readonly message: string;
  /** Octet offset in the (decompressed) input. */
  readonly fileOffset: number;
  /** Packets delivered from this input before the fault. */
  readonly packetsBefore: number;
}

/** How far a run is. Called a few times a second at most. */
export interface SourceProgress {
  readonly packets: number;
  /** Octets read of all inputs, and their total where it is known (0 when not, as for stdin). */
  readonly octetsRead: number;
  readonly octetsTotal: number;
}

/** Delivers packets in order of capture time (ties: input order, then file order). */
export interface PacketSource {
  readonly inputs: readonly CaptureInput[];
  /** Grows while reading; an interface is present before its first packet is delivered. */
  readonly interfaces: readonly CaptureInterface[];
  /** Faults found so far. */
  readonly faults: readonly CaptureFault[];
  /**
   * Reads all inputs. `onPacket` is called synchronously for every packet; now and then control goes back
   * to the event loop so that signals and timers run.
   * @param signal stops the run at the next packet boundary; the promise then resolves normally.
   */
  run(
    onPacket: (record: PacketRecord) => void,
    options?: { signal?: AbortSignal; onProgress?: (progress: SourceProgress) => void },
  ): Promise<void>;
}
