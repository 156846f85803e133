import {
  BINDING_ACKNOWLEDGEMENT_FLAGS,
  BINDING_UPDATE_FLAGS,
  IKEV1_EXCHANGE,
  IKEV2_EXCHANGE,
  addressKey,
  agentEndsOf,
  defineRule,
  formatAddress,
  formatSpi,
  ikeEndsOf,
  isSameAddress,
  mobileNodeAt,
  registrationKey,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  EventOf,
  IkeEnds,
  PacketReference,
  RuleContext,
} from '../../engine/rule-api.ts';

const MEMORY = { maxEntries: 8192, ttlSeconds: 30 * 86_400 };
/** The time of the first event. */
const START = { maxEntries: 1, ttlSeconds: 1e9 };
/** IKE peers remembered of a home agent; that there are others is all that is asked. */
const MAX_PEERS = 16;

/** IKE from scratch, begun by a node at an address. */
interface Run {
  readonly initiatorSpi: Uint8Array;
  readonly address: Uint8Array;
  readonly packet: PacketReference;
  /** The home agent answered with what only a partner in the key exchange can send. */
  isDone: boolean;
  /** It was held against a move. */
  isCounted: boolean;
}

/** What is known of a node at its home agent. */
interface NodeState {
  readonly homeAddress: Uint8Array;
  readonly homeAgent: Uint8Array;
  /** The last accepted acknowledgement, if K is set in it. */
  capability: PacketReference | undefined;
  move: { readonly careOfAddress: Uint8Array; readonly packet: PacketReference } | undefined;
  /** The last run of IKE, and the time of the one before, microseconds; undefined = not in the capture. */
  run: Run | undefined;
  before: number | undefined;
  /** Moves after which IKE was run from scratch. */
  occasions: number;
}

/** State of a node of which there is something to remember; undefined for others. */
function knownState(
  homeAddress: Uint8Array,
  homeAgent: Uint8Array,
  context: RuleContext,
): NodeState | undefined {
  const table = context.table<NodeState>('nodes', MEMORY);
  if (table.size === 0) return undefined;
  const key = registrationKey(homeAddress, homeAgent);
  const known = table.get(key);
  if (known !== undefined) table.set(key, known);
  return known;
}

function stateOf(homeAddress: Uint8Array, homeAgent: Uint8Array, context: RuleContext): NodeState {
  const table = context.table<NodeState>('nodes', MEMORY);
  const key = registrationKey(homeAddress, homeAgent);
  const known = table.get(key);
  const state = known ?? {
    homeAddress,
    homeAgent,
    capability: undefined,
    move: undefined,
    run: undefined,
    before: undefined,
    occasions: 0,
  };
  table.set(key, state);
  return state;
}

/** A Binding Update or Acknowledgement between node and home agent, and its K bit. */
function capabilityOf(
  event: EventOf<'mobility'>,
  context: RuleContext,
):
  | { homeAddress: Uint8Array; homeAgent: Uint8Array; isSet: boolean; isAnswer: boolean }
  | undefined {
  const { message } = event.header;
  const isAnswer = message.kind === 'binding-acknowledgement';
  if (!isAnswer && message.kind !== 'binding-update') return undefined;
  if (message.lifetime === 0) return undefined;
  // RFC 6275 section 6.1.8: a status from 128 on is a rejection.
  if (isAnswer && message.status >= 128) return undefined;
  const { mask } = (isAnswer ? BINDING_ACKNOWLEDGEMENT_FLAGS : BINDING_UPDATE_FLAGS)
    .keyManagementMobilityCapability;
  const isSet = (message.flags & mask) !== 0;
  // An update says something only by having it set.
  if (!isAnswer && !isSet) return undefined;
  const found = agentEndsOf(event, context);
  if (found === undefined) return undefined;
  const { homeAddress, homeAgent } = found;
  return { homeAddress, homeAgent, isSet, isAnswer };
}

// --- keys from files -----------------------------------------------------------------------------------

/** K is set although the associations were not negotiated. */
function manualKeys(
  event: EventOf<'mobility'>,
  { homeAddress, homeAgent }: { homeAddress: Uint8Array; homeAgent: Uint8Array },
  context: RuleContext<Parameters>,
): AlertDraft | undefined {
  const { packet, link, esp, protection, source, destination } = event.context;
  if (esp?.integrityVerified !== true || protection !== 'esp-transport') return undefined;
  const restart = context.table<PacketReference>('restart', { maxEntries: 1, ttlSeconds: 60 });
  const restarted = restart.get('last');
  const isRestart = restarted?.input === packet.input && restarted.number === packet.number;
  let reason: string;
  if (isRestart) {
    reason = 'the counter of the association starts again under the same keys';
  } else {
    const since = context.table<number>('start', START).get('start');
    const isFirst = esp.sequence === 1 && since !== undefined;
    if (!isFirst || context.now - since < context.params.withinSeconds * 1e6) return undefined;
    const peers = context.table<Uint8Array[]>('peers', MEMORY).get(addressKey(homeAgent)) ?? [];
    const isNode = (address: Uint8Array): boolean =>
      [homeAddress, source, destination].some((own) => isSameAddress(own, address));
    // Where nobody's IKE is seen, it may be left out of the capture.
    if (peers.length === 0 || peers.length >= MAX_PEERS || peers.some(isNode)) return undefined;
    reason = `it is the first packet of its association, and of IKE with ${formatAddress(homeAgent)} only that of ${peers.length} other nodes is in the capture`;
  }
  const home = formatAddress(homeAddress);
  return {
    object: `${home} at ${formatAddress(homeAgent)}: manual keys`,
    message: `signalling of ${home} has the K bit set under manual keys, which no key management can move`,
    packet,
    evidence: [
      {
        packet,
        text: `K set under SPI ${formatSpi(esp.spi)}, sequence ${esp.sequence}: ${reason}; expected K clear`,
        link,
      },
    ],
    confidence: 'partial',
    stage: 'policy-breach',
    homeAddress,
    homeAgent,
  };
}

// --- IKE from scratch after a move -----------------------------------------------------------------------

interface Parameters extends Record<string, number> {
  readonly withinSeconds: number;
  readonly occasions: number;
  readonly youngSeconds: number;
}

function noteRun(state: NodeState, run: Run): void {
  if (state.run === run) return;
  state.before = state.run?.packet.time;
  state.run = run;
}

/** Holds the last move of a node against the last run of IKE at its care-of address. */
function judge(
  state: NodeState,
  packet: PacketReference,
  context: RuleContext<Parameters>,
): AlertDraft | undefined {
  const { move, homeAddress, homeAgent, capability } = state;
  const { withinSeconds, occasions, youngSeconds } = context.params;
  if (move === undefined || capability === undefined) return undefined;
  const run = context
    .table<Run>('runs', MEMORY)
    .get(registrationKey(move.careOfAddress, homeAgent));
  if (run?.isDone !== true || run.isCounted) return undefined;
  if (Math.abs(run.packet.time - move.packet.time) > withinSeconds * 1e6) return undefined;
  noteRun(state, run);
  run.isCounted = true;
  state.occasions++;
  const age = state.before === undefined ? undefined : run.packet.time - state.before;
  // An IKE SA may come to its end just when the node moves, but neither twice nor when it is young.
  const isYoung = age !== undefined && age >= 0 && age < youngSeconds * 1e6;
  if (state.occasions < occasions && !isYoung) return undefined;
  const home = formatAddress(homeAddress);
  const careOf = formatAddress(move.careOfAddress);
  return {
    object: `${home} at ${formatAddress(homeAgent)}: IKE from scratch`,
    message: `${home} ran IKE from scratch after its move to ${careOf} although the K bit says that its IKE SA moves with it`,
    packet,
    evidence: [
      { packet: capability, text: 'Binding Acknowledgement with K set' },
      { packet: move.packet, text: `move to ${careOf} acknowledged` },
      {
        packet: run.packet,
        text: `a new IKE SA is begun from ${careOf}${age === undefined ? '' : `, ${Math.round(age / 1e6)} s after the one before`}; expected the old one to go on (K set) or K clear; time number ${state.occasions}`,
      },
    ],
    confidence: state.occasions > 1 ? 'certain' : 'partial',
    stage: 'policy-breach',
    homeAddress,
    homeAgent,
  };
}

function bound(
  { binding, change, packet }: EventOf<'binding'>,
  context: RuleContext<Parameters>,
): AlertDraft | undefined {
  if (binding.role !== 'home') return undefined;
  const isNew = change === 'registered' || change === 'moved' || change === 'refreshed';
  if (!isNew) return undefined;
  const { homeAddress, peer, careOfAddress } = binding;
  if (binding.isCareOfAddressShared !== false) {
    context.tableOf<Uint8Array>('mobile', MEMORY).set(homeAddress, careOfAddress, peer);
  }
  if (change === 'moved') {
    const state = stateOf(homeAddress, peer, context);
    state.move = { careOfAddress, packet };
    return judge(state, packet, context);
  }
  const runs = context.table<Run>('runs', MEMORY);
  const run = runs.size === 0 ? undefined : runs.get(registrationKey(careOfAddress, peer));
  if (run?.isDone === true) noteRun(stateOf(homeAddress, peer, context), run);
  else knownState(homeAddress, peer, context);
  return undefined;
}

/** Follows IKE between a node and a home agent. */
function exchanged(
  event: EventOf<'ike'>,
  { node, homeAgent, isFromNode }: IkeEnds,
  context: RuleContext<Parameters>,
): AlertDraft | undefined {
  const { version, exchange, responderSpi, initiatorSpi, isResponse } = event;
  const { packet } = event.context;
  const peers = context.table<Uint8Array[]>('peers', MEMORY);
  const known = peers.get(addressKey(homeAgent)) ?? [];
  if (known.length < MAX_PEERS && !known.some((item) => isSameAddress(item, node))) {
    known.push(node);
  }
  peers.set(addressKey(homeAgent), known);

  const runs = context.table<Run>('runs', MEMORY);
  const key = registrationKey(node, homeAgent);
  const run = runs.get(key);
  const isSame = run !== undefined && sameOctets(run.initiatorSpi, initiatorSpi);
  const isInit =
    version === 2
      ? exchange === IKEV2_EXCHANGE.ikeSaInit && isResponse === false
      : exchange === IKEV1_EXCHANGE.mainMode || exchange === IKEV1_EXCHANGE.aggressiveMode;
  if (isFromNode && isInit && responderSpi.every((octet) => octet === 0)) {
    if (!isSame)
      runs.set(key, { initiatorSpi, address: node, packet, isDone: false, isCounted: false });
    return undefined;
  }
  // Anybody can send a first message with another's address; only who gets the answers comes further.
  const isEnd =
    version === 2
      ? exchange === IKEV2_EXCHANGE.ikeAuth && isResponse === true
      : exchange === IKEV1_EXCHANGE.quickMode;
  if (isFromNode || !isEnd || !isSame) return undefined;
  run.isDone = true;
  const home = mobileNodeAt(
    node,
    homeAgent,
    context,
    context.tableOf<Uint8Array>('mobile', MEMORY),
  );
  if (home === undefined) return undefined;
  const state = stateOf(home, homeAgent, context);
  noteRun(state, run);
  return judge(state, packet, context);
}

function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, i) => octet === b[i]);
}

// --- IKE on the home address -----------------------------------------------------------------------------

function onHomeAddress(
  { context: at }: EventOf<'ike'>,
  { node, homeAgent, isFromNode }: IkeEnds,
  context: RuleContext,
): AlertDraft | undefined {
  const isNamed = (isFromNode ? at.homeAddressOption : at.routingHomeAddress) !== undefined;
  const binding = context.binding(node, homeAgent);
  const isAway =
    binding?.role === 'home' &&
    binding.phase === 'registered' &&
    !isSameAddress(binding.careOfAddress, node);
  // What the home agent sends to a home address may be an answer under way.
  if (!isNamed && (!isAway || !isFromNode)) return undefined;
  if (!isNamed && at.outer === undefined && at.link.effectiveRole === 'home') return undefined;
  const isHome = context.isHomeAddress(node) || context.homePrefixOf(node) !== undefined;
  if (!isHome) return undefined;
  const home = formatAddress(node);
  const agent = formatAddress(homeAgent);
  const how = isNamed
    ? isFromNode
      ? 'in a Home Address option'
      : 'in a type 2 routing header'
    : at.outer === undefined
      ? 'as source'
      : 'in the tunnel';
  return {
    object: `${home} at ${agent}: IKE on the home address`,
    message: `IKE between ${home} and ${agent} runs on the home address while the node is away`,
    packet: at.packet,
    evidence: [
      {
        packet: at.packet,
        text: `IKE message with ${home} ${how}; expected the care-of address${binding === undefined ? '' : ` ${formatAddress(binding.careOfAddress)}`} and no Mobile IPv6 headers`,
        link: at.link,
      },
    ],
    confidence: isNamed || at.outer !== undefined ? 'certain' : 'partial',
    severity: 'medium',
    stage: 'policy-breach',
    homeAddress: node,
    homeAgent,
  };
}

export default defineRule({
  id: 'MIP6-1821',
  title: 'K bit inconsistent with observed keying',
  severity: 'low',
  category: 'ipsec',
  references: [
    'RFC 6275 sections 10.3.1, 11.3.2 and 11.7.1',
    'RFC 3776 section 4.4',
    'RFC 4877 sections 4.4 and 7.4',
  ],
  needs: ['home-agents', 'readable-signalling'],
  verdict: 'alert',
  precedence: 'ipsec',
  explanation:
    'With the K bit in Binding Update and Acknowledgement both sides say that their IKE SA follows the node to each ' +
    'new care-of address. It must be clear with manual keys, which have no IKE SA. Here it was set, and yet IKE was ' +
    'run from scratch at the new care-of address around a move; or it was set under an association that can only ' +
    'have manual keys (its counter starts again, or its first packet is in the capture while IKE is there for other ' +
    'nodes alone). One side then holds an IKE SA that the other has given up, and deletions and new keys get lost. ' +
    'An IKE SA may end just when the node moves: one such run counts only when the IKE SA before was young, else ' +
    'it takes several. An IKE SA that moves (MOBIKE) with K clear is no breach. This rule also reports (medium) ' +
    'IKE on the home address while the node is away, in a Home Address option, a type 2 routing header or the ' +
    'tunnel: it has to run on the care-of address, because its packets would need the very associations and the ' +
    'binding that it is to make.',
  advice:
    'Compare the IKE configuration of node and home agent: either both move the IKE SA and set K, or neither does. ' +
    'Let IKE bind to the care-of address (for strongSwan: exclude the home address from its sources).',
  on: ['mobility', 'binding', 'ike', 'ipsec', 'tick'],
  asksOnly: {
    mobility: ['unasked'],
    'binding-update': ['unasked', 'key-mobility'],
    'binding-acknowledgement': ['unasked', 'key-mobility', 'holding nodes'],
    binding: ['unasked', 'home-accepted'],
    tick: ['unasked'],
  },
  params: {
    withinSeconds: {
      default: 10,
      min: 1,
      max: 600,
      unit: 's',
      doc: 'IKE from scratch counts when it is begun so long before or after a move',
    },
    occasions: {
      default: 2,
      min: 1,
      max: 100,
      unit: 'moves',
      doc: 'Moves with IKE from scratch before it is reported where the age of the IKE SA before is not known or high',
    },
    youngSeconds: {
      default: 600,
      min: 0,
      max: 86_400,
      unit: 's',
      doc: 'An IKE SA younger than this has not come to its end by itself: one move is enough',
    },
  },
  evaluate(event, context) {
    const start = context.table<number>('start', START);
    if (start.size === 0) start.set('start', context.now);
    switch (event.kind) {
      case 'tick':
        return undefined;
      case 'ipsec':
        if (event.finding.kind === 'restart') {
          context
            .table<PacketReference>('restart', { maxEntries: 1, ttlSeconds: 60 })
            .set('last', event.context.packet);
        }
        return undefined;
      case 'binding':
        return bound(event, context);
      case 'ike': {
        const ends = ikeEndsOf(event, context);
        if (ends === undefined) return undefined;
        const drafts = [onHomeAddress(event, ends, context), exchanged(event, ends, context)];
        return drafts.filter((draft) => draft !== undefined);
      }
      case 'mobility': {
        const found = capabilityOf(event, context);
        if (found === undefined) return undefined;
        const { homeAddress, homeAgent, isSet } = found;
        if (found.isAnswer) {
          const state = isSet
            ? stateOf(homeAddress, homeAgent, context)
            : knownState(homeAddress, homeAgent, context);
          if (state !== undefined) state.capability = isSet ? event.context.packet : undefined;
        }
        return isSet ? manualKeys(event, found, context) : undefined;
      }
    }
  },
});
