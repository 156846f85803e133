import {
  covers,
  defineRule,
  evidenceOf,
  formatAddress,
  hasCareOf,
  isBindingValid,
  isMulticast,
  isSameAddress,
  pairObject,
  registrationKey,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  EventOf,
  Evidence,
  PacketReference,
  RuleContext,
  RuleDefinition,
} from '../../engine/rule-api.ts';

/** Pairs of home address and receiver remembered. */
const BOUNDS = { maxEntries: 4096, ttlSeconds: 120 };
/** MAX_RR_BINDING_LIFETIME in microseconds: no older binding of a correspondent is left. RFC 6275 section 12. */
const BINDING_AGE = 420e6;
/** The receiver sends to the home address through the care-of address: it has a binding. Microseconds. */
const OPTIMISED_AGE = 60e6;
/** Status of a Binding Error: no binding for this Home Address option. RFC 6275 section 6.1.9. */
const UNKNOWN_BINDING = 1;

const params = {
  graceSeconds: {
    default: 10,
    min: 0,
    max: 300,
    unit: 'seconds',
    doc: 'after the end of a binding of the receiver, packets under it are still taken for late ones',
  },
  persistSeconds: {
    default: 3,
    min: 1,
    max: 60,
    unit: 'seconds',
    doc: 'a sender that goes on this long after the receiver told it that there is no binding is no mobile node',
  },
} satisfies RuleDefinition['params'];

type Params = Readonly<Record<keyof typeof params, number>>;

/** Options without a binding, by home address and receiver. */
interface Options {
  readonly first: PacketReference;
  seconds: number;
  /** The receiver said that it has no binding. */
  error: PacketReference | undefined;
}

/** What else than the missing binding speaks against the sender. */
interface Proof {
  readonly text: string;
  readonly isCertain: boolean;
}

function proofOf(
  event: EventOf<'home-address-option'>,
  options: Options,
  context: RuleContext<Params>,
): Proof | undefined {
  const { homeAddress, context: packet, watched } = event;
  const { source } = packet;
  const fixed = context.site.infrastructure.find(({ addresses }) =>
    addresses.some((item) => covers(item, homeAddress)),
  );
  if (fixed !== undefined) {
    return {
      text: `the home address is that of ${fixed.name}, which never moves`,
      isCertain: true,
    };
  }
  const home = context.homeBinding(homeAddress);
  if (home !== undefined && isBindingValid(home, context.now) && !hasCareOf(home, source)) {
    const at = formatAddress(home.careOfAddress);
    return { text: `its home agent has the home address registered at ${at}`, isCertain: false };
  }
  const { error } = options;
  const { persistSeconds } = context.params;
  if (error !== undefined && context.now - error.time >= persistSeconds * 1e6) {
    const text = `the sender goes on although the receiver has told it in packet ${error.number} that it has no binding`;
    return { text, isCertain: false };
  }
  if (watched >= BINDING_AGE && options.seconds >= 3) {
    const text = `for ${Math.floor(watched / 1e6)} s, longer than any binding lives, none was made on this link`;
    return { text, isCertain: false };
  }
  return undefined;
}

function ofOption(
  event: EventOf<'home-address-option'>,
  context: RuleContext<Params>,
): AlertDraft | undefined {
  const { homeAddress, relation, homeAddresses, protocol, context: packet } = event;
  const { source, destination } = packet;
  if (relation !== 'none' || isMulticast(destination)) return undefined;
  const binding = context.binding(homeAddress, destination);
  const { graceSeconds } = context.params;
  if (binding !== undefined && context.now - binding.lastChange.time <= graceSeconds * 1e6) {
    return undefined;
  }
  if (context.now - context.lastOptimised(homeAddress, destination).to <= OPTIMISED_AGE) {
    return undefined;
  }
  const table = context.table<Options>('options', BOUNDS);
  const key = registrationKey(homeAddress, destination);
  const options = table.get(key) ?? { first: packet.packet, seconds: 0, error: undefined };
  // Packets that are told one by one have none of the times between.
  if (homeAddresses > 0) options.seconds++;
  table.set(key, options);
  const proof = proofOf(event, options, context);
  if (proof === undefined) return undefined;
  const others = homeAddresses > 1 ? ` and ${homeAddresses - 1} more` : '';
  const evidence: Evidence[] = [
    evidenceOf(
      packet,
      `Home Address option ${formatAddress(homeAddress)}${others} on protocol ${protocol} from ${formatAddress(source)}; expected a binding of ${formatAddress(destination)} with this care-of address`,
    ),
    evidenceOf(packet, proof.text),
  ];
  return {
    object: pairObject(context, source, destination),
    message: `${formatAddress(source)} sends ${formatAddress(destination)} payload in the name of ${formatAddress(homeAddress)}, for which there is no binding`,
    packet: packet.packet,
    evidence,
    confidence: proof.isCertain ? 'certain' : 'partial',
    homeAddress,
    attacker: source,
  };
}

export default defineRule({
  id: 'MIP6-1601',
  title: 'Home Address option in payload without a binding',
  severity: 'high',
  category: 'reflection',
  references: ['RFC 6275 sections 9.3.1 and 15.8', 'RFC 4225 section 3.3.3'],
  needs: [],
  verdict: 'drop',
  explanation:
    'The Home Address option says: answer to this address instead of the one I send from. A correspondent may believe it ' +
    'only when a binding, proven by return routability, ties the two together; otherwise it drops the packet and says so ' +
    'with a Binding Error. Without that check anybody makes it send to a victim of his choice, and filters at his own ' +
    'network see nothing wrong. A missing binding alone proves little, since it may be older than the capture or be lost ' +
    'by a restart. It counts together with one more fact: the receiver answers the home address, the sender goes on after a ' +
    'Binding Error, the home agent knows the home address elsewhere, it belongs to a fixed node, or the link was watched ' +
    'for longer than a binding lives.',
  advice:
    'Drop such packets in front of the receiver. If it answers to the home address, its software does not check bindings: ' +
    'update it. Look at the access network of the sender.',
  on: ['home-address-option', 'reflected', 'mobility'],
  messages: ['binding-error'],
  params,
  evaluate(event, context) {
    if (event.kind === 'home-address-option') return ofOption(event, context);
    if (event.kind === 'mobility') {
      const { message } = event.header;
      if (message.kind !== 'binding-error' || message.status !== UNKNOWN_BINDING) return undefined;
      const key = registrationKey(message.homeAddress, event.context.source);
      const options = context.table<Options>('options', BOUNDS).get(key);
      if (options !== undefined) options.error ??= event.context.packet;
      return undefined;
    }
    const { victim, reflector, requester, request, packet, link } = event;
    const home = context.homeBinding(victim);
    // The node is where it says: the binding was lost, and what comes bare goes through its home agent.
    if (
      home !== undefined &&
      isBindingValid(home, context.now) &&
      isSameAddress(home.careOfAddress, requester)
    ) {
      return undefined;
    }
    const name = formatAddress(victim);
    return {
      object: pairObject(context, requester, reflector),
      message: `${formatAddress(requester)} makes ${formatAddress(reflector)} answer to ${name}, by a Home Address option without a binding`,
      packet,
      evidence: [
        {
          packet: request,
          text: `Home Address option ${name} from ${formatAddress(requester)}, without a binding`,
          link,
        },
        {
          packet,
          text: `${formatAddress(reflector)} sends protocol ${event.protocol} to ${name}, which has not asked for it`,
          link,
        },
      ],
      confidence: context.homePrefixOf(victim) === undefined ? 'certain' : 'partial',
      // Of a mobile node of which no registration was seen, the binding may have been missed too.
      ...(home === undefined && context.isHomeAddress(victim) ? { severity: 'low' } : {}),
      homeAddress: victim,
      attacker: requester,
    };
  },
});
