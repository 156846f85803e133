import {
  defineRule,
  domainRole,
  evidenceOf,
  formatAddress,
  isSameAddress,
  namedNodeOf,
  tellsDomain,
} from '../../engine/rule-api.ts';

/** Binding Revocation Types, and the refusal of a global revocation. RFC 5846 sections 5 and 5.2. */
const INDICATION = 1;
const ACKNOWLEDGEMENT = 2;
const GLOBAL_NOT_AUTHORIZED = 130;
/** P and G flags of an indication. RFC 5846 section 5.1. */
const PROXY = 0x8000;
const GLOBAL = 0x2000;

export default defineRule({
  id: 'MIP6-2312',
  title: 'Binding revoked by a node that did not make it',
  severity: 'critical',
  category: 'extension',
  references: ['RFC 5846 sections 6, 8, 9 and 13'],
  needs: [],
  verdict: 'drop',
  explanation:
    'A Binding Revocation Indication ends a binding, and with the Global flag all bindings of a gateway at once. ' +
    'Only the nodes that agreed on a binding may revoke it. This one comes from somebody who had no part in it: a ' +
    'node that obeys is cut off without a word from its home agent or anchor. A revocation by the right peer, as in ' +
    'maintenance, raises nothing.',
  advice:
    'Have nodes take revocations under IPsec alone. Check which bindings are gone and let the nodes register again.',
  on: ['mobility'],
  messages: ['binding-revocation'],
  params: {},
  evaluate(event, context) {
    const { message, options } = event.header;
    if (message.kind !== 'binding-revocation' || event.checksum === 'wrong') return undefined;
    const { source, packet, homeAddressOption, routingHomeAddress } = event.context;
    const destination = event.context.destination;
    const who = formatAddress(source);
    if (message.type === ACKNOWLEDGEMENT) {
      if (message.status !== GLOBAL_NOT_AUTHORIZED) return undefined;
      return {
        object: `${formatAddress(destination)} at ${who}: refused`,
        message: `${who} refused a global revocation of ${formatAddress(destination)}`,
        packet,
        evidence: [
          evidenceOf(
            event.context,
            `Binding Revocation Acknowledgement with status ${GLOBAL_NOT_AUTHORIZED}, sequence ${message.sequence}`,
          ),
        ],
        confidence: 'partial',
        severity: 'medium',
        attacker: destination,
      };
    }
    if (message.type !== INDICATION) return undefined;
    const flags = message.indicationFlags ?? 0;
    const isGlobal = (flags & GLOBAL) !== 0;
    const base = `Binding Revocation Indication${isGlobal ? ' with G flag' : ''} to ${formatAddress(destination)}, trigger ${message.trigger ?? 0}, sequence ${message.sequence}`;
    const draft = (why: string, isCertain: boolean, homeAddress?: Uint8Array) =>
      ({
        object: `${who}${homeAddress === undefined ? '' : ` for ${formatAddress(homeAddress)}`}`,
        message: `${who} revokes ${isGlobal ? 'all bindings' : 'a binding'} at ${formatAddress(destination)}, but ${why}`,
        packet,
        evidence: [evidenceOf(event.context, base)],
        confidence: isCertain ? 'certain' : 'partial',
        stage: 'denial-of-service',
        attacker: source,
        ...(homeAddress === undefined ? {} : { homeAddress }),
      }) as const;
    const isProxy = (flags & PROXY) !== 0 || isGlobal;
    if (!isProxy) {
      // Between a mobile node and its home agent. RFC 5846 sections 7 and 10.
      const homeAddress = routingHomeAddress ?? homeAddressOption;
      const binding =
        homeAddress === undefined
          ? (context.homeBinding(destination) ?? context.careOfBinding(destination))
          : context.homeBinding(homeAddress);
      if (binding?.phase !== 'registered') return undefined;
      const isOwn =
        isSameAddress(binding.peer, source) ||
        isSameAddress(binding.careOfAddress, source) ||
        isSameAddress(binding.homeAddress, source);
      if (isOwn) return undefined;
      return draft(
        `the home agent of ${formatAddress(binding.homeAddress)} is ${formatAddress(binding.peer)}`,
        !context.isHomeAgent(source),
        binding.homeAddress,
      );
    }
    if (context.areProxyPeers(source, destination)) return undefined;
    const role = domainRole(source, context);
    if (tellsDomain(context.site)) {
      return role === 'site' ? undefined : draft('it is no node of the domain', true);
    }
    const node = namedNodeOf(options);
    const binding = node === undefined ? undefined : context.proxyBinding(source, node.key);
    // Only where the receiver's peers are known can somebody be a stranger to it.
    if (binding !== undefined || domainRole(destination, context) === undefined) return undefined;
    return draft('the two never agreed on a binding', false);
  },
});
