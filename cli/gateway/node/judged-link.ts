/**
 * A link of a node whose frames are judged before the node sees them, and watched when it sends: the gateway and what it
 * protects in one process.
 */
import type { LinkPort, PacketRecord, Scheduler } from '../../../engine/ports.ts';

/** LINKTYPE_ETHERNET. */
const ETHERNET = 1;

/** Who judges; a `PacketJudge` is one. */
export interface FrameJudge {
  /** @returns whether the frame may reach the node */
  judge(record: PacketRecord): boolean;
  /** Takes note of a frame that the node has sent. */
  observe(record: PacketRecord): void;
}

/** What a judged link is made of. */
export interface JudgedLinkOptions {
  readonly port: LinkPort;
  readonly judge: FrameJudge;
  readonly scheduler: Pick<Scheduler, 'wallClock'>;
  /** Index among the interfaces that the judge knows. */
  readonly interfaceIndex: number;
  /** Numbers packets over all links of the node, from 1. */
  readonly next: () => number;
  /** A frame whose judge throws reaches the node. */
  readonly isFailingOpen: boolean;
}

/** Counts of a judged link, since it was made; exact. */
export interface JudgedLinkCounts {
  passed: number;
  dropped: number;
  /** Reached the node, or did not, because the judge has failed. */
  passedUnjudged: number;
  droppedUnjudged: number;
  /** Sent by the node, and taken note of. */
  observed: number;
}

/** A port in front of which a judge stands. */
export class JudgedLink implements LinkPort {
  onFrame: ((frame: Uint8Array) => void) | undefined;
  readonly counts: JudgedLinkCounts = {
    passed: 0,
    dropped: 0,
    passedUnjudged: 0,
    droppedUnjudged: 0,
    observed: 0,
  };
  readonly #options: JudgedLinkOptions;

  constructor(options: JudgedLinkOptions) {
    this.#options = options;
    options.port.onFrame = (frame) => {
      if (this.#mayPass(frame)) this.onFrame?.(frame);
    };
  }

  get name(): string {
    return this.#options.port.name;
  }

  get linkLayerAddress(): Uint8Array {
    return this.#options.port.linkLayerAddress;
  }

  get mtu(): number {
    return this.#options.port.mtu;
  }

  get isUp(): boolean {
    return this.#options.port.isUp;
  }

  get onStateChange(): ((isUp: boolean) => void) | undefined {
    return this.#options.port.onStateChange;
  }

  set onStateChange(tell: ((isUp: boolean) => void) | undefined) {
    this.#options.port.onStateChange = tell;
  }

  /** What the node says is state of the judge too: acknowledgements make bindings. It is never held back. */
  send(frame: Uint8Array): void {
    const { port, judge } = this.#options;
    try {
      judge.observe(this.#record(frame));
      this.counts.observed++;
    } catch {
      // Whoever judges has told of it; the node goes on.
    }
    port.send(frame);
  }

  #mayPass(frame: Uint8Array): boolean {
    const { judge, isFailingOpen } = this.#options;
    let mayPass: boolean;
    try {
      mayPass = judge.judge(this.#record(frame));
    } catch {
      if (isFailingOpen) this.counts.passedUnjudged++;
      else this.counts.droppedUnjudged++;
      return isFailingOpen;
    }
    if (mayPass) this.counts.passed++;
    else this.counts.dropped++;
    return mayPass;
  }

  #record(frame: Uint8Array): PacketRecord {
    const { scheduler, interfaceIndex, next } = this.#options;
    const time = scheduler.wallClock;
    const seconds = Math.floor(time);
    return {
      bytes: frame,
      offset: 0,
      end: frame.length,
      originalLength: frame.length,
      seconds,
      nanoseconds: Math.min(999_999_999, Math.floor((time - seconds) * 1e9)),
      linkType: ETHERNET,
      interfaceIndex,
      inputIndex: 0,
      number: next(),
      fileOffset: 0,
    };
  }
}
