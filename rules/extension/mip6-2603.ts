import {
  covers,
  defineRule,
  domainRole,
  evidenceOf,
  formatAddress,
  includesAddress,
  pairText,
  prefixText,
} from '../../engine/rule-api.ts';

/** Option-Code of the new care-of address. RFC 5568 section 6.4.2. */
const NEW_CARE_OF_ADDRESS = 2;

export default defineRule({
  id: 'MIP6-2603',
  title:
    'Handover negotiated with an unknown access router, or for an address that is not of its link',
  severity: 'medium',
  category: 'extension',
  references: ['RFC 5568 sections 6.2.1 and 10', 'RFC 5949 section 8'],
  needs: ['access-gateways'],
  verdict: 'drop',
  explanation:
    'Access routers agree on a handover with Handover Initiate and Acknowledge, whereupon one forwards the packets of a ' +
    'node to the other. A stranger who takes part in it receives the packets of any node. This message comes from a ' +
    'router that the site file does not list, or hands over to an address that is not of the prefix of the next router.',
  advice:
    'List the access routers and gateways under domain.accessGateways. Protect these messages with ESP between them ' +
    '(RFC 5568 section 10) and drop what comes without.',
  on: ['mobility'],
  messages: ['handover-initiate', 'handover-acknowledge'],
  params: {},
  evaluate(event, context) {
    const { message, options } = event.header;
    const isInitiate = message.kind === 'handover-initiate';
    if (!isInitiate && message.kind !== 'handover-acknowledge') return undefined;
    if (event.checksum === 'wrong') return undefined;
    const { source, destination, packet } = event.context;
    const name = isInitiate ? 'Handover Initiate' : 'Handover Acknowledge';
    const who = formatAddress(source);
    const about = { packet, stage: 'policy-breach', attacker: source } as const;
    const { accessGateways } = context.site.domain;
    const isTold = accessGateways.length > 0;
    const isStranger = isTold
      ? !includesAddress(accessGateways, source)
      : domainRole(destination, context) !== undefined && domainRole(source, context) === undefined;
    if (isStranger) {
      return {
        ...about,
        object: who,
        message: `${who}, which is no access router of the site, negotiates a handover with ${formatAddress(destination)}`,
        evidence: [
          evidenceOf(
            event.context,
            `${name} to ${formatAddress(destination)}, sequence ${message.sequence}`,
          ),
        ],
        confidence: isTold ? 'certain' : 'partial',
      };
    }
    const next = isInitiate ? destination : source;
    const router = context.site.routers.find((item) => includesAddress(item.addresses, next));
    const prefixes = router?.prefixes ?? [];
    if (prefixes.length === 0) return undefined;
    for (const option of options) {
      if (option.kind !== 'mobility-header-address-prefix') continue;
      if (option.code !== NEW_CARE_OF_ADDRESS) continue;
      if (prefixes.some((prefix) => covers(prefix, option.address))) continue;
      return {
        ...about,
        object: `${pairText(source, destination)}: ${formatAddress(option.address)}`,
        message: `${name} of ${who} hands over to ${formatAddress(option.address)}, which is not of a prefix of ${formatAddress(next)}`,
        evidence: [
          evidenceOf(
            event.context,
            `new care-of address ${formatAddress(option.address)}; prefixes of that router ${prefixes.map(prefixText).join(', ')}`,
          ),
        ],
        confidence: 'certain',
      };
    }
    return undefined;
  },
});
