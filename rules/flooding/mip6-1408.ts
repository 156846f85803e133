import {
  defineRule,
  evidenceOf,
  formatAddress,
  includesAddress,
  isComplete,
  isSameAddress,
  prefixKey,
  registrationAnswerOf,
  registrationKey,
  registrationRequestOf,
} from '../../engine/rule-api.ts';
import type { AlertDraft, EventOf, MobilityOption, RuleContext } from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 4096, ttlSeconds: 3600 };
/** Bits that networks of one provider site share. RFC 6177. */
const SITE_BITS = 48;
/** MCOA BULK REGISTRATION PROHIBITED. RFC 5648 section 4.4. */
const BULK_PROHIBITED = 168;
/** Addresses remembered of one home address. */
const MAX_SEEN = 32;

type Identifier = Extract<MobilityOption, { kind: 'binding-identifier' }>;

function identifiersOf(options: readonly MobilityOption[]): Identifier[] {
  return options.filter((option) => option.kind === 'binding-identifier');
}

/** Addresses and identifiers that a home address has used. */
interface Used {
  /** Care-of addresses it has sent from. */
  readonly addresses: Uint8Array[];
  /** Undefined until the first. */
  identifiers: Set<number> | undefined;
}

/** Takes note of the source of an update. */
function noteUse(homeAddress: Uint8Array, source: Uint8Array, context: RuleContext): Used {
  const table = context.tableOf<Used>('used', BOUNDS);
  const known = table.get(homeAddress);
  const used = known ?? { addresses: [source], identifiers: undefined };
  table.set(used, homeAddress);
  if (known === undefined) return used;
  const { addresses } = used;
  if (addresses.length < MAX_SEEN && !includesAddress(addresses, source)) addresses.push(source);
  return used;
}

/**
 * Whether an update of a home address came from an address. Of updates without rare options the rule is not asked: the
 * engine keeps the last ones of each peer.
 */
function hasSentFrom(homeAddress: Uint8Array, source: Uint8Array, context: RuleContext): boolean {
  return context
    .seenUpdatesOf(homeAddress)
    .some(({ updates }) =>
      updates.some((item) => item.lifetime > 0 && isSameAddress(item.source, source)),
    );
}

function remember<V>(set: Set<V>, value: V): void {
  if (set.size < MAX_SEEN) set.add(value);
}

/** Identifiers that flow rules of a message send traffic to. RFC 6089 section 4.3. */
function referencesOf(options: readonly MobilityOption[]): number[] {
  return options.flatMap((option) => {
    if (option.kind !== 'flow-identification') return [];
    return option.subOptions.flatMap((item) =>
      item.kind === 'binding-reference'
        ? item.bindingIdentifiers.map(({ bindingIdentifier }) => bindingIdentifier)
        : [],
    );
  });
}

function judgeUpdate(
  event: EventOf<'mobility'>,
  context: RuleContext<{ networks: number }>,
): AlertDraft | undefined {
  const request = registrationRequestOf(event);
  if (request === undefined || request.lifetime === 0 || !isComplete(event)) return undefined;
  const { homeAddress, peer, isHome, context: wire } = request;
  const { options } = event.header;
  const used = noteUse(homeAddress, wire.source, context);
  // References count beside identifiers alone.
  if (!request.hasBindingIdentifier) return undefined;
  const identifiers = identifiersOf(options);
  const unseen = identifiers
    .map(({ careOfAddress }) => careOfAddress ?? wire.source)
    .filter(
      (address) =>
        !isSameAddress(address, wire.source) &&
        !includesAddress(used.addresses, address) &&
        !hasSentFrom(homeAddress, address, context),
    );
  const networks = new Set(unseen.map((address) => prefixKey(address, SITE_BITS)));
  const own = prefixKey(wire.source, SITE_BITS);
  networks.delete(own);
  const known = (used.identifiers ??= new Set());
  for (const { bindingIdentifier } of identifiers) remember(known, bindingIdentifier);
  const stray = referencesOf(options).filter((item) => !known.has(item));
  const isBulk = networks.size > context.params.networks;
  const hasStray = stray.length > 0;
  if (!isBulk && !hasStray) return undefined;
  const list = unseen.map(formatAddress).join(', ');
  return {
    object: registrationKey(homeAddress, peer),
    message: isBulk
      ? `${formatAddress(wire.source)} registers ${unseen.length} further care-of addresses of ${formatAddress(homeAddress)} at once, in ${networks.size} networks where it was never seen`
      : `${formatAddress(wire.source)} sends flows of ${formatAddress(homeAddress)} to binding ${stray.join(', ')}, which it never registered`,
    packet: wire.packet,
    evidence: [
      evidenceOf(
        wire,
        isBulk
          ? `Binding Update with ${identifiers.length} Binding Identifier options: ${list}`
          : `Flow Identification with a Binding Reference to ${stray.join(', ')}`,
      ),
    ],
    confidence: 'partial',
    ...(isBulk ? {} : { severity: 'low' }),
    stage: 'denial-of-service',
    homeAddress,
    ...(isHome ? { homeAgent: peer } : {}),
    attacker: wire.source,
  };
}

export default defineRule({
  id: 'MIP6-1408',
  title: 'Several care-of addresses registered at once in unrelated networks',
  severity: 'medium',
  category: 'flooding',
  references: ['RFC 5648 sections 4.4 and 10', 'RFC 6089 section 4.3'],
  needs: ['readable-signalling'],
  verdict: 'alert',
  explanation:
    'A node with several interfaces registers several care-of addresses, if it likes with one Binding Update: then none ' +
    'of them but the source has been proved, and a home agent that does not check them sends traffic wherever the node ' +
    'says. Two networks, mobile phone and wireless LAN, are normal life. Reported are addresses in more networks than a ' +
    'node has interfaces, from which it never sent a packet; refusals with status 168; and flow rules that name bindings ' +
    'nobody registered.',
  advice:
    'Have the home agent refuse bulk registration (status 168), or check each address by its own Binding Update.',
  on: ['mobility'],
  messages: ['binding-update', 'binding-acknowledgement'],
  asksOnly: {
    'binding-update': ['rare-option'],
    'binding-acknowledgement': ['refusal', 'rare-option'],
  },
  params: {
    networks: {
      default: 3,
      min: 1,
      max: 64,
      unit: 'networks',
      doc: 'networks (/48) in which a node may register care-of addresses that it never used as source',
    },
  },
  evaluate(event, context) {
    const answer = registrationAnswerOf(event);
    if (answer === undefined) return judgeUpdate(event, context);
    const { homeAddress, peer, status, context: wire } = answer;
    const isRefused =
      status === BULK_PROHIBITED ||
      identifiersOf(event.header.options).some((item) => item.status === BULK_PROHIBITED);
    if (!isRefused) return undefined;
    return {
      object: `${registrationKey(homeAddress, peer)}refused`,
      message: `${formatAddress(peer)} refused the bulk registration of ${formatAddress(homeAddress)}`,
      packet: wire.packet,
      evidence: [evidenceOf(wire, 'Binding Acknowledgement with status 168')],
      confidence: 'certain',
      // The home agent has kept the harm away; many nodes only try.
      severity: 'low',
      homeAddress,
      ...(context.isHomeAgent(peer) ? { homeAgent: peer } : {}),
    };
  },
});
