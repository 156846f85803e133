import {
  bindingUpdateOf,
  BINDING_UPDATE_FLAGS,
  addressKey,
  defineRule,
  formatAddress,
  includesAddress,
  isComplete,
  isSameAddress,
  prefixMatches,
} from '../../engine/rule-api.ts';
import type { AlertDraft, EventOf, PacketContext, RuleContext } from '../../engine/rule-api.ts';

const PROXY = BINDING_UPDATE_FLAGS.proxyRegistration.mask;

interface FixedNode {
  readonly what: string;
  readonly key: string;
  readonly isTold: boolean;
}

/** Why nobody may claim an address as home address. */
function fixedNode(
  homeAddress: Uint8Array,
  peer: Uint8Array,
  context: RuleContext,
): FixedNode | undefined {
  const { site } = context;
  for (const node of site.mobileNodes) {
    if (isSameAddress(node.homeAddress, homeAddress)) return undefined;
  }
  for (const item of site.infrastructure) {
    for (const { prefix, length } of item.addresses) {
      if (!prefixMatches(prefix, length, homeAddress, 0)) continue;
      // A prefix has many addresses to choose from: one alert for all of them.
      return { what: `fixed node ${item.name}`, key: `fixed node ${item.name}`, isTold: true };
    }
  }
  for (const { name, addresses } of site.homeAgents) {
    if (includesAddress(addresses, homeAddress)) return told(`home agent ${name}`, homeAddress);
  }
  for (const { name, addresses } of site.routers) {
    if (includesAddress(addresses, homeAddress)) return told(`router ${name}`, homeAddress);
  }
  if (isSameAddress(homeAddress, peer)) return told('the receiver itself', homeAddress);
  return context.isHomeAgent(homeAddress)
    ? { what: 'a home agent', key: addressKey(homeAddress), isTold: false }
    : undefined;
}

function told(what: string, homeAddress: Uint8Array): FixedNode {
  return { what, key: addressKey(homeAddress), isTold: true };
}

/** What claims the address, in words. */
function meansOf(event: EventOf<'mobility' | 'esp'>): string {
  if (event.kind === 'esp') return 'ESP behind a Home Address option';
  const update = bindingUpdateOf(event);
  if (update !== undefined) return `Binding Update with lifetime ${update.lifetime * 4} s`;
  return event.header.message.kind === 'home-test-init'
    ? 'Home Test Init'
    : 'Mobility Header behind a Home Address option';
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
  asksOnly: {
    mobility: ['home-address-option'],
    'binding-update': ['remarkable'],
    'home-test-init': ['remarkable'],
    esp: ['home-address-option'],
  },
  params: {},
  evaluate(event, context): AlertDraft | undefined {
    const wire: PacketContext = event.context;
    let claimed = wire.homeAddressOption;
    if (event.kind === 'esp') {
      if (event.outcome === 'opened') return undefined;
    } else {
      if (event.checksum === 'wrong') return undefined;
      const { message } = event.header;
      const update = bindingUpdateOf(event);
      if (update !== undefined && ((update.flags & PROXY) !== 0 || !isComplete(event))) {
        return undefined;
      }
      if (update !== undefined || message.kind === 'home-test-init') claimed ??= wire.source;
    }
    if (claimed === undefined) return undefined;
    const peer = wire.routingHomeAddress ?? wire.destination;
    const found = fixedNode(claimed, peer, context);
    if (found === undefined) return undefined;
    const by = meansOf(event);
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
