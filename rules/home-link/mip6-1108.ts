import {
  defineRule,
  deregistrationLayout,
  formatAddress,
  homeBindingUpdateOf,
  isKnownCareOfAddress,
  isSameAddress,
  registeredCareOfAddress,
  registrationKey,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  Binding,
  HomeBindingUpdate,
  LayoutFault,
  RuleContext,
} from '../../engine/rule-api.ts';

/** Registrations looked through for the owner of a care-of address. */
const MAX_BINDINGS = 4096;

/** What is wrong, in words. */
function faultText(
  fault: LayoutFault,
  update: HomeBindingUpdate,
  registered: Uint8Array | undefined,
): string {
  const { wireSource, alternateCareOfAddress: alternate } = update;
  const source = formatAddress(wireSource);
  switch (fault) {
    case 'source-is-not-registered':
      return registered === undefined
        ? `source ${source} is not the registered care-of address`
        : `source ${source} is not the registered care-of address ${formatAddress(registered)}`;
    case 'alternate-missing':
      return 'the Alternate Care-of Address is missing';
    case 'alternate-is-home-address':
      return 'the Alternate Care-of Address is the home address';
    case 'alternate-is-not-source':
      return `the Alternate Care-of Address ${alternate === undefined ? '' : formatAddress(alternate)} is not the source ${source}`;
    default:
      return 'the layout is of neither case';
  }
}

/** The registration whose care-of address sends without Home Address option. */
function ownerOf(
  careOfAddress: Uint8Array,
  homeAgent: Uint8Array,
  context: RuleContext,
): Readonly<Binding> | undefined {
  let count = 0;
  for (const binding of context.homeBindings()) {
    if (
      isSameAddress(binding.careOfAddress, careOfAddress) &&
      isSameAddress(binding.peer, homeAgent)
    ) {
      return binding;
    }
    if (++count >= MAX_BINDINGS) break;
  }
  return undefined;
}

/** A de-registration from the care-of address without the option that says for whom. */
function judgeMissingOption(
  update: HomeBindingUpdate,
  context: RuleContext,
): AlertDraft | undefined {
  const { wireSource, homeAgent } = update;
  const { packet, link } = update.context;
  if (update.lifetime !== 0 || context.isHomeAddress(wireSource)) return undefined;
  const owner = ownerOf(wireSource, homeAgent, context);
  if (owner === undefined) return undefined;
  const { homeAddress } = owner;
  return {
    object: registrationKey(homeAddress, homeAgent),
    message: `${formatAddress(wireSource)}, care-of address of ${formatAddress(homeAddress)}, sent home agent ${formatAddress(homeAgent)} a de-registration without Home Address option`,
    packet,
    evidence: [
      {
        packet,
        text: `Binding Update lifetime 0 from the registered care-of address ${formatAddress(wireSource)}: a remote de-registration needs a Home Address option and the Alternate Care-of Address`,
        link,
      },
    ],
    confidence: 'certain',
    stage: 'policy-breach',
    homeAddress,
    homeAgent,
  };
}

/** RFC 3775 home agents delete a binding whose care-of address is the home address, whatever the lifetime. */
function judgeHiddenDeletion(update: HomeBindingUpdate): AlertDraft | undefined {
  const { homeAddress, homeAgent, wireSource, careOfAddress, lifetime } = update;
  const { packet, link } = update.context;
  if (!isSameAddress(careOfAddress, homeAddress) || isSameAddress(wireSource, homeAddress)) {
    return undefined;
  }
  return {
    object: registrationKey(homeAddress, homeAgent),
    message: `${formatAddress(wireSource)} asked home agent ${formatAddress(homeAgent)} to bind ${formatAddress(homeAddress)} to itself: a de-registration to older home agents, in neither allowed layout`,
    packet,
    evidence: [
      {
        packet,
        text: `Binding Update lifetime ${lifetime * 4} s with the home address as Alternate Care-of Address, from ${formatAddress(wireSource)}`,
        link,
      },
    ],
    confidence: 'partial',
    stage: 'policy-breach',
    homeAddress,
    homeAgent,
  };
}

export default defineRule({
  id: 'MIP6-1108',
  title: 'Remote de-registration outside the strict layout',
  severity: 'high',
  category: 'home-link',
  references: [
    'draft-ebalard-mext-hld-security-00 section 5.4.2 Case 2 and appendix A.3',
    'RFC 6275 sections 9.5.1 and 10.3.2',
  ],
  needs: ['readable-signalling'],
  verdict: 'drop',
  precedence: 'layout',
  explanation:
    'A node that gives up its binding from afar proves where it is by saying it three times: the packet comes from ' +
    'the registered care-of address, a Home Address option names the node, and the Alternate Care-of Address, ' +
    'which IPsec does protect, repeats the source. RFC 6275 lets home agents accept less, and everything less can ' +
    'be made out of an update that was written for the home link. A home agent in strict mode discards it; one ' +
    'that does not may delete the binding of a node that asked for nothing.',
  advice:
    'Check that the home agent refuses this layout. If the sender is your own mobile node, have its stack send the ' +
    'strict layout; if it is not, treat it as an attempt to de-register the node and look for rule 1101 and 1106 ' +
    'around the same time.',
  on: ['mobility'],
  messages: ['binding-update'],
  asksOnly: { 'binding-update': ['deletion'] },
  params: {},
  evaluate(event, context) {
    const update = homeBindingUpdateOf(event, context);
    if (update === undefined || update.hasBindingIdentifier) return undefined;
    if (update.via === 'source') return judgeMissingOption(update, context);
    if (update.lifetime !== 0) return judgeHiddenDeletion(update);
    const { homeAddress, homeAgent, wireSource } = update;
    const binding = context.binding(homeAddress, homeAgent);
    let registered = registeredCareOfAddress(binding, context.now);
    const { pending } = binding ?? {};
    if (pending !== undefined && pending.lifetime !== 0) {
      // Its registration from this address is under way: the acknowledgement may not have been captured.
      if (isSameAddress(pending.careOfAddress, wireSource)) registered = wireSource;
    }
    const layout = deregistrationLayout({
      source: wireSource,
      homeAddress,
      isRemoteStyle: true,
      alternateCareOfAddress: update.alternateCareOfAddress,
      registered,
    });
    if (layout.case !== 'remote' || layout.faults.length === 0) return undefined;
    const texts = layout.faults.map((fault) => faultText(fault, update, registered));
    const { packet, link } = update.context;
    const isStrange =
      layout.faults.includes('source-is-not-registered') &&
      (binding === undefined || !isKnownCareOfAddress(binding, wireSource));
    // The right shape from an address that the observer may have missed the registration of.
    const isShapeRight = layout.faults.every((fault) => fault === 'source-is-not-registered');
    return {
      object: registrationKey(homeAddress, homeAgent),
      message: `the de-registration of ${formatAddress(homeAddress)} from ${formatAddress(wireSource)} to home agent ${formatAddress(homeAgent)} does not have the strict layout: ${texts.join('; ')}`,
      packet,
      evidence: [
        {
          packet,
          text: `Binding Update lifetime 0, sequence ${update.sequence}, Home Address option ${formatAddress(homeAddress)}: ${texts.join('; ')}`,
          link,
        },
      ],
      confidence: registered === undefined || isShapeRight ? 'partial' : 'certain',
      stage: isStrange ? 'binding-update-relayed' : 'policy-breach',
      homeAddress,
      homeAgent,
      ...(isStrange ? { attacker: wireSource } : {}),
    };
  },
});
