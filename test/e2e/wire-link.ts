/**
 * The other end of a link of a process: frames are sent and awaited in the turn of the test, so that a case reads as it does
 * on the virtual clock.
 */
import { closeSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { openPacketSocket } from '../../io/inline/packet-socket.ts';
import { VIRTIO_HEADER } from '../../io/inline/offload.ts';
import { openKernel } from '../../io/native/koffi-kernel.ts';
import type { Kernel, NativeMemory } from '../../io/native/kernel.ts';
import type { WirePort } from '../nodes/wire-peer.ts';

const CLONE_NEWNET = 0x4000_0000;
const SLOT = VIRTIO_HEADER + 65_536;
const NAMESPACES = '/run/netns';
const OWN = '/proc/thread-self/ns/net';

type Call = (...values: readonly number[]) => number;

interface Library {
  func(definition: string): Call;
}

interface Loader {
  load(name: string): Library;
}

function isLoader(value: unknown): value is Loader {
  return typeof value === 'object' && value !== null && 'load' in value;
}

function loader(): Loader | undefined {
  try {
    const loaded: unknown = createRequire(import.meta.url)('koffi');
    return isLoader(loaded) ? loaded : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the calls of the kernel are there. */
export const hasKoffi = loader() !== undefined;

/** Does something in another network; what is opened meanwhile stays there. */
function within<T>(namespace: string, action: () => T): T {
  const setns = loader()?.load('libc.so.6').func('int setns(int fd, int kind)');
  if (setns === undefined) throw new Error('needs koffi');
  const own = openSync(OWN, 'r');
  const other = openSync(`${NAMESPACES}/${namespace}`, 'r');
  try {
    if (setns(other, CLONE_NEWNET) !== 0) throw new Error(`cannot enter ${namespace}`);
    try {
      return action();
    } finally {
      if (setns(own, CLONE_NEWNET) !== 0) throw new Error('cannot come back');
    }
  } finally {
    closeSync(other);
    closeSync(own);
  }
}

/** Waits without leaving the turn. */
export function pause(milliseconds: number): void {
  if (milliseconds > 0) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
  }
}

/** An end of a link in a network of its own. */
export class WireLink implements WirePort {
  readonly linkLayerAddress: Uint8Array;
  onFrame: ((frame: Uint8Array) => void) | undefined;
  /** Hears frames before `onFrame` does. */
  tap: ((frame: Uint8Array, at: number) => void) | undefined;
  readonly #kernel: Kernel;
  readonly #descriptor: number;
  readonly #in: NativeMemory;
  readonly #out: NativeMemory;

  /** @param index of the interface in its network */
  constructor(namespace: string, name: string, index: number, linkLayerAddress: Uint8Array) {
    this.linkLayerAddress = linkLayerAddress;
    this.#kernel = openKernel();
    this.#in = this.#kernel.allocate(SLOT);
    this.#out = this.#kernel.allocate(SLOT);
    this.#descriptor = within(namespace, () => openPacketSocket(this.#kernel, name, index, true));
  }

  send(frame: Uint8Array): void {
    this.#out.bytes.fill(0, 0, VIRTIO_HEADER);
    this.#out.bytes.set(frame, VIRTIO_HEADER);
    const sent = this.#kernel.send(this.#descriptor, this.#out, 0, VIRTIO_HEADER + frame.length, 0);
    if (sent < 0) throw new Error(`cannot send: ${sent}`);
  }

  /** Hands on all frames that have come. @returns how many */
  collect(): number {
    for (let count = 0; ; count++) {
      const length = this.#kernel.receive(this.#descriptor, this.#in, 0, SLOT, 0);
      if (length === -constants.errno.EAGAIN) return count;
      // Told once, when the link goes down.
      if (length === -constants.errno.ENETDOWN) continue;
      if (length < 0) throw new Error(`cannot receive: ${length}`);
      const frame = this.#in.bytes.slice(VIRTIO_HEADER, length);
      this.tap?.(frame, performance.now());
      this.onFrame?.(frame);
    }
  }

  close(): void {
    this.#kernel.close(this.#descriptor);
  }
}
