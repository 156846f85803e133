import {
  addressKey,
  defineRule,
  formatAddress,
  isSameAddress,
  isToldHomeAgent,
  messageOf,
  protectionText,
  watchedSince,
} from '../../engine/rule-api.ts';
import type { EventOf, RuleContext, RuleDefinition } from '../../engine/rule-api.ts';

const params = {
  watchSeconds: {
    default: 60,
    min: 1,
    max: 3600,
    unit: 'seconds',
    doc: 'how long the sensor has to have watched before it calls an advertisement unasked',
  },
} satisfies RuleDefinition['params'];

type Context = RuleContext<{ [N in keyof typeof params]: number }>;

/** What is wrong with an advertisement, gravest first. */
interface Fault {
  readonly text: string;
  readonly isCertain: boolean;
  readonly isLow: boolean;
}

function faultOf(
  event: EventOf<'icmpv6'>,
  identifier: number,
  homeAddress: Uint8Array,
  context: Context,
): Fault | undefined {
  const { source, routingHomeAddress, link, protection, hasAuthenticationHeader } = event.context;
  const { site } = context;
  const from = formatAddress(source);
  // Without a site file an unknown home agent is no accusation.
  if (!context.isHomeAgent(source) && site.homeAgents.length > 0) {
    return { text: `${from} is no home agent`, isCertain: true, isLow: false };
  }
  const serving = context.homeBinding(homeAddress);
  const isOther =
    serving?.phase === 'registered' &&
    serving.registeredAt > 0 &&
    !isSameAddress(serving.peer, source);
  if (isOther) {
    const text = `the node is registered at ${formatAddress(serving.peer)}, not at ${from}`;
    return { text, isCertain: isToldHomeAgent(serving.peer, site), isLow: false };
  }
  const isAtHome = link.effectiveRole === 'home' && context.isHomeAddress(homeAddress);
  if (routingHomeAddress === undefined && event.context.outer === undefined && !isAtHome) {
    return { text: 'it has no type 2 routing header', isCertain: true, isLow: false };
  }
  if (protection !== 'none' || hasAuthenticationHeader === true) return undefined;
  const isUnasked =
    context.discoveryRequest('prefixes', homeAddress, identifier) === undefined &&
    context.now - watchedSince(context) >= context.params.watchSeconds * 1e6;
  if (!isUnasked) return undefined;
  const text = `it is not protected, and nobody asked with identifier 0x${identifier.toString(16).padStart(4, '0')}`;
  return { text, isCertain: false, isLow: true };
}

export default defineRule({
  id: 'MIP6-2106',
  title: 'Forged or unasked Mobile Prefix Advertisement',
  severity: 'high',
  category: 'discovery',
  references: ['RFC 6275 sections 6.8, 10.6, 11.4.3 and 15.6'],
  needs: ['home-agents', 'readable-signalling'],
  verdict: 'drop',
  explanation:
    'A Mobile Prefix Advertisement tells a node away from home which prefixes its home link has; the node makes home ' +
    'addresses of them. A node takes one from its own home agent alone, with a type 2 routing header, and in answer to a ' +
    'question. One from anybody else, or without the header, is forged. An unprotected one that nobody asked for is ' +
    'reported as low, because the question may be missing from the capture; one that is protected may come unasked. ' +
    'That clear advertisements are against the IPsec policy is rule 1814.',
  advice:
    'Protect mobile prefix discovery by ESP (RFC 3776 section 3.3), and let mobile nodes drop what is not.',
  on: ['icmpv6', 'tick'],
  params,
  evaluate(event, context) {
    watchedSince(context);
    if (event.kind === 'tick' || event.checksum === 'wrong') return undefined;
    const message = messageOf(event, 'mobile-prefix-advertisement');
    if (message === undefined || message.code !== 0) return undefined;
    const { packet, link, source, destination, routingHomeAddress } = event.context;
    const homeAddress = routingHomeAddress ?? destination;
    const fault = faultOf(event, message.identifier, homeAddress, context);
    if (fault === undefined) return undefined;
    const home = formatAddress(homeAddress);
    const isKnown = context.isHomeAddress(homeAddress);
    return {
      object: `${addressKey(homeAddress)}${fault.isLow ? '/unasked' : ''}`,
      message: `${formatAddress(source)} sent ${home} a Mobile Prefix Advertisement ${protectionText(event.context)}: ${fault.text}`,
      packet,
      evidence: [
        {
          packet,
          text: `Mobile Prefix Advertisement, identifier 0x${message.identifier.toString(16).padStart(4, '0')}, from ${formatAddress(source)} to ${formatAddress(destination)}: ${fault.text}`,
          link,
        },
      ],
      confidence: fault.isCertain ? 'certain' : 'partial',
      ...(fault.isLow ? { severity: 'low' } : { attacker: source }),
      stage: 'rogue-advertisement',
      ...(isKnown ? { homeAddress } : {}),
      ...(context.isHomeAgent(source) ? { homeAgent: source } : {}),
    };
  },
});
