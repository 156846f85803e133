import {
  addressKey,
  defineRule,
  findNdOption,
  formatAddress,
  formatMac,
  includesLinkLayer,
  isAcceptedOnLink,
  isMadeOf,
  isSameLinkLayer,
  isUnspecified,
  linkLayerOfHomeAgent,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  EventOf,
  Link,
  PacketReference,
  RuleContext,
  RuleDefinition,
} from '../../engine/rule-api.ts';

/** Status of a Binding Acknowledgement: duplicate address detection failed. RFC 6275 section 6.1.8. */
const DUPLICATE_ADDRESS = 134;
/** Answers remembered until the acknowledgement comes; one for each home address. */
const ANSWER_BOUNDS = { maxEntries: 1024, ttlSeconds: 60 };

const params = {
  answerSeconds: {
    default: 3,
    min: 1,
    max: 30,
    unit: 'seconds',
    doc: 'how long after the probe of the home agent an answer counts',
  },
} satisfies RuleDefinition['params'];

type Context = RuleContext<{ [N in keyof typeof params]: number }>;

/** An answer to the probe of a home agent. */
interface Answer {
  readonly homeAddress: Uint8Array;
  readonly linkLayerAddress: Uint8Array;
  readonly probe: PacketReference;
  readonly packet: PacketReference;
  readonly link: Link;
  readonly isProbe: boolean;
  readonly isOwn: boolean;
}

/** Whether a link-layer address is that of a home agent: told, or known from the link. */
function isHomeAgentLinkLayer(link: Link, item: Uint8Array, context: Context): boolean {
  for (const { addresses, linkLayerAddresses } of context.site.homeAgents) {
    if (linkLayerAddresses.some((mac) => isSameLinkLayer(mac, item))) return true;
    for (const address of addresses) {
      const known = linkLayerOfHomeAgent(link, address, context);
      if (known !== undefined && includesLinkLayer(known, item)) return true;
    }
  }
  for (const { peer } of context.homeBindings()) {
    const known = linkLayerOfHomeAgent(link, peer, context);
    return known !== undefined && includesLinkLayer(known, item);
  }
  return false;
}

/** An answer to a probe, by advertisement or by another probe. */
function answerOf(event: EventOf<'icmpv6'>, context: Context): Answer | undefined {
  const { message, context: wire } = event;
  const { link, packet } = wire;
  const isProbe = message.kind === 'neighbor-solicitation' && isUnspecified(wire.source);
  if (!isProbe && message.kind !== 'neighbor-advertisement') return undefined;
  const target = message.targetAddress;
  if (!context.isHomeAddress(target)) return undefined;
  const probe = context.duplicateProbe(link, target);
  if (probe?.linkLayerAddress === undefined) return undefined;
  const age = packet.time - probe.packet.time;
  if (age < 0 || age > context.params.answerSeconds * 1e6) return undefined;
  const option = isProbe ? undefined : findNdOption(message.options, 'target-link-layer-address');
  const linkLayerAddress = option?.address ?? wire.linkSource;
  if (linkLayerAddress === undefined) return undefined;
  if (isSameLinkLayer(linkLayerAddress, probe.linkLayerAddress)) return undefined;
  // Probes of nodes that come home are answered by the home agent: RFC 6275 section 11.5.5.
  if (!isHomeAgentLinkLayer(link, probe.linkLayerAddress, context)) return undefined;
  if (isHomeAgentLinkLayer(link, linkLayerAddress, context)) return undefined;
  const claims = context.neighbor(link, target)?.claims ?? [];
  const isOwn =
    isMadeOf(target, linkLayerAddress) ||
    claims.some(
      (claim) =>
        claim.firstSeen < probe.packet.time &&
        isSameLinkLayer(claim.linkLayerAddress, linkLayerAddress),
    );
  return {
    homeAddress: target,
    linkLayerAddress,
    probe: probe.packet,
    packet,
    link,
    isProbe,
    isOwn,
  };
}

function draftOf(answer: Answer, rejected: PacketReference | undefined): AlertDraft {
  const { homeAddress, linkLayerAddress, isOwn } = answer;
  const home = formatAddress(homeAddress);
  const mac = formatMac(linkLayerAddress, 0, linkLayerAddress.length);
  const how = answer.isProbe ? 'with a probe of its own' : 'with a Neighbor Advertisement';
  return {
    object: `${addressKey(homeAddress)}${isOwn ? '/own' : ''}`,
    message: `${mac} answered the duplicate address detection of the home agent for ${home} on link ${answer.link.name}${rejected === undefined ? '' : ', and the registration was rejected'}`,
    packet: rejected ?? answer.packet,
    evidence: [
      { packet: answer.probe, text: `the home agent probes for ${home}`, link: answer.link },
      { packet: answer.packet, text: `${mac} claims ${home} ${how}`, link: answer.link },
      ...(rejected === undefined
        ? []
        : [
            {
              packet: rejected,
              text: `Binding Acknowledgement with status ${DUPLICATE_ADDRESS}: duplicate address detection failed`,
            },
          ]),
    ],
    confidence: rejected === undefined || isOwn ? 'partial' : 'certain',
    ...(isOwn ? { severity: 'low' } : {}),
    stage: 'denial-of-service',
    homeAddress,
    attacker: linkLayerAddress,
  };
}

export default defineRule({
  id: 'MIP6-2003',
  title: 'Duplicate address detection of the home agent answered: home registration denied',
  severity: 'high',
  category: 'neighbor-discovery',
  references: ['RFC 3756 section 4.1.3', 'RFC 6275 section 10.3.1', 'RFC 4862 section 5.4'],
  needs: ['home-link', 'home-agents'],
  verdict: 'alert',
  explanation:
    'Before a home agent accepts the first registration of a node, it asks on the home link whether somebody has the ' +
    'home address. Any answer, an advertisement or a probe at the same time, makes it reject the registration with ' +
    'status 134: one packet keeps a mobile node from its home network. Probes of other nodes are not looked at: a node ' +
    'that comes home asks for its own address and its home agent has to answer. An answer from the link-layer address ' +
    'that the node itself had at home is a race on leaving, and is reported as low.',
  advice:
    'Find the port behind the link-layer address. If a second machine really has the address, give it another one. ' +
    'Let the switch bind addresses to ports (RFC 6620), or use SEND, with which such answers can be checked.',
  on: ['icmpv6', 'mobility'],
  messages: ['neighbor-solicitation', 'neighbor-advertisement', 'binding-acknowledgement'],
  asksOnly: { 'binding-acknowledgement': ['refusal'] },
  params,
  evaluate(event, context) {
    if (event.kind === 'mobility') {
      const { message } = event.header;
      if (message.kind !== 'binding-acknowledgement' || event.checksum === 'wrong') {
        return undefined;
      }
      if (message.status !== DUPLICATE_ADDRESS) return undefined;
      const homeAddress = event.context.routingHomeAddress ?? event.context.destination;
      const answers = context.table<Answer>('answers', ANSWER_BOUNDS);
      const answer = answers.get(addressKey(homeAddress));
      if (answer === undefined || !context.isHomeAgent(event.context.source)) return undefined;
      return draftOf(answer, event.context.packet);
    }
    if (event.context.link.effectiveRole !== 'home' || !isAcceptedOnLink(event)) return undefined;
    const answer = answerOf(event, context);
    if (answer === undefined) return undefined;
    context.table<Answer>('answers', ANSWER_BOUNDS).set(addressKey(answer.homeAddress), answer);
    return draftOf(answer, undefined);
  },
});
