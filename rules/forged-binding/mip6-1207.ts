import {
  BINDING_UPDATE_FLAGS,
  addressKey,
  bindingUpdateOf,
  defineRule,
  formatAddress,
  isBindingValid,
  isSameAddress,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  Evidence,
  KeyedNumbers,
  Link,
  PacketContext,
  PacketReference,
  RuleContext,
  RuleDefinition,
} from '../../engine/rule-api.ts';

const { proxyRegistration } = BINDING_UPDATE_FLAGS;
const FIRST_BOUNDS = { maxEntries: 4096, ttlSeconds: 3600 };

const params = {
  homeAddresses: {
    default: 4,
    min: 1,
    max: 10_000,
    unit: 'home addresses',
    doc: 'more different home addresses than this from one care-of address or sender within the window',
  },
  windowSeconds: {
    default: 600,
    min: 10,
    max: 86_400,
    unit: 'seconds',
    doc: 'time in which they are counted',
  },
} satisfies RuleDefinition['params'];

type Context = RuleContext<{ [N in keyof typeof params]: number }>;

/** The first home address that a care-of address registered. */
interface First {
  homeAddress: Uint8Array;
  packet: PacketReference;
  link: Link;
}

function evidenceFor({ homeAddress, packet, link }: First, address: Uint8Array): Evidence {
  const text = `registration of ${formatAddress(homeAddress)} from ${formatAddress(address)}`;
  return { packet, text, link };
}

/** Care-of addresses from which several home addresses were counted. */
function crowdedIn(context: Context): KeyedNumbers {
  const ttlSeconds = context.params.windowSeconds;
  return context.numbersOf('crowded', { maxEntries: 4096, ttlSeconds });
}

/**
 * Whether a home address is registered at home from a care-of address that no other one has or claims: as nearly always.
 * It is counted once another one comes.
 */
function isAlone(careOfAddress: Uint8Array, homeAddress: Uint8Array, context: Context): boolean {
  const binding = context.homeBinding(homeAddress);
  if (binding?.isCareOfAddressShared !== false || !isBindingValid(binding, context.now))
    return false;
  if (!isSameAddress(binding.careOfAddress, careOfAddress)) return false;
  const crowded = crowdedIn(context);
  return crowded.entries === 0 || crowded.get(careOfAddress) === undefined;
}

/** The home address that has or had a care-of address to itself and may not have been counted, if it was used there lately. */
function aloneSoFar(careOfAddress: Uint8Array, context: Context): Uint8Array | undefined {
  const homeAddress = context.careOfBinding(careOfAddress)?.homeAddress;
  if (homeAddress === undefined) return undefined;
  const since = context.now - context.params.windowSeconds * 1e6;
  for (const { updates } of context.seenUpdatesOf(homeAddress)) {
    for (const item of updates) {
      if (item.packet.time < since || item.lifetime === 0) continue;
      if (isSameAddress(item.source, careOfAddress)) return homeAddress;
      if (isSameAddress(item.careOfAddress, careOfAddress)) return homeAddress;
    }
  }
  return undefined;
}

/** Counts a home address of a care-of address or sender. */
function countHomeAddress(
  address: Uint8Array,
  homeAddress: Uint8Array,
  { packet, link, destination }: PacketContext,
  context: Context,
): AlertDraft | undefined {
  if (context.accessGateway(address) !== undefined) return undefined;
  const relays = context.table<true>('relays', FIRST_BOUNDS);
  if (relays.size > 0 && relays.get(addressKey(address)) !== undefined) return undefined;
  const { homeAddresses, windowSeconds } = context.params;
  const counter = context.distinctOf<First>('home-addresses', {
    maxEntries: 4096,
    windowSeconds,
  });
  const other = aloneSoFar(address, context);
  if (other !== undefined && !isSameAddress(other, homeAddress)) counter.add(address, other);
  const count = counter.add(address, homeAddress);
  if (count > 1) crowdedIn(context).set(count, address);
  const first = counter.noteOf(address);
  if (first === undefined) counter.setNote({ homeAddress, packet, link }, address);
  else if (count <= 1) {
    first.homeAddress = homeAddress;
    first.packet = packet;
    first.link = link;
  }
  if (count <= homeAddresses) return undefined;
  const here: First = { homeAddress, packet, link };
  return {
    object: addressKey(address),
    message: `${formatAddress(address)} registers ${count} home addresses`,
    packet,
    evidence: [
      ...(first === undefined ? [] : [evidenceFor(first, address)]),
      evidenceFor(here, address),
    ],
    confidence: 'partial',
    stage: 'denial-of-service',
    attacker: address,
    ...(context.isHomeAgent(destination) ? { homeAgent: destination } : {}),
  };
}

export default defineRule({
  id: 'MIP6-1207',
  title: 'One care-of address claims many home addresses',
  severity: 'high',
  category: 'forged-binding',
  references: ['RFC 4225 sections 3.1.1 and 3.3.1'],
  needs: [],
  verdict: 'rate-limit',
  explanation:
    'A node registers its own home address, or a few when it has several. One care-of address, or one sender, that asks ' +
    'for the traffic of many home addresses collects it, or fills the tables of home agents and correspondents. Mobile ' +
    'routers register one home address for their whole network; gateways of Proxy Mobile IPv6 are left out. Many nodes ' +
    'behind one translated address look the same, which is why this is not certain.',
  advice:
    'Limit the number of bindings of one care-of address. Look whether the home agent accepted them, and under whose keys.',
  on: ['mobility', 'esp', 'relay'],
  messages: ['binding-update'],
  asksOnly: { esp: ['home-address-option'] },
  params,
  evaluate(event, context): AlertDraft | undefined {
    const wire = event.context;
    if (event.kind === 'relay') {
      // Who relays de-registrations of others is no care-of address: MIP6-1106 and 1116.
      context.table<true>('relays', FIRST_BOUNDS).set(addressKey(event.relay), true);
      return undefined;
    }
    let homeAddress: Uint8Array | undefined;
    let careOfAddress = wire.source;
    if (event.kind === 'esp') {
      if (event.layout !== 'home-address-option' || event.outcome === 'opened') return undefined;
      homeAddress = wire.homeAddressOption;
    } else {
      const update = bindingUpdateOf(event);
      if (update === undefined || event.checksum === 'wrong') return undefined;
      if ((update.flags & proxyRegistration.mask) !== 0 || update.lifetime === 0) return undefined;
      homeAddress = wire.homeAddressOption ?? (wire.outer === undefined ? undefined : wire.source);
      if (wire.homeAddressOption === undefined && wire.outer !== undefined) {
        careOfAddress = wire.outer.source;
      }
    }
    if (homeAddress === undefined || isSameAddress(homeAddress, careOfAddress)) return undefined;
    if (event.kind === 'esp') return countHomeAddress(careOfAddress, homeAddress, wire, context);
    const found = isAlone(careOfAddress, homeAddress, context)
      ? undefined
      : countHomeAddress(careOfAddress, homeAddress, wire, context);
    if (found !== undefined) return found;
    for (const option of event.header.options) {
      if (option.kind !== 'alternate-care-of-address') continue;
      if (isSameAddress(option.careOfAddress, careOfAddress)) continue;
      if (isAlone(option.careOfAddress, homeAddress, context)) continue;
      const draft = countHomeAddress(option.careOfAddress, homeAddress, wire, context);
      if (draft !== undefined) return draft;
    }
    return undefined;
  },
});
