import { defineRule, formatAddress } from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  DiagnosticCode,
  EventOf,
  PacketContext,
  RuleContext,
} from '../../engine/rule-api.ts';

interface FragmentFault {
  readonly what: string;
  readonly object: string;
  readonly evidence: string;
}

const FRAGMENT_FAULTS: ReadonlyMap<DiagnosticCode, FragmentFault> = new Map<
  DiagnosticCode,
  FragmentFault
>([
  [
    'FRAGMENT_OVERLAP',
    {
      what: 'fragments that overlap',
      object: 'overlap',
      evidence: 'the fragment overlaps one seen before, with other octets or another length',
    },
  ],
  [
    'FRAGMENT_MOBILITY',
    {
      what: 'a mobility message in fragments',
      object: 'fragments',
      evidence: 'the first fragment of a mobility message is smaller than any link asks for',
    },
  ],
  [
    'FRAGMENT_HEADER_CHAIN',
    {
      what: 'a first fragment that hides what the packet is',
      object: 'header chain',
      evidence: 'the first fragment ends before the extension headers do',
    },
  ],
]);

export default defineRule({
  id: 'MIP6-1006',
  title: 'Fragmented or overlapping-fragment mobility signalling',
  severity: 'high',
  category: 'integrity',
  references: ['RFC 8200 section 4.5', 'RFC 7112 section 5', 'RFC 7113 section 2'],
  needs: [],
  verdict: 'drop',
  precedence: 'header',
  explanation:
    'A filter looks at single packets; a node puts fragments together first. Whoever splits a mobility message, ' +
    'although it is small enough for every link, leaves the filter with pieces that show nothing. Fragments that ' +
    'overlap go further: which of the doubled octets count differs between systems, so filter and node can read ' +
    'two different messages. Every IPv6 link carries 1280 octets and a mobility message needs a fraction of ' +
    'that. ESP packets in fragments are not meant: there the pieces hold an encrypted packet, not a mobility header.',
  advice:
    'Let the border drop fragments whose first piece does not show the whole header chain (RFC 7112) and all ' +
    'fragments that overlap. Look at what the reassembled message asked for; it is in the packet named here. If ' +
    'long vendor options of a PMIPv6 gateway are the reason, raise largestWholeMessage.',
  on: ['mobility', 'malformed'],
  asksOnly: { mobility: ['fragmented'] },
  params: {
    largestWholeMessage: {
      // 1280 octets less an IPv6 header, a tunnel header of 40 and a routing header of 24.
      default: 1176,
      min: 8,
      max: 2048,
      unit: 'octets',
      doc: 'a fragmented mobility message up to this size is reported, because it fits in one packet on every link',
    },
  },
  evaluate(event, context) {
    return event.kind === 'mobility'
      ? judgeMessage(event, context)
      : judgeFragments(event, context);
  },
});

type Context = RuleContext<{ largestWholeMessage: number }>;

/** A message that only reassembly made visible, or behind a fragment header that fragments nothing. */
function judgeMessage(
  { context, header }: EventOf<'mobility'>,
  { params }: Context,
): AlertDraft | undefined {
  const fragmented = fragmentedLevel(context);
  if (fragmented === undefined) return undefined;
  const name = header.message.kind.replaceAll('-', ' ');
  if (fragmented.isReassembled) {
    if (header.length > params.largestWholeMessage) return undefined;
    return draftOf(context, `a ${name} in fragments`, 'fragments', [
      `${name} of ${header.length} octets came in fragments, although it fits in one packet of 1280 octets`,
    ]);
  }
  return {
    ...draftOf(context, `a ${name} behind a fragment header`, 'fragment header', [
      `${name} of ${header.length} octets behind a fragment header, although it is not fragmented`,
    ]),
    // RFC 6946 section 2: nodes told of a path below 1280 octets send such headers, so there is another reading.
    severity: 'medium',
    confidence: 'partial',
  };
}

/** The header level that was fragmented around a message in clear; under ESP the fragments showed no message. */
function fragmentedLevel(context: PacketContext): PacketContext | undefined {
  let level: PacketContext | undefined = context;
  while (level?.protection === 'none') {
    if (level.isReassembled || level.hasFragmentHeader) return level;
    level = level.outer;
  }
  return undefined;
}

/** Fragments that never become a packet, or whose first does not say what it is. */
function judgeFragments(
  { context, diagnostics }: EventOf<'malformed'>,
  known: Context,
): readonly AlertDraft[] {
  const isMobility =
    context.homeAddressOption !== undefined ||
    context.routingHomeAddress !== undefined ||
    [context.source, context.destination].some(
      (end) => known.isHomeAgent(end) || known.isHomeAddress(end),
    );
  return diagnostics.flatMap(({ code }) => {
    const fault = FRAGMENT_FAULTS.get(code);
    if (fault === undefined) return [];
    if (code === 'FRAGMENT_MOBILITY') {
      return draftOf(context, fault.what, fault.object, [fault.evidence]);
    }
    const object = isMobility ? fault.object : `${fault.object}, content unknown`;
    const draft = draftOf(context, fault.what, object, [fault.evidence]);
    // What the fragments held is not known: between strangers it may not have been mobility at all.
    return isMobility ? draft : { ...draft, severity: 'medium', confidence: 'partial' };
  });
}

/** @param what what was sent; `object` tells findings of different weight between the same two nodes apart. */
function draftOf(
  context: PacketContext,
  what: string,
  object: string,
  evidence: readonly string[],
): AlertDraft {
  const { packet, link } = context;
  const source = formatAddress(context.source);
  const destination = formatAddress(context.destination);
  return {
    object: `${source} to ${destination}: ${object}`,
    message: `${source} sent ${destination} ${what}`,
    packet,
    evidence: evidence.map((text) => ({ packet, text, link })),
    confidence: 'certain',
    stage: 'evasion',
    attacker: context.source,
    ...(context.homeAddressOption === undefined ? {} : { homeAddress: context.homeAddressOption }),
  };
}
