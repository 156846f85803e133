import {
  defineRule,
  deregistrationLayout,
  formatAddress,
  homeBindingUpdateOf,
  isSameAddress,
  registrationKey,
} from '../../engine/rule-api.ts';
import type { AlertDraft, EspEvent, RuleContext } from '../../engine/rule-api.ts';

/** Encrypted, but in a layout that neither a node at home nor one away uses. */
function judgeLayout(event: EspEvent, context: RuleContext): AlertDraft | undefined {
  const { source, destination, homeAddressOption, packet, link } = event.context;
  if (event.outcome === 'opened' || event.layout !== 'home-address-option') return undefined;
  if (!isSameAddress(source, homeAddressOption) || !context.isHomeAgent(destination)) {
    return undefined;
  }
  return {
    object: registrationKey(source, destination),
    message: `signalling of ${formatAddress(source)} to home agent ${formatAddress(destination)} has a Home Address option although the source is the home address`,
    packet,
    evidence: [
      {
        packet,
        text: `ESP from ${formatAddress(source)} with a Home Address option of the same address`,
        link,
      },
    ],
    // What it asks for cannot be read.
    confidence: 'partial',
    stage: 'policy-breach',
    homeAddress: source,
    homeAgent: destination,
  };
}

export default defineRule({
  id: 'MIP6-1109',
  title: 'Home de-registration outside the strict layout',
  severity: 'medium',
  category: 'home-link',
  references: [
    'draft-ebalard-mext-hld-security-00 section 5.4.2 Case 1',
    'RFC 6275 sections 9.5.1 and 11.5.5',
  ],
  needs: ['readable-signalling'],
  verdict: 'alert',
  precedence: 'layout',
  explanation:
    'A node at home de-registers with the plainest of all Binding Updates: source is its home address, no Home ' +
    'Address option, no Alternate Care-of Address. Anything more has no meaning there, but makes the same message ' +
    'acceptable behind an inserted Home Address option, which is how a de-registration is relayed. One stack in ' +
    'wide use (UMIP) adds an Alternate Care-of Address to every Binding Update, at home as well: by itself that is ' +
    'a weakness, not an attack. The setting compatibility.umipHomeDeregistration turns it into a note.',
  advice:
    'If your mobile nodes run UMIP, set compatibility.umipHomeDeregistration and have the home agent test the ' +
    'source address. Otherwise have the stack of this node corrected, and let the home agent refuse what is not ' +
    'strict.',
  on: ['esp', 'mobility'],
  messages: ['binding-update'],
  asksOnly: { 'binding-update': ['home-source'], esp: ['home-source'] },
  params: {},
  evaluate(event, context): AlertDraft | undefined {
    if (event.kind === 'esp') return judgeLayout(event, context);
    const update = homeBindingUpdateOf(event, context);
    if (update === undefined || update.hasBindingIdentifier || update.via === 'tunnel') {
      return undefined;
    }
    const { homeAddress, homeAgent, wireSource, alternateCareOfAddress: alternate } = update;
    if (!isSameAddress(wireSource, homeAddress)) return undefined;
    const isHomeNode =
      context.isHomeAddress(homeAddress) || context.homePrefixOf(homeAddress) !== undefined;
    if (!isHomeNode) return undefined;
    const { packet, link } = update.context;
    const { faults } = deregistrationLayout({
      source: wireSource,
      homeAddress,
      isRemoteStyle: update.via === 'home-address-option',
      alternateCareOfAddress: alternate,
      registered: undefined,
    });
    const texts = faults.map((fault) => {
      switch (fault) {
        case 'home-address-option-at-home':
          return 'a Home Address option although the source is the home address';
        case 'alternate-is-home-address-at-home':
          return 'an Alternate Care-of Address, which is the home address';
        default:
          return `an Alternate Care-of Address${alternate === undefined ? '' : ` ${formatAddress(alternate)}`}, which is not the home address`;
      }
    });
    if (update.lifetime !== 0) {
      // A care-of address equal to the home address deletes at home agents of RFC 3775; RFC 6275 is silent.
      if (!isSameAddress(update.careOfAddress, homeAddress)) return undefined;
      texts.unshift(`lifetime ${update.lifetime * 4} s instead of 0`);
    }
    if (texts.length === 0) return undefined;
    const isUmip =
      update.lifetime === 0 &&
      faults.length === 1 &&
      faults[0] === 'alternate-is-home-address-at-home';
    // On a foreign link rule 1105 says what matters about it.
    if (isUmip && link.effectiveRole === 'foreign') return undefined;
    const isAccepted = isUmip && context.site.compatibility.umipHomeDeregistration;
    return {
      object: registrationKey(homeAddress, homeAgent),
      message: `the home de-registration of ${formatAddress(homeAddress)} to ${formatAddress(homeAgent)} does not have the strict layout: it has ${texts.join(' and ')}`,
      packet,
      evidence: [
        {
          packet,
          text: `Binding Update sequence ${update.sequence} from the home address ${formatAddress(homeAddress)} with ${texts.join(' and ')}`,
          link,
        },
      ],
      confidence: 'certain',
      ...(isAccepted ? { severity: 'info' } : {}),
      stage: 'policy-breach',
      homeAddress,
      homeAgent,
    };
  },
});
