/**
 * Public API of the engine: packets in, events, alerts and a summary out.
 */
export type { Alert, Assessment, Incident, NotJudged } from './alert.ts';
export type { EngineCounters, EngineObserver, EngineOptions, EngineSummary } from './engine.ts';
export type * from './events.ts';
export * from './filter/index.ts';
export * from './inline/index.ts';
export { Engine } from './pipeline.ts';
export { emptyPacketRecord } from './ports.ts';
export type { CaptureInput, CaptureInterface, PacketRecord, PacketSource } from './ports.ts';
export type { RuleChanges } from './rules/rule-changes.ts';
export { UNKNOWN_SITE } from './site.ts';
export type { Site } from './site.ts';
export type { Binding } from './state/binding-cache.ts';
export { PacketIndex } from './views/packet-index.ts';
export type { FilterResult, PacketIndexOptions } from './views/packet-index.ts';
export { PacketSet } from './views/packet-set.ts';
