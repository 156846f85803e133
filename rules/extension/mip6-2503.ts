import {
  defineRule,
  evidenceOf,
  formatAddress,
  formatIpv4,
  homeRegistrationOf,
  isProtected,
  isSameAddress,
  isSameIpv4,
} from '../../engine/rule-api.ts';
import type { MobilityOption } from '../../engine/rule-api.ts';

/** Incorrect IPv4 home address. RFC 5555 section 3.2.1. */
const INCORRECT = 130;

function concernsIpv4(options: readonly MobilityOption[]): boolean {
  for (const { kind } of options) {
    if (kind === 'ipv4-home-address' || kind === 'ipv4-address-acknowledgement') return true;
  }
  return false;
}

export default defineRule({
  id: 'MIP6-2503',
  title: 'IPv4 home address of another mobile node claimed',
  severity: 'critical',
  category: 'extension',
  references: ['RFC 5555 sections 3.1.1, 5.3 and 5.5'],
  needs: ['readable-signalling'],
  verdict: 'drop',
  explanation:
    'A dual-stack node may register an IPv4 home address beside its own. The home agent must grant only the address ' +
    'that belongs to it: with another one the node takes the IPv4 traffic of its owner. This Binding Update names an ' +
    'address that the site file or an earlier registration gives to another node, or not to this one. Asking for any ' +
    'address (0.0.0.0) is legal.',
  advice:
    'Bind IPv4 home addresses to home addresses at the home agent, and give them in the site file as ' +
    'mobileNodes.ipv4HomeAddress. Ask the owner of the node why it asks for this one.',
  on: ['mobility'],
  messages: ['binding-update', 'binding-acknowledgement'],
  asksOnly: { 'binding-update': ['rare-option'], 'binding-acknowledgement': ['rare-option'] },
  params: {},
  evaluate(event, context) {
    const { message, options } = event.header;
    if (event.checksum === 'wrong' || !concernsIpv4(options)) return undefined;
    const { packet, source, destination } = event.context;
    if (message.kind === 'binding-acknowledgement') {
      const refused = options.find(
        (option) => option.kind === 'ipv4-address-acknowledgement' && option.status === INCORRECT,
      );
      if (refused === undefined) return undefined;
      const homeAddress = event.context.routingHomeAddress ?? destination;
      return {
        object: `${formatAddress(homeAddress)}: refused`,
        message: `home agent ${formatAddress(source)} refused ${formatAddress(homeAddress)} an IPv4 home address`,
        packet,
        evidence: [
          evidenceOf(event.context, `IPv4 Address Acknowledgement option with status ${INCORRECT}`),
        ],
        confidence: isProtected(event.context) ? 'certain' : 'partial',
        severity: 'medium',
        homeAddress,
        homeAgent: source,
      };
    }
    const update = homeRegistrationOf(event);
    if (update === undefined || update.lifetime === 0) return undefined;
    const { homeAddress } = update;
    const { mobileNodes } = context.site;
    for (const option of options) {
      if (option.kind !== 'ipv4-home-address') continue;
      const claimed = option.homeAddress;
      if (claimed.every((octet) => octet === 0)) continue;
      const told = mobileNodes.find((node) => isSameAddress(node.homeAddress, homeAddress));
      const own = told?.ipv4HomeAddress ?? context.dualStackNode(homeAddress)?.ipv4HomeAddress;
      if (isSameIpv4(own, claimed)) continue;
      const other =
        mobileNodes.find((node) => isSameIpv4(node.ipv4HomeAddress, claimed))?.homeAddress ??
        context.ipv4HomeAddressOwner(claimed);
      const isOthers = other !== undefined && !isSameAddress(other, homeAddress);
      const isToldOther = told?.ipv4HomeAddress !== undefined;
      if (!isOthers && own === undefined) continue;
      const home = formatAddress(homeAddress);
      return {
        object: home,
        message: `${home} claims IPv4 home address ${formatIpv4(claimed)}${isOthers ? `, which is that of ${formatAddress(other)}` : `, its own is ${formatIpv4(own ?? claimed)}`}`,
        packet,
        evidence: [
          evidenceOf(
            event.context,
            `Binding Update with IPv4 Home Address option ${formatIpv4(claimed)}, sequence ${update.sequence}`,
          ),
        ],
        confidence: isOthers || isToldOther ? 'certain' : 'partial',
        ...(isOthers || isToldOther ? {} : { severity: 'medium' }),
        stage: 'policy-breach',
        homeAddress,
        homeAgent: destination,
        attacker: source,
      };
    }
    return undefined;
  },
});
