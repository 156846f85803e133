import {
  addressKey,
  defineRule,
  evidenceOf,
  formatAddress,
  formatMac,
  isAcceptedOnLink,
  isSameAddress,
  isSameLinkLayer,
  isToldHomeAgentLinkLayer,
  isUnspecified,
  registrationRequestOf,
} from '../../engine/rule-api.ts';
import type { RuleContext } from '../../engine/rule-api.ts';

const AGENTS = 256;
/** Microseconds in which requests are counted. */
const WINDOW = 10e6;
/** The sources are one entry. */
const SOURCES = { maxEntries: 1, ttlSeconds: 86_400 };
/** Few sources: as many as home links have mobile routers or gateways in front of many nodes. */
const FEW = 3;

/** Whose home registrations a source asks for. */
interface Source {
  readonly address: Uint8Array;
  lastSeen: number;
  /** The home address asked for last. */
  homeAddress: Uint8Array;
  /** Time of the last request for each, oldest first; undefined while there is only one. */
  homeAddresses: Map<string, number> | undefined;
}

type Context = RuleContext<{ addresses: number }>;

/** Takes note of a request for a home registration. Of more sources than few the one that was quiet longest goes. */
function request(homeAddress: Uint8Array, address: Uint8Array, context: Context): void {
  const table = context.table<Source[]>('sources', SOURCES);
  let sources = table.get('');
  if (sources === undefined) sources = [];
  table.set('', sources);
  const { now } = context;
  let oldest = 0;
  for (let i = 0; i < sources.length; i++) {
    const source = sources[i];
    if (source === undefined) continue;
    if (isSameAddress(source.address, address)) {
      again(source, homeAddress, now, context.params.addresses + 1);
      return;
    }
    if (source.lastSeen < (sources[oldest]?.lastSeen ?? 0)) oldest = i;
  }
  const source = { address, lastSeen: now, homeAddress, homeAddresses: undefined };
  if (sources.length <= FEW) sources.push(source);
  else sources[oldest] = source;
}

/** Another request of a source. @param most home addresses remembered: more tell no more */
function again(source: Source, homeAddress: Uint8Array, now: number, most: number): void {
  const before = source.lastSeen;
  source.lastSeen = now;
  if (source.homeAddresses === undefined) {
    if (isSameAddress(source.homeAddress, homeAddress)) return;
    source.homeAddresses = new Map([[addressKey(source.homeAddress), before]]);
  }
  const key = addressKey(homeAddress);
  source.homeAddress = homeAddress;
  source.homeAddresses.delete(key);
  source.homeAddresses.set(key, now);
  for (const [old, time] of source.homeAddresses) {
    if (now - time <= WINDOW && source.homeAddresses.size <= most) return;
    source.homeAddresses.delete(old);
  }
}

/** Sources of the window, and the home addresses that they asked for. */
function requested(context: Context): { readonly sources: number; readonly addresses: number } {
  const { now } = context;
  let sources = 0;
  const addresses = new Set<string>();
  for (const source of context.table<Source[]>('sources', SOURCES).get('') ?? []) {
    if (now - source.lastSeen > WINDOW) continue;
    sources++;
    const all = source.homeAddresses ?? [[addressKey(source.homeAddress), source.lastSeen]];
    for (const [key, time] of all) if (now - time <= WINDOW) addresses.add(key);
  }
  return { sources, addresses: addresses.size };
}

export default defineRule({
  id: 'MIP6-1510',
  title: 'Storm of duplicate address detection by a home agent',
  severity: 'medium',
  category: 'exhaustion',
  references: ['RFC 6275 section 10.3.1', 'RFC 4862 section 5.4'],
  needs: ['home-link'],
  verdict: 'alert',
  explanation:
    'Before a home agent takes over a home address it asks the home link whether somebody has it, and waits. Many first ' +
    'registrations at once make it ask for many addresses: the link is flooded with multicasts, and other registrations ' +
    'wait. Here one home agent asks for many addresses within seconds, and the updates for them come from few sources. ' +
    'After a restart all nodes register anew, each from its own address: without updates from few sources the alert ' +
    'weighs little.',
  advice:
    'Limit first registrations by source at the home agent. Look at who may register so many home addresses.',
  on: ['icmpv6', 'mobility', 'esp'],
  messages: ['neighbor-solicitation', 'binding-update'],
  asksOnly: { 'binding-update': ['home-update'], esp: ['home-address-option'] },
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
          profile.isHomeAgent && isSameLinkLayer(linkLayerAddress, linkSource),
      );
    if (!isAgent) return undefined;
    const { addresses } = context.params;
    const key = `${link.id}/${formatMac(linkSource)}`;
    const bounds = { maxEntries: AGENTS, windowSeconds: 10 };
    const probed = context.distinct('probed', bounds);
    if (probed.add(key, addressKey(message.targetAddress)) <= addresses) return undefined;
    const updates = requested(context);
    const { sources } = updates;
    const isDriven = updates.addresses > addresses && sources <= FEW;
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
