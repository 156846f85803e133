import {
  addressKey,
  defineRule,
  formatAddress,
  formatSpi,
  isFirstSight,
} from '../../engine/rule-api.ts';

/** Endpoints that nobody named, by home address. */
const BOUNDS = { maxEntries: 4096, ttlSeconds: 600 };
/** Seconds after the first registration that was seen, in which packets from before the capture may still come. */
const GRACE_SECONDS = 10;

/** What was seen at such an endpoint: times in microseconds. */
interface Endpoint {
  readonly first: number;
  /** The home agent sent there. */
  isTo: boolean;
  /** A sender with the keys was there. */
  isFrom: boolean;
}

export default defineRule({
  id: 'MIP6-1818',
  title: 'Tunnel endpoint changed without a protected Binding Update',
  severity: 'critical',
  category: 'ipsec',
  references: ['RFC 3776 section 4.3', 'RFC 4555'],
  needs: ['security-associations'],
  verdict: 'drop',
  precedence: 'ipsec',
  explanation:
    'The outer address of the tunnel follows the care-of address, and only a Binding Update that IPsec protects ' +
    'may move it. Here ESP in tunnel mode goes to or comes from an address that no such Binding Update named, while ' +
    'the registration says another. A home agent that sends there has been told by somebody else; a sender from ' +
    'there holds the keys without having moved (less weight: its Binding Update may not have been seen). It ' +
    'weighs little until the other end is seen to go on with the registered address, because a capture loses packets. ' +
    'The finding is partial, because MOBIKE moves tunnels its own way.',
  advice:
    'Compare the tunnel of the home agent with its binding cache. If they differ, take the tunnel down and look ' +
    'at what may change it: Binding Updates in clear, or an interface open to other programs.',
  on: ['tunnel'],
  params: {},
  evaluate(event, state) {
    const { context, direction, homeAddress, homeAgent, endpoint, relation, careOfAddress } = event;
    if (context.protection !== 'esp-tunnel' || relation !== 'unknown') return undefined;
    const { packet, link, esp } = context;
    const home = formatAddress(homeAddress);
    const at = formatAddress(endpoint);
    const isFromAgent = direction === 'to';
    const endpoints = state.table<Endpoint>('endpoints', BOUNDS);
    const key = `${addressKey(homeAddress)}${addressKey(endpoint)}`;
    const found = endpoints.get(key) ?? { first: state.now, isTo: false, isFrom: false };
    if (isFromAgent) found.isTo = true;
    else found.isFrom = true;
    endpoints.set(key, found);
    const binding = state.homeBinding(homeAddress);
    // Both ends use it: the Binding Update between them was not captured. Or it is that of before the capture.
    const isAgreed = found.isTo && found.isFrom;
    const isEarly = binding !== undefined && isFirstSight(binding, state.now, GRACE_SECONDS);
    // The other end goes on with the registered address: the two disagree. Where it is silent, it may have followed.
    const isDisputed =
      binding !== undefined &&
      (isFromAgent ? binding.lastTunnelFrom : binding.lastTunnelTo) > found.first;
    const isDoubtful = isAgreed || isEarly || !isDisputed;
    return {
      object: `${home} at ${formatAddress(homeAgent)}: ${direction} ${at}${isDoubtful ? ', perhaps missed' : ''}`,
      message: isFromAgent
        ? `home agent ${formatAddress(homeAgent)} tunnels for ${home} to ${at}, which no protected Binding Update named`
        : `${at} tunnels for ${home}, and no protected Binding Update named it`,
      packet,
      evidence: [
        {
          packet,
          text: `ESP in tunnel mode${esp === undefined ? '' : `, SPI ${formatSpi(esp.spi)}, sequence ${esp.sequence}`}: endpoint ${at}, registered care-of address ${formatAddress(careOfAddress)}`,
          link,
        },
      ],
      confidence: 'partial',
      ...(isDoubtful ? { severity: 'low' } : isFromAgent ? {} : { severity: 'high' }),
      stage: 'policy-breach',
      homeAddress,
      homeAgent,
      attacker: endpoint,
    };
  },
});
