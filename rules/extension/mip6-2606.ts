import {
  defineRule,
  evidenceOf,
  findOption,
  formatAddress,
  homeRegistrationOf,
  isComplete,
  isProtected,
} from '../../engine/rule-api.ts';
import type {
  EventOf,
  MobilityOption,
  PacketReference,
  RuleContext,
} from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 16_384, ttlSeconds: 86_400 };
/** Updates whose acknowledgement may come: MAX_BINDACK_TIMEOUT. RFC 6275 section 12. */
const PENDING_BOUNDS = { maxEntries: 8192, ttlSeconds: 32 };
/** A second capture of a packet comes within this time, microseconds. */
const COPY_WITHIN = 10e6;

/** How registrations of a home address were protected. */
interface Method {
  readonly kind: 'ipsec' | 'option' | 'none';
  readonly packet: PacketReference;
  /** Of the last accepted update, seconds since 1900. */
  readonly stamp: number | undefined;
  readonly sequence: number;
}

/** A Binding Update that may be accepted. */
interface Pending {
  readonly hasOption: boolean;
  readonly stamp: number | undefined;
  readonly sequence: number;
}

/** Timestamp in the format of NTP, seconds since 1900. RFC 4285 section 6. */
function stampOf(options: readonly MobilityOption[]): number | undefined {
  const octets = findOption(options, 'replay-protection')?.timestamp;
  if (octets?.length !== 8) return undefined;
  return octets.reduce((sum, octet) => sum * 256 + octet, 0) / 2 ** 32;
}

/** Notes how an accepted registration was protected. */
function noteMethod({ binding, change, packet }: EventOf<'binding'>, context: RuleContext): void {
  if (binding.role !== 'home') return;
  if (change !== 'registered' && change !== 'refreshed' && change !== 'moved') return;
  const { homeAddress, peer } = binding;
  const waiting = context.tableOf<Pending>('pending', PENDING_BOUNDS);
  const methods = context.tableOf<Method>('methods', BOUNDS);
  const last = waiting.get(homeAddress, peer);
  // Of a node whose updates nobody can read nothing is kept but what the engine knows.
  const isOpaque = binding.acceptedBy === 'inferred' && last === undefined;
  if (isOpaque && methods.get(homeAddress, peer) === undefined) return;
  // Another update may have come meanwhile.
  const pending = last?.sequence === binding.sequence ? last : undefined;
  const isClear = binding.knownBy === 'clear' || binding.knownBy === 'authenticated';
  const method: Method = {
    kind: !isClear ? 'ipsec' : pending?.hasOption === true ? 'option' : 'none',
    packet,
    stamp: pending?.stamp ?? methods.get(homeAddress, peer)?.stamp,
    sequence: pending?.sequence ?? -1,
  };
  methods.set(method, homeAddress, peer);
}

/** How registrations of a home address were protected so far. */
function methodOf(
  homeAddress: Uint8Array,
  homeAgent: Uint8Array,
  context: RuleContext,
): Method | undefined {
  const known = context.tableOf<Method>('methods', BOUNDS).get(homeAddress, homeAgent);
  if (known !== undefined) return known;
  const binding = context.binding(homeAddress, homeAgent);
  const packet = binding?.acceptedIn;
  if (binding?.role !== 'home' || binding.acceptedBy !== 'inferred') return undefined;
  if (packet === undefined || context.now - packet.time > BOUNDS.ttlSeconds * 1e6) return undefined;
  return { kind: 'ipsec', packet, stamp: undefined, sequence: -1 };
}

export default defineRule({
  id: 'MIP6-2606',
  title: 'RFC 4285 authentication option missing, replayed or wrong',
  severity: 'high',
  category: 'extension',
  references: ['RFC 4285 sections 5 to 7'],
  needs: [],
  verdict: 'drop',
  precedence: 'ipsec',
  explanation:
    'Some sites protect home registrations with an authentication option instead of IPsec, and against replay with a ' +
    'timestamp. Here a home address whose registrations were authenticated so far sends one without the option, or a ' +
    'home address that used IPsec now uses the weaker option, or the timestamp was used before, or the option is wrong ' +
    'under the key that was given. A site that changes its method sees the second of these once for each node.',
  advice:
    'Check that the home agent demands the method that is set up for the node and no other, and that it compares ' +
    'timestamps.',
  on: ['mobility', 'binding'],
  messages: ['binding-update'],
  asksOnly: { 'binding-update': ['home-update'], binding: ['home-accepted'] },
  params: {},
  evaluate(event, context) {
    if (event.kind === 'binding') {
      noteMethod(event, context);
      return undefined;
    }
    const update = homeRegistrationOf(event);
    if (update === undefined || !isComplete(event)) return undefined;
    const { homeAddress, homeAgent, wireSource, sequence } = update;
    const { options } = event.header;
    const { packet } = event.context;
    const hasOption = findOption(options, 'message-authentication') !== undefined;
    const stamp = hasOption ? stampOf(options) : undefined;
    const pending: Pending = { hasOption, stamp, sequence };
    context.tableOf<Pending>('pending', PENDING_BOUNDS).set(pending, homeAddress, homeAgent);
    const wrong = event.verdicts?.find(
      ({ code, status }) => code === 'MESSAGE_AUTHENTICATION' && status === 'wrong',
    );
    if (wrong === undefined && isProtected(event.context)) return undefined;
    const draft = (what: string, text: string, isCertain: boolean, before?: PacketReference) =>
      ({
        object: `${formatAddress(homeAddress)} at ${formatAddress(homeAgent)}: ${what}`,
        message: `Binding Update of ${formatAddress(homeAddress)} from ${formatAddress(wireSource)} ${text}`,
        packet,
        evidence: [
          evidenceOf(event.context, `Binding Update, sequence ${sequence}: ${text}`),
          ...(before === undefined ? [] : [{ packet: before, text: 'last accepted registration' }]),
        ],
        confidence: isCertain ? 'certain' : 'partial',
        stage: 'policy-breach',
        homeAddress,
        homeAgent,
        attacker: wireSource,
      }) as const;
    if (wrong !== undefined) {
      return draft('wrong', `has a wrong authentication option (${wrong.detail})`, true);
    }
    const known = methodOf(homeAddress, homeAgent, context);
    if (known === undefined) return undefined;
    if (known.kind === 'option' && !hasOption) {
      return draft('missing', 'lacks the authentication option it had so far', true, known.packet);
    }
    if (known.kind === 'ipsec' && hasOption) {
      return draft(
        'downgrade',
        'uses an authentication option instead of IPsec',
        false,
        known.packet,
      );
    }
    if (stamp === undefined || known.stamp === undefined || stamp > known.stamp) return undefined;
    const isCopy =
      stamp === known.stamp &&
      sequence === known.sequence &&
      packet.time - known.packet.time < COPY_WITHIN;
    if (isCopy) return undefined;
    return draft(
      'replay',
      `carries a timestamp that ${stamp === known.stamp ? 'was used before' : `is ${(known.stamp - stamp).toFixed(3)} s before the last accepted one`}`,
      true,
      known.packet,
    );
  },
});
