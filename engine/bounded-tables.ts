/**
 * All tables of an engine that forget something when they are full.
 */
import type { EspStage } from './esp-stage.ts';
import type { IpsecStage } from './ipsec-stage.ts';
import type { ExtensionState } from './state/extension-state.ts';
import type { LinkState } from './state/link-state.ts';

/** Something that forgets and counts it. */
interface Forgetful {
  readonly evictions: number;
}

/** Name of a table in the counters of a run, and the table. */
export type BoundedTable = readonly [name: string, table: Forgetful];

/** Tables in the order in which a report names them. */
export function boundedTables(parts: {
  readonly bindings: Forgetful;
  readonly bindingTraffic: Forgetful;
  readonly home: Forgetful;
  readonly linkState: LinkState;
  readonly esp: EspStage;
  readonly ipsec: IpsecStage;
  readonly reassembly: Forgetful;
  readonly seen: Forgetful;
  readonly returnRoutability: Forgetful;
  readonly extensions: ExtensionState;
  readonly victims: Forgetful;
  readonly runner: Forgetful;
}): readonly BoundedTable[] {
  const { esp, ipsec, extensions, linkState } = parts;
  return [
    ['bindings', parts.bindings],
    ['esp-ring', esp.ring],
    ['esp-refusals', esp.refusals],
    ['binding-traffic', parts.bindingTraffic],
    ['seen-messages', parts.seen],
    ['reassembly', parts.reassembly],
    ['return-routability', parts.returnRoutability],
    ['home-network', parts.home],
    ['proxy-bindings', extensions.proxies],
    ['mobile-networks', extensions.networks],
    ['dual-stack-nodes', extensions.dualStack],
    ['neighbors', linkState.neighbors],
    ['routers', linkState.routers],
    ['discovery-requests', linkState.requests],
    ['option-victims', parts.victims],
    ['rule-tables', parts.runner],
    ['esp-flows', esp.inference.flows],
    ['esp-sequences', ipsec.sequences],
    ['tunnel-endpoints', ipsec.endpoints],
  ];
}
