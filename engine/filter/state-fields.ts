/**
 * Fields of what the engine knows of a packet: alerts, incidents, bindings. Nothing is computed here.
 */
import { formatAddress } from '../../dissectors/core/address.ts';
import { groupNode, valueNode } from '../../dissectors/core/layout.ts';
import type { FieldNode, NodeValue } from '../../dissectors/core/node.ts';
import type { FieldInfo } from '../../dissectors/catalogue.ts';
import type { Alert, Incident } from '../alert.ts';
import { SEVERITIES } from '../rule-api.ts';
import type { Binding } from '../state/binding-cache.ts';

/** What is known of one packet. */
export interface PacketFindings {
  /** Alerts that the packet is evidence of. */
  readonly alerts: readonly Alert[];
  /** Incidents that the packet belongs to. */
  readonly incidents: readonly Incident[];
  /** Bindings of the packet's addresses, as they were at this packet. */
  readonly bindings: readonly FoundBinding[];
}

/** What is told of a binding. */
export interface FoundBinding extends Readonly<
  Pick<
    Binding,
    | 'homeAddress'
    | 'careOfAddress'
    | 'peer'
    | 'role'
    | 'phase'
    | 'knownBy'
    | 'sequence'
    | 'lifetime'
  >
> {
  readonly previousCareOfAddresses: readonly Uint8Array[];
}

/** Severities in their order, so that `>= high` can be asked. */
const SEVERITY_VALUES = SEVERITIES.map((name, value) => ({ value, name }));

const text = (name: string, label: string): FieldInfo => ({
  name,
  label,
  type: 'text',
  formats: ['mip6guard'],
});
const number = (name: string, label: string, unit?: string): FieldInfo => ({
  name,
  label,
  type: 'number',
  formats: ['mip6guard'],
  ...(unit === undefined ? {} : { unit }),
});
const address = (name: string, label: string): FieldInfo => ({
  name,
  label,
  type: 'address',
  octets: 16,
  formats: ['mip6guard'],
});

/** Fields of `stateNode`. */
export const STATE_FIELDS: readonly FieldInfo[] = [
  { name: 'mip6guard', label: 'What mip6guard found', type: 'none', formats: [] },
  number('mip6guard.alert', 'Number of the alert'),
  text('mip6guard.rule', 'Rule of the alert'),
  {
    ...number('mip6guard.severity', 'Severity of the alert'),
    values: SEVERITY_VALUES,
    min: 0,
    max: SEVERITIES.length - 1,
  },
  text('mip6guard.category', 'Category of the rule'),
  text('mip6guard.confidence', 'Confidence of the alert'),
  text('mip6guard.stage', 'Stage of an attack'),
  number('mip6guard.incident', 'Number of the incident'),
  text('mip6guard.assessment', 'How far the attack came'),
  address('mip6guard.binding.hoa', 'Home address of the binding'),
  address('mip6guard.binding.coa', 'Care-of address of the binding'),
  address('mip6guard.binding.previous_coa', 'Earlier care-of address'),
  address('mip6guard.binding.peer', 'Home agent or correspondent of the binding'),
  text('mip6guard.binding.role', 'Whether the peer is home agent or correspondent'),
  text('mip6guard.binding.state', 'Phase of the binding'),
  text('mip6guard.binding.known_by', 'How the binding is known'),
  number('mip6guard.binding.sequence', 'Last accepted sequence number'),
  number('mip6guard.binding.lifetime', 'Granted lifetime', 's'),
];

const LABELS = new Map(STATE_FIELDS.map(({ name, label }) => [name, label]));
const STATE = 'mip6guard.';

/** Whether a field is one of `stateNode`, not of the octets of the packet. */
export function isStateField(name: string): boolean {
  return LABELS.has(name);
}

function line(name: string, shown: string, value: NodeValue): FieldNode {
  const label = LABELS.get(STATE + name) ?? name;
  const node = valueNode(label, STATE + name, shown, value, 0, 0, 0, undefined, []);
  return { ...node, generated: true };
}

const textLine = (name: string, value: string): FieldNode => line(name, value, value);
const numberLine = (name: string, value: number, unit = ''): FieldNode =>
  line(name, `${value}${unit}`, value);
const addressLine = (name: string, value: Uint8Array): FieldNode =>
  line(name, formatAddress(value), value);

/** Groups a set of lines under a title that has no filter field. */
function group(label: string, shown: string, lines: FieldNode[]): FieldNode {
  return { ...groupNode(label, undefined, shown, 0, 0, 0, undefined, lines), generated: true };
}

function alertGroup({ id, rule, severity, confidence, draft }: Alert): FieldNode {
  return group('Alert', `${rule.id}: ${draft.message}`, [
    numberLine('alert', id),
    textLine('rule', rule.id),
    line('severity', severity, SEVERITIES.indexOf(severity)),
    textLine('category', rule.category),
    textLine('confidence', confidence),
    ...(draft.stage === undefined ? [] : [textLine('stage', draft.stage)]),
  ]);
}

function incidentGroup({ id, title, assessment }: Incident): FieldNode {
  return group('Incident', `${id}: ${title}`, [
    numberLine('incident', id),
    ...(assessment === undefined ? [] : [textLine('assessment', assessment)]),
  ]);
}

function bindingGroup(binding: FoundBinding): FieldNode {
  const { homeAddress, careOfAddress, peer, phase, sequence, lifetime } = binding;
  return group('Binding', `${formatAddress(homeAddress)} at ${formatAddress(careOfAddress)}`, [
    addressLine('binding.hoa', homeAddress),
    addressLine('binding.coa', careOfAddress),
    ...binding.previousCareOfAddresses.map((item) => addressLine('binding.previous_coa', item)),
    addressLine('binding.peer', peer),
    textLine('binding.role', binding.role),
    textLine('binding.state', phase),
    textLine('binding.known_by', binding.knownBy),
    ...(sequence === undefined ? [] : [numberLine('binding.sequence', sequence)]),
    ...(lifetime === undefined ? [] : [numberLine('binding.lifetime', lifetime, ' s')]),
  ]);
}

/**
 * Node `mip6guard` of a packet: one group for each alert, incident and binding. It has the name only when there is
 * one, so that the filter `mip6guard` finds the packets that something is known of.
 */
export function stateNode({ alerts, incidents, bindings }: PacketFindings): FieldNode {
  const lines = [
    ...alerts.map(alertGroup),
    ...incidents.map(incidentGroup),
    ...bindings.map(bindingGroup),
  ];
  const name = lines.length === 0 ? undefined : 'mip6guard';
  const shown = `${alerts.length} alerts, ${incidents.length} incidents`;
  return { ...groupNode('mip6guard', name, shown, 0, 0, 0, undefined, lines), generated: true };
}
