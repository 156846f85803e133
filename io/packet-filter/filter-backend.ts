/**
 * What a packet filter of the kernel can do for a gateway.
 */
import type { QueuePlan } from './queue-plan.ts';

/** What stands of one instance. */
export interface FilterState {
  /** Text of all that belongs to it, without counters; empty when nothing is there. */
  readonly text: string;
  /** Packets that each rule queued since it was installed, by number of the rule. */
  readonly packets: ReadonlyMap<number, number>;
  /** Rules of others that packets meet first in the same chain. */
  readonly ahead: readonly string[];
}

/** One way to load rules into the kernel. All but `state` work to their end: they are for start and end. */
export interface FilterBackend {
  readonly kind: 'ip6tables' | 'nftables';
  /** For people: `ip6tables (legacy)`. */
  readonly name: string;
  /** What `install` would load, as text of that packet filter, with the reasons. */
  render(plan: QueuePlan): string;
  /** Replaces all that stands of this instance, all or nothing. Throws HostError. */
  install(plan: QueuePlan): void;
  /** Takes away what stands of an instance, and nothing else. Throws HostError. */
  remove(id: string): void;
  /** Whether anything stands of an instance. Throws HostError. */
  isThere(id: string): boolean;
  /** Text of all that stands of an instance, as in `state`. Throws HostError. */
  text(id: string): string;
  /** Reads beside everything else. Rejects with HostError. */
  state(id: string): Promise<FilterState>;
}
