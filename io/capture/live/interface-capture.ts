/**
 * One interface: its packets into its ring, its counts, and its going and coming back.
 */
import type { InterfaceCounts } from '../live-source.ts';
import type { CaptureBackend, CaptureHandle, OpenSettings } from './backend.ts';
import { LiveError } from './live-error.ts';
import { PacketRing } from './packet-ring.ts';
import { isPayload } from './payload.ts';
import type { SocketState } from './sockets.ts';

/** First and longest pause before an interface that is gone is tried again, milliseconds. */
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 4000;

/** Told of what happens to an interface. */
export interface InterfaceHooks {
  /** @returns index of the interface with this link type among those of the source */
  onInterface(linkType: number): number;
  onFault(code: LiveFaultCode, message: string): void;
}

/** Faults of a capture that goes on. */
export const LIVE_FAULTS = {
  LIVE_INTERFACE_DOWN: 'the interface went down; the capture goes on when it comes up',
  LIVE_INTERFACE_GONE: 'the interface is gone; it is opened again when it comes back',
  LIVE_INTERFACE_REFUSED: 'the interface came back and cannot be opened',
  LIVE_INTERFACE_BACK: 'the interface is back',
} as const;

/** One of the codes of {@link LIVE_FAULTS}. */
export type LiveFaultCode = keyof typeof LIVE_FAULTS;

/** Counts that are written by their owner alone. */
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Captures from one interface. */
export class InterfaceCapture {
  readonly name: string;
  readonly ring: PacketRing;
  readonly counts: Mutable<InterfaceCounts>;
  /** Packets that come are left out, and counted nowhere. */
  isPaused = false;
  readonly #backend: CaptureBackend;
  readonly #settings: OpenSettings;
  readonly #hooks: InterfaceHooks;
  #handle: CaptureHandle | undefined;
  #interfaceIndex = 0;
  /** Packets taken from the kernel. */
  #taken = 0;
  /** Losses of handles that are closed. */
  #kernelBefore = 0;
  #interfaceBefore = 0;
  #arrival = 0;
  /** Fault of the last opening that failed, so that it is told once. */
  #refusal: string | undefined;
  #pause = FIRST_PAUSE;
  #nextAttempt = 0;
  readonly #onFrame = (): void => {
    this.#take();
  };

  /**
   * Opens the interface. Throws LiveError.
   * @param octets size of the ring
   */
  constructor(
    name: string,
    octets: number,
    settings: OpenSettings,
    backend: CaptureBackend,
    hooks: InterfaceHooks,
  ) {
    this.name = name;
    this.#settings = settings;
    this.#backend = backend;
    this.#hooks = hooks;
    this.counts = {
      name,
      received: 0,
      dropped: 0,
      droppedByInterface: 0,
      shedPayload: 0,
      shedSignalling: 0,
      fault: undefined,
      recoveries: 0,
    };
    this.#handle = backend.open(name, settings, this.#onFrame);
    this.#interfaceIndex = hooks.onInterface(this.#handle.linkType);
    this.ring = new PacketRing(octets);
  }

  /** Undefined while it is gone. */
  get handle(): CaptureHandle | undefined {
    return this.#handle;
  }

  /**
   * Empties the ring of the kernel.
   * @param now milliseconds, whole and below 2**32
   */
  pump(now: number): void {
    this.#arrival = now;
    const handle = this.#handle;
    if (handle === undefined || handle.dispatch()) return;
    this.#lose(now);
  }

  /** Brings the counts up to date. */
  refresh(): void {
    const losses = this.#handle?.losses();
    const { counts } = this;
    counts.dropped = this.#kernelBefore + (losses?.kernel ?? 0);
    counts.droppedByInterface = this.#interfaceBefore + (losses?.interface ?? 0);
    counts.received = this.#taken + counts.dropped;
  }

  /**
   * Looks after the interface; called a few times a second.
   * @param state of the socket of `handle`; undefined when it is not known
   */
  supervise(state: SocketState, now: number): void {
    if (this.#handle === undefined) {
      this.#tryAgain(now);
      return;
    }
    const { counts } = this;
    if (state === 'gone') this.#lose(now);
    else if (state === 'down' && counts.fault === undefined) {
      counts.fault = 'down';
      this.#tell('LIVE_INTERFACE_DOWN', LIVE_FAULTS.LIVE_INTERFACE_DOWN);
    } else if (state === 'up' && counts.fault !== undefined) this.#recovered();
  }

  /** Gives the interface back. */
  close(): void {
    this.#release();
    this.#nextAttempt = Number.POSITIVE_INFINITY;
  }

  #take(): void {
    const handle = this.#handle;
    if (handle === undefined || this.isPaused) return;
    const { frame, header, linkType } = handle;
    const captured = header[2] ?? 0;
    const length = captured < frame.length ? captured : frame.length;
    const { ring, counts } = this;
    this.#taken++;
    // Payload goes first, and signalling only where there is no room at all.
    if (ring.isAboveMark && isPayload(frame, 0, length, linkType)) {
      counts.shedPayload++;
      return;
    }
    const isIn = ring.put(
      frame,
      length,
      header[3] ?? 0,
      header[0] ?? 0,
      header[1] ?? 0,
      this.#interfaceIndex,
      linkType,
      this.#arrival,
    );
    if (!isIn) counts.shedSignalling++;
  }

  #release(): void {
    const handle = this.#handle;
    if (handle === undefined) return;
    handle.close();
    const losses = handle.losses();
    this.#kernelBefore += losses.kernel;
    this.#interfaceBefore += losses.interface;
    this.#handle = undefined;
    this.refresh();
  }

  #lose(now: number): void {
    this.#release();
    this.counts.fault = 'gone';
    this.#refusal = undefined;
    this.#pause = FIRST_PAUSE;
    this.#nextAttempt = now + this.#pause;
    this.#tell('LIVE_INTERFACE_GONE', LIVE_FAULTS.LIVE_INTERFACE_GONE);
  }

  #tryAgain(now: number): void {
    if (now < this.#nextAttempt) return;
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
    this.#nextAttempt = now + this.#pause;
    const known = this.#backend.interfaces();
    // An opening that fails costs memory each time: wait until the name is there again.
    if (known.length > 0 && !known.includes(this.name)) return;
    try {
      const handle = this.#backend.open(this.name, this.#settings, this.#onFrame);
      this.#interfaceIndex = this.#hooks.onInterface(handle.linkType);
      this.#handle = handle;
      this.#recovered();
    } catch (error) {
      if (!(error instanceof LiveError)) throw error;
      this.#refuse(error);
    }
  }

  #refuse({ code, message }: LiveError): void {
    if (code === 'ERR_LIVE_INTERFACE_UNKNOWN') return;
    const isDown = code === 'ERR_LIVE_INTERFACE_DOWN';
    const reason =
      code === 'ERR_LIVE_PERMISSION'
        ? 'this process gave up the privileges to open it; start it again, or let it keep CAP_NET_RAW'
        : message;
    this.counts.fault = isDown ? 'down' : `cannot be opened again: ${reason}`;
    if (isDown || this.#refusal === reason) return;
    this.#refusal = reason;
    this.#tell('LIVE_INTERFACE_REFUSED', `${LIVE_FAULTS.LIVE_INTERFACE_REFUSED}: ${reason}`);
  }

  #recovered(): void {
    this.counts.fault = undefined;
    this.counts.recoveries++;
    this.#refusal = undefined;
    this.#tell('LIVE_INTERFACE_BACK', LIVE_FAULTS.LIVE_INTERFACE_BACK);
  }

  #tell(code: LiveFaultCode, message: string): void {
    this.#hooks.onFault(code, `${this.name}: ${message}`);
  }
}
