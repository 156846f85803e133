/**
 * Which packets wait for a verdict: planned as data, rendered, loaded into the kernel and taken away again.
 */
export type { BackendWish } from './backend-choice.ts';
export { renderIp6tables } from './ip6tables-text.ts';
export { renderNftables } from './nftables-text.ts';
export {
  PacketFilter,
  type FilterCheck,
  type FilterCounters,
  type HostSettings,
  type PacketFilterOptions,
} from './packet-filter.ts';
export { queuePlan } from './plan.ts';
export {
  planInterfaces,
  queueNumbers,
  queueRules,
  type FailMode,
  type QueueHook,
  type QueuePlace,
  type QueuePlan,
  type QueuePlanOptions,
  type QueueRule,
} from './queue-plan.ts';
export { conflicts, type Conflict, type ConflictKind, type ConflictOptions } from './conflicts.ts';
export { checkBridgeFilter, checkQueues, selfChecks, thisHost, type Host } from './self-checks.ts';
