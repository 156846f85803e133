/**
 * What a security association is for: told from what was read in it, else inferred from layout, sizes, answers and
 * rates of its packets. RFC 3776 section 4, RFC 6275 sections 6.1, 6.7 and 6.8.
 *
 * A flow is an SPI between two normalised addresses. Without keys its packets still show where they stood: behind a
 * Home Address option goes a Binding Update or a Mobile Prefix Solicitation, behind a type 2 routing header comes the
 * answer, and between care-of address and home agent runs a tunnel.
 */
import { transformsFor } from './esp-sizes.ts';

/** What an association carries. */
export type AssociationRole =
  | 'binding'
  | 'prefix-discovery'
  | 'return-routability'
  | 'payload'
  | 'unknown';

/** Role of an association, and why it is believed. */
export interface AssociationVerdict {
  readonly role: AssociationRole;
  /** `content`: its packets were read; `inferred`: only what shows without keys. */
  readonly basis: 'content' | 'inferred';
  /** In words. */
  readonly reason: string;
}

/** Packets from which payload is told from signalling that is repeated. */
const MANY = 8;
/** Packets a second that no signalling of one node reaches: MAX_UPDATE_RATE is 3 (RFC 6275 section 12). */
export const BUSY = 8;
/** An advertisement is 32 octets longer than its solicitation, a Binding Acknowledgement no longer than its update. */
const LONGER = 24;
/** Microseconds. */
const SECOND = 1e6;
/** Lengths of packets told apart. */
const SIZES = 4;

/** What is counted of a flow. Of fixed size; {@link reset} makes it new. */
export class RoleEvidence {
  /** Packets by where they stood: behind a Home Address option, behind a type 2 routing header, or neither. */
  optionPackets = 0;
  routingPackets = 0;
  plainPackets = 0;
  /** Packets that were read, by what was in them. */
  bindingMessages = 0;
  prefixMessages = 0;
  homeTests = 0;
  otherContent = 0;
  /** Requests that were answered within 10 s, by the length of the answer, or answers by that of the request. */
  longerAnswers = 0;
  shorterAnswers = 0;
  /** Packets of the length of a Home Test Init that were followed by one of a Home Test, or the reverse. */
  homeTestPairs = 0;
  /** The same next to a Care-of Test Init in clear from the same address. */
  careOfTests = 0;
  /** Most packets within one second. */
  busiest = 0;
  shortest = 0;
  longest = 0;
  /** Different lengths, {@link SIZES} and more count as that. */
  lengths = 0;
  readonly #sizes = new Uint16Array(SIZES);
  #secondStart = 0;
  #inSecond = 0;
  /** Transforms under which all packets may be such messages. */
  asBinding = -1;
  asSolicitation = -1;
  asAdvertisement = -1;
  asHomeTestInit = -1;
  asHomeTest = -1;

  /** Forgets everything. */
  reset(): void {
    this.optionPackets = this.routingPackets = this.plainPackets = 0;
    this.bindingMessages = this.prefixMessages = this.homeTests = this.otherContent = 0;
    this.longerAnswers = this.shorterAnswers = 0;
    this.homeTestPairs = this.careOfTests = 0;
    this.busiest = this.shortest = this.longest = this.lengths = 0;
    this.#secondStart = this.#inSecond = 0;
    this.asBinding = this.asSolicitation = this.asAdvertisement = -1;
    this.asHomeTestInit = this.asHomeTest = -1;
  }

  /**
   * Counts a packet. No allocation.
   * @param layout 0 = plain, 1 = Home Address option, 2 = type 2 routing header
   * @param size octets of the ESP packet on the wire
   * @param time microseconds since 1970
   */
  note(layout: number, size: number, time: number): void {
    if (layout === 1) this.optionPackets++;
    else if (layout === 2) this.routingPackets++;
    else this.plainPackets++;
    if (time - this.#secondStart >= SECOND || time < this.#secondStart) {
      this.#secondStart = time;
      this.#inSecond = 0;
    }
    if (++this.#inSecond > this.busiest) this.busiest = this.#inSecond;
    if (this.shortest === 0 || size < this.shortest) this.shortest = size;
    if (size > this.longest) this.longest = size;
    this.#noteSize(size);
  }

  #noteSize(size: number): void {
    const sizes = this.#sizes;
    for (let i = 0; i < this.lengths; i++) if (sizes[i] === size) return;
    this.asBinding &= transformsFor('binding', size);
    this.asSolicitation &= transformsFor('solicitation', size);
    this.asAdvertisement &= transformsFor('advertisement', size);
    this.asHomeTestInit &= transformsFor('home-test-init', size);
    this.asHomeTest &= transformsFor('home-test', size);
    if (this.lengths < SIZES) sizes[this.lengths++] = size;
  }

  /** Takes the lengths of a request and its answer, octets. */
  noteAnswer(request: number, answer: number): void {
    if (answer - request >= LONGER) this.longerAnswers++;
    else this.shorterAnswers++;
  }
}

/** Which end of the flow is a home agent, as far as known. */
export interface FlowEnds {
  readonly isFromAgent: boolean;
  readonly isToAgent: boolean;
}

/** Role of a flow. */
export function roleOf(evidence: RoleEvidence, ends: FlowEnds): AssociationVerdict {
  return roleByContent(evidence) ?? roleByTraffic(evidence, ends);
}

function roleByContent(evidence: RoleEvidence): AssociationVerdict | undefined {
  const kinds: readonly [AssociationRole, number, string][] = [
    ['binding', evidence.bindingMessages, 'with Binding Updates or Acknowledgements'],
    ['prefix-discovery', evidence.prefixMessages, 'with mobile prefix discovery'],
    ['return-routability', evidence.homeTests, 'with home tests'],
    ['payload', evidence.otherContent, 'with payload'],
  ];
  const seen = kinds.filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a);
  const [first] = seen;
  if (first === undefined) return undefined;
  const parts = seen.map(([, count, name]) => `${count} ${name}`);
  return { role: first[0], basis: 'content', reason: `${parts.join(', ')} read` };
}

function inferred(role: AssociationRole, reason: string): AssociationVerdict {
  return { role, basis: 'inferred', reason };
}

function roleByTraffic(evidence: RoleEvidence, ends: FlowEnds): AssociationVerdict {
  if (evidence.optionPackets > 0) return requestRole(evidence);
  if (evidence.routingPackets > 0) return answerRole(evidence);
  return tunnelRole(evidence, ends);
}

/** More or longer packets than signalling of a node with its agent: protected payload of route optimisation. */
function isBulk({
  busiest,
  asBinding,
  asAdvertisement,
  lengths,
  optionPackets,
  routingPackets,
}: RoleEvidence): boolean {
  const isOdd = (asBinding | asAdvertisement) === 0;
  return busiest > BUSY || (isOdd && lengths >= 2 && optionPackets + routingPackets >= MANY);
}

function requestRole(evidence: RoleEvidence): AssociationVerdict {
  const { asBinding, asSolicitation, longerAnswers, shorterAnswers, shortest, longest } = evidence;
  const where = 'behind a Home Address option';
  const size = shortest === longest ? `${shortest} octets` : `${shortest} to ${longest} octets`;
  if (isBulk(evidence))
    return inferred('payload', `${where}, too many or too varied for signalling`);
  if (longerAnswers + shorterAnswers > 0) {
    return longerAnswers > shorterAnswers && asSolicitation !== 0
      ? inferred(
          'prefix-discovery',
          `${where}, ${size}; answers behind a routing header are longer`,
        )
      : inferred('binding', `${where}, ${size}; answers behind a routing header are no longer`);
  }
  const fits = (asBinding !== 0 ? 1 : 0) + (asSolicitation !== 0 ? 2 : 0);
  if (fits === 1) return inferred('binding', `${where}; ${size} fit Binding Updates only`);
  if (fits === 2) {
    return inferred('prefix-discovery', `${where}; ${size} fit Mobile Prefix Solicitations only`);
  }
  return inferred(
    'unknown',
    fits === 0
      ? `${where}, but ${size} fit no signalling`
      : `${where}: Binding Update or Mobile Prefix Solicitation, ${size} fit both, and no answer was seen`,
  );
}

function answerRole(evidence: RoleEvidence): AssociationVerdict {
  const { asBinding, asAdvertisement, longerAnswers, shorterAnswers, shortest, longest } = evidence;
  const where = 'behind a type 2 routing header';
  const size = shortest === longest ? `${shortest} octets` : `${shortest} to ${longest} octets`;
  if (isBulk(evidence))
    return inferred('payload', `${where}, too many or too varied for signalling`);
  if (longerAnswers + shorterAnswers > 0) {
    return longerAnswers > shorterAnswers && asAdvertisement !== 0
      ? inferred('prefix-discovery', `${where}, ${size}; longer than what they answer`)
      : inferred('binding', `${where}, ${size}; no longer than what they answer`);
  }
  if (asBinding !== 0 && asAdvertisement === 0) {
    return inferred('binding', `${where}; ${size} fit Binding Acknowledgements only`);
  }
  return inferred(
    'unknown',
    asBinding === 0
      ? `${where}, but ${size} fit no signalling`
      : `${where}: Binding Acknowledgement or Mobile Prefix Advertisement, ${size} fit both, and no request was seen`,
  );
}

function tunnelRole(evidence: RoleEvidence, ends: FlowEnds): AssociationVerdict {
  const { plainPackets, busiest, lengths, homeTestPairs, careOfTests } = evidence;
  if (!ends.isFromAgent && !ends.isToAgent) {
    return inferred('unknown', 'neither address is known to be that of a home agent');
  }
  const asTest = ends.isToAgent ? evidence.asHomeTestInit : evidence.asHomeTest;
  const where = ends.isToAgent ? 'a tunnel to the home agent' : 'a tunnel from the home agent';
  const message = ends.isToAgent ? 'Home Test Init' : 'Home Test';
  if (asTest !== 0 && busiest <= BUSY && homeTestPairs + careOfTests > 0) {
    const signs = [
      ...(homeTestPairs > 0 ? [`${homeTestPairs} times with its counterpart`] : []),
      ...(careOfTests > 0 ? [`${careOfTests} times next to a Care-of Test Init`] : []),
    ];
    const reason = `${where}, all of the length of a ${message}, ${signs.join(', ')}`;
    return inferred('return-routability', reason);
  }
  if (plainPackets >= MANY && (asTest === 0 || busiest > BUSY || lengths > 1)) {
    const kind = lengths > 1 ? 'of several lengths' : `of ${evidence.longest} octets`;
    return inferred('payload', `${where}, many packets ${kind}`);
  }
  return asTest === 0
    ? inferred('payload', `${where}, of lengths that no home test has`)
    : inferred('unknown', `${where}, too few packets to tell payload from home tests`);
}
