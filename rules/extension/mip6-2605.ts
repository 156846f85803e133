import {
  addressKey,
  covers,
  defineRule,
  evidenceOf,
  formatAddress,
  homeRegistrationOf,
  isSameAddress,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  EventOf,
  Link,
  MobilityOption,
  PacketReference,
  RuleContext,
  RuleDefinition,
} from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 8192, ttlSeconds: 3600 };
/** Who goes on speaking is noted again after this time, microseconds. */
const NOTED_AGAIN = 450e6;
/** Who spoke is remembered for an hour at least. */
const ALIVE_BOUNDS = { maxEntries: 8192, ttlSeconds: BOUNDS.ttlSeconds + NOTED_AGAIN / 1e6 };
/** Binding identifiers of one node. */
const MAX_IDENTIFIERS = 32;
/** Flow Binding Indication. RFC 7109 section 6.1.1. */
const INDICATION = 1;

const params = {
  packets: {
    default: 5,
    min: 1,
    max: 1000,
    unit: 'seconds with packets',
    doc: 'in this many seconds the home agent has to send to the care-of address, while nothing comes from there',
  },
} satisfies RuleDefinition['params'];

type Context = RuleContext<{ packets: number }>;

/** Flows of a node that go to one of its care-of addresses. */
interface Steering {
  readonly homeAddress: Uint8Array;
  readonly homeAgent: Uint8Array;
  readonly careOfAddress: Uint8Array;
  readonly packet: PacketReference;
  readonly link: Link;
  readonly flow: number;
  seconds: number;
  lastSecond: number;
}

/** A flow and the care-of addresses it is to go to. */
interface FlowTarget {
  readonly flow: number;
  readonly careOfAddresses: readonly Uint8Array[];
}

/** Care-of addresses that flows of a message go to, by the binding identifiers of the node. */
function targetsOf(
  options: readonly MobilityOption[],
  identifiers: ReadonlyMap<number, Uint8Array>,
): FlowTarget[] {
  return options.flatMap((option) => {
    if (option.kind !== 'flow-identification') return [];
    const careOfAddresses = option.subOptions.flatMap((item) => {
      if (item.kind === 'target-care-of-address') return item.careOfAddress ?? [];
      if (item.kind !== 'binding-reference') return [];
      return item.bindingIdentifiers.flatMap(
        (each) => identifiers.get(each.bindingIdentifier) ?? [],
      );
    });
    return [{ flow: option.flowIdentifier, careOfAddresses }];
  });
}

/** Whether there are flows or binding identifiers to take note of. */
function hasFlows(options: readonly MobilityOption[]): boolean {
  for (const { kind } of options) {
    if (kind === 'binding-identifier' || kind === 'flow-identification') return true;
  }
  return false;
}

/** Notes that something came from an address. Of messages that the rule is not asked about the engine does so. */
function noteSpeaker(address: Uint8Array, context: Context): void {
  const alive = context.numbersOf('alive', ALIVE_BOUNDS);
  const { now } = context;
  const noted = alive.get(address);
  if (noted === undefined || Math.abs(now - noted) >= NOTED_AGAIN) alive.set(now, address);
}

/** A registration or indication with flows in it. */
function steer(event: EventOf<'mobility'>, context: Context): AlertDraft | undefined {
  const { header } = event;
  const { message } = header;
  const isIndication = message.kind === 'flow-binding' && message.type === INDICATION;
  if (!isIndication && message.kind !== 'binding-update') return undefined;
  const table = context.table<ReadonlyMap<number, Uint8Array>>('identifiers', BOUNDS);
  // What is known of identifiers is kept as long as the node registers.
  if (!isIndication && table.size === 0 && !hasFlows(header.options)) return undefined;
  const { source, destination, packet, link } = event.context;
  const update = homeRegistrationOf(event);
  if (event.checksum === 'wrong' || (update === undefined && !isIndication)) return undefined;
  const homeAddress = update?.homeAddress ?? event.context.routingHomeAddress ?? destination;
  const homeAgent = update?.homeAgent ?? source;
  const home = formatAddress(homeAddress);
  const binding = context.homeBinding(homeAddress);
  if (isIndication && binding?.phase === 'registered' && !isSameAddress(binding.peer, source)) {
    return {
      object: `${home}: ${formatAddress(source)}`,
      message: `${formatAddress(source)} moves flows of ${home}, whose home agent is ${formatAddress(binding.peer)}`,
      packet,
      evidence: [
        { packet, text: `Flow Binding Indication to ${formatAddress(destination)}`, link },
        { packet: binding.lastChange, text: `registered at ${formatAddress(binding.peer)}` },
      ],
      confidence: 'certain',
      stage: 'policy-breach',
      homeAddress,
      homeAgent: binding.peer,
      attacker: source,
    };
  }
  const identifiers = new Map(table.get(addressKey(homeAddress)));
  for (const option of header.options) {
    if (option.kind !== 'binding-identifier' || identifiers.size >= MAX_IDENTIFIERS) continue;
    identifiers.set(option.bindingIdentifier, option.careOfAddress ?? update?.wireSource ?? source);
  }
  if (identifiers.size > 0) table.set(addressKey(homeAddress), identifiers);
  const steered = context.table<Steering>('steered', BOUNDS);
  const alive = context.numbersOf('alive', ALIVE_BOUNDS);
  for (const { flow, careOfAddresses } of targetsOf(header.options, identifiers)) {
    for (const careOfAddress of careOfAddresses) {
      const at = formatAddress(careOfAddress);
      const owner = context.site.infrastructure.find(({ addresses }) =>
        addresses.some((prefix) => covers(prefix, careOfAddress)),
      );
      if (owner !== undefined) {
        return {
          object: `${home}: ${at}`,
          message: `${home} steers flow ${flow} to ${at}, which belongs to ${owner.name} and is no care-of address`,
          packet,
          evidence: [
            evidenceOf(event.context, `Flow Identification option, flow ${flow}, to ${at}`),
          ],
          confidence: 'certain',
          severity: 'high',
          stage: 'denial-of-service',
          homeAddress,
          homeAgent,
        };
      }
      const key = addressKey(careOfAddress);
      const isAlive = alive.get(careOfAddress) !== undefined || context.hasSpoken(careOfAddress);
      if (isAlive || steered.get(key) !== undefined) continue;
      steered.set(key, {
        homeAddress,
        homeAgent,
        careOfAddress,
        packet,
        link,
        flow,
        seconds: 0,
        lastSecond: 0,
      });
    }
  }
  return undefined;
}

export default defineRule({
  id: 'MIP6-2605',
  title: 'Flows steered to a care-of address at which nobody is',
  severity: 'medium',
  category: 'extension',
  references: ['RFC 6089 section 7', 'RFC 7109 section 8', 'RFC 5648 section 9'],
  needs: ['readable-signalling'],
  verdict: 'alert',
  explanation:
    'A node with several care-of addresses can have single flows sent to one of them. Nothing proves that it is ' +
    'there: a flow with much traffic steered to the address of a victim floods it. Here the home agent sends to the ' +
    'care-of address for some seconds, and neither signalling nor payload ever came from it; or the address belongs to ' +
    'fixed nodes of the site file; or somebody who is not the home agent moves the flow (RFC 7109). A node that only ' +
    'receives over one interface looks the same for a while, so that silence alone is partial.',
  advice:
    'Ask the home agent for its flow table. Have it verify care-of addresses of bulk registrations (RFC 5648 section 9), ' +
    'and remove flows to addresses that do not answer.',
  on: ['mobility', 'tunnelled'],
  asksOnly: {
    mobility: ['rare-option', 'holding identifiers', 'holding steered'],
    'flow-binding': ['always'],
    tunnelled: ['news', 'holding steered'],
  },
  params,
  evaluate(event, context) {
    const { source, outer: tunnel } = event.context;
    const speaker = tunnel?.source ?? source;
    noteSpeaker(speaker, context);
    const steered = context.table<Steering>('steered', BOUNDS);
    if (steered.size > 0) steered.delete(addressKey(speaker));
    if (event.kind === 'mobility') return steer(event, context);
    if (steered.size === 0) return undefined;
    const { context: packetContext, direction } = event;
    const { outer, packet } = packetContext;
    if (direction !== 'from-home-agent' || outer === undefined) return undefined;
    const steering = steered.get(addressKey(outer.destination));
    if (steering === undefined) return undefined;
    const second = Math.floor(packet.time / 1e6);
    if (second !== steering.lastSecond) steering.seconds++;
    steering.lastSecond = second;
    if (steering.seconds < context.params.packets) return undefined;
    const { homeAddress, homeAgent, careOfAddress, flow } = steering;
    const at = formatAddress(careOfAddress);
    return {
      object: `${formatAddress(homeAddress)}: ${at}`,
      message: `flow ${flow} of ${formatAddress(homeAddress)} goes to ${at}, from which nothing ever came`,
      packet,
      evidence: [
        { packet: steering.packet, text: `flow ${flow} was steered to ${at}`, link: steering.link },
        evidenceOf(
          packetContext,
          `home agent sends to ${at}, the ${steering.seconds}th second without a packet from there`,
        ),
      ],
      confidence: 'partial',
      stage: 'denial-of-service',
      homeAddress,
      homeAgent,
    };
  },
});
