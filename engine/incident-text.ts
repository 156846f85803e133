/**
 * What an incident says in words: title, narrative, references, advice.
 */
import { formatAddress, formatMac } from '../dissectors/core/address.ts';
import type { Alert, Assessment, Incident } from './alert.ts';
import type { PacketReference } from './events.ts';
import { SEVERITIES } from './rule-api.ts';
import type { Severity } from './rule-api.ts';

/** What the texts are made of. */
export interface IncidentFacts {
  /** In order of time. */
  readonly alerts: readonly Alert[];
  readonly stages: Incident['stages'];
  readonly severity: Severity;
  readonly assessment: Assessment | undefined;
  readonly homeAddresses: readonly Uint8Array[];
}

/** Home addresses named in a title; of more only the number is told. */
const MAX_NAMED = 3;
/** Packets named in one sentence. */
const MAX_PACKETS = 4;
/** Pieces of advice. */
const MAX_ADVICE = 6;

/** Text of an address of 16 octets or of a link-layer address. */
function partyText(bytes: Uint8Array): string {
  return bytes.length === 16 ? formatAddress(bytes) : formatMac(bytes, 0, bytes.length);
}

function nodesText(homeAddresses: readonly Uint8Array[]): string {
  if (homeAddresses.length > MAX_NAMED) return `${homeAddresses.length} home addresses`;
  const names = homeAddresses.map((item) => formatAddress(item)).join(', ');
  return homeAddresses.length === 1 ? `home address ${names}` : `home addresses ${names}`;
}

function alertsOf(facts: IncidentFacts, stage: string): readonly Alert[] {
  return facts.stages.find((item) => item.stage === stage)?.alerts ?? [];
}

/** The alert that a reader should see first: most severe, then most certain, then earliest. */
function mainAlert({ alerts, severity }: IncidentFacts): Alert | undefined {
  const worst = alerts.filter((alert) => alert.severity === severity);
  return worst.find(({ confidence }) => confidence === 'certain') ?? worst[0];
}

/** One line that says what happened to whom. */
export function titleOf(facts: IncidentFacts): string {
  const { assessment, homeAddresses } = facts;
  const ofHomeLink = facts.alerts.filter(({ rule }) => rule.category === 'home-link');
  const relayed = ofHomeLink.filter(({ rule }) => rule.precedence === 'relay');
  const nodes = nodesText(homeAddresses);
  if (relayed.length > 0 && homeAddresses.length > 0) {
    const isDone =
      assessment === 'succeeded on both' || assessment === 'succeeded on the home agent';
    const attacker = relayed.find(({ draft }) => draft.attacker?.length === 16)?.draft.attacker;
    const by = attacker === undefined ? '' : ` by ${partyText(attacker)}`;
    const verb = homeAddresses.length === 1 ? 'was' : 'were';
    const effect = isDone ? `${verb} de-registered` : `${verb} to be de-registered`;
    const kind =
      homeAddresses.length === 1 ? 'Relay of a de-registration' : 'Relay of de-registrations';
    return `${kind}: ${nodes} ${effect}${by}`;
  }
  if (alertsOf(facts, 'deregistration-provoked').length > 0) {
    const isOpen = assessment === 'succeeded on both' || assessment?.endsWith('mobile node');
    const isCutOff = alertsOf(facts, 'denial-of-service').length > 0;
    const effect = isOpen === true ? ', and sends unprotected' : isCutOff ? ', and is cut off' : '';
    return `De-registration provoked on a foreign link: ${nodes} was made to believe it is at home${effect}`;
  }
  const rogue = alertsOf(facts, 'rogue-advertisement')[0];
  if (rogue !== undefined) {
    const { homePrefix, attacker, evidence } = rogue.draft;
    const what =
      homePrefix === undefined
        ? 'Home agent'
        : `Home prefix ${formatAddress(homePrefix.prefix)}/${homePrefix.length}`;
    const link = evidence.find((item) => item.link !== undefined)?.link;
    const where = link === undefined ? 'off the home link' : `on link ${link.name}`;
    return `${what} falsely advertised ${where}${attacker === undefined ? '' : ` by ${partyText(attacker)}`}`;
  }
  const main = mainAlert(facts);
  const title = main?.rule.title ?? 'Incident';
  return homeAddresses.length === 0 ? title : `${title}: ${nodes}`;
}

function packetText(packet: PacketReference, hasInputs: boolean): string {
  return hasInputs ? `${packet.number} of input ${packet.input + 1}` : String(packet.number);
}

/** The packets an alert rests on, in order, named once. */
function packetsText(alert: Alert, hasInputs: boolean): string {
  const { packet, evidence } = alert.draft;
  const names = new Set(
    [...(evidence.length === 0 ? [packet] : evidence.map((item) => item.packet))].map((item) =>
      packetText(item, hasInputs),
    ),
  );
  const shown = [...names].slice(0, MAX_PACKETS);
  const word = names.size === 1 ? 'Packet' : 'Packets';
  const rest = names.size > shown.length ? ' and more' : '';
  return `${word} ${shown.join(', ')}${rest}`;
}

/** What happened, one sentence for each alert along the stages of the attack, and how far it came. */
export function narrativeOf(facts: IncidentFacts): string[] {
  const { assessment } = facts;
  const alerts = inStageOrder(facts);
  const hasInputs = alerts.some(({ draft }) =>
    [draft.packet, ...draft.evidence.map(({ packet }) => packet)].some(({ input }) => input > 0),
  );
  const sentences = alerts.map((alert) => {
    const times = alert.count > 1 ? ` (${alert.count} times)` : '';
    return `${packetsText(alert, hasInputs)}: ${alert.draft.message}${times}.`;
  });
  switch (assessment) {
    case undefined:
      break;
    case 'attempted':
      sentences.push(
        'Nothing in the capture shows that a binding was deleted or that a node gave up its protection.',
      );
      break;
    case 'succeeded on the home agent':
      sentences.push(
        'The home agent deleted the binding: what is sent to the home address no longer reaches the node. ' +
          'Nothing shows that the node gave up its protection.',
      );
      break;
    case 'succeeded on the mobile node':
      sentences.push(
        'The node gave up its tunnel and sends from its home address where everyone on the link can read. ' +
          'Nothing shows that the home agent deleted the binding.',
      );
      break;
    case 'succeeded on both':
      sentences.push(
        'Both sides take the node for being at home: the home agent deleted the binding, and the node gives up ' +
          'its tunnel on a link that is not its own.',
      );
  }
  return sentences;
}

/** Alerts along the stages, each stage in order of time, those without stage last. */
function inStageOrder({ alerts, stages }: IncidentFacts): readonly Alert[] {
  return [...new Set([...stages.flatMap((item) => item.alerts), ...alerts])];
}

/** Documents to read, those of the stages in their order first. */
export function referencesOf(facts: IncidentFacts): string[] {
  return [...new Set(inStageOrder(facts).flatMap(({ rule }) => rule.references))];
}

/** What to do, the most severe first. */
export function adviceOf({ alerts }: IncidentFacts): string[] {
  const ordered = [...alerts].sort(
    (a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity) || a.id - b.id,
  );
  return [...new Set(ordered.map(({ rule }) => rule.advice))].slice(0, MAX_ADVICE);
}
