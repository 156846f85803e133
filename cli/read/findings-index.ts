/**
 * What the engine found, by packet.
 */
import { addressKey } from '../../dissectors/core/address.ts';
import type { FieldNode } from '../../dissectors/index.ts';
import type { Alert, Incident } from '../../engine/alert.ts';
import type { PacketFindings } from '../../engine/filter/state-fields.ts';
import type { PacketReference } from '../../engine/packet.ts';
import type { Binding } from '../../engine/state/binding-cache.ts';

/** A binding as it was from a packet on. */
export interface BindingStep {
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
