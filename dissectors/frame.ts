/**
 * Nodes beside the dissected headers: the frame as captured, and what is wrong with it. Names are Wireshark's.
 */
import { DIAGNOSTICS } from './core/diagnostic.ts';
import type { DiagnosticGroup, DiagnosticSeverity } from './core/diagnostic.ts';
import { groupNode, valueNode } from './core/field-tree.ts';
import type { Dissection, FieldNode, NodeValue } from './core/node.ts';
import type { FieldRow } from './catalogue/field-info.ts';

/** What the capture says of a frame. */
export interface FrameFacts {
  /** 1-based number in its input. */
  readonly number: number;
  /** Capture time: seconds since 1970 and nanoseconds 0..999999999. */
  readonly seconds: number;
  readonly nanoseconds: number;
  /** The first frame's time, for `frame.time_relative`; default: this frame's. */
  readonly first?: { readonly seconds: number; readonly nanoseconds: number };
  /** The time of the frame before, for `frame.time_delta`; default: this frame's. */
  readonly previous?: { readonly seconds: number; readonly nanoseconds: number };
  /** Octets on the wire; default: those captured. */
  readonly originalLength?: number;
  /** LINKTYPE_ value; tells raw IP from other links in `frame.protocols`. */
  readonly linkType?: number;
  /** Index and name of the capture interface, and comments of the capture file (pcapng). */
  readonly interfaceId?: number;
  readonly interfaceName?: string;
  readonly comments?: readonly string[];
}

/** Severities with Wireshark's numbers: the numbers are in order, so `>= warn` can be asked. */
export const EXPERT_SEVERITIES = [
  { value: 0x100000, name: 'Comment' },
  { value: 0x200000, name: 'Chat' },
  { value: 0x400000, name: 'Note' },
  { value: 0x600000, name: 'Warning' },
  { value: 0x600000, name: 'Warn' },
  { value: 0x800000, name: 'Error' },
] as const;

/** Groups with Wireshark's numbers. */
export const EXPERT_GROUPS = [
  { value: 0x01000000, name: 'Checksum' },
  { value: 0x02000000, name: 'Sequence' },
  { value: 0x05000000, name: 'Undecoded' },
  { value: 0x06000000, name: 'Reassemble' },
  { value: 0x07000000, name: 'Malformed' },
  { value: 0x09000000, name: 'Protocol' },
  { value: 0x0a000000, name: 'Security' },
  { value: 0x0c000000, name: 'Decryption' },
  { value: 0x0e000000, name: 'Deprecated' },
] as const;

const SEVERITY_NUMBER: Readonly<Record<DiagnosticSeverity, number>> = {
  chat: 0x200000,
  note: 0x400000,
  warn: 0x600000,
  error: 0x800000,
};

const SEVERITY_NAME: Readonly<Record<DiagnosticSeverity, string>> = {
  chat: 'Chat',
  note: 'Note',
  warn: 'Warning',
  error: 'Error',
};

/** Groups by name; one that Wireshark lacks counts as `Protocol`. */
const GROUP_NAME: Readonly<Record<DiagnosticGroup, string>> = {
  malformed: 'Malformed',
  checksum: 'Checksum',
  protocol: 'Protocol',
  reassembly: 'Reassemble',
  decryption: 'Decryption',
  undecoded: 'Undecoded',
  deprecated: 'Deprecated',
};

/** Fields of `frameNode`. */
export const FRAME_FIELDS: readonly FieldRow[] = [
  { name: 'frame', label: 'Frame', type: 'protocol' },
  { name: 'frame.number', label: 'Frame Number', type: 'number', max: Number.MAX_SAFE_INTEGER },
  {
    name: 'frame.time_epoch',
    label: 'Seconds since 1970',
    type: 'number',
    unit: 's',
    isFraction: true,
  },
  {
    name: 'frame.time_relative',
    label: 'Seconds since the first frame',
    type: 'number',
    unit: 's',
    isFraction: true,
  },
  {
    name: 'frame.time_delta',
    label: 'Seconds since the frame before',
    type: 'number',
    unit: 's',
    isFraction: true,
  },
  { name: 'frame.len', label: 'Length on the wire', type: 'number', unit: 'octets' },
  { name: 'frame.cap_len', label: 'Length captured', type: 'number', unit: 'octets' },
  { name: 'frame.protocols', label: 'Protocols in frame', type: 'text' },
  { name: 'frame.interface_id', label: 'Interface id', type: 'number' },
  { name: 'frame.interface_name', label: 'Interface name', type: 'text' },
  { name: 'frame.comment', label: 'Comment', type: 'text' },
];

/** Fields of `expertNodes`. */
export const EXPERT_FIELDS: readonly FieldRow[] = [
  { name: '_ws.expert', label: 'Diagnostic', type: 'none' },
  { name: '_ws.expert.message', label: 'Message', type: 'text' },
  {
    name: '_ws.expert.severity',
    label: 'Severity',
    type: 'number',
    values: EXPERT_SEVERITIES,
    max: 0xffffffff,
  },
  {
    name: '_ws.expert.group',
    label: 'Group',
    type: 'number',
    values: EXPERT_GROUPS,
    max: 0xffffffff,
  },
  { name: 'mip6guard.diagnostic', label: 'Code of the diagnostic', type: 'text' },
];

/** Layers that Wireshark's list of protocols calls otherwise. */
const PROTOCOL_NAMES = new Map<string, string>([
  ['eth', 'eth:ethertype'],
  ['vlan', 'vlan:ethertype'],
  ['ieee8021ad', 'ieee8021ad:ethertype'],
  ['sll', 'sll:ethertype'],
  ['mip6', 'mipv6'],
]);

/** Link types of IP packets of either version without a link header. */
const RAW_LINK_TYPES: ReadonlySet<number> = new Set([12, 14, 101]);
/** Longest list of protocols. */
const MAX_PROTOCOLS = 64;

/** Names of the layers in order, those of a quoted packet included. */
function addProtocols(nodes: readonly FieldNode[], into: string[]): void {
  for (const node of nodes) {
    const { name } = node;
    if (name === undefined || into.length >= MAX_PROTOCOLS) continue;
    // Octets after the packet are no layer.
    if (node.value !== undefined) continue;
    const hasLength = node.children.some((child) => child.name === `${name}.len`);
    const isFrame = hasLength && PROTOCOL_NAMES.get(name)?.endsWith(':ethertype') === true;
    into.push(isFrame ? name : (PROTOCOL_NAMES.get(name) ?? name));
    if (name !== 'icmpv6') continue;
    for (const child of node.children) {
      if (child.name === 'data.data') into.push('data');
      else if (child.name === 'icmpv6.data') addProtocols(child.children, into);
    }
  }
}

/** `eth:ethertype:ipv6:mipv6`. */
function protocolsText(dissection: Dissection, linkType: number | undefined): string {
  const names: string[] = [];
  if (linkType !== undefined && RAW_LINK_TYPES.has(linkType)) names.push('raw');
  addProtocols(dissection.nodes, names);
  return names.join(':');
}

interface Instant {
  readonly seconds: number;
  readonly nanoseconds: number;
}

const BILLION = 1_000_000_000;

/** Time as Wireshark shows it: seconds and nine digits. */
function secondsText({ seconds, nanoseconds }: Instant): string {
  return `${seconds}.${`${nanoseconds}`.padStart(9, '0')}`;
}

/** Time from one instant to another, with its sign. */
function spanText(from: Instant, to: Instant): string {
  let seconds = to.seconds - from.seconds;
  let nanoseconds = to.nanoseconds - from.nanoseconds;
  if (nanoseconds < 0) {
    seconds--;
    nanoseconds += BILLION;
  }
  if (seconds >= 0) return secondsText({ seconds, nanoseconds });
  // Seconds and fraction of a negative span have one sign.
  if (nanoseconds > 0) {
    seconds++;
    nanoseconds = BILLION - nanoseconds;
  }
  return `-${secondsText({ seconds: -seconds, nanoseconds })}`;
}

/**
 * Node of the frame as captured: number, times, lengths, protocols. Times are numbers of seconds, so that of
 * nanoseconds since 1970 the last two digits are rounded in `value`; `text` has them all.
 */
export function frameNode(facts: FrameFacts, dissection: Dissection): FieldNode {
  const captured = dissection.sources[0]?.bytes.length ?? 0;
  const { number, originalLength = captured, interfaceId, interfaceName, comments = [] } = facts;
  const children: FieldNode[] = [];
  const add = (name: string, label: string, text: string, value: NodeValue): void => {
    // Written out: this is done for every packet, and spread costs several times as much.
    children.push({
      label,
      name,
      text,
      value,
      offset: 0,
      length: 0,
      source: 0,
      children: [],
      generated: true,
    });
  };
  if (interfaceId !== undefined) {
    add('frame.interface_id', 'Interface id', `${interfaceId}`, interfaceId);
  }
  if (interfaceName !== undefined) {
    add('frame.interface_name', 'Interface name', interfaceName, interfaceName);
  }
  const times = [
    ['frame.time_epoch', 'Seconds since 1970', secondsText(facts)],
    [
      'frame.time_delta',
      'Seconds since the frame before',
      spanText(facts.previous ?? facts, facts),
    ],
    ['frame.time_relative', 'Seconds since the first frame', spanText(facts.first ?? facts, facts)],
  ] as const;
  for (const [name, label, text] of times) add(name, label, `${text} s`, Number(text));
  add('frame.number', 'Frame Number', `${number}`, number);
  add('frame.len', 'Length on the wire', `${originalLength} octets`, originalLength);
  add('frame.cap_len', 'Length captured', `${captured} octets`, captured);
  const protocols = protocolsText(dissection, facts.linkType);
  add('frame.protocols', 'Protocols in frame', protocols, protocols);
  for (const comment of comments) add('frame.comment', 'Comment', comment, comment);
  const text = `${number}: ${originalLength} octets on the wire, ${captured} captured`;
  return groupNode('Frame', 'frame', text, 0, captured, 0, undefined, children);
}

/** One node for each diagnostic, with the octets it is about. */
export function expertNodes(dissection: Dissection): FieldNode[] {
  return dissection.diagnostics.map(({ code, offset, length, source, detail }) => {
    const { severity, group, text, ...rest } = DIAGNOSTICS[code];
    const spec = 'spec' in rest ? rest.spec : undefined;
    const message = detail === undefined ? text : `${text}: ${detail}`;
    const line = (name: string, label: string, shown: string, value: NodeValue): FieldNode => ({
      ...valueNode(label, name, shown, value, offset, 0, source, undefined, []),
      generated: true,
    });
    const groupName = GROUP_NAME[group];
    const groupValue = EXPERT_GROUPS.find(({ name }) => name === groupName)?.value ?? 0;
    const node = groupNode('Diagnostic', '_ws.expert', message, offset, length, source, spec, [
      line('_ws.expert.message', 'Message', message, message),
      line('_ws.expert.severity', 'Severity', SEVERITY_NAME[severity], SEVERITY_NUMBER[severity]),
      line('_ws.expert.group', 'Group', groupName, groupValue),
      line('mip6guard.diagnostic', 'Code', code, code),
    ]);
    return { ...node, generated: true };
  });
}
