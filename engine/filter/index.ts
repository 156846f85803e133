/**
 * Display filters over dissected packets and over what the engine knows of them.
 */
export { FilterError, formatFilterError } from './error.ts';
export { fieldNamed, filterFields, hintFor, namesLike } from './fields.ts';
export { compileFilter, filterProblem } from './filter.ts';
export { neededProtocols } from './needed-protocols.ts';
export type { CompiledFilter, FilterPart } from './filter.ts';
export { fieldSource } from './source.ts';
export type { FieldSource, ValueForm } from './source.ts';
export { STATE_FIELDS, stateNode } from './state-fields.ts';
export type { PacketFindings } from './state-fields.ts';
