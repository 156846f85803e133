/**
 * The network of `WholeNetwork` with gateways in it: one between the home agent and its links, which has the keys, and one
 * between the mobile node and the foreign links, which has none. Real judges on the virtual clock.
 */
import { equalBytes } from '../../../dissectors/core/bytes.ts';
import { loadRules } from '../../../cli/rules-directory.ts';
import { PacketJudge } from '../../../engine/inline/index.ts';
import type { DropReason, JudgeMode } from '../../../engine/inline/index.ts';
import type { RuleDefinition } from '../../../engine/rule-api.ts';
import type { LinkPort, PacketRecord, Scheduler } from '../../../engine/ports.ts';
import { emptyPacketRecord } from '../../../engine/ports.ts';
import type { MemoryPort } from '../../../nodes/simulation/memory-link.ts';
import { CorrespondentNode } from '../../../nodes/correspondent-node/correspondent-node.ts';
import { receiveBindingUpdates } from '../../../nodes/mobility/binding-update.ts';
import {
  installRouteOptimisation,
  messageTunnel,
} from '../../../nodes/mobile-node/route-optimisation/install.ts';
import { WholeNetwork } from '../mobile-node/whole-network.ts';
import type { NetworkOptions } from '../mobile-node/whole-network.ts';
import { keysOfNetwork, siteOf } from './analyzed-network.ts';

const LINK_TYPE_ETHERNET = 1;
const LINKS = ['home', 'one', 'two', 'core'] as const;
type Link = (typeof LINKS)[number];

/** A frame that was refused. */
export interface Refused {
  readonly frame: Uint8Array;
  readonly reason: DropReason;
  /** Milliseconds of the virtual clock. */
  readonly at: number;
}

/** A judge, and the ports that it stands at. */
export class Gate {
  readonly refused: Refused[] = [];
  passed = 0;
  judge: PacketJudge | undefined;
  readonly #scheduler: () => Scheduler;
  readonly #record: PacketRecord = { ...emptyPacketRecord(), linkType: LINK_TYPE_ETHERNET };
  #last = 0;

  constructor(scheduler: () => Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Whether a frame may pass. */
  admits(frame: Uint8Array, link: Link): boolean {
    if (this.judge === undefined) return true;
    const { now, wallClock } = this.#scheduler();
    // Microseconds of a clock that goes on with each packet.
    this.#last = Math.max(this.#last + 1, Math.floor(wallClock * 1e6));
    const record = this.#record;
    record.bytes = frame;
    record.end = frame.length;
    record.originalLength = frame.length;
    record.seconds = Math.floor(this.#last / 1e6);
    record.nanoseconds = (this.#last % 1e6) * 1000;
    record.interfaceIndex = LINKS.indexOf(link);
    record.number++;
    const isAdmitted = this.judge.judge(record);
    const { reason } = this.judge;
    if (reason !== undefined) this.refused.push({ frame: frame.slice(), reason, at: now });
    if (isAdmitted) this.passed++;
    return isAdmitted;
  }
}

/** A port with a gate before it. @param linkOf undefined = no gate on this link */
class JudgedPort implements LinkPort {
  onFrame: ((frame: Uint8Array) => void) | undefined;
  onStateChange: ((isUp: boolean) => void) | undefined;
  readonly #port: MemoryPort;
  readonly #gate: Gate;
  readonly #linkOf: () => Link | undefined;

  constructor(port: MemoryPort, gate: Gate, linkOf: () => Link | undefined) {
    this.#port = port;
    this.#gate = gate;
    this.#linkOf = linkOf;
    port.onFrame = (frame) => {
      if (this.#admits(frame)) this.onFrame?.(frame);
    };
    port.onStateChange = (isUp) => {
      this.onStateChange?.(isUp);
    };
  }

  get name(): string {
    return this.#port.name;
  }

  get linkLayerAddress(): Uint8Array {
    return this.#port.linkLayerAddress;
  }

  get mtu(): number {
    return this.#port.mtu;
  }

  get isUp(): boolean {
    return this.#port.isUp;
  }

  send(frame: Uint8Array): void {
    if (this.#admits(frame)) this.#port.send(frame);
  }

  #admits(frame: Uint8Array): boolean {
    const link = this.#linkOf();
    if (link === undefined || !this.#isForUs(frame)) return true;
    return this.#gate.admits(frame, link);
  }

  /** A switch hands a station what is for it, for groups, and what it sends. */
  #isForUs(frame: Uint8Array): boolean {
    const own = this.#port.linkLayerAddress;
    return (
      ((frame[0] ?? 0) & 1) === 1 ||
      equalBytes(frame, 0, own, 0, 6) ||
      equalBytes(frame, 6, own, 0, 6)
    );
  }
}

/** What a network with gateways may differ in. */
export interface JudgedOptions {
  readonly rules: readonly RuleDefinition[];
  readonly agentMode: JudgeMode;
  /** undefined = no gateway there. */
  readonly accessMode: JudgeMode | undefined;
  readonly network?: NetworkOptions;
}

/** The network with route optimisation, and gates. */
export class JudgedNetwork {
  readonly network: WholeNetwork;
  readonly agentGate: Gate;
  readonly accessGate: Gate;
  readonly #closers: (() => void)[] = [];

  /** Loads the rules of the project. */
  static async make(options: Omit<JudgedOptions, 'rules'>): Promise<JudgedNetwork> {
    return new JudgedNetwork({ ...options, rules: await loadRules() });
  }

  constructor({ rules, agentMode, accessMode, network = {} }: JudgedOptions) {
    const clock: { scheduler?: Scheduler } = {};
    const now = (): Scheduler => {
      if (clock.scheduler === undefined) throw new Error('no clock yet');
      return clock.scheduler;
    };
    this.agentGate = new Gate(now);
    this.accessGate = new Gate(now);
    this.network = new WholeNetwork({
      ...network,
      agentPort: (port, link) => new JudgedPort(port, this.agentGate, () => link),
      mobilePort: (port) =>
        new JudgedPort(port, this.accessGate, () =>
          LINKS.find((name) => name === port.link.name && name !== 'home'),
        ),
    });
    clock.scheduler = this.network.scheduler;
    this.agentGate.judge = this.#judge(rules, agentMode, true);
    if (accessMode !== undefined) this.accessGate.judge = this.#judge(rules, accessMode, false);
    this.#optimise();
  }

  /** The nodes end; the gates keep what they have seen. */
  close(): void {
    for (const close of this.#closers) close();
    this.network.close();
  }

  #judge(rules: readonly RuleDefinition[], mode: JudgeMode, hasKeys: boolean): PacketJudge {
    return new PacketJudge({
      engine: {
        site: siteOf(this.network),
        rules,
        associations: hasKeys ? keysOfNetwork() : [],
        inputs: [{ name: 'gateway', packets: 0 }],
        interfaces: LINKS.map((name) => ({
          inputIndex: 0,
          name,
          description: undefined,
          linkType: LINK_TYPE_ETHERNET,
          snapLength: 0,
        })),
        seed: 1,
      },
      mode,
      verdicts: new Map(),
      dropsPartial: false,
      rateLimit: { perSecond: 10, burst: 20 },
    });
  }

  #optimise(): void {
    const { mobileHost, correspondent, node } = this.network;
    const far = new CorrespondentNode({ host: correspondent });
    receiveBindingUpdates(correspondent, { home: undefined, correspondent: far.registrar });
    const own = new CorrespondentNode({
      host: mobileHost,
      installsPath: false,
      tunnelFor: messageTunnel(node),
    });
    receiveBindingUpdates(mobileHost, { home: undefined, correspondent: own.registrar });
    const routes = installRouteOptimisation(node, { correspondent: own });
    if (routes === undefined) throw new Error('no route optimisation');
    for (const each of [routes, own, far]) {
      this.#closers.push(() => {
        each.close();
      });
    }
  }
}
