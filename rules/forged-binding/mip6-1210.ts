import {
  BINDING_UPDATE_FLAGS,
  addressKey,
  bindingUpdateOf,
  defineRule,
  evidenceOf,
  findOption,
  formatAddress,
  isComplete,
  isSameAddress,
} from '../../engine/rule-api.ts';
import type { AlertDraft, RuleContext } from '../../engine/rule-api.ts';

const { mapRegistration, proxyRegistration } = BINDING_UPDATE_FLAGS;
/** Bindings followed from care-of address to home address; a longer chain is no less wrong. */
const MAX_CHAIN = 16;

interface Chain {
  readonly chain: readonly Uint8Array[];
  readonly isLoop: boolean;
}

const NO_CHAIN: Chain = { chain: [], isLoop: false };

/** Home addresses that a packet for `homeAddress` would go through; `isLoop` when it would come back. */
function chainOf(homeAddress: Uint8Array, careOfAddress: Uint8Array, context: RuleContext): Chain {
  if (context.homeBinding(careOfAddress) === undefined) return NO_CHAIN;
  const chain: Uint8Array[] = [];
  let at = careOfAddress;
  while (chain.length < MAX_CHAIN) {
    if (isSameAddress(at, homeAddress)) return { chain, isLoop: true };
    const binding = context.homeBinding(at);
    const isLive = binding?.phase === 'registered' || binding?.phase === 'deregistration-sent';
    if (!isLive || binding.registeredAt === 0) return { chain, isLoop: false };
    chain.push(at);
    at = binding.careOfAddress;
  }
  return { chain, isLoop: true };
}

export default defineRule({
  id: 'MIP6-1210',
  title: 'Care-of address is another home address: chain or loop of bindings',
  severity: 'high',
  category: 'forged-binding',
  references: ['RFC 6275 section 15.1', 'RFC 2473 section 4.1.1'],
  needs: ['readable-signalling'],
  verdict: 'drop',
  explanation:
    'Packets for a home address go on to its care-of address. When that is itself a home address with a binding, the next ' +
    'home agent sends them on again; when the chain closes, each packet circles between the home agents and grows by a ' +
    'header each time, until its hop limit ends it. A few packets fill a line that way. A care-of address inside a home ' +
    'prefix that is nobody’s home address can be a node that visits another home link, and weighs little.',
  advice:
    'Delete the binding. Have the home agent refuse care-of addresses that are home addresses of its own.',
  on: ['mobility', 'esp'],
  messages: ['binding-update'],
  asksOnly: { 'binding-update': ['remarkable'], esp: ['home-address-option'] },
  params: {},
  evaluate(event, context): AlertDraft | undefined {
    const wire = event.context;
    let homeAddress: Uint8Array;
    let careOfAddress: Uint8Array;
    if (event.kind === 'esp') {
      if (event.layout !== 'home-address-option' || event.outcome === 'opened') return undefined;
      if (wire.homeAddressOption === undefined) return undefined;
      homeAddress = wire.homeAddressOption;
      careOfAddress = wire.source;
    } else {
      const update = bindingUpdateOf(event);
      if (update === undefined || update.lifetime === 0) return undefined;
      if ((update.flags & (mapRegistration.mask | proxyRegistration.mask)) !== 0) return undefined;
      if (event.authentication === 'wrong' || !isComplete(event)) return undefined;
      homeAddress = wire.homeAddressOption ?? wire.source;
      const alternate = findOption(event.header.options, 'alternate-care-of-address');
      const tunnel = wire.homeAddressOption === undefined ? wire.outer : undefined;
      careOfAddress = alternate?.careOfAddress ?? (tunnel ?? wire).source;
    }
    // Its own home address is a deletion, or a layout fault: MIP6-1109.
    if (isSameAddress(homeAddress, careOfAddress)) return undefined;
    const { chain, isLoop } = chainOf(homeAddress, careOfAddress, context);
    const isHomeAddress = context.isHomeAddress(careOfAddress);
    if (!isLoop && !isHomeAddress) {
      if (event.kind === 'esp') return undefined;
      if (context.homePrefixOf(careOfAddress)?.knownBy !== 'site') return undefined;
    }
    const peer = wire.routingHomeAddress ?? wire.destination;
    const home = formatAddress(homeAddress);
    const careOf = formatAddress(careOfAddress);
    const what = isLoop
      ? `a loop: ${[homeAddress, ...chain, homeAddress].map((item) => formatAddress(item)).join(' > ')}`
      : chain.length > 0
        ? 'a registered home address'
        : isHomeAddress
          ? 'a home address'
          : 'an address of a home link';
    return {
      object: `${addressKey(homeAddress)}${isLoop ? ' loop' : isHomeAddress ? '' : ' in a home prefix'}`,
      message: `${home} registers at ${formatAddress(peer)} with care-of address ${careOf}, ${what}`,
      packet: wire.packet,
      evidence: [
        ...chain.flatMap((item) => {
          const binding = context.homeBinding(item);
          return binding === undefined
            ? []
            : [
                {
                  packet: binding.lastChange,
                  text: `${formatAddress(item)} is registered at ${formatAddress(binding.peer)} with care-of address ${formatAddress(binding.careOfAddress)}`,
                },
              ];
        }),
        evidenceOf(wire, `registration of ${home} with care-of address ${careOf}`),
      ],
      confidence: event.kind === 'mobility' && chain.length > 0 ? 'certain' : 'partial',
      ...(isLoop ? { stage: 'denial-of-service' } : {}),
      ...(isHomeAddress || isLoop ? {} : { severity: 'low' }),
      homeAddress,
      ...(context.isHomeAgent(peer) ? { homeAgent: peer } : {}),
    };
  },
});
