/**
 * Opens interfaces as a source of packets.
 */
import { emptyPacketRecord } from '../../../engine/ports.ts';
import type {
  CaptureFault,
  CaptureInput,
  CaptureInterface,
  PacketRecord,
  RunOptions,
  SourceProgress,
} from '../../../engine/ports.ts';
import type { InterfaceCounts, LiveOptions, LiveSource } from '../live-source.ts';
import type { CaptureBackend, OpenSettings } from './backend.ts';
import { InterfaceCapture } from './interface-capture.ts';
import type { LiveFaultCode } from './interface-capture.ts';
import { LiveError } from './live-error.ts';
import { BLOCK_MILLISECONDS, pcapBackend } from './pcap-backend.ts';

/** Faults kept; an interface that goes up and down for ever is counted by `recoveries`. */
const MAX_FAULTS = 200;
const MEBIBYTE = 1024 * 1024;
const DEFAULT_SNAP_LENGTH = 262_144;
const DEFAULT_KERNEL_BUFFER = 32;
const DEFAULT_BUFFER = 64;
/** Interfaces of one capture; each has a part of the ring. */
const MAX_INTERFACES = 64;

/** Milliseconds between two looks into the rings of the kernel. */
const PUMP_MILLISECONDS = 5;
/** The same after so many looks without a packet. */
const IDLE_PUMP_MILLISECONDS = 20;
const LOOKS_UNTIL_IDLE = 100;
/** Milliseconds of work after which timers, signals and sockets get their turn. */
const SLICE_MILLISECONDS = 5;
/** Packets between two looks at the clock. */
const PACKETS_PER_LOOK = 16;
/** Milliseconds between two looks at the interfaces, and between two reports of progress. */
const SUPERVISE_MILLISECONDS = 250;
const PROGRESS_MILLISECONDS = 250;
/** Counts older than this are fetched again when somebody looks, milliseconds. */
const COUNTS_MILLISECONDS = 100;
/**
 * With several interfaces a packet waits so long for an older one of another interface, milliseconds: what is captured
 * by then has been handed over by the kernel.
 */
const HOLD_MILLISECONDS = BLOCK_MILLISECONDS + 2 * PUMP_MILLISECONDS;

function checkedNumber(
  name: string,
  value: number | undefined,
  fallback: number,
  least: number,
  most: number,
): number {
  const number = value ?? fallback;
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new LiveError(
    'ERR_LIVE_OPTION',
    `${name} is ${number}; it must be a whole number from ${least} to ${most}`,
  );
}

function checkInterfaces(names: readonly string[]): void {
  if (names.length === 0) {
    throw new LiveError('ERR_LIVE_OPTION', 'no interface is named', {
      hint: 'Name one with -i; mip6guard live -D lists them.',
    });
  }
  if (names.length > MAX_INTERFACES) {
    throw new LiveError(
      'ERR_LIVE_OPTION',
      `${names.length} interfaces; at most ${MAX_INTERFACES} are captured at once`,
    );
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new LiveError('ERR_LIVE_OPTION', `interface '${twice}' is named twice`);
}

/**
 * Opens interfaces for capture. All share one input, so `PacketRecord.number` counts over all of them, as in the file
 * that `-w` writes; each has its entry in `interfaces`, a second one when it comes back with another link type.
 *
 * Packets come in order of capture time, also across interfaces. `run` may be called once.
 *
 * @param backend what captures; by default the package `pcap`
 * @throws LiveError when one of the interfaces cannot be opened; none is open then
 */
export function openLive(options: LiveOptions, backend?: CaptureBackend): Promise<LiveSource> {
  return new Promise((resolve) => {
    resolve(new Capture(options, backend ?? pcapBackend()));
  });
}

/** Names of the interfaces there are. Throws LiveError when the package cannot be loaded. */
export function liveInterfaces(): readonly string[] {
  return pcapBackend().interfaces();
}

/** Milliseconds that fit a 32-bit word: 49 days, after which packets of the moment are held a little longer. */
function clock(): number {
  return Math.floor(performance.now()) >>> 0;
}

class Capture implements LiveSource {
  readonly inputs: CaptureInput[];
  readonly interfaces: CaptureInterface[] = [];
  readonly faults: CaptureFault[] = [];
  readonly #captures: InterfaceCapture[] = [];
  readonly #counts: InterfaceCounts[] = [];
  readonly #backend: CaptureBackend;
  readonly #input: CaptureInput;
  readonly #record: PacketRecord = emptyPacketRecord();
  readonly #size: number;
  readonly #snapLength: number;
  #isStarted = false;
  #isClosed = false;
  #octets = 0;
  /** Capture time of the packet delivered last, milliseconds since 1970. */
  #lastTime = 0;
  #countedAt = 0;
  #supervisedAt = 0;
  #pumpTimer: NodeJS.Timeout | undefined;
  /** Looks into the kernel's rings since the last packet. */
  #emptyLooks = 0;
  /** Ends the wait for packets. */
  #wake: (() => void) | undefined;

  constructor(options: LiveOptions, backend: CaptureBackend) {
    const { interfaces, filter, isPromiscuous = true } = options;
    checkInterfaces(interfaces);
    const { snapLength, kernelBuffer, buffer } = options;
    this.#snapLength = checkedNumber('snapLength', snapLength, DEFAULT_SNAP_LENGTH, 64, 262_144);
    const kernel = checkedNumber('kernelBuffer', kernelBuffer, DEFAULT_KERNEL_BUFFER, 1, 2047);
    const ring = checkedNumber('buffer', buffer, DEFAULT_BUFFER, 1, 4095) * MEBIBYTE;
    const settings: OpenSettings = {
      filter,
      snapLength: this.#snapLength,
      kernelBuffer: kernel * MEBIBYTE,
      isPromiscuous,
    };
    this.#backend = backend;
    this.#input = { name: interfaces.join(', '), packets: 0 };
    this.inputs = [this.#input];
    // A ring holds the largest packet, several times.
    const share = Math.max(MEBIBYTE, Math.floor(ring / interfaces.length));
    try {
      for (const name of interfaces) this.#open(name, share, settings);
    } catch (error) {
      this.close();
      throw error;
    }
    this.#size = this.#captures.reduce((sum, capture) => sum + capture.ring.size, 0);
  }

  get counts(): readonly InterfaceCounts[] {
    if (!this.#isClosed && performance.now() - this.#countedAt > COUNTS_MILLISECONDS) {
      this.#refresh();
    }
    return this.#counts;
  }

  get fill(): { readonly octets: number; readonly size: number } {
    const octets = this.#captures.reduce((sum, capture) => sum + capture.ring.used, 0);
    return { octets, size: this.#size };
  }

  get lag(): number {
    const isIdle = this.#captures.every((capture) => capture.ring.packets === 0);
    return isIdle || this.#lastTime === 0 ? 0 : Math.max(0, Date.now() - this.#lastTime);
  }

  setCapturing(isOn: boolean): void {
    for (const capture of this.#captures) {
      // What the kernel has was captured under the old setting.
      if (!this.#isClosed) capture.pump(clock());
      capture.isPaused = !isOn;
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#pumpTimer);
    for (const capture of this.#captures) capture.close();
    this.#wakeUp();
  }

  async run(onPacket: (record: PacketRecord) => void, options: RunOptions = {}): Promise<void> {
    if (this.#isStarted) throw new Error('a packet source runs once; open the interfaces again');
    this.#isStarted = true;
    const { signal } = options;
    const stop = (): void => {
      this.#wakeUp();
    };
    signal?.addEventListener('abort', stop, { once: true });
    this.#schedule();
    try {
      await this.#deliverAll(onPacket, options);
      options.onProgress?.(this.#progress());
    } finally {
      signal?.removeEventListener('abort', stop);
      this.close();
    }
  }

  async #deliverAll(
    onPacket: (record: PacketRecord) => void,
    { signal, backPressure, onProgress }: RunOptions,
  ): Promise<void> {
    let reportedAt = performance.now();
    let isEnding = false;
    for (;;) {
      const pressure = this.#slice(onPacket, backPressure, isEnding);
      if (onProgress !== undefined && performance.now() - reportedAt > PROGRESS_MILLISECONDS) {
        reportedAt = performance.now();
        onProgress(this.#progress());
      }
      if (!isEnding && (signal?.aborted === true || this.#isClosed)) {
        await this.#drain();
        isEnding = true;
      } else if (pressure !== undefined) await pressure;
      else if (this.#next(isEnding) !== undefined) await nextTurn();
      else if (isEnding) return;
      else await this.#wait(signal);
    }
  }

  /**
   * Hands packets over for a while.
   * @returns what the consumer wants to be waited for
   */
  #slice(
    onPacket: (record: PacketRecord) => void,
    backPressure: (() => Promise<void> | undefined) | undefined,
    isEnding: boolean,
  ): Promise<void> | undefined {
    const end = performance.now() + SLICE_MILLISECONDS;
    const record = this.#record;
    const input = this.#input;
    for (let looksLeft = PACKETS_PER_LOOK; ;) {
      const capture = this.#next(isEnding);
      if (capture === undefined) return undefined;
      const { ring } = capture;
      ring.peek(record);
      record.number = ++input.packets;
      record.fileOffset = this.#octets;
      this.#octets += record.end - record.offset;
      this.#lastTime = record.seconds * 1000 + record.nanoseconds / 1e6;
      onPacket(record);
      // After a failure of the consumer the packet is still there, and nobody asks for it again.
      ring.drop();
      const pressure = backPressure?.();
      if (pressure !== undefined) return pressure;
      if (--looksLeft > 0) continue;
      if (performance.now() >= end) return undefined;
      looksLeft = PACKETS_PER_LOOK;
    }
  }

  /** Interface with the oldest packet that may be handed over. */
  #next(isEnding: boolean): InterfaceCapture | undefined {
    const captures = this.#captures;
    if (captures.length === 1) {
      const [only] = captures;
      return only !== undefined && only.ring.packets > 0 ? only : undefined;
    }
    let best: InterfaceCapture | undefined;
    let bestTime = Number.POSITIVE_INFINITY;
    let isComplete = true;
    for (const capture of captures) {
      const { oldestTime } = capture.ring;
      if (oldestTime === Number.POSITIVE_INFINITY) isComplete = false;
      else if (oldestTime < bestTime) {
        bestTime = oldestTime;
        best = capture;
      }
    }
    if (best === undefined || isComplete || isEnding) return best;
    const waited = (clock() - best.ring.oldestArrival) >>> 0;
    return waited >= HOLD_MILLISECONDS ? best : undefined;
  }

  /** Takes the last packets of the kernel and gives the interfaces back. */
  async #drain(): Promise<void> {
    if (this.#isClosed) return;
    // A block that is not full yet is handed over after its time.
    await new Promise((resolve) => {
      setTimeout(resolve, 2 * BLOCK_MILLISECONDS);
    });
    this.#pump();
    this.#refresh();
    this.close();
  }

  /** Until packets come, the signal is aborted, or one that is held may go. */
  #wait(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted === true || this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  #schedule(): void {
    if (this.#isClosed) return;
    const isIdle = this.#emptyLooks >= LOOKS_UNTIL_IDLE;
    this.#pumpTimer = setTimeout(
      () => {
        this.#pump();
        this.#schedule();
      },
      isIdle ? IDLE_PUMP_MILLISECONDS : PUMP_MILLISECONDS,
    );
  }

  #pump(): void {
    if (this.#isClosed) return;
    const now = clock();
    let hasPackets = false;
    for (const capture of this.#captures) {
      capture.pump(now);
      hasPackets ||= capture.ring.packets > 0;
    }
    if ((now - this.#supervisedAt) >>> 0 >= SUPERVISE_MILLISECONDS) this.#supervise(now);
    this.#emptyLooks = hasPackets ? 0 : this.#emptyLooks + 1;
    if (hasPackets) this.#wakeUp();
  }

  #supervise(now: number): void {
    this.#supervisedAt = now;
    const open = this.#captures.flatMap((capture) => capture.handle ?? []);
    const states = this.#backend.states(open);
    for (const capture of this.#captures) {
      const { handle } = capture;
      capture.supervise(handle === undefined ? undefined : states[open.indexOf(handle)], now);
    }
  }

  #refresh(): void {
    this.#countedAt = performance.now();
    for (const capture of this.#captures) capture.refresh();
  }

  #open(name: string, octets: number, settings: OpenSettings): void {
    const capture = new InterfaceCapture(name, octets, settings, this.#backend, {
      onInterface: (linkType) => this.#interfaceOf(name, linkType),
      onFault: (code, message) => {
        this.#fault(code, message);
      },
    });
    this.#captures.push(capture);
    this.#counts.push(capture.counts);
  }

  #interfaceOf(name: string, linkType: number): number {
    const known = this.interfaces.findIndex(
      (item) => item.name === name && item.linkType === linkType,
    );
    if (known >= 0) return known;
    const snapLength = this.#snapLength;
    const found = { inputIndex: 0, name, description: undefined, linkType, snapLength };
    return this.interfaces.push(found) - 1;
  }

  #fault(code: LiveFaultCode, message: string): void {
    if (this.faults.length >= MAX_FAULTS) return;
    const { packets } = this.#input;
    const at = { inputIndex: 0, fileOffset: this.#octets, packetsBefore: packets };
    this.faults.push({ code, message, ...at });
  }

  #progress(): SourceProgress {
    return { packets: this.#input.packets, octetsRead: this.#octets, octetsTotal: 0 };
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
