/**
 * What the summary line says of a mobility message.
 */
import { find, findAll, join, letters, number, part, text, valueName } from '../core/node-text.ts';
import type { FieldNode } from '../core/node.ts';
import { isAccepted } from './status.ts';

/** Lifetimes of bindings count units of 4 seconds. RFC 6275 section 6.1.7. */
function lifetime(node: FieldNode, name: string): string | undefined {
  const units = number(node, name);
  return units === undefined ? undefined : `lifetime ${units * 4} s`;
}

/** The lifetime of a rejected binding is undefined. RFC 6275 section 6.1.8. */
function grantedLifetime(node: FieldNode): string | undefined {
  const status = number(node, 'mip6.ba.status');
  return status === undefined || isAccepted(status)
    ? lifetime(node, 'mip6.ba.lifetime')
    : undefined;
}

type Describe = (node: FieldNode) => string;

function localizedRouting(node: FieldNode, name: string): string {
  return join([
    part('status', text(node, `${name}.status`)),
    part('seq', number(node, `${name}.sequence`)),
    part('lifetime', text(node, `${name}.lifetime`)),
    letters(node, `${name}.flags`),
  ]);
}

/** Revocations and flow bindings: indication with its trigger, or acknowledgement with its status. */
function askOrAnswer(
  node: FieldNode,
  names: {
    readonly trigger: string;
    readonly status: string;
    readonly sequence: string;
    readonly flags: readonly string[];
  },
): string {
  const trigger = text(node, names.trigger);
  const status = text(node, names.status);
  const kind = trigger === undefined ? 'acknowledgement' : 'indication';
  return join([
    trigger === undefined && status === undefined ? 'of unknown type' : kind,
    part('trigger', trigger),
    part('status', status),
    part('seq', number(node, names.sequence)),
    ...names.flags.map((name) => letters(node, name)),
  ]);
}

function homeAgents(node: FieldNode): string {
  const agents = findAll(node.children, 'mip6.has.address').map((agent) => agent.text);
  return agents.length === 0 ? 'no home agent: discover again' : `to ${agents.join(', ')}`;
}

function heartbeat(node: FieldNode): string {
  const isResponse = number(node, 'mip6.hb.r_flag') === 1;
  return join([
    number(node, 'mip6.hb.u_flag') === 1 ? 'unsolicited' : undefined,
    isResponse ? 'response' : 'request',
    part('seq', number(node, 'mip6.hb.seqnr')),
    part('restarts', number(node, 'mip6.rc')),
  ]);
}

/** What is said of a mobility message after its name. */
const MESSAGES = new Map<string, Describe>([
  ['Home Test Init', (node) => join([part('cookie', text(node, 'mip6.hoti.cookie'))])],
  ['Care-of Test Init', (node) => join([part('cookie', text(node, 'mip6.coti.cookie'))])],
  ['Home Test', (node) => join([part('nonce index', number(node, 'mip6.hot.nindex'))])],
  ['Care-of Test', (node) => join([part('nonce index', number(node, 'mip6.cot.nindex'))])],
  [
    'Binding Update',
    (node) =>
      join([
        part('seq', number(node, 'mip6.bu.seqnr')),
        lifetime(node, 'mip6.bu.lifetime'),
        letters(node, 'mip6.bu.flags'),
      ]),
  ],
  [
    'Binding Acknowledgement',
    (node) =>
      join([
        part('status', text(node, 'mip6.ba.status')),
        part('seq', number(node, 'mip6.ba.seqnr')),
        grantedLifetime(node),
        letters(node, 'mip6.ba.flags'),
      ]),
  ],
  [
    'Binding Error',
    (node) =>
      join([
        part('status', text(node, 'mip6.be.status')),
        part('home', text(node, 'mip6.be.haddr')),
      ]),
  ],
  [
    'Fast Binding Update',
    (node) =>
      join([
        part('seq', number(node, 'mip6.fbu.seqnr')),
        part('lifetime', text(node, 'mip6.fbu.lifetime')),
        letters(node, 'mip6.fbu.flags'),
      ]),
  ],
  [
    'Fast Binding Acknowledgment',
    (node) =>
      join([
        part('status', text(node, 'mip6.fback.status')),
        part('seq', number(node, 'mip6.fback.seqnr')),
        part('lifetime', text(node, 'mip6.fback.lifetime')),
        letters(node, 'mip6.fback.flags'),
      ]),
  ],
  ['Home Agent Switch', homeAgents],
  ['Heartbeat', heartbeat],
  [
    'Handover Initiate',
    (node) =>
      join([
        part('code', text(node, 'mip6.hi.code')),
        part('seq', number(node, 'mip6.hi.seqnr')),
        letters(node, 'mip6.hi.flags'),
      ]),
  ],
  [
    'Handover Acknowledge',
    (node) =>
      join([
        part('code', text(node, 'mip6.hack.code')),
        part('seq', number(node, 'mip6.hack.seqnr')),
        letters(node, 'mip6.hack.flags'),
      ]),
  ],
  [
    'Binding Revocation',
    (node) =>
      askOrAnswer(node, {
        trigger: 'mip6.bri_r.trigger',
        status: 'mip6.bri_status',
        sequence: 'mip6.bri_seqnr',
        flags: ['mip6.bri_flags', 'mip6.bri_aflags'],
      }),
  ],
  ['Localized Routing Initiation', (node) => localizedRouting(node, 'mip6.lri')],
  ['Localized Routing Acknowledgment', (node) => localizedRouting(node, 'mip6.lra')],
  [
    'Update Notification',
    (node) =>
      join([
        part('reason', text(node, 'mip6.upn.reason')),
        part('seq', number(node, 'mip6.upn.seqnr')),
        letters(node, 'mip6.upn.flags'),
      ]),
  ],
  [
    'Update Notification Acknowledgement',
    (node) =>
      join([
        part('status', text(node, 'mip6.upa.status')),
        part('seq', number(node, 'mip6.upa.seqnr')),
      ]),
  ],
  [
    'Flow Binding',
    (node) =>
      askOrAnswer(node, {
        trigger: 'mip6.fb.trigger',
        status: 'mip6.fb.status',
        sequence: 'mip6.fb.seqnr',
        flags: ['mip6.fb.flags'],
      }),
  ],
  ['Subscription Query', (node) => join([part('seq', number(node, 'mip6.sq.seqnr'))])],
  [
    'Subscription Response',
    (node) => join([part('seq', number(node, 'mip6.sr.seqnr')), letters(node, 'mip6.sr.flags')]),
  ],
]);

/** What mobility options add to the line. */
function mobilityOptions(node: FieldNode): string {
  const nonces = number(node, 'mip6.ni.hni');
  // Units of 4 seconds. RFC 6275 section 6.2.4.
  const refresh = number(node, 'mip6.bra.interval');
  return join([
    ...findAll(node.children, 'mip6.mnid.identifier').map((identifier) =>
      part('node', identifier.text),
    ),
    part('service', text(node, 'mip6.ss.identifier')),
    part('alt-coa', text(node, 'mip6.acoa.acoa')),
    nonces === undefined ? undefined : `nonces ${nonces}/${number(node, 'mip6.ni.cni') ?? '-'}`,
    find(node.children, 'mip6.bad.auth') === undefined &&
    find(node.children, 'mip6.auth.auth_data') === undefined &&
    find(node.children, 'mip6.badff.auth') === undefined
      ? undefined
      : 'authenticated',
    refresh === undefined ? undefined : `refresh ${refresh * 4} s`,
  ]);
}

/** The message, its fields that matter, and its options that matter. */
export function describeMobility(node: FieldNode): string {
  const name = valueName(node, 'mip6.mhtype');
  return join([
    name === 'unknown'
      ? part('unknown message type', number(node, 'mip6.mhtype'))
      : (name ?? 'cut short'),
    MESSAGES.get(name ?? '')?.(node),
    mobilityOptions(node),
  ]);
}
