import { defineRule, formatAddress } from '../../engine/rule-api.ts';

/** Highest MH Type that IANA has assigned (Subscription Response, RFC 7161 section 4.3.2). */
const HIGHEST_ASSIGNED = 23;

export default defineRule({
  id: 'MIP6-1003',
  title: 'Unknown or unassigned MH Type',
  severity: 'low',
  category: 'integrity',
  references: ['RFC 6275 section 6.1.1', 'RFC 6275 section 9.2', 'RFC 6275 section 9.3.3'],
  needs: [],
  verdict: 'alert',
  precedence: 'header',
  explanation:
    'The type of a mobility message says what it asks for. This type is assigned to nothing, or to an extension ' +
    'that this site does not use. A node that does not know a type answers with a Binding Error, so a stranger ' +
    'who sends made-up types learns from the answers who speaks Mobile IPv6.',
  advice:
    'If the type belongs to an extension in use here, raise highestExpectedType. Otherwise look for the same ' +
    'sender asking other addresses (a scan), and let the border drop unassigned types.',
  on: ['mobility'],
  asksOnly: { mobility: ['later-type'] },
  params: {
    highestExpectedType: {
      default: HIGHEST_ASSIGNED,
      min: 7,
      max: 255,
      unit: 'MH Type',
      doc: 'types above this are reported: as low when IANA has not assigned them, as info when it has',
    },
  },
  evaluate({ context, header }, { params }) {
    const { mhType, length } = header;
    if (mhType <= params.highestExpectedType) return undefined;
    const isAssigned = mhType <= HIGHEST_ASSIGNED;
    const source = formatAddress(context.source);
    const what = isAssigned ? 'an extension not expected here' : 'no assigned meaning';
    return {
      object: `${source} type ${mhType}`,
      message: `${source} sends mobility messages of type ${mhType}, which has ${what}`,
      packet: context.packet,
      evidence: [
        {
          packet: context.packet,
          text: `MH Type ${mhType}, ${length} octets, to ${formatAddress(context.destination)}; expected at most ${params.highestExpectedType}`,
          link: context.link,
        },
      ],
      confidence: 'certain',
      ...(isAssigned ? { severity: 'info' } : {}),
    };
  },
});
