/**
 * Verdicts on their way to the kernel: one message for each run of packets that pass, or that are dropped.
 */
import type { Kernel } from '../native/kernel.ts';
import { MSG_DONTWAIT } from '../native/linux.ts';
import { MessageWriter } from '../native/netlink.ts';
import { VERDICT_OCTETS, writeVerdict } from './packet-queue-message.ts';

/** Verdicts of one queue, in the order of its packets. */
export class QueueVerdicts {
  readonly #kernel: Kernel;
  readonly #descriptor: number;
  readonly #queue: number;
  readonly #writer: MessageWriter;
  readonly #most: number;
  #written = 0;
  /** The run that grows: there is one, its last packet, what is to become of it. */
  #hasRun = false;
  #lastId = 0;
  #mayPass = false;

  /** @param runs that are kept at most before `send` */
  constructor(kernel: Kernel, descriptor: number, queue: number, runs: number) {
    this.#kernel = kernel;
    this.#descriptor = descriptor;
    this.#queue = queue;
    this.#most = runs;
    this.#writer = new MessageWriter(kernel.allocate(runs * VERDICT_OCTETS));
  }

  /** Whether nothing waits to be sent. */
  get isEmpty(): boolean {
    return !this.#hasRun && this.#written === 0;
  }

  /** Whether two further runs may need more room than there is. */
  get isFull(): boolean {
    return this.#written + 2 >= this.#most;
  }

  /** Adds a verdict for all packets behind those that have one, up to `id`; not when it is full. */
  add(id: number, mayPass: boolean): void {
    if (this.#hasRun && mayPass !== this.#mayPass) this.#endRun();
    this.#hasRun = true;
    this.#lastId = id;
    this.#mayPass = mayPass;
  }

  /**
   * Sends all. A message to the kernel has done its work when the call is over.
   * @returns 0, or an error number below 0: they are kept then, to be sent again
   */
  send(): number {
    if (this.#hasRun) this.#endRun();
    if (this.#written === 0) return 0;
    const { memory, length } = this.#writer;
    const result = this.#kernel.send(this.#descriptor, memory, 0, length, MSG_DONTWAIT);
    if (result < 0) return result;
    this.#writer.clear();
    this.#written = 0;
    return 0;
  }

  #endRun(): void {
    writeVerdict(this.#writer, this.#queue, this.#lastId, this.#mayPass);
    this.#hasRun = false;
    this.#written++;
  }
}
