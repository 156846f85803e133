import {
  defineRule,
  evidenceOf,
  formatAddress,
  proxyAcknowledgementOf,
  proxyUpdateOf,
} from '../../engine/rule-api.ts';
import type { MobilityHeader, MobilityOption, RuleDefinition } from '../../engine/rule-api.ts';

/** Enterprise number of 3GPP, whose options are part of every proxy registration there. 3GPP TS 29.275. */
const TGPP = 10_415;

const params = {
  expectedVendor: {
    default: 0,
    min: 0,
    max: 0xffff_ffff,
    unit: 'enterprise number',
    doc: 'vendor whose options are expected here; 0 = none. Options of 3GPP (10415) in proxy registrations are always',
  },
  allowExperimental: {
    default: 0,
    min: 0,
    max: 1,
    unit: '0 or 1',
    doc: '1 = experimental messages (MH Type 11) are expected here',
  },
} satisfies RuleDefinition['params'];

/** Whether there is anything that only its maker understands; most messages have nothing of that. */
function isOfMaker(
  kind: MobilityHeader['message']['kind'],
  options: readonly MobilityOption[],
): boolean {
  if (kind === 'experimental') return true;
  for (const option of options) if (option.kind === 'vendor-specific') return true;
  return false;
}

export default defineRule({
  id: 'MIP6-2609',
  title: 'Experimental or vendor-specific mobility content',
  severity: 'info',
  category: 'extension',
  references: ['RFC 5094 sections 3 and 4', 'RFC 5096 sections 3 and 6'],
  needs: [],
  verdict: 'alert',
  explanation:
    'Experimental messages and vendor-specific options mean what their makers say, and no analyser can check them: ' +
    'they are a way to control software of one maker, or to carry data past filters. Here they come to a node of ' +
    'which they are not expected. Most of the time it is equipment that the site file does not know of.',
  advice:
    'Find out which product sends them. If it is yours, set expectedVendor or allowExperimental; if not, let the border ' +
    'drop them.',
  on: ['mobility'],
  asksOnly: { mobility: ['rare-option', 'later-type'] },
  params,
  evaluate(event, { params: { expectedVendor, allowExperimental } }) {
    const { header, context, checksum } = event;
    const { message, options } = header;
    if (!isOfMaker(message.kind, options) || checksum === 'wrong') return undefined;
    const isProxy =
      proxyUpdateOf(event) !== undefined || proxyAcknowledgementOf(event) !== undefined;
    const found: string[] = [];
    if (message.kind === 'experimental' && allowExperimental === 0) {
      found.push(`experimental message of ${message.data.length} octets`);
    }
    for (const option of options) {
      if (option.kind !== 'vendor-specific' || found.length >= 4) continue;
      const { vendorId, subType } = option;
      if (vendorId === expectedVendor || (vendorId === TGPP && isProxy)) continue;
      found.push(`option of vendor ${vendorId}, subtype ${subType}`);
    }
    if (found.length === 0) return undefined;
    const isAnswer = message.kind === 'binding-acknowledgement';
    const server = formatAddress(isAnswer ? context.source : context.destination);
    return {
      object: `${server}: ${message.kind === 'experimental' ? 'experimental' : 'vendor'}`,
      message: `mobility messages to and from ${server} carry ${message.kind === 'experimental' ? 'experimental' : 'vendor-specific'} content`,
      packet: context.packet,
      evidence: [
        evidenceOf(
          context,
          `${message.kind.replaceAll('-', ' ')} from ${formatAddress(context.source)}: ${found.join('; ')}`,
        ),
      ],
      confidence: 'certain',
    };
  },
});
