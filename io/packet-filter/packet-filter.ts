/**
 * The rules of one instance in the kernel: loaded at once, found again, counted and taken away exactly.
 */
import { HostError } from '../native/host-error.ts';
import type { FilterBackend } from './filter-backend.ts';
import { chooseBackend, presentBackends } from './backend-choice.ts';
import type { BackendWish } from './backend-choice.ts';
import { FilterCommand } from './filter-command.ts';
import type { FilterCommands } from './filter-command.ts';
import { renderIp6tables } from './ip6tables-text.ts';
import { renderNftables } from './nftables-text.ts';
import { BRIDGE_SETTINGS, checkBridgeFilter, settingOf } from './self-checks.ts';
import { queueRules } from './queue-plan.ts';
import type { QueuePlan } from './queue-plan.ts';

/** Settings below /proc/sys that are put back by whoever gives them: `HostConfiguration`. */
export interface HostSettings {
  setSetting(file: string, value: string): void;
}

/** How rules are installed. */
export interface PacketFilterOptions {
  readonly backend: BackendWish;
  /** Needed for bridged packets with ip6tables, which take settings of the kernel. */
  readonly settings?: HostSettings;
  readonly commands?: FilterCommands;
}

/** Whether rules are still there. */
export interface FilterCheck {
  readonly isThere: boolean;
  /** What is not as it was, a sentence each. */
  readonly problems: readonly string[];
}

/**
 * Packets that rules have queued since they were installed; they begin again with `replace`. What the kernel has joined to one
 * (segmentation offload) counts once here and once for each segment in the queue.
 */
export interface FilterCounters {
  /** All of them; those judged and those nobody judged. */
  readonly queued: number;
  readonly rules: readonly {
    readonly number: number;
    readonly reason: string;
    readonly packets: number;
  }[];
}

/** Installed rules. Whoever holds this removes them; the end of the process by `process.exit` or an exception does it too. */
export class PacketFilter {
  readonly plan: QueuePlan;
  /** What is not as it should be on this machine, a sentence each. */
  readonly warnings: readonly string[];
  readonly #backend: FilterBackend;
  /** What was installed, as the packet filter writes it. */
  readonly #text: string;
  #isRemoved = false;
  readonly #onExit = (): void => {
    this.remove();
  };

  private constructor(plan: QueuePlan, backend: FilterBackend, warnings: readonly string[]) {
    this.plan = plan;
    this.#backend = backend;
    this.#text = backend.text(plan.id);
    this.warnings = warnings;
    process.once('exit', this.#onExit);
  }

  /**
   * Loads the rules of a plan, all or nothing; what an earlier start of the same instance has left goes in the same moment.
   * Packets wait in the queues from now on, so the queues are opened first.
   * @throws HostError with what is missing and what to do
   */
  static install(plan: QueuePlan, options: PacketFilterOptions): PacketFilter {
    const command = new FilterCommand(options.commands);
    const { backend, warnings } = chooseBackend(command, options.backend, plan.hook);
    for (const other of presentBackends(command)) {
      if (other.name !== backend.name && other.isThere(plan.id)) other.remove(plan.id);
    }
    if (plan.hook === 'bridge' && backend.kind === 'ip6tables') setBridge(options.settings);
    backend.install(plan);
    return new PacketFilter(plan, backend, warnings);
  }

  /**
   * Takes away what an earlier start of an instance has left, in every packet filter of this machine.
   * @returns where something was
   * @throws HostError
   */
  static removeLeftovers(id: string, commands?: FilterCommands): string[] {
    const command = new FilterCommand(commands);
    const left = presentBackends(command).filter((backend) => backend.isThere(id));
    for (const backend of left) backend.remove(id);
    return left.map(({ name }) => name);
  }

  /**
   * What `install` would load, with the reasons. Takes neither privileges nor programs when the packet filter is named.
   * @throws HostError with `auto`, when nothing is found that it could be loaded into
   */
  static dryRun(plan: QueuePlan, options: Omit<PacketFilterOptions, 'settings'>): string {
    if (options.backend === 'ip6tables') return renderIp6tables(plan);
    if (options.backend === 'nftables') return renderNftables(plan);
    const command = new FilterCommand(options.commands);
    try {
      return chooseBackend(command, options.backend, plan.hook).backend.render(plan);
    } catch (cause) {
      if (!(cause instanceof HostError) || cause.code !== 'ERR_HOST_PERMISSION') throw cause;
      throw new HostError(cause.code, cause.message, {
        hint: 'Run it as root, which may look at the kernel, or name the packet filter: ip6tables or nftables.',
        cause,
      });
    }
  }

  /** For people: `ip6tables (legacy)`, `nftables`. */
  get backend(): string {
    return this.#backend.name;
  }

  /**
   * Loads the rules of another plan of the same instance in place of these, or the same again when they are gone, without a
   * moment between.
   * @returns what is held from now on
   * @throws HostError; these rules stay then
   */
  replace(plan: QueuePlan): PacketFilter {
    if (plan.id !== this.plan.id || plan.hook !== this.plan.hook) {
      throw new HostError('ERR_HOST_OPTION', 'the name and the hook of an instance stay the same', {
        hint: 'Restart the gateway to change them.',
      });
    }
    this.#backend.install(plan);
    this.#isRemoved = true;
    process.off('exit', this.#onExit);
    return new PacketFilter(plan, this.#backend, this.warnings);
  }

  /** Whether the rules are as they were installed. Never rejects: what cannot be read is not there. */
  async verify(): Promise<FilterCheck> {
    let state;
    try {
      state = await this.#backend.state(this.plan.id);
    } catch (error) {
      return { isThere: false, problems: [error instanceof Error ? error.message : String(error)] };
    }
    if (state.text === '') {
      return {
        isThere: false,
        problems: [
          `The rules of ${this.plan.id} are gone from ${this.backend}: somebody removed them.`,
        ],
      };
    }
    const problems = [
      ...state.ahead.map(
        (rule) => `Packets meet another rule before those of ${this.plan.id}: ${rule}`,
      ),
      ...this.#bridgeProblems(),
    ];
    if (state.text === this.#text) return { isThere: true, problems };
    const changed = `The rules of ${this.plan.id} in ${this.backend} are not those that were installed.`;
    return { isThere: false, problems: [changed, ...problems] };
  }

  #bridgeProblems(): string[] {
    if (this.plan.hook !== 'bridge' || this.#backend.kind !== 'ip6tables') return [];
    return checkBridgeFilter(this.plan, { setting: settingOf });
  }

  /** Rejects with HostError when they cannot be read. */
  async readCounters(): Promise<FilterCounters> {
    const { packets } = await this.#backend.state(this.plan.id);
    const rules = queueRules(this.plan).map(({ number, reason }) => ({
      ...{ number, reason },
      packets: packets.get(number) ?? 0,
    }));
    return { queued: rules.reduce((sum, rule) => sum + rule.packets, 0), rules };
  }

  /**
   * Takes the rules away, and nothing else; queues are closed after it. Never throws; a second call does nothing.
   * @returns what could not be removed, a sentence each
   */
  remove(): string[] {
    if (this.#isRemoved) return [];
    this.#isRemoved = true;
    process.off('exit', this.#onExit);
    try {
      this.#backend.remove(this.plan.id);
      return [];
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  }
}

function setBridge(settings: HostSettings | undefined): void {
  if (settings === undefined) {
    throw new HostError('ERR_HOST_OPTION', 'bridged packets take settings of the kernel', {
      hint: 'Give the settings of a HostConfiguration.',
    });
  }
  for (const [file, value] of BRIDGE_SETTINGS) {
    try {
      settings.setSetting(file, value);
    } catch (cause) {
      if (!(cause instanceof HostError) || cause.code !== 'ERR_HOST_SETTING') throw cause;
      throw new HostError(
        'ERR_HOST_FILTER',
        `bridged packets do not come by ip6tables: ${cause.message}`,
        {
          hint: 'Load it: sudo modprobe br_netfilter',
          cause,
        },
      );
    }
  }
}
