import {
  BINDING_UPDATE_FLAGS,
  defineRule,
  formatAddress,
  homeBindingUpdateOf,
  isSameAddress,
  registeredCareOfAddress,
  registrationKey,
} from '../../engine/rule-api.ts';

const { acknowledge, homeRegistration } = BINDING_UPDATE_FLAGS;

export default defineRule({
  id: 'MIP6-1111',
  title: 'De-registration with wrong flags or a foreign care-of address',
  severity: 'medium',
  category: 'home-link',
  references: ['RFC 6275 section 11.5.5', 'RFC 6275 section 10.3.2'],
  needs: ['readable-signalling'],
  verdict: 'alert',
  // Where the layout is wrong as well, rules 1108 and 1109 say so more exactly.
  precedence: 'header',
  explanation:
    'A de-registration at a home agent has the flags A (acknowledge) and H (home registration) set, and names a ' +
    'care-of address that fits: the home address when the node is at home, the registered care-of address when it ' +
    'is not. Other values come from broken stacks, or from somebody who tries what the home agent lets pass. ' +
    'De-registrations at correspondent nodes have H clear and are not meant here.',
  advice:
    'Find out which stack sends this and correct it. If no node of yours does, see who tries to de-register the ' +
    'home address named here.',
  on: ['mobility'],
  messages: ['binding-update'],
  asksOnly: { 'binding-update': ['deletion'] },
  params: {},
  evaluate(event, context) {
    const update = homeBindingUpdateOf(event, context);
    if (update?.lifetime !== 0) return undefined;
    const { homeAddress, homeAgent, careOfAddress, flags } = update;
    if (!context.isHomeAgent(homeAgent)) return undefined;
    const texts: string[] = [];
    if ((flags & acknowledge.mask) === 0) texts.push('flag A is clear');
    if ((flags & homeRegistration.mask) === 0) texts.push('flag H is clear');
    const registered = registeredCareOfAddress(
      context.binding(homeAddress, homeAgent),
      context.now,
    );
    const isKnownPlace =
      registered !== undefined || (update.via === 'source' && context.isHomeAddress(homeAddress));
    if (
      isKnownPlace &&
      !update.hasBindingIdentifier &&
      !isSameAddress(careOfAddress, homeAddress) &&
      !isSameAddress(careOfAddress, registered)
    ) {
      texts.push(
        `care-of address ${formatAddress(careOfAddress)} is neither the home address nor the registered care-of address`,
      );
    }
    if (texts.length === 0) return undefined;
    const { packet, link } = update.context;
    return {
      object: registrationKey(homeAddress, homeAgent),
      message: `the de-registration of ${formatAddress(homeAddress)} at home agent ${formatAddress(homeAgent)} is not what a node may send: ${texts.join('; ')}`,
      packet,
      evidence: [
        {
          packet,
          text: `Binding Update lifetime 0, sequence ${update.sequence}, from ${formatAddress(update.wireSource)}: ${texts.join('; ')}`,
          link,
        },
      ],
      confidence: 'certain',
      stage: 'policy-breach',
      homeAddress,
      homeAgent,
    };
  },
});
