import {
  addressKey,
  defineRule,
  formatAddress,
  homeAgentStanding,
  isSameAddress,
  isToldHomeAgent,
  protectionText,
} from '../../engine/rule-api.ts';
import type { EventOf, RuleContext } from '../../engine/rule-api.ts';

/** Addresses named in one message. */
const MAX_NAMED = 4;

/** What is wrong with a switch. */
interface Faults {
  readonly texts: readonly string[];
  readonly isCertain: boolean;
  /** It came protected from the serving home agent: an operator may have forgotten a name in the site file. */
  readonly isMild: boolean;
}

function faultsOf(
  event: EventOf<'mobility'>,
  offered: readonly Uint8Array[],
  homeAddress: Uint8Array,
  context: RuleContext,
): Faults | undefined {
  const { source, protection, hasAuthenticationHeader, encapsulation } = event.context;
  const { site } = context;
  const texts: string[] = [];
  // Without a site file an unknown home agent is no accusation.
  const isAgent = context.isHomeAgent(source) || site.homeAgents.length === 0;
  if (!isAgent) texts.push(`${formatAddress(source)} is no home agent`);
  const serving = context.homeBinding(homeAddress);
  const isOther =
    isAgent &&
    serving?.phase === 'registered' &&
    serving.registeredAt > 0 &&
    !isSameAddress(serving.peer, source);
  if (isOther) texts.push(`the node is registered at ${formatAddress(serving.peer)}`);
  const isClear =
    protection === 'none' && hasAuthenticationHeader !== true && encapsulation.length === 0;
  const isBreach = isClear && site.ipsec.signalling === 'required';
  if (isBreach) texts.push('it came in clear');
  const strange = offered.filter((address) => homeAgentStanding(address, context) === 'strange');
  if (strange.length > 0) {
    const names = strange.slice(0, MAX_NAMED).map((address) => formatAddress(address));
    texts.push(`it offers ${names.join(', ')}, which the site file does not name`);
  }
  if (texts.length === 0) return undefined;
  const isCertain = isBreach || !isAgent;
  return { texts, isCertain, isMild: isAgent && !isOther && !isBreach };
}

export default defineRule({
  id: 'MIP6-2109',
  title: 'Forged Home Agent Switch',
  severity: 'high',
  category: 'discovery',
  references: ['RFC 5142 sections 4, 5 and 10'],
  needs: ['home-agents', 'readable-signalling'],
  verdict: 'drop',
  explanation:
    'With a Home Agent Switch a home agent that goes down or is full sends its nodes to others. A forged one sends a ' +
    'node to a home agent of the attacker, or to nowhere. RFC 5142 has it protected by the association between node and ' +
    'home agent. It is judged by four questions: is the sender a home agent, is it the one that serves the node, did the ' +
    'message come protected, and are the addresses it offers home agents of the operator. An unknown address from the ' +
    'serving home agent, protected, is reported as medium.',
  advice:
    'Have mobile nodes drop Home Agent Switch messages without IPsec. Put every home agent that nodes may be sent to ' +
    'into the site file.',
  on: ['mobility'],
  messages: ['home-agent-switch'],
  params: {},
  evaluate(event, context) {
    const { message } = event.header;
    if (message.kind !== 'home-agent-switch' || event.checksum === 'wrong') return undefined;
    const { packet, link, source, destination, routingHomeAddress } = event.context;
    const homeAddress = routingHomeAddress ?? destination;
    const offered = message.homeAgents.map(({ address }) => address);
    const faults = faultsOf(event, offered, homeAddress, context);
    if (faults === undefined) return undefined;
    const home = formatAddress(homeAddress);
    const to =
      offered.length === 0
        ? 'away from its home agent'
        : `to ${offered
            .slice(0, MAX_NAMED)
            .map((item) => formatAddress(item))
            .join(', ')}`;
    const isKnown = context.isHomeAddress(homeAddress);
    const isTold = isToldHomeAgent(source, context.site);
    return {
      object: `${addressKey(homeAddress)}${faults.isMild ? '/mild' : ''}`,
      message: `a Home Agent Switch from ${formatAddress(source)} sends ${home} ${to}: ${faults.texts.join('; ')}`,
      packet,
      evidence: [
        {
          packet,
          text: `Home Agent Switch ${protectionText(event.context)} from ${formatAddress(source)} to ${formatAddress(destination)}: ${faults.texts.join('; ')}`,
          link,
        },
      ],
      confidence: faults.isCertain ? 'certain' : 'partial',
      ...(faults.isMild ? { severity: 'medium' } : {}),
      stage: 'policy-breach',
      ...(isKnown ? { homeAddress } : {}),
      ...(isTold ? { homeAgent: source } : { attacker: source }),
    };
  },
});
