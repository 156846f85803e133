/**
 * What the engine finds in the inputs, by packet: one pass over them before packets are shown, because what a
 * packet is evidence of is often known only later.
 */
import { randomInt } from 'node:crypto';
import { addressKey } from '../../dissectors/core/address.ts';
import type { FieldNode } from '../../dissectors/index.ts';
import type { Alert, Incident } from '../../engine/alert.ts';
import type { BindingEvent } from '../../engine/events.ts';
import type { PacketFindings } from '../../engine/filter/state-fields.ts';
import type { PacketReference } from '../../engine/packet.ts';
import type { DatabaseEntry } from '../../engine/ipsec/policy-database.ts';
import type { AnyIkeSecret } from '../../engine/ike/secret.ts';
import { Engine } from '../../engine/pipeline.ts';
import type { PacketSource } from '../../engine/ports.ts';
import type { RuleDefinition } from '../../engine/rule-api.ts';
import type { Site } from '../../engine/site.ts';
import type { Binding } from '../../engine/state/binding-cache.ts';
import { filterMatcher } from '../rules/packet-matcher.ts';
import type { LocalRule } from '../rules/rule-file.ts';
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

/** A binding as it was from a packet on. */
interface BindingStep {
  /** Position of the packet in the run, 1 for the first. */
  readonly position: number;
  readonly binding: Readonly<Binding>;
}

const NO_ALERTS: readonly Alert[] = [];

function keyOf(input: number, number: number): string {
  return `${input}:${number}`;
}

/** Findings of all packets of a run. Packets must be asked about in the order in which they came. */
export class FindingsIndex {
  /** Changes of bindings that were not kept. */
  droppedChanges = 0;
  readonly alertCount: number;
  readonly #alerts = new Map<string, Alert[]>();
  readonly #incidents = new Map<number, Incident>();
  readonly #steps: readonly BindingStep[];
  #nextStep = 0;
  /** Bindings as of the packet asked about last, by home address and peer. */
  readonly #bindings = new Map<string, Readonly<Binding>>();
  /** Keys of bindings by each of their addresses. */
  readonly #byAddress = new Map<string, Set<string>>();

  constructor(
    alerts: readonly Alert[],
    incidents: readonly Incident[],
    steps: readonly BindingStep[],
  ) {
    this.alertCount = alerts.length;
    this.#steps = steps;
    for (const alert of alerts) {
      const { packet, evidence } = alert.draft;
      this.#add(packet, alert);
      for (const item of evidence) this.#add(item.packet, alert);
    }
    for (const incident of incidents) this.#incidents.set(incident.id, incident);
  }

  /** Alerts that a packet decides or is evidence of. */
  alertsOf(input: number, number: number): readonly Alert[] {
    return this.#alerts.get(keyOf(input, number)) ?? NO_ALERTS;
  }

  /** Incident of an alert. */
  incidentOf({ incidentId }: Alert): Incident | undefined {
    return incidentId === undefined ? undefined : this.#incidents.get(incidentId);
  }

  /**
   * What is known of a packet; undefined when nothing is.
   * @param position of the packet in the run, 1 for the first
   * @param nodes headers of the packet: bindings of their addresses are found
   */
  findingsOf(
    input: number,
    number: number,
    position: number,
    nodes: readonly FieldNode[],
  ): PacketFindings | undefined {
    const alerts = this.alertsOf(input, number);
    const incidents = [...new Set(alerts.flatMap((alert) => this.incidentOf(alert) ?? []))];
    const bindings = this.#bindingsOf(position, nodes);
    if (alerts.length === 0 && bindings.length === 0) return undefined;
    return { alerts, incidents, bindings };
  }

  #add({ input, number }: PacketReference, alert: Alert): void {
    const key = keyOf(input, number);
    const known = this.#alerts.get(key);
    if (known === undefined) this.#alerts.set(key, [alert]);
    else if (!known.includes(alert)) known.push(alert);
  }

  #bindingsOf(position: number, nodes: readonly FieldNode[]): Readonly<Binding>[] {
    this.#advance(position);
    const keys = new Set<string>();
    forEachAddress(nodes, (address) => {
      for (const key of this.#byAddress.get(addressKey(address)) ?? []) keys.add(key);
    });
    return [...keys].flatMap((key) => this.#bindings.get(key) ?? []);
  }

  #advance(position: number): void {
    for (;;) {
      const step = this.#steps[this.#nextStep];
      if (step === undefined || step.position > position) return;
      this.#nextStep++;
      const { binding } = step;
      const key = `${addressKey(binding.homeAddress)} ${addressKey(binding.peer)}`;
      const before = this.#bindings.get(key);
      if (before !== undefined) this.#unlink(before, key);
      this.#bindings.set(key, binding);
      for (const address of [binding.homeAddress, binding.careOfAddress]) {
        const text = addressKey(address);
        const keys = this.#byAddress.get(text);
        if (keys === undefined) this.#byAddress.set(text, new Set([key]));
        else keys.add(key);
      }
    }
  }

  #unlink(binding: Readonly<Binding>, key: string): void {
    for (const address of [binding.homeAddress, binding.careOfAddress]) {
      const text = addressKey(address);
      const keys = this.#byAddress.get(text);
      keys?.delete(key);
      if (keys?.size === 0) this.#byAddress.delete(text);
    }
  }
}

/** Fields that hold addresses of nodes. */
const ADDRESS_FIELDS: ReadonlySet<string> = new Set([
  'ipv6.src',
  'ipv6.dst',
  'ipv6.opt.mipv6.home_address',
  'ipv6.routing.mipv6.home_address',
]);

function forEachAddress(nodes: readonly FieldNode[], visit: (address: Uint8Array) => void): void {
  for (const { name, value, children } of nodes) {
    const isAddress = name !== undefined && ADDRESS_FIELDS.has(name);
    if (isAddress && value instanceof Uint8Array && value.length === 16) visit(value);
    forEachAddress(children, visit);
  }
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
