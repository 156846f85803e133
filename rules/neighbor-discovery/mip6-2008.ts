import {
  covers,
  defineRule,
  formatAddress,
  formatMac,
  senderKey,
  senderOf,
} from '../../engine/rule-api.ts';
import type { EventOf, RuleContext } from '../../engine/rule-api.ts';

/** Messages of neighbor discovery, in words. */
const NAMES: Readonly<Record<string, string>> = {
  'router-solicitation': 'Router Solicitation',
  'router-advertisement': 'Router Advertisement',
  'neighbor-solicitation': 'Neighbor Solicitation',
  'neighbor-advertisement': 'Neighbor Advertisement',
  redirect: 'Redirect',
};

/** Hop limit that proves that nobody forwarded it. RFC 4861 sections 6.1, 7.1 and 8.1. */
const HOP_LIMIT = 255;

/** What is wrong with the packet around the message. */
function faultOf(
  event: EventOf<'icmpv6'>,
): { readonly name: string; readonly text: string } | undefined {
  const { hopLimit, hasFragmentHeader, isReassembled, extensions } = event.context;
  if (hopLimit !== HOP_LIMIT) {
    const text = `hop limit ${hopLimit} instead of ${HOP_LIMIT}: it was forwarded, or sent by somebody who is not on the link`;
    return { name: 'hop limit', text };
  }
  if (hasFragmentHeader || isReassembled) {
    const text = isReassembled ? 'sent in fragments' : 'sent with a fragment header';
    return { name: 'fragments', text: `${text}, which RFC 6980 forbids` };
  }
  if (extensions > 0) {
    const headers = extensions === 1 ? 'an extension header' : `${extensions} extension headers`;
    const text = `behind ${headers}, where filters of switches do not look`;
    return { name: 'extension headers', text };
  }
  return undefined;
}

/** Whether a Router Advertisement has a home prefix. */
function isOfHome({ message }: EventOf<'icmpv6'>, context: RuleContext): boolean {
  if (message.kind !== 'router-advertisement') return false;
  return message.options.some(
    (option) =>
      option.kind === 'prefix-information' &&
      context
        .homePrefixes()
        .some((home) => home.length === option.prefixLength && covers(home, option.prefix)),
  );
}

export default defineRule({
  id: 'MIP6-2008',
  title: 'Neighbor discovery in fragments, behind extension headers, or from another link',
  severity: 'high',
  category: 'neighbor-discovery',
  references: ['RFC 6980', 'RFC 7113', 'RFC 4861 sections 6.1, 7.1 and 8.1'],
  needs: [],
  verdict: 'drop',
  explanation:
    'Neighbor discovery is for the link alone: its hop limit is 255, so that a packet from elsewhere can be told, and ' +
    'no sender has a reason for fragments or extension headers in front of it. Both are how filters of switches are ' +
    'passed, which look at the first header only. RFC 6980 has receivers ignore fragments. Certificates of SEND may be ' +
    'long and are other messages. A hidden Router Advertisement with the home prefix on a visited link is rule 1104.',
  advice:
    'Drop such packets at the first hop (RFC 7113 section 2), and find the sender: ordinary nodes do not make them. A ' +
    'wrong hop limit on many packets of one node is a broken tunnel or switch.',
  on: ['icmpv6'],
  messages: [
    'router-solicitation',
    'router-advertisement',
    'neighbor-solicitation',
    'neighbor-advertisement',
    'redirect',
  ],
  params: {},
  evaluate(event, context) {
    const name = NAMES[event.message.kind];
    if (name === undefined) return undefined;
    const { outer, encapsulation, packet, link, source } = event.context;
    // What a tunnel brings is its own matter.
    if (outer !== undefined || encapsulation.length > 0) return undefined;
    const fault = faultOf(event);
    if (fault === undefined) return undefined;
    const isHidden = fault.name !== 'hop limit';
    if (isHidden && link.effectiveRole === 'foreign' && isOfHome(event, context)) {
      return undefined;
    }
    const sender = senderOf(event.context);
    const by = sender.length === 16 ? '' : ` (${formatMac(sender, 0, sender.length)})`;
    return {
      object: `${fault.name}/${senderKey(event.context, context)}`,
      message: `${formatAddress(source)}${by} sent a ${name} on link ${link.name} ${fault.name === 'hop limit' ? `with ${fault.text}` : fault.text}`,
      packet,
      evidence: [
        { packet, text: `${name} from ${formatAddress(source)}${by}: ${fault.text}`, link },
      ],
      confidence: 'certain',
      stage: 'evasion',
      attacker: sender,
    };
  },
});
