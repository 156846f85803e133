/**
 * One of two ports between which frames pass.
 */
import { HostError } from '../native/host-error.ts';
import type { Kernel, Watch } from '../native/kernel.ts';
import { EINTR, ENETDOWN, MSG_DONTWAIT } from '../native/linux.ts';
import { MessageBatch, SendBatch } from '../native/message-batch.ts';
import type { Deadline } from './judging.ts';
import { LinkMonitor, ethernetLink, isLinkUp } from './link-monitor.ts';
import type { LinkEvent, LinkFacts } from './link-monitor.ts';
import { lostFrames, openPortSocket } from './packet-socket.ts';
import { CONTROL_ROOM, HEADROOM, PortFrame } from './port-pair-frame.ts';

/** Frames read with one call. */
export const BATCH = 32;
/** Room for what the kernel hands over at once: headers and an IP packet of 65 575 octets. */
const SLOT = 65_664;

/** Whether frames pass; what else there is to say. */
type PortState = 'up' | 'down' | 'gone';

/** What a port is told, and tells. */
export interface PortHooks {
  /** There may be something to read. */
  readonly onReadable: (port: Port) => void;
  /** Whether frames pass has changed, or why not; in words. */
  readonly onState: (port: Port, sentence: string) => void;
}

/** A port. */
export class Port {
  readonly name: string;
  readonly deadline: Deadline;
  readonly batch: MessageBatch;
  readonly frame: PortFrame;
  /** Frames that are to leave by this port; they lie where they came in. */
  readonly leaving: SendBatch;
  /** Frames that the kernel could not send. */
  notSent = 0;
  /** Frames that the kernel lost because nobody read them. */
  #lost = 0;
  #state: PortState;
  readonly #kernel: Kernel;
  readonly #monitor: LinkMonitor;
  readonly #hooks: PortHooks;
  #facts: LinkFacts;
  #descriptor: number;
  #watch: Watch;
  #isClosed = false;

  /** @throws HostError */
  constructor(kernel: Kernel, name: string, deadline: Deadline, hooks: PortHooks) {
    this.name = name;
    this.deadline = deadline;
    this.#kernel = kernel;
    this.#hooks = hooks;
    this.batch = new MessageBatch(kernel, BATCH, SLOT, {
      headroom: HEADROOM,
      control: CONTROL_ROOM,
    });
    this.frame = new PortFrame(this.batch.bytes, this.batch.control);
    this.leaving = new SendBatch(kernel, BATCH);
    this.#monitor = new LinkMonitor(kernel);
    try {
      this.#facts = ethernetLink(this.#monitor, name);
      this.#descriptor = openPortSocket(kernel, name, this.#facts.index);
    } catch (error) {
      this.#monitor.close();
      throw error;
    }
    this.#state = stateOf(this.#facts);
    this.#watch = this.#wait();
    this.#monitor.onEvent = (event) => {
      this.#heard(event);
    };
    this.#monitor.onLoss = () => {
      this.#askAgain();
    };
    this.#monitor.watch();
  }

  get isUp(): boolean {
    return this.#state === 'up';
  }

  /** Frames that the kernel lost because nobody read them, since the port was opened. */
  get lost(): number {
    if (!this.#isClosed) this.#lost += lostFrames(this.#kernel, this.#descriptor);
    return this.#lost;
  }

  /** Reads frames into the batch. @returns their number, or an error number below 0 */
  receive(): number {
    return this.batch.receive(this.#descriptor);
  }

  /** Sends what is to leave. What the kernel does not take is lost, as on any link. */
  send(): void {
    const { leaving } = this;
    for (let sent = 0; sent < leaving.count;) {
      const result = leaving.send(this.#descriptor, sent, MSG_DONTWAIT);
      if (result > 0) sent += result;
      else if (result === ENETDOWN) {
        this.notSent += leaving.count - sent;
        break;
      } else if (result !== EINTR) {
        // Too long for the link, no room in its queue: the next may go.
        this.notSent++;
        sent++;
      }
    }
    leaving.clear();
  }

  /** Never throws. */
  close(): void {
    if (this.#isClosed) return;
    this.#lost = this.lost;
    this.#isClosed = true;
    this.#state = 'gone';
    this.#monitor.close();
    this.#watch.close();
    this.#kernel.close(this.#descriptor);
  }

  #wait(): Watch {
    return this.#kernel.watch(this.#descriptor, () => {
      if (!this.#isClosed) this.#hooks.onReadable(this);
      return true;
    });
  }

  #heard(event: LinkEvent): void {
    if (event.kind === 'gone') {
      if (event.index === this.#facts.index) this.#tell('gone');
      return;
    }
    const { facts } = event;
    const isOurs =
      this.#state === 'gone'
        ? facts.name === this.name && this.#reopen(facts)
        : facts.index === this.#facts.index;
    if (isOurs) this.#tell(stateOf(facts));
  }

  /** The interface is back, as another one. @returns false when it is of no use yet */
  #reopen(facts: LinkFacts): boolean {
    try {
      this.#facts = ethernetLink(this.#monitor, this.name);
      const descriptor = openPortSocket(this.#kernel, this.name, facts.index);
      this.#lost += lostFrames(this.#kernel, this.#descriptor);
      this.#watch.close();
      this.#kernel.close(this.#descriptor);
      this.#descriptor = descriptor;
      this.#watch = this.#wait();
      return true;
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      // Gone again, or of another kind: the next message about it is another chance.
      return false;
    }
  }

  #tell(state: PortState): void {
    if (state === this.#state || this.#isClosed) return;
    this.#state = state;
    const sentence =
      state === 'up'
        ? `port ${this.name} is up again`
        : `port ${this.name} is ${state}: nothing passes`;
    this.#hooks.onState(this, sentence);
  }

  #askAgain(): void {
    const facts = this.#monitor.ask(this.name)[0];
    if (facts?.index !== this.#facts.index) {
      this.#heard({ kind: 'gone', index: this.#facts.index });
    }
    if (facts !== undefined) this.#heard({ kind: 'changed', facts });
  }
}

function stateOf(facts: LinkFacts): PortState {
  return isLinkUp(facts) ? 'up' : 'down';
}
