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
type BoundedTable = readonly [name: string, table: Forgetful];

/** Those of an engine. */
interface Tables {
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
  readonly runner: Forgetful & { readonly droppedAlerts: number };
}

/** Counts what the tables of an engine forget. */
export class Evictions {
  /** By name of the table; those that forgot nothing are not in it. */
  readonly #counts: Map<string, number>;
  readonly #tables: readonly BoundedTable[];
  readonly #runner: Tables['runner'];

  constructor(tables: Tables, counts: Map<string, number>) {
    this.#counts = counts;
    this.#tables = tablesInOrder(tables);
    this.#runner = tables.runner;
  }

  /** Brings the counts up to date. */
  count(): void {
    for (const [name, { evictions }] of this.#tables) this.#note(name, evictions);
    this.#note('alerts', this.#runner.droppedAlerts);
  }

  #note(name: string, evictions: number): void {
    if (evictions > 0) this.#counts.set(name, evictions);
  }
}

/** In the order in which a report names them. */
function tablesInOrder(parts: Tables): readonly BoundedTable[] {
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
