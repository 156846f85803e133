import {
  BINDING_UPDATE_FLAGS,
  addressKey,
  defineRule,
  evidenceOf,
  findOption,
  formatAddress,
  homeRegistrationOf,
  ipv4OuterOf,
  isIpv4Mapped,
  isSameAddress,
  isUnicastRoutable,
} from '../../engine/rule-api.ts';
import type { RuleDefinition } from '../../engine/rule-api.ts';

/** Encapsulation of DSMIPv6. RFC 5555 section 8. */
const DSMIPV6 = 'udp:4191';
const BOUNDS = { maxEntries: 8192, ttlSeconds: 86_400 };

const params = {
  historySeconds: {
    default: 600,
    min: 1,
    max: 86_400,
    unit: 'seconds',
    doc: 'a node that registered over IPv6 on a visited link has working IPv6 there for this long',
  },
} satisfies RuleDefinition['params'];

export default defineRule({
  id: 'MIP6-2504',
  title: 'UDP encapsulation although the node has IPv6',
  severity: 'low',
  category: 'extension',
  references: ['RFC 5555 sections 4.1 and 4.4.1'],
  needs: ['readable-signalling'],
  verdict: 'alert',
  explanation:
    'A dual-stack node goes over IPv4 and UDP only where it has no IPv6 (RFC 5555 section 4.1). This node has an IPv6 ' +
    'care-of address, or registered over IPv6 on this very link shortly before, and yet wraps its signalling in UDP. ' +
    'Filters for IPv6 do not see what goes that way, and its outer header is not protected. The reason may as well ' +
    'be a network whose IPv6 does not work.',
  advice:
    'Check whether IPv6 works on the visited network and is not filtered there. If it works, look at what makes the ' +
    'node avoid it.',
  on: ['mobility'],
  messages: ['binding-update'],
  asksOnly: { 'binding-update': ['home-update'] },
  params,
  evaluate(event, context) {
    const { options } = event.header;
    const update = homeRegistrationOf(event);
    if (update === undefined || update.lifetime === 0) return undefined;
    const { homeAddress, flags } = update;
    const { source, destination, packet, link } = event.context;
    const outer = ipv4OuterOf(event.context);
    const isForced = (flags & BINDING_UPDATE_FLAGS.forceUdpEncapsulation.mask) !== 0;
    if (outer === undefined && !isForced && link.effectiveRole !== 'foreign') return undefined;
    const history = context.table<number>('ipv6', BOUNDS);
    const key = `${link.id}/${addressKey(homeAddress)}`;
    const alternate = findOption(options, 'alternate-care-of-address')?.careOfAddress;
    const careOfAddress = alternate ?? source;
    const hasIpv6 =
      isUnicastRoutable(careOfAddress) &&
      !isIpv4Mapped(careOfAddress) &&
      !isSameAddress(careOfAddress, homeAddress);
    let why: string | undefined;
    if (outer === undefined) {
      if (link.effectiveRole === 'foreign') history.set(key, packet.time);
      if (isForced) why = 'F flag in a Binding Update over IPv6';
    } else if (event.context.encapsulation.includes(DSMIPV6) || isForced) {
      const last = history.get(key);
      if (hasIpv6) why = `IPv6 care-of address ${formatAddress(careOfAddress)}`;
      else if (last !== undefined && packet.time - last <= context.params.historySeconds * 1e6) {
        why = `registered over IPv6 on this link ${((packet.time - last) / 1e6).toFixed(0)} s before`;
      }
    }
    if (why === undefined) return undefined;
    const home = formatAddress(homeAddress);
    return {
      object: home,
      message: `${home} uses UDP encapsulation although it has IPv6`,
      packet,
      evidence: [
        evidenceOf(event.context, `Binding Update to ${formatAddress(destination)}: ${why}`),
      ],
      confidence: 'partial',
      homeAddress,
      homeAgent: destination,
    };
  },
});
