/**
 * Judges packets one by one, in the path of packets: the rules of an audit decide what may pass.
 */
import type { EngineConfiguration, EngineOptions } from '../engine.ts';
import { Engine } from '../pipeline.ts';
import type { PacketRecord } from '../ports.ts';
import type { RuleChanges } from '../rules/rule-changes.ts';
import type { DropReason } from './drop-reason.ts';
import type { JudgeState } from './judge-state.ts';
import { PacketAdmission } from './packet-admission.ts';
import type { AdmissionPolicy, JudgeMode } from './packet-admission.ts';
import { restoreState } from './restore-state.ts';
import { writeState } from './write-state.ts';

/** What a judge is made of. */
export interface PacketJudgeOptions extends AdmissionPolicy {
  readonly engine: EngineOptions;
  readonly mode: JudgeMode;
}

/** What may change while packets go through. */
export interface JudgeConfiguration extends Partial<AdmissionPolicy> {
  readonly engine?: EngineConfiguration;
}

/** An engine that packets wait for. */
export class PacketJudge {
  readonly engine: Engine;
  readonly #admission: PacketAdmission;
  #reason: DropReason | undefined;
  /** Time of the last packet of the run whose state was taken. */
  #restoredTime = 0;

  /** @throws RangeError for a rate limit that lets nothing pass; Error when the rules cannot be used with the site */
  constructor({ engine, mode, verdicts, dropsPartial, rateLimit }: PacketJudgeOptions) {
    this.#admission = new PacketAdmission(mode, { verdicts, dropsPartial, rateLimit });
    this.engine = new Engine({ ...engine, admission: this.#admission });
  }

  /** From the next packet on. */
  get mode(): JudgeMode {
    return this.#admission.mode;
  }

  set mode(mode: JudgeMode) {
    this.#admission.mode = mode;
  }

  /** Whether rules object to the packet at hand enough to drop it, whatever the mode; for whoever is told of alerts. */
  get isRefusing(): boolean {
    return this.#admission.isObjectedTo;
  }

  /** How findings become verdicts. */
  get policy(): AdmissionPolicy {
    return this.#admission.policy;
  }

  /** Of the packet judged last: why it is, or in monitor mode would be, dropped. */
  get reason(): DropReason | undefined {
    return this.#reason;
  }

  /**
   * Judges a packet. In enforce mode a packet that may not pass changes nothing of what the engine believes.
   * Never throws for what the packet holds.
   * @returns true when it may pass
   */
  judge(record: PacketRecord): boolean {
    const admission = this.#admission;
    this.#reason = undefined;
    this.engine.feed(record);
    if (!admission.isObjectedTo) return true;
    this.#reason = admission.reason(this.engine.lastPacket);
    return admission.mode === 'monitor';
  }

  /** Takes a packet that went through elsewhere, whatever the rules say of it: state only. */
  observe(record: PacketRecord): void {
    const admission = this.#admission;
    this.#reason = undefined;
    admission.isObserving = true;
    this.engine.feed(record);
    admission.isObserving = false;
  }

  /** What is to be kept over a restart; plain values, bounded. To be asked between packets. */
  state(): JudgeState {
    const { memory } = this.engine;
    return writeState({ ...memory, time: Math.max(memory.time, this.#restoredTime) });
  }

  /**
   * Takes the state of an earlier run; before the first packet.
   * @param state as `state` gave it, or as JSON brought it back
   * @throws JudgeStateError for what is no such state; then nothing has changed
   */
  restore(state: unknown): void {
    this.#restoredTime = restoreState(state, this.engine.memory);
  }

  /**
   * Other settings from the next packet on, all or nothing; to be called between packets.
   * @throws RangeError for a rate limit that lets nothing pass; Error when the rules cannot be used with the site
   */
  reconfigure({ engine, ...policy }: JudgeConfiguration): RuleChanges | undefined {
    const admission = this.#admission;
    const before = admission.policy;
    admission.policy = { ...before, ...policy };
    try {
      return engine === undefined ? undefined : this.engine.reconfigure(engine);
    } catch (error) {
      admission.policy = before;
      throw error;
    }
  }
}
