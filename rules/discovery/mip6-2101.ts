import {
  addressKey,
  defineRule,
  formatAddress,
  homeAgentStanding,
  messageOf,
  prefixMatches,
  watchedSince,
} from '../../engine/rule-api.ts';
import type { AlertDraft, EventOf, RuleContext, RuleDefinition } from '../../engine/rule-api.ts';

/** Addresses of one reply that are looked at; a real one has a few. */
const MAX_ADDRESSES = 64;
/** Bits that a home agent has in common with the anycast address it answered for. */
const SUBNET_BITS = 64;

const params = {
  watchSeconds: {
    default: 60,
    min: 1,
    max: 3600,
    unit: 'seconds',
    doc: 'how long the sensor has to have watched before it calls a reply unasked',
  },
} satisfies RuleDefinition['params'];

type Context = RuleContext<{ [N in keyof typeof params]: number }>;

/** What is wrong with a reply. */
interface Faults {
  readonly texts: readonly string[];
  readonly isCertain: boolean;
  readonly isLow: boolean;
}

function faultsOf(
  event: EventOf<'icmpv6'>,
  reply: NonNullable<ReturnType<typeof replyOf>>,
  context: Context,
): Faults | undefined {
  const { source, destination } = event.context;
  const request = context.discoveryRequest('home-agents', destination, reply.identifier);
  const since = watchedSince(context);
  const isUnasked =
    request === undefined && context.now - since >= context.params.watchSeconds * 1e6;
  const isInSubnet = (address: Uint8Array): boolean =>
    request !== undefined && prefixMatches(request.destination, SUBNET_BITS, address, 0);
  const sender = homeAgentStanding(source, context);
  const strange = reply.homeAgentAddresses.slice(0, MAX_ADDRESSES).filter((address) => {
    const standing = homeAgentStanding(address, context);
    // Without a site file the network that was asked about decides.
    return standing === 'strange' || (standing === 'unknown' && request !== undefined)
      ? !isInSubnet(address)
      : false;
  });
  const texts: string[] = [];
  const isStrangeSender =
    sender === 'strange' || (sender === 'unknown' && request !== undefined && !isInSubnet(source));
  if (isStrangeSender) texts.push(`${formatAddress(source)} is no home agent`);
  if (strange.length > 0) {
    const names = strange.slice(0, 4).map((address) => formatAddress(address));
    texts.push(`it lists ${names.join(', ')}, outside the home network`);
  }
  const isSuspect = texts.length > 0;
  if (isUnasked) {
    texts.push(`nobody asked with identifier 0x${reply.identifier.toString(16).padStart(4, '0')}`);
  }
  const near = reply.homeAgentAddresses.filter(
    (address) =>
      homeAgentStanding(address, context) === 'near' && context.site.homeAgents.length > 0,
  );
  if (!isSuspect && near.length > 0) {
    const names = near.slice(0, 4).map((address) => formatAddress(address));
    texts.push(`it lists ${names.join(', ')}, which the site file does not name`);
  }
  if (texts.length === 0) return undefined;
  // Two things at once from a sender that the operator does not know leave no other reading.
  const isCertain = sender === 'strange' && (isUnasked || strange.length > 0);
  return { texts, isCertain, isLow: !isSuspect };
}

function replyOf(event: EventOf<'icmpv6'>) {
  return messageOf(event, 'home-agent-discovery-reply');
}

export default defineRule({
  id: 'MIP6-2101',
  title: 'Forged reply of home agent address discovery',
  severity: 'high',
  category: 'discovery',
  references: ['RFC 6275 sections 6.6, 10.5, 11.4.1 and 15.5'],
  needs: [],
  verdict: 'drop',
  explanation:
    'A mobile node that does not know its home agent asks the anycast address of its home network, and takes the ' +
    'addresses of the reply. Nothing protects the exchange but a number of 16 bits. A forged reply sends the node to an ' +
    'address of the attacker, or to one where nobody is. The rule compares sender and list with the home agents of the ' +
    'site file, or with the network that was asked, and looks for the question. A reply of a known home agent that ' +
    'nobody asked for is reported as low: the question may be missing from the capture.',
  advice:
    'Give mobile nodes the address of the home agent by configuration, or by a protected way (RFC 5026), and drop such ' +
    'replies from outside the home network. A home agent that is new goes into the site file.',
  on: ['icmpv6', 'tick'],
  params,
  evaluate(event, context): AlertDraft | undefined {
    watchedSince(context);
    if (event.kind === 'tick' || event.checksum === 'wrong') return undefined;
    const reply = replyOf(event);
    if (reply === undefined) return undefined;
    const faults = faultsOf(event, reply, context);
    if (faults === undefined) return undefined;
    const { packet, link, source, destination } = event.context;
    const listed = reply.homeAgentAddresses.slice(0, 4).map((item) => formatAddress(item));
    const victim = formatAddress(destination);
    return {
      object: `${addressKey(destination)}${faults.isLow ? '/low' : ''}`,
      message: `${formatAddress(source)} told ${victim} home agents ${listed.join(', ') || '(none)'}: ${faults.texts.join('; ')}`,
      packet,
      evidence: [
        {
          packet,
          text: `Home Agent Address Discovery Reply from ${formatAddress(source)} to ${victim}: ${faults.texts.join('; ')}`,
          link,
        },
      ],
      confidence: faults.isCertain ? 'certain' : 'partial',
      ...(faults.isLow ? { severity: 'low' } : { attacker: source }),
      stage: 'rogue-advertisement',
    };
  },
});
