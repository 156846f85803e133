import {
  NONCE_AGE,
  addressKey,
  defineRule,
  evidenceOf,
  formatAddress,
} from '../../engine/rule-api.ts';
import type { AlertDraft, Evidence } from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 4096, ttlSeconds: NONCE_AGE / 1e6 };

/** A test that could be read on a visited link. */
interface Exposed {
  readonly homeAddress: Uint8Array | undefined;
  readonly evidence: Evidence;
}

export default defineRule({
  id: 'MIP6-1705',
  title: 'Both keygen tokens can be read on the visited link',
  severity: 'high',
  category: 'return-routability',
  references: [
    'RFC 4225 section 4.1.1',
    'RFC 3776 section 4.3',
    'RFC 6275 sections 5.2.5 and 15.4.1',
  ],
  needs: ['foreign-link'],
  verdict: 'alert',
  explanation:
    'Return routability is as good as the difficulty of being on both ways at once: the home token comes through the home ' +
    'agent, the care-of token directly. On the visited link both ways end. If the tunnel from the home agent does not ' +
    'encrypt, everybody on that link reads both tokens and can make a binding of the home address at the correspondent ' +
    'that verifies. Where the site file says that payload may be unprotected this is known, and low.',
  advice:
    'Protect return routability in the tunnel with ESP (RFC 3776 section 4.3). Until then keep nodes on open networks from ' +
    'route optimisation.',
  on: ['mobility'],
  params: {},
  evaluate(event, context): AlertDraft | undefined {
    const { header, context: wire } = event;
    const { message } = header;
    if (message.kind !== 'home-test' && message.kind !== 'care-of-test') return undefined;
    const { link, outer, protection, source, destination } = wire;
    if (link.effectiveRole !== 'foreign' || event.checksum === 'wrong') return undefined;
    if (protection !== 'none') return undefined;
    const isHome = message.kind === 'home-test';
    // Bare it is MIP6-1812 or 1710, or the correspondent is on this link too.
    if (isHome ? outer === undefined || outer.protection !== 'none' : outer !== undefined) {
      return undefined;
    }
    const careOfAddress = outer?.destination ?? destination;
    const key = `${link.id}/${addressKey(careOfAddress)}${addressKey(source)}`;
    const here: Exposed = {
      homeAddress: isHome ? destination : undefined,
      evidence: evidenceOf(
        wire,
        isHome
          ? `Home Test of ${formatAddress(source)} for ${formatAddress(destination)} in a tunnel without ESP: its token can be read`
          : `Care-of Test of ${formatAddress(source)} for ${formatAddress(destination)}: its token can be read`,
      ),
    };
    context.table<Exposed>(message.kind, BOUNDS).set(key, here);
    const other = context.table<Exposed>(isHome ? 'care-of-test' : 'home-test', BOUNDS).get(key);
    if (other === undefined) return undefined;
    const homeAddress = here.homeAddress ?? other.homeAddress;
    if (homeAddress === undefined) return undefined;
    return {
      object: `${addressKey(homeAddress)}${addressKey(source)}`,
      message: `both tokens of ${formatAddress(homeAddress)} for ${formatAddress(source)} can be read on link ${link.name}`,
      packet: wire.packet,
      evidence: [other.evidence, here.evidence],
      confidence: 'certain',
      ...(context.site.ipsec.payload === 'optional' ? { severity: 'low' } : {}),
      stage: 'policy-breach',
      homeAddress,
    };
  },
});
