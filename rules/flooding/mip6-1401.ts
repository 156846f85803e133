import {
  addressKey,
  defineRule,
  formatAddress,
  isBindingValid,
  isSameAddress,
  registrationKey,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  Binding,
  BindingTraffic,
  EventOf,
  Evidence,
  PacketReference,
  QuotedError,
  RuleContext,
} from '../../engine/rule-api.ts';

/** Microseconds after which a stream of which nothing is told is over: MAX_RR_BINDING_LIFETIME. RFC 6275 section 12. */
const OVER_AFTER = 420e6;
/** Microseconds after which a stream that has an answer is noted again. */
const NOTED_AGAIN = 200e6;
const BOUNDS = { maxEntries: 8192, ttlSeconds: (OVER_AFTER + NOTED_AGAIN) / 1e6 };
/** Microseconds of traffic that one event is about, at least. */
const INTERVAL = 1e6;

const params = {
  packetsPerSecond: {
    default: 10,
    min: 1,
    max: 1_000_000,
    unit: 'packets per second',
    doc: 'packets to a care-of address from which on they are a stream',
  },
  seconds: {
    default: 3,
    min: 1,
    max: 600,
    unit: 'seconds',
    doc: 'how long the stream goes on, without an answer from the care-of address, before it is reported',
  },
};

type Context = RuleContext<Record<keyof typeof params, number>>;

/** What is known of one care-of address of a binding. */
interface Stream {
  readonly careOfAddress: Uint8Array;
  readonly start: PacketReference;
  /** The home address was heard through this peer before it had this care-of address. */
  readonly wasTwoWay: boolean;
  /** Somebody answered from it: nothing of it is counted any more. */
  hasAnswered: boolean;
  busySeconds: number;
  packets: number;
  octets: number;
  tcpData: number;
  bare: number;
  lastBare: PacketReference | undefined;
  errors: number;
  lastError: QuotedError | undefined;
  lastTime: number;
  /** When the entry was set, microseconds. */
  since: number;
}

function answered({ fromByOption, fromByTunnel, fromCareOf }: BindingTraffic): boolean {
  return fromByOption + fromByTunnel + fromCareOf > 0;
}

/** Whether the node was heard in its tunnel where it was before it moved to its care-of address. */
function wasHeard({ role, lastTunnelFromBeforeMove: heard = 0 }: Binding, time: number): boolean {
  return role === 'home' && heard > 0 && time - heard <= OVER_AFTER;
}

/** What is known of the stream of an event; undefined when nobody need look at it, as the node has answered. */
function follow(event: EventOf<'binding-traffic'>, context: Context): Stream | undefined {
  const { binding, traffic, time } = event;
  const { careOfAddress, lastChange } = binding;
  // What came through its tunnel since it is where it is the engine knows.
  if (binding.role === 'home' && binding.lastTunnelFrom > 0) return undefined;
  const streams = context.tableOf<Stream>('streams', BOUNDS);
  let stream = streams.get(binding.homeAddress, binding.peer);
  if (stream?.hasAnswered === true && isSameAddress(stream.careOfAddress, careOfAddress)) {
    // As with most: nothing is counted any more.
    if (Math.abs(time - stream.since) >= NOTED_AGAIN) {
      stream.since = time;
      streams.set(stream, binding.homeAddress, binding.peer);
    }
    return undefined;
  }
  // Of others it was noted whenever something was told.
  if (stream?.hasAnswered === false && time - stream.since > OVER_AFTER) stream = undefined;
  if (stream === undefined || !isSameAddress(stream.careOfAddress, careOfAddress)) {
    stream = {
      careOfAddress,
      start: lastChange,
      wasTwoWay: stream?.hasAnswered === true || wasHeard(binding, time),
      hasAnswered: false,
      busySeconds: 0,
      packets: 0,
      octets: 0,
      tcpData: 0,
      bare: 0,
      lastBare: undefined,
      errors: 0,
      lastError: undefined,
      lastTime: Math.max(lastChange.time, time - INTERVAL),
      since: time,
    };
  }
  stream.since = time;
  streams.set(stream, binding.homeAddress, binding.peer);
  // Who has answered stays out of suspicion until it moves.
  stream.hasAnswered ||= answered(traffic);
  if (stream.hasAnswered) return undefined;
  const seconds = Math.max(1, (time - stream.lastTime) / 1e6);
  const count = traffic.toByRouting + traffic.toByTunnel;
  stream.lastTime = time;
  if (count / seconds >= context.params.packetsPerSecond) stream.busySeconds += seconds;
  stream.packets += count;
  stream.octets += traffic.toOctets;
  stream.tcpData += traffic.tcpData;
  stream.bare += traffic.bareAcknowledgements;
  stream.lastBare = traffic.lastBare ?? stream.lastBare;
  stream.errors += traffic.errors;
  stream.lastError = traffic.lastError ?? stream.lastError;
  return stream;
}

/** What shows that silence is no one-way stream and no gap of the capture; empty when nothing does. */
function proofOf(stream: Stream): Evidence[] {
  const { errors, lastError, bare, lastBare, tcpData, careOfAddress, start, wasTwoWay } = stream;
  const careOf = formatAddress(careOfAddress);
  const proof: Evidence[] = [];
  if (lastError !== undefined) {
    const { packet, source, type, code } = lastError;
    proof.push({
      packet,
      text: `${errors} ICMPv6 errors about packets to ${careOf}, the last of type ${type} code ${code} from ${formatAddress(source)}`,
    });
  }
  if (lastBare !== undefined) {
    proof.push({
      packet: lastBare,
      text: `${bare} acknowledgements came from the home address itself, none from ${careOf}`,
    });
  }
  if (tcpData > 0) {
    const text = `${tcpData} of them carry TCP data, which nobody sends on without acknowledgements`;
    proof.push({ packet: start, text });
  }
  if (wasTwoWay) {
    proof.push({ packet: start, text: 'the node answered here as long as it was elsewhere' });
  }
  return proof;
}

export default defineRule({
  id: 'MIP6-1401',
  title: 'Stream redirected to a care-of address that never answers',
  severity: 'critical',
  category: 'flooding',
  references: ['RFC 4225 section 3.2.1', 'RFC 6275 sections 15.1 and 15.4.2'],
  needs: [],
  verdict: 'alert',
  explanation:
    'A binding sends the traffic of a home address to a care-of address. Whoever starts a download and then registers ' +
    'the address of a stranger floods that stranger, with the bandwidth of the server and not with his own. The victim ' +
    'has no binding and answers nothing, or refuses with ICMPv6 errors, while acknowledgements keep coming from ' +
    'elsewhere to keep the download going. Here a stream goes to a care-of address from which no packet has come since ' +
    'it was registered. Silence alone proves nothing, one-way media and lopsided captures are silent too: reported is ' +
    'only what is refused, acknowledged by others, TCP, or was answered before.',
  advice:
    'Delete the binding at the sender of the stream and limit what goes to the care-of address. Look for who registered ' +
    'it: he can receive at that address, or the receiver does not test care-of addresses.',
  on: ['binding-traffic'],
  params,
  evaluate(event, context): AlertDraft | undefined {
    const { binding, traffic } = event;
    const { homeAddress, peer, careOfAddress, role } = binding;
    const stream = follow(event, context);
    if (stream === undefined || traffic.lastTo === undefined) return undefined;
    if (!isBindingValid(binding, context.now)) return undefined;
    if (stream.busySeconds < context.params.seconds) return undefined;
    const proof = proofOf(stream);
    if (proof.length === 0) return undefined;
    const { packets, octets } = stream;
    const isSure = stream.errors > 0 || stream.bare > 0;
    return {
      object: `${registrationKey(homeAddress, peer)}${addressKey(careOfAddress)}`,
      message: `${formatAddress(peer)} floods ${formatAddress(careOfAddress)}, the care-of address of ${formatAddress(homeAddress)}, which never answered`,
      packet: traffic.lastTo,
      evidence: [
        {
          packet: stream.start,
          text: `care-of address ${formatAddress(careOfAddress)} registered`,
        },
        {
          packet: traffic.lastTo,
          text: `${packets} packets with ${octets} octets since then to it, none from it`,
        },
        ...proof,
      ],
      confidence: isSure ? 'certain' : 'partial',
      ...(isSure ? {} : { severity: 'high' }),
      stage: 'denial-of-service',
      homeAddress,
      ...(role === 'home' ? { homeAgent: peer } : {}),
    };
  },
});
