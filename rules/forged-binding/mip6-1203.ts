import {
  bindingUpdateOf,
  BINDING_UPDATE_FLAGS,
  addressKey,
  defineRule,
  formatAddress,
  isComplete,
  isSameAddress,
  prefixMatches,
} from '../../engine/rule-api.ts';
import type { AlertDraft, PacketContext, RuleContext } from '../../engine/rule-api.ts';

const PROXY = BINDING_UPDATE_FLAGS.proxyRegistration.mask;

/** Why nobody may claim an address as home address. */
function fixedNode(
  homeAddress: Uint8Array,
  peer: Uint8Array,
  context: RuleContext,
): { readonly what: string; readonly key: string; readonly isTold: boolean } | undefined {
  const { site } = context;
  const key = addressKey(homeAddress);
  if (site.mobileNodes.some((node) => isSameAddress(node.homeAddress, homeAddress))) {
    return undefined;
  }
  for (const item of site.infrastructure) {
    const isIn = item.addresses.some(({ prefix, length }) =>
      prefixMatches(prefix, length, homeAddress, 0),
    );
    // A prefix has many addresses to choose from: one alert for all of them.
    if (isIn) {
      return { what: `fixed node ${item.name}`, key: `fixed node ${item.name}`, isTold: true };
    }
  }
  const agent = site.homeAgents.find(({ addresses }) =>
    addresses.some((item) => isSameAddress(item, homeAddress)),
  );
  if (agent !== undefined) return { what: `home agent ${agent.name}`, key, isTold: true };
  const router = site.routers.find(({ addresses }) =>
    addresses.some((item) => isSameAddress(item, homeAddress)),
  );
  if (router !== undefined) return { what: `router ${router.name}`, key, isTold: true };
  if (isSameAddress(homeAddress, peer)) {
    return { what: 'the receiver itself', key, isTold: true };
  }
  return context.isHomeAgent(homeAddress)
    ? { what: 'a home agent', key, isTold: false }
    : undefined;
}

export default defineRule({
  id: 'MIP6-1203',
  title: 'Binding claimed for a fixed node',
  severity: 'critical',
  category: 'forged-binding',
  references: ['RFC 4225 sections 2.1 and 3.1.2'],
  needs: [],
  verdict: 'drop',
  explanation:
    'Name servers, routers, home agents and other servers stay where they are and are nobody’s home address. A Binding ' +
    'Update, Home Test Init or Home Address option that claims such an address wants its traffic: whoever takes a name ' +
    'server over speaks for all names. The site file tells which addresses are fixed; the addresses of home agents, and ' +
    'that of the receiver itself, are known without.',
  advice:
    'Do not let correspondents accept bindings for these addresses. Look for the sender by its source and care-of ' +
    'address. If the node has become mobile, take it off the list of fixed nodes.',
  on: ['mobility', 'esp'],
  params: {},
  evaluate(event, context): AlertDraft | undefined {
    const wire: PacketContext = event.context;
    let claimed: Uint8Array | undefined;
    let by: string;
    if (event.kind === 'esp') {
      if (event.outcome === 'opened') return undefined;
      claimed = wire.homeAddressOption;
      by = 'ESP behind a Home Address option';
    } else {
      if (event.checksum === 'wrong') return undefined;
      const { message } = event.header;
      const update = bindingUpdateOf(event);
      if (update !== undefined) {
        if (!isComplete(event) || (update.flags & PROXY) !== 0) return undefined;
        claimed = wire.homeAddressOption ?? wire.source;
        by = `Binding Update with lifetime ${update.lifetime * 4} s`;
      } else if (message.kind === 'home-test-init') {
        claimed = wire.homeAddressOption ?? wire.source;
        by = 'Home Test Init';
      } else {
        claimed = wire.homeAddressOption;
        by = 'Mobility Header behind a Home Address option';
      }
    }
    if (claimed === undefined) return undefined;
    const peer = wire.routingHomeAddress ?? wire.destination;
    const found = fixedNode(claimed, peer, context);
    if (found === undefined) return undefined;
    const { packet, link, source } = wire;
    const home = formatAddress(claimed);
    return {
      object: found.key,
      message: `${formatAddress(source)} claims ${home}, the address of ${found.what}, as its home address at ${formatAddress(peer)}`,
      packet,
      evidence: [{ packet, text: `${by} for home address ${home}: ${found.what}`, link }],
      confidence: found.isTold ? 'certain' : 'partial',
      ...(found.isTold ? {} : { severity: 'high' }),
      homeAddress: claimed,
      ...(isSameAddress(source, claimed) ? {} : { attacker: source }),
    };
  },
});
