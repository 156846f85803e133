/**
 * What the engine found, by position of the packet, for packets asked about in any order and while the run goes on.
 */
import { addressKey } from '../../dissectors/core/address.ts';
import type { AddressKey } from '../../dissectors/core/address.ts';
import type { FieldNode } from '../../dissectors/index.ts';
import type { Alert, Incident } from '../../engine/alert.ts';
import type { BindingEvent, PacketReference } from '../../engine/events.ts';
import { registrationKey } from '../../engine/home-link/addresses.ts';
import type { FoundBinding, PacketFindings } from '../../engine/filter/state-fields.ts';
import { SEVERITIES } from '../../engine/rule-api.ts';
import type { Severity } from '../../engine/rule-api.ts';
import type { Binding } from '../../engine/state/binding-cache.ts';

/** Changes of bindings kept; of later ones only alerts and incidents are told. */
export const MAX_BINDING_CHANGES = 100_000;
/** Bindings of one address that are told of a packet. */
const MAX_BINDINGS_OF_ADDRESS = 64;
/** Evidence packets kept. */
const MAX_EVIDENCE = 200_000;

/** What is told of a binding. */
type ToldBinding = FoundBinding;

/** A binding as it was from a packet on. Many are kept: they share what did not change. */
interface BindingStep {
  readonly position: number;
  /** Order among all steps. */
  readonly order: number;
  readonly binding: ToldBinding;
}

/** Changes of one binding, oldest first. */
interface BindingSteps {
  readonly key: string;
  readonly steps: BindingStep[];
}

const NO_ALERTS: readonly Alert[] = [];
const NO_ADDRESSES: readonly Uint8Array[] = [];

/** Findings of a run under way. */
export class FindingsTable {
  /** Changes of bindings that were not kept. */
  droppedChanges = 0;
  /** Rises with each alert. */
  version = 0;
  readonly #positionOf: (packet: PacketReference) => number | undefined;
  readonly #isShown: (alert: Alert) => boolean;
  readonly #alerts = new Map<number, Alert[]>();
  #incidents: ReadonlyMap<number, Incident> = new Map();
  readonly #steps = new Map<string, BindingSteps>();
  /** Bindings that ever had an address: nearly always one. */
  readonly #byAddress = new Map<AddressKey, BindingSteps | BindingSteps[]>();
  #stepCount = 0;

  /**
   * @param positionOf where a packet stands; undefined when it is not kept
   * @param isShown whether an alert is not muted
   */
  constructor(
    positionOf: (packet: PacketReference) => number | undefined,
    isShown: (alert: Alert) => boolean,
  ) {
    this.#positionOf = positionOf;
    this.#isShown = isShown;
  }

  /** Takes an alert as it is raised. */
  addAlert(alert: Alert): void {
    this.version++;
    const { packet, evidence } = alert.draft;
    this.#add(packet, alert);
    for (const item of evidence) this.#add(item.packet, alert);
  }

  /** @param position of the packet that caused it */
  addChange({ binding }: BindingEvent, position: number): void {
    if (this.#stepCount >= MAX_BINDING_CHANGES) {
      this.droppedChanges++;
      return;
    }
    const key = registrationKey(binding.homeAddress, binding.peer);
    let known = this.#steps.get(key);
    if (known === undefined) {
      known = { key, steps: [] };
      this.#steps.set(key, known);
    }
    const told = toldBinding(binding, known.steps.at(-1)?.binding);
    known.steps.push({ position, order: this.#stepCount++, binding: told });
    this.#link(binding.homeAddress, known);
    this.#link(binding.careOfAddress, known);
  }

  #link(address: Uint8Array, steps: BindingSteps): void {
    const name = addressKey(address);
    const known = this.#byAddress.get(name);
    if (known === undefined) this.#byAddress.set(name, steps);
    else if (!Array.isArray(known)) {
      if (known !== steps) this.#byAddress.set(name, [known, steps]);
    } else if (!known.includes(steps) && known.length < MAX_BINDINGS_OF_ADDRESS) known.push(steps);
  }

  /** Incidents as of now: alerts know theirs by number. */
  setIncidents(incidents: readonly Incident[]): void {
    this.#incidents = new Map(incidents.map((incident) => [incident.id, incident]));
  }

  /** Positions of all packets that alerts rest on. */
  evidence(): Iterable<number> {
    return this.#alerts.keys();
  }

  /** Alerts that a packet decides or is evidence of, muted ones included. */
  at(position: number): readonly Alert[] {
    return this.#alerts.get(position) ?? NO_ALERTS;
  }

  /** Alerts of the packet with a number in an input. */
  alertsOf(input: number, number: number): readonly Alert[] {
    const position = this.#positionOf({ input, number, time: 0, nanoseconds: 0 });
    return position === undefined ? NO_ALERTS : this.at(position);
  }

  /** Incident of an alert. */
  incidentOf({ incidentId }: Alert): Incident | undefined {
    return incidentId === undefined ? undefined : this.#incidents.get(incidentId);
  }

  /** Worst severity of the alerts of a packet that are not muted. */
  severityAt(position: number): Severity | undefined {
    let worst = -1;
    for (const alert of this.at(position)) {
      if (this.#isShown(alert)) worst = Math.max(worst, SEVERITIES.indexOf(alert.severity));
    }
    return SEVERITIES[worst];
  }

  /** Whether an address is or was a home or care-of address of a binding. */
  isBound(address: Uint8Array, offset = 0): boolean {
    return this.#byAddress.size > 0 && this.#byAddress.has(addressKey(address, offset));
  }

  /**
   * What is known of a packet; undefined when nothing is.
   * @param addresses of the packet: bindings that had them then are found
   */
  findingsOf(
    position: number,
    addresses: readonly Uint8Array[] = NO_ADDRESSES,
  ): PacketFindings | undefined {
    const alerts = this.at(position);
    const incidents = [...new Set(alerts.flatMap((alert) => this.incidentOf(alert) ?? []))];
    const bindings = this.#bindingsOf(position, addresses);
    if (alerts.length === 0 && bindings.length === 0) return undefined;
    return { alerts, incidents, bindings };
  }

  /** Forgets packets below a position. Changes of bindings stay: those of later packets rest on them. */
  forget(first: number): void {
    for (const position of this.#alerts.keys()) if (position < first) this.#alerts.delete(position);
  }

  #add(packet: PacketReference, alert: Alert): void {
    const position = this.#positionOf(packet);
    if (position === undefined) return;
    const known = this.#alerts.get(position);
    if (known === undefined) {
      if (this.#alerts.size < MAX_EVIDENCE) this.#alerts.set(position, [alert]);
    } else if (!known.includes(alert)) known.push(alert);
  }

  #bindingsOf(position: number, addresses: readonly Uint8Array[]): ToldBinding[] {
    if (this.#byAddress.size === 0) return [];
    const found: BindingStep[] = [];
    for (const address of addresses) {
      const name = addressKey(address);
      const ofAddress: BindingStep[] = [];
      const linked = this.#byAddress.get(name) ?? [];
      for (const { steps } of Array.isArray(linked) ? linked : [linked]) {
        const step = stepAt(steps, position);
        if (step === undefined || found.includes(step)) continue;
        const { homeAddress, careOfAddress } = step.binding;
        if (addressKey(homeAddress) === name || addressKey(careOfAddress) === name) {
          ofAddress.push(step);
        }
      }
      // The binding that changed first comes first.
      found.push(...ofAddress.sort((a, b) => a.order - b.order));
    }
    return found.map(({ binding }) => binding);
  }
}

/** What is told of a binding, without the rest; `before` is what was told of it at its last change. */
function toldBinding(binding: Readonly<Binding>, before: ToldBinding | undefined): ToldBinding {
  const { homeAddress, careOfAddress, previousCareOfAddresses: previous, peer } = binding;
  const { role, phase, knownBy, sequence, lifetime } = binding;
  const known = before?.previousCareOfAddresses ?? NO_ADDRESSES;
  const isSame = known.length === previous.length && known.every((item, i) => item === previous[i]);
  return {
    homeAddress,
    careOfAddress,
    previousCareOfAddresses: isSame ? known : [...previous],
    peer,
    role,
    phase,
    knownBy,
    sequence,
    lifetime,
  };
}

/** The last step at or before a position. */
function stepAt(steps: readonly BindingStep[], position: number): BindingStep | undefined {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((steps[middle]?.position ?? 0) <= position) low = middle + 1;
    else high = middle;
  }
  return steps[low - 1];
}

/** Fields that hold addresses of nodes. */
export const ADDRESS_FIELDS = [
  'ipv6.src',
  'ipv6.dst',
  'ipv6.opt.mipv6.home_address',
  'ipv6.routing.mipv6.home_address',
] as const;

const IS_ADDRESS: ReadonlySet<string> = new Set(ADDRESS_FIELDS);

/** Addresses in a tree whose bindings belong to the packet. */
export function addressesIn(nodes: readonly FieldNode[], found: Uint8Array[] = []): Uint8Array[] {
  for (const { name, value, children } of nodes) {
    const isAddress = name !== undefined && IS_ADDRESS.has(name);
    if (isAddress && value instanceof Uint8Array && value.length === 16) found.push(value);
    addressesIn(children, found);
  }
  return found;
}
