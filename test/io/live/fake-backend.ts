/**
 * Interfaces whose packets a test decides.
 */
import type {
  CaptureBackend,
  CaptureHandle,
  OnFrame,
  OpenSettings,
} from '../../../io/capture/live/backend.ts';
import { LiveError } from '../../../io/capture/live/live-error.ts';
import type { SocketState } from '../../../io/capture/live/sockets.ts';

/** A packet that waits in the kernel. */
export interface WaitingPacket {
  readonly bytes: Uint8Array;
  /** Microseconds since 1970. */
  readonly time: number;
}

/** One interface. */
export class FakeInterface {
  readonly waiting: WaitingPacket[] = [];
  state: SocketState = 'up';
  isThere = true;
  /** Why it cannot be opened. */
  refusal: LiveError | undefined;
  dropped = 0;
  opened = 0;
  closed = 0;

  add(bytes: Uint8Array, time: number): void {
    this.waiting.push({ bytes, time });
  }
}

class FakeHandle implements CaptureHandle {
  readonly linkType = 101;
  readonly frame = new Uint8Array(2048);
  readonly header = new Uint32Array(4);
  readonly owner: FakeInterface;
  readonly #onFrame: OnFrame;
  readonly #droppedBefore: number;

  constructor(owner: FakeInterface, onFrame: OnFrame) {
    this.owner = owner;
    this.#onFrame = onFrame;
    this.#droppedBefore = owner.dropped;
  }

  dispatch(): boolean {
    if (!this.owner.isThere) return false;
    for (const { bytes, time } of this.owner.waiting.splice(0)) {
      this.frame.set(bytes);
      this.header.set([Math.floor(time / 1e6), time % 1e6, bytes.length, bytes.length]);
      this.#onFrame();
    }
    return true;
  }

  losses(): { kernel: number; interface: number } {
    return { kernel: this.owner.dropped - this.#droppedBefore, interface: 0 };
  }

  close(): void {
    this.owner.closed++;
  }
}

/** A library with the interfaces of a test. */
export class FakeBackend implements CaptureBackend {
  readonly all: ReadonlyMap<string, FakeInterface>;
  settings: OpenSettings | undefined;

  constructor(names: readonly string[]) {
    this.all = new Map(names.map((name) => [name, new FakeInterface()]));
  }

  get(name: string): FakeInterface {
    const found = this.all.get(name);
    if (found === undefined) throw new Error(`the test has no interface ${name}`);
    return found;
  }

  interfaces(): readonly string[] {
    return [...this.all].filter(([, { isThere }]) => isThere).map(([name]) => name);
  }

  open(name: string, settings: OpenSettings, onFrame: OnFrame): CaptureHandle {
    this.settings = settings;
    const found = this.all.get(name);
    if (found?.isThere !== true) {
      throw new LiveError('ERR_LIVE_INTERFACE_UNKNOWN', `there is no interface '${name}'`);
    }
    if (found.refusal !== undefined) throw found.refusal;
    found.opened++;
    return new FakeHandle(found, onFrame);
  }

  states(handles: readonly CaptureHandle[]): readonly SocketState[] {
    return handles.map((handle) => (handle instanceof FakeHandle ? handle.owner.state : undefined));
  }
}
