/**
 * What an ICMPv6 message says in one line.
 */
import type { FieldNode } from '../core/node.ts';
import { find, findAll, join, letters, number, part, text, valueName } from '../core/node-text.ts';
import { FMIPV6 } from './message-types.ts';

type Describe = (node: FieldNode) => string;

function prefixes(node: FieldNode): string | undefined {
  const shown: string[] = [];
  for (const option of node.children) {
    const length = number(option, 'icmpv6.opt.prefix.length');
    // A route information option has no valid lifetime, and its prefix may be cut.
    if (
      length === undefined ||
      find(option.children, 'icmpv6.opt.prefix.valid_lifetime') === undefined
    ) {
      continue;
    }
    shown.push(`prefix ${text(option, 'icmpv6.opt.prefix') ?? ''}/${length}`);
  }
  return shown.length === 0 ? undefined : shown.join(' ');
}

function identifier(node: FieldNode): string | undefined {
  return part('id', number(node, 'icmpv6.mip6.identifier'));
}

function describeEcho(node: FieldNode): string {
  return join([
    part('id', text(node, 'icmpv6.echo.identifier')),
    part('seq', number(node, 'icmpv6.echo.sequence_number')),
  ]);
}

/** A query for all groups has none. RFC 3810 section 5.1.5. */
function describeQuery(node: FieldNode): string {
  const group = text(node, 'icmpv6.mld.multicast_address');
  const sources = number(node, 'icmpv6.mld.nb_sources') ?? 0;
  return join([
    part('group', group === '::' ? undefined : group),
    sources === 0 ? undefined : `${sources} sources`,
  ]);
}

/** Records named in a line; more of them are counted. */
const SHOWN_RECORDS = 3;

function describeReport(node: FieldNode): string {
  const records = findAll(node.children, 'icmpv6.mldr.mar');
  const shown = records
    .slice(0, SHOWN_RECORDS)
    .map((record) =>
      join([
        valueName(record, 'icmpv6.mldr.mar.record_type'),
        text(record, 'icmpv6.mldr.mar.multicast_address'),
      ]),
    );
  const more = records.length - shown.length;
  return join([shown.join(', '), more > 0 ? `and ${more} more` : undefined]);
}

/** The name of the message has its subtype; the code of an advertisement tells what it is for. */
function describeFastHandover(node: FieldNode): string {
  return join([
    part('id', number(node, 'icmpv6.fmip6.identifier')),
    number(node, 'icmpv6.fmip6.subtype') === 3 ? valueName(node, 'icmpv6.code') : undefined,
    part('address', text(node, 'icmpv6.opt.ipa.ipv6_address')),
  ]);
}

/** What is said of an ICMPv6 message after its name, by type. */
const ICMPV6 = new Map<number, Describe>([
  [1, (node) => join([valueName(node, 'icmpv6.code')])],
  [2, (node) => join([part('MTU', number(node, 'icmpv6.mtu'))])],
  [3, (node) => join([valueName(node, 'icmpv6.code')])],
  [
    4,
    (node) =>
      join([valueName(node, 'icmpv6.code'), part('pointer', number(node, 'icmpv6.pointer'))]),
  ],
  [128, describeEcho],
  [129, describeEcho],
  [130, describeQuery],
  [131, (node) => join([part('group', text(node, 'icmpv6.mld.multicast_address'))])],
  [132, (node) => join([part('group', text(node, 'icmpv6.mld.multicast_address'))])],
  [
    134,
    (node) =>
      join([
        letters(node, 'icmpv6.nd.ra.flag'),
        part('lifetime', number(node, 'icmpv6.nd.ra.router_lifetime'), ' s'),
        prefixes(node),
        part('preference', number(node, 'icmpv6.opt.home_agent_preference')),
      ]),
  ],
  [135, (node) => join([part('for', text(node, 'icmpv6.nd.ns.target_address'))])],
  [
    136,
    (node) =>
      join([
        part('of', text(node, 'icmpv6.nd.na.target_address')),
        letters(node, 'icmpv6.nd.na.flag'),
      ]),
  ],
  [
    137,
    (node) =>
      join([
        part('of', text(node, 'icmpv6.rd.na.destination_address')),
        part('to', text(node, 'icmpv6.nd.rd.target_address')),
      ]),
  ],
  [139, (node) => join([valueName(node, 'icmpv6.ni.qtype')])],
  [
    140,
    (node) => join([valueName(node, 'icmpv6.ni.qtype'), text(node, 'icmpv6.ni.reply.node_name')]),
  ],
  [
    142,
    (node) => {
      const list = findAll(node.children, 'icmpv6.opt.ipv6_address').map((child) => child.text);
      return list.join(', ');
    },
  ],
  [143, describeReport],
  [144, (node) => join([identifier(node)])],
  [
    145,
    (node) => {
      const agents = node.children.filter((child) => child.label === 'Home Agent Address');
      const list = agents.flatMap((group) => group.children.map((child) => child.text));
      return join([identifier(node), list.length === 0 ? 'no home agent' : list.join(', ')]);
    },
  ],
  [146, (node) => join([identifier(node)])],
  [147, (node) => join([identifier(node), letters(node, 'icmpv6.mip6.flag'), prefixes(node)])],
  [
    148,
    (node) =>
      join([
        part('id', number(node, 'icmpv6.send.identifier')),
        part('component', text(node, 'icmpv6.send.component')),
      ]),
  ],
  [
    149,
    (node) =>
      join([
        part('id', number(node, 'icmpv6.send.identifier')),
        part('component', number(node, 'icmpv6.send.component')),
        part('of', number(node, 'icmpv6.send.all_components')),
      ]),
  ],
  [FMIPV6, describeFastHandover],
]);

/** Name of the message, and what matters in it. */
export function describeIcmpv6(node: FieldNode): string {
  return join([node.text, ICMPV6.get(number(node, 'icmpv6.type') ?? -1)?.(node)]);
}
