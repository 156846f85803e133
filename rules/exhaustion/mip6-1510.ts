import {
  addressKey,
  defineRule,
  evidenceOf,
  formatAddress,
  formatMac,
  isAcceptedOnLink,
  isToldHomeAgentLinkLayer,
  isUnspecified,
  registrationRequestOf,
} from '../../engine/rule-api.ts';
import type { RuleContext } from '../../engine/rule-api.ts';

const AGENTS = 256;
/** Sources of updates, as text, in the window. */
const SOURCES = { maxEntries: 1024, ttlSeconds: 10 };
/** Few sources: as many as home links have mobile routers or gateways in front of many nodes. */
const FEW = 3;

/** Takes note of a request for a home registration. */
function request(homeAddress: Uint8Array, source: Uint8Array, context: RuleContext): void {
  const bounds = { maxEntries: AGENTS, windowSeconds: 10 };
  context.distinct('requested', bounds).add('', addressKey(homeAddress));
  context.table<boolean>('sources', SOURCES).set(addressKey(source), true);
}

export default defineRule({
  id: 'MIP6-1510',
  title: 'Storm of duplicate address detection by a home agent',
  severity: 'medium',
  category: 'exhaustion',
  references: ['RFC 6275 section 10.3.1', 'RFC 4862 section 5.4'],
  needs: ['home-link'],
  verdict: 'rate-limit',
  explanation:
    'Before a home agent takes over a home address it asks the home link whether somebody has it, and waits. Many first ' +
    'registrations at once make it ask for many addresses: the link is flooded with multicasts, and other registrations ' +
    'wait. Here one home agent asks for many addresses within seconds, and the updates for them come from few sources. ' +
    'After a restart all nodes register anew, each from its own address: without updates from few sources the alert ' +
    'weighs little.',
  advice:
    'Limit first registrations by source at the home agent. Look at who may register so many home addresses.',
  on: ['icmpv6', 'mobility', 'esp'],
  params: {
    addresses: {
      default: 20,
      min: 2,
      max: 10_000,
      unit: 'addresses in 10 seconds',
      doc: 'addresses for which one home agent does duplicate address detection',
    },
  },
  evaluate(event, context) {
    const wire = event.context;
    if (event.kind === 'esp') {
      const { homeAddressOption, source, destination } = wire;
      if (homeAddressOption !== undefined && context.isHomeAgent(destination)) {
        request(homeAddressOption, source, context);
      }
      return undefined;
    }
    if (event.kind === 'mobility') {
      const update = registrationRequestOf(event);
      if (update?.isHome === true && update.lifetime > 0) {
        request(update.homeAddress, (wire.outer ?? wire).source, context);
      }
      return undefined;
    }
    const { message } = event;
    const { link, linkSource, packet, source } = wire;
    if (message.kind !== 'neighbor-solicitation' || !isUnspecified(source)) return undefined;
    if (link.effectiveRole !== 'home' || linkSource === undefined) return undefined;
    if (!isAcceptedOnLink(event)) return undefined;
    const isAgent =
      isToldHomeAgentLinkLayer(linkSource, context.site) ||
      [...context.routers(link)].some(
        ({ linkLayerAddress, profile }) =>
          profile.isHomeAgent &&
          linkLayerAddress !== undefined &&
          formatMac(linkLayerAddress) === formatMac(linkSource),
      );
    if (!isAgent) return undefined;
    const { addresses } = context.params;
    const key = `${link.id}/${formatMac(linkSource)}`;
    const bounds = { maxEntries: AGENTS, windowSeconds: 10 };
    const probed = context.distinct('probed', bounds);
    if (probed.add(key, addressKey(message.targetAddress)) <= addresses) return undefined;
    const sources = context.table<boolean>('sources', SOURCES).size;
    const isDriven = context.distinct('requested', bounds).count('') > addresses && sources <= FEW;
    return {
      object: `${key}${isDriven ? '' : ' unseen'}`,
      message: `home agent ${formatMac(linkSource)} does duplicate address detection for more than ${addresses} addresses within 10 seconds`,
      packet,
      evidence: [
        evidenceOf(
          wire,
          `Neighbor Solicitation for ${formatAddress(message.targetAddress)}, the ${addresses + 1}th address in 10 s${isDriven ? `; the updates for them come from ${sources} ${sources === 1 ? 'source' : 'sources'}` : ''}`,
        ),
      ],
      confidence: 'partial',
      ...(isDriven ? {} : { severity: 'low' }),
      stage: 'denial-of-service',
    };
  },
});
