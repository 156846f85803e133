import {
  addressKey,
  defineRule,
  evidenceOf,
  formatAddress,
  isSameAddress,
} from '../../engine/rule-api.ts';
import type { AlertDraft, PacketContext, RuleContext } from '../../engine/rule-api.ts';

/** What is wrong with where an init comes from. */
interface WrongSource {
  readonly why: string;
  readonly homeAddress: Uint8Array | undefined;
  readonly isCertain: boolean;
}

/** Whether a home registration is in force. */
function isAway(binding: ReturnType<RuleContext['homeBinding']>): boolean {
  return binding?.phase === 'registered' && binding.registeredAt > 0;
}

function wrongSource(
  kind: 'home-test-init' | 'care-of-test-init',
  wire: PacketContext,
  context: RuleContext,
): WrongSource | undefined {
  const { source, outer, homeAddressOption } = wire;
  if (homeAddressOption !== undefined) {
    return {
      why: `with a Home Address option, ${formatAddress(homeAddressOption)}`,
      homeAddress: homeAddressOption,
      isCertain: true,
    };
  }
  if (kind === 'home-test-init') {
    if (outer !== undefined || wire.protection !== 'none') return undefined;
    const binding = context.careOfBinding(source);
    const isCareOf =
      binding !== undefined &&
      isAway(binding) &&
      isSameAddress(binding.careOfAddress, source) &&
      !context.isHomeAddress(source);
    return isCareOf
      ? {
          why: `from ${formatAddress(source)}, the care-of address of ${formatAddress(binding.homeAddress)}`,
          homeAddress: binding.homeAddress,
          isCertain: false,
        }
      : undefined;
  }
  if (context.isHomeAddress(source)) {
    const binding = context.homeBinding(source);
    // A node that visits another home link may have a care-of address there, but not one that is registered away.
    return isAway(binding)
      ? { why: 'from its home address', homeAddress: source, isCertain: true }
      : undefined;
  }
  if (outer === undefined || !isSameAddress(outer.source, source)) return undefined;
  if (!context.isHomeAgent(outer.destination)) return undefined;
  return {
    why: `through the tunnel to home agent ${formatAddress(outer.destination)}`,
    homeAddress: context.careOfBinding(source)?.homeAddress,
    isCertain: true,
  };
}

export default defineRule({
  id: 'MIP6-1706',
  title: 'Home Test Init or Care-of Test Init from the wrong address',
  severity: 'medium',
  category: 'return-routability',
  references: ['RFC 6275 sections 9.4.1, 9.4.2 and 11.6.1'],
  needs: [],
  verdict: 'drop',
  explanation:
    'The home test shows that the node can be reached at its home address, the care-of test that it can be reached where ' +
    'it is. That works only when each init comes from the address in question: the Home Test Init from the home address ' +
    'through the home agent, the Care-of Test Init directly from the care-of address, neither with a Home Address option. ' +
    'One that mixes them up tries to have a test answered at an address of its choice. No conforming node sends it.',
  advice: 'A correspondent must drop it. Look for the sender by its source address.',
  on: ['mobility'],
  messages: ['home-test-init', 'care-of-test-init'],
  asksOnly: { 'home-test-init': ['remarkable'], 'care-of-test-init': ['remarkable'] },
  params: {},
  evaluate(event, context): AlertDraft | undefined {
    const { header, context: wire } = event;
    const { kind } = header.message;
    if (kind !== 'home-test-init' && kind !== 'care-of-test-init') return undefined;
    if (event.checksum === 'wrong') return undefined;
    const found = wrongSource(kind, wire, context);
    if (found === undefined) return undefined;
    const name = kind === 'home-test-init' ? 'Home Test Init' : 'Care-of Test Init';
    const { source, destination, packet } = wire;
    return {
      object: `${kind}/${addressKey(source)}`,
      message: `${formatAddress(source)} sent ${formatAddress(destination)} a ${name} ${found.why}`,
      packet,
      evidence: [evidenceOf(wire, `${name} from ${formatAddress(source)} ${found.why}`)],
      confidence: found.isCertain ? 'certain' : 'partial',
      ...(found.homeAddress === undefined ? {} : { homeAddress: found.homeAddress }),
      attacker: source,
    };
  },
});
