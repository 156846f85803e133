import {
  addressKey,
  covers,
  coversPrefix,
  defineRule,
  formatAddress,
  formatMac,
  prefixKey,
  rogueAdvertisements,
  routerAdvertisementOf,
} from '../../engine/rule-api.ts';
import type {
  AdvertisedPrefix,
  EventOf,
  RuleContext,
  RuleDefinition,
} from '../../engine/rule-api.ts';

/** Registrations looked at to tell an aggregate of a provider from a trick. */
const MAX_BINDINGS = 1024;

type HomePrefix = NonNullable<ReturnType<RuleContext['homePrefixOf']>>;

/** The home prefix that an advertised prefix covers or lies in, without being it. */
function relatedHomePrefix(
  item: AdvertisedPrefix,
  context: RuleContext<{ maxDistanceBits: number }>,
): HomePrefix | undefined {
  const { maxDistanceBits } = context.params;
  const prefixes = context.homePrefixes();
  if (prefixes.some(({ prefix, length }) => length === item.length && covers(item, prefix))) {
    return undefined;
  }
  return prefixes.find((home) => {
    const distance = Math.abs(home.length - item.length);
    if (distance === 0 || distance > maxDistanceBits) return false;
    return coversPrefix(item, home) || coversPrefix(home, item);
  });
}

/** Whether a route also covers a visited network, as an aggregate of one provider does. */
function isAggregate(
  item: AdvertisedPrefix,
  event: EventOf<'icmpv6' | 'relay'>,
  context: RuleContext,
): boolean {
  if (item.option !== 'route') return false;
  const message = event.kind === 'icmpv6' ? routerAdvertisementOf(event) : undefined;
  const hasOwnPrefix = message?.options.some(
    (option) =>
      option.kind === 'prefix-information' &&
      option.prefixLength > item.length &&
      covers(item, option.prefix) &&
      context.homePrefixOf(option.prefix) === undefined,
  );
  if (hasOwnPrefix === true) return true;
  let count = 0;
  for (const { careOfAddress, homeAddress } of context.homeBindings()) {
    if (covers(item, careOfAddress) && covers(item, homeAddress)) return true;
    if (++count >= MAX_BINDINGS) return true;
  }
  return false;
}

const params = {
  maxDistanceBits: {
    default: 16,
    min: 1,
    max: 128,
    unit: 'bits',
    doc: 'a prefix that is longer or shorter than the home prefix by more bits is taken for an ordinary aggregate',
  },
  misledSeconds: {
    default: 60,
    min: 1,
    max: 3600,
    unit: 'seconds',
    doc: 'an advertisement is blamed when a relayed de-registration follows within this time',
  },
} satisfies RuleDefinition['params'];

export default defineRule({
  id: 'MIP6-1102',
  title: 'Prefix around or inside the home prefix advertised on a link that is not the home link',
  severity: 'high',
  category: 'home-link',
  references: [
    'draft-ebalard-mext-hld-security-00 section 3.1',
    'RFC 3756 section 4.2.5',
    'RFC 4191',
  ],
  needs: ['foreign-link', 'home-prefixes'],
  verdict: 'alert',
  explanation:
    'Some mobile nodes do not compare the advertised prefix with their home prefix bit for bit, but ask whether ' +
    'their home address falls into it, or whether it falls into the home network. A prefix a little shorter or ' +
    'longer than the home prefix makes such a node believe that it is at home, and passes detectors that look ' +
    'for the home prefix itself. Prefixes that are much shorter, and routes that cover the visited network as ' +
    'well, are left alone: providers announce such aggregates.',
  advice:
    'Check with the operator of this link whether the router is his and why it announces a part or a superset of ' +
    'your home network. If it is not his, shut the port; RA-Guard keeps it from happening again.',
  on: ['icmpv6', 'relay'],
  messages: ['router-advertisement'],
  params,
  evaluate(event, context) {
    const found = rogueAdvertisements(
      event,
      context,
      context.params.misledSeconds,
      (item) =>
        relatedHomePrefix(item, context) !== undefined && !isAggregate(item, event, context),
    );
    return found.map(({ item, relay }) => {
      const home = relatedHomePrefix(item, context);
      const prefix = `${formatAddress(item.prefix)}/${item.length}`;
      const router = formatAddress(item.router);
      const from = item.linkSource === undefined ? '' : ` (${formatMac(item.linkSource)})`;
      const homeText =
        home === undefined ? 'a home prefix' : `${formatAddress(home.prefix)}/${home.length}`;
      const relation =
        home !== undefined && item.length < home.length ? 'which covers' : 'which lies in';
      const option = item.option === 'route' ? 'Route Information' : 'Prefix Information';
      const isTold = relay === undefined && item.link.roleKnownBy === 'site';
      return {
        object: `${item.link.id}/${addressKey(item.router)}/${prefixKey(item.prefix, item.length)}`,
        message: `${router}${from} advertises ${prefix}, ${relation} the home prefix ${homeText}, on link ${item.link.name}, which is not the home link`,
        packet: event.context.packet,
        evidence: [
          {
            packet: item.packet,
            text: `Router Advertisement from ${router}${from} with ${option} ${prefix}, ${relation} ${homeText}`,
            link: item.link,
          },
        ],
        confidence: isTold && home?.knownBy === 'site' ? 'certain' : 'partial',
        stage: 'rogue-advertisement',
        attacker: item.linkSource ?? item.router,
        ...(home === undefined ? {} : { homePrefix: { prefix: home.prefix, length: home.length } }),
      };
    });
  },
});
