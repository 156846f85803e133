/**
 * What the engine finds in the inputs, by packet: one pass over them before packets are shown, because what a
 * packet is evidence of is often known only later.
 */
import { randomInt } from 'node:crypto';
import type { BindingEvent } from '../../engine/events.ts';
import type { DatabaseEntry } from '../../engine/ipsec/policy-database.ts';
import type { AnyIkeSecret } from '../../engine/ike/secret.ts';
import { Engine } from '../../engine/pipeline.ts';
import type { PacketSource } from '../../engine/ports.ts';
import type { RuleDefinition } from '../../engine/rule-api.ts';
import type { Site } from '../../engine/site.ts';
import type { Binding } from '../../engine/state/binding-cache.ts';
import { filterMatcher } from '../rules/packet-matcher.ts';
import type { LocalRule } from '../rules/rule-file.ts';
import { FindingsIndex } from './findings-index.ts';
import type { BindingStep } from './findings-index.ts';
import type { SecurityAssociation } from '../../engine/state/security-association.ts';

/** Changes of bindings kept; of later ones only alerts and incidents are told. */
export const MAX_BINDING_CHANGES = 200_000;

/** With what the engine runs. */
export interface EnginePassOptions {
  readonly site: Site;
  readonly rules: readonly RuleDefinition[];
  /** Rules with filters among them. */
  readonly localRules?: readonly LocalRule[];
  readonly associations: readonly SecurityAssociation[];
  readonly ike: readonly AnyIkeSecret[];
  readonly policies?: readonly DatabaseEntry[];
  readonly signal: AbortSignal;
}

/**
 * Runs the engine over a source.
 * @returns what it found; of what was read until then when the signal ends it
 */
export async function runEnginePass(
  source: PacketSource,
  options: EnginePassOptions,
): Promise<FindingsIndex> {
  const { site, rules, localRules = [], associations, ike, policies = [], signal } = options;
  const steps: BindingStep[] = [];
  let position = 0;
  let dropped = 0;
  const onBinding = ({ binding }: BindingEvent): void => {
    if (steps.length >= MAX_BINDING_CHANGES) dropped++;
    else steps.push({ position, binding: copyOf(binding) });
  };
  const engine = new Engine({
    site,
    rules,
    associations,
    ike,
    policies,
    matcher: filterMatcher(localRules, { associations, ike }, source.interfaces),
    inputs: source.inputs,
    interfaces: source.interfaces,
    observer: {
      onEvent(event) {
        if (event.kind === 'binding') onBinding(event);
      },
    },
    seed: randomInt(2 ** 31),
    today: new Date().toISOString().slice(0, 10),
  });
  await source.run(
    (record) => {
      position++;
      engine.feed(record);
    },
    { signal },
  );
  const { alerts, incidents } = engine.finish();
  const index = new FindingsIndex(alerts, incidents, steps);
  index.droppedChanges = dropped;
  return index;
}

/** A binding as it is now: the engine goes on changing it. */
function copyOf(binding: Readonly<Binding>): Readonly<Binding> {
  return {
    ...binding,
    previousCareOfAddresses: [...binding.previousCareOfAddresses],
    history: [],
  };
}
