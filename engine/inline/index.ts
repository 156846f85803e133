/**
 * Verdicts on packets: an engine in their path.
 */
export type { DropReason } from './drop-reason.ts';
export { JudgeStateError } from './judge-state.ts';
export type { JudgeState } from './judge-state.ts';
export type { AdmissionPolicy, JudgeMode } from './packet-admission.ts';
export { PacketJudge } from './packet-judge.ts';
export type { JudgeConfiguration, PacketJudgeOptions } from './packet-judge.ts';
export type { RateLimit } from './token-buckets.ts';
