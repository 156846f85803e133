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
  /**
   * Octets of the options that follow those of the packet (pcapng), filled up to four; undefined = none, or not
   * handed over.
   */
  optionsLength?: number;
  /** Byte order of those options. */
  isLittleEndian?: boolean;
  /** What a reading thread found when it opened the ESP header of the packet ahead of the engine. */
  preopened?: PreopenedEsp | undefined;
}

/** One attempt to open an ESP packet. */
export interface EspAttempt {
  /** Index of the association in the list that the engine was given. */
  association: number;
  /** EspStatus of `engine/crypto/esp.ts`. */
  status: number;
  integrityVerified: boolean;
}

/** Outcome of opening an ESP header of the outermost IPv6 header without the engine's state. */
export interface PreopenedEsp {
  /** Offset of the ESP header in the record's `bytes`. */
  offset: number;
  /** Attempts in order; only the last can be the one that opened it. */
  readonly attempts: EspAttempt[];
  /** How many of `attempts` count. */
  count: number;
  /** Plaintext of the last attempt. */
  bytes: Uint8Array;
  payloadOffset: number;
  payloadEnd: number;
  nextHeader: number;
  padLength: number;
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

/** How a source runs. */
export interface RunOptions {
  /** Stops the run at the next packet boundary; its promise then resolves normally. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SourceProgress) => void;
  /** Asked after every packet; a promise makes the source wait for it. */
  readonly backPressure?: () => Promise<void> | undefined;
}

/** Delivers packets in order of capture time (ties: input order, then file order). */
export interface PacketSource {
  readonly inputs: readonly CaptureInput[];
  /** Grows while reading; an interface is present before its first packet is delivered. */
  readonly interfaces: readonly CaptureInterface[];
  /** Faults found so far. */
  readonly faults: readonly CaptureFault[];
  /**
   * Reads all inputs. `onPacket` is called synchronously for every packet; now and then control goes back to the
   * event loop so that signals and timers run.
   */
  run(onPacket: (record: PacketRecord) => void, options?: RunOptions): Promise<void>;
}

/** A record to be filled. */
export function emptyPacketRecord(): PacketRecord {
  return {
    bytes: new Uint8Array(),
    offset: 0,
    end: 0,
    originalLength: 0,
    seconds: 0,
    nanoseconds: 0,
    linkType: 0,
    interfaceIndex: 0,
    inputIndex: 0,
    number: 0,
    fileOffset: 0,
  };
}

/** One link that a node stands on: whole Ethernet frames in both directions. */
export interface LinkPort {
  /** Name of the interface, for people. */
  readonly name: string;
  /** 6 octets. */
  readonly linkLayerAddress: Uint8Array;
  /** Largest IPv6 packet in octets, 1280 or more. */
  readonly mtu: number;
  /** Whether frames pass at present. */
  readonly isUp: boolean;
  /** Puts a frame on the link. Never throws: what cannot be sent is lost, as on any link. The octets belong to the port then. */
  send(frame: Uint8Array): void;
  /** Set by the node. The octets are the node's only during the call, unless it copies them. */
  onFrame: ((frame: Uint8Array) => void) | undefined;
  /** Set by the node: the link came up or went down. */
  onStateChange: ((isUp: boolean) => void) | undefined;
}

/** The programs of the machine that a node runs on: whole IPv6 packets in both directions, as through a TUN device. */
export interface LocalStack {
  /** Largest IPv6 packet in octets. */
  readonly mtu: number;
  /** Hands a packet to the programs. Never throws. */
  deliver(packet: Uint8Array): void;
  /** Set by the node: a program sends. The octets are the node's only during the call. */
  onPacket: ((packet: Uint8Array) => void) | undefined;
}

/** Something to happen later. */
export interface ScheduledAction {
  readonly isPending: boolean;
  cancel(): void;
}

/** Time as nodes know it: real, or virtual in tests. */
export interface Scheduler {
  /** Milliseconds of a clock that never goes back. */
  readonly now: number;
  /** Seconds since 1970, with fractions: for timestamps on the wire and in files only. */
  readonly wallClock: number;
  /** Calls `action` once, `delay` milliseconds from now (0 or more), never during this call. */
  after(delay: number, action: () => void): ScheduledAction;
}

/** Octets that nobody can guess; seeded in tests. */
export interface RandomSource {
  octets(count: number): Uint8Array;
}

/** A home registration as it is kept. Addresses are 16 octets. */
export interface StoredBinding {
  readonly homeAddress: Uint8Array;
  readonly careOfAddress: Uint8Array;
  /** Address of the home agent that the mobile node registered with. */
  readonly localAddress: Uint8Array;
  /** Sequence number accepted last, 0..65535. */
  readonly sequence: number;
  /** Seconds granted. */
  readonly lifetime: number;
  /** Seconds since 1970: end of the binding, or of the memory of a de-registered one. */
  readonly expiresAt: number;
  readonly hasLinkLocal: boolean;
  readonly hasKeyMobility: boolean;
  readonly isMobileRouter: boolean;
  /** Further care-of addresses by Binding Identifier. RFC 5648. */
  readonly careOfAddresses?: ReadonlyMap<number, Uint8Array> | undefined;
  /** De-registered: only its sequence number still counts. RFC 6275 section 10.3.2, MAX_DELETE_BCE_TIMEOUT. */
  readonly isDeleted: boolean;
}

/** Keeps one record a home address. Never throws: what cannot be kept is the store's own to tell. */
export interface BindingStore {
  /** Whether records survive the machine: the Binding Refresh Advice is left out then. RFC 6275 section 10.3.1. */
  readonly isNonVolatile: boolean;
  /** Called before the acknowledgement leaves; replaces the record of the home address. */
  save(binding: StoredBinding): void;
  remove(homeAddress: Uint8Array): void;
  /** All records, in any order; asked once, when a home agent starts. */
  load(): Iterable<StoredBinding>;
}

/** Sequence numbers of a security association of a node, as they are kept over a restart. */
export interface AssociationState {
  readonly name: string;
  readonly protocol: 'esp' | 'ah';
  readonly direction: 'in' | 'out';
  readonly spi: number;
  /** Sent last, or highest that was taken; 0..2**53-1. */
  readonly sequence: number;
}

/**
 * A place in the path of packets: each waits there for a verdict. Records are filled again for each packet, as those of a
 * `PacketSource`; `interfaceIndex` is where the packet came in, `inputIndex` is 0.
 */
export interface VerdictSource {
  /** What it is, for people: "queue 7", "ports eth0 and eth1". */
  readonly name: string;
  /** One element: the source itself. */
  readonly inputs: readonly CaptureInput[];
  /** Grows; an interface is present before its first packet is delivered. */
  readonly interfaces: readonly CaptureInterface[];
  /**
   * Set by whoever judges: true lets the packet pass, false drops it. Called synchronously, one packet at a time. The octets
   * are the judge's only during the call. When it throws, the packet is treated as one that nobody judged.
   */
  onPacket: ((record: PacketRecord) => boolean) | undefined;
  /** Set by whoever judges: the path itself failed (interface gone, queue taken away), in one sentence. */
  onFault: ((sentence: string) => void) | undefined;
  counts(): VerdictCounts;
  /** Gives the place up; what waits is treated as nobody judged it. Never throws. */
  close(): void;
}

/** Numbers of packets since the source was opened; exact. */
export interface VerdictCounts {
  /** Answered by `onPacket`: `passed` + `dropped`. */
  readonly judged: number;
  readonly passed: number;
  readonly dropped: number;
  /** Let pass without a judge: by the kernel because the queue was full, or because they had waited too long. */
  readonly passedUnjudged: number;
  /** Dropped without a judge: the queue was full in closed mode, the kernel could not hand them over. */
  readonly droppedUnjudged: number;
  /** In the kernel at this moment. */
  readonly waiting: number;
}
