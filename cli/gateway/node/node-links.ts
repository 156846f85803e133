/**
 * The links of a node as a place in the path of packets: what comes in waits for a verdict before the node sees it.
 */
import type {
  CaptureInput,
  CaptureInterface,
  LinkPort,
  PacketRecord,
  Scheduler,
  VerdictCounts,
  VerdictSource,
} from '../../../engine/ports.ts';
import type { FailMode } from '../gateway-schema.ts';
import { JudgedLink } from './judged-link.ts';

/** LINKTYPE_ETHERNET. */
const ETHERNET = 1;

/** Links of one node. */
export interface NodeLinksOptions {
  /** Interfaces in the order of the node's configuration: `interfaceIndex` of records. */
  readonly interfaces: readonly string[];
  /** What becomes of a frame whose judge throws. */
  readonly failMode: FailMode;
  readonly scheduler: Pick<Scheduler, 'wallClock'>;
}

/** Joins the links of a node with whoever judges. */
export class NodeLinks implements VerdictSource {
  readonly name: string;
  readonly inputs: readonly CaptureInput[];
  readonly interfaces: readonly CaptureInterface[];
  onPacket: ((record: PacketRecord) => boolean) | undefined;
  onFault: ((sentence: string) => void) | undefined;
  /** Set by whoever judges: the node sends a frame. */
  onSent: ((record: PacketRecord) => void) | undefined;
  readonly #options: NodeLinksOptions;
  readonly #input: { readonly name: string; packets: number };
  readonly #links: JudgedLink[] = [];
  #isClosed = false;

  constructor(options: NodeLinksOptions) {
    this.#options = options;
    this.name = `links ${options.interfaces.join(', ')}`;
    this.#input = { name: this.name, packets: 0 };
    this.inputs = [this.#input];
    this.interfaces = options.interfaces.map((name) => ({
      inputIndex: 0,
      name,
      description: undefined,
      linkType: ETHERNET,
      snapLength: 0,
    }));
  }

  /** The port that the node gets in place of its own. */
  judged(port: LinkPort): JudgedLink {
    const { scheduler, failMode, interfaces } = this.#options;
    const link = new JudgedLink({
      ...{ port, scheduler },
      interfaceIndex: Math.max(0, interfaces.indexOf(port.name)),
      isFailingOpen: failMode === 'open',
      next: () => ++this.#input.packets,
      judge: {
        judge: (record) => {
          if (this.#isClosed || this.onPacket === undefined) throw new Error('nobody judges');
          return this.onPacket(record);
        },
        observe: (record) => {
          if (!this.#isClosed) this.onSent?.(record);
        },
      },
    });
    this.#links.push(link);
    return link;
  }

  counts(): VerdictCounts {
    let [passed, dropped, passedUnjudged, droppedUnjudged] = [0, 0, 0, 0];
    for (const { counts } of this.#links) {
      passed += counts.passed;
      dropped += counts.dropped;
      passedUnjudged += counts.passedUnjudged;
      droppedUnjudged += counts.droppedUnjudged;
    }
    const judged = passed + dropped;
    return { judged, passed, dropped, passedUnjudged, droppedUnjudged, waiting: 0 };
  }

  close(): void {
    this.#isClosed = true;
  }
}
