import { NONCE_AGE, addressKey, defineRule, formatAddress } from '../../engine/rule-api.ts';
import type { AlertDraft, Evidence, PacketContext } from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 4096, ttlSeconds: NONCE_AGE / 1e6 };

/** A test that could be read on a visited link. */
interface Exposed {
  readonly isHome: boolean;
  readonly wire: Pick<PacketContext, 'packet' | 'link' | 'source' | 'destination'>;
}

function exposureOf({ isHome, wire }: Exposed): Evidence {
  const { packet, link, source, destination } = wire;
  const text = isHome
    ? `Home Test of ${formatAddress(source)} for ${formatAddress(destination)} in a tunnel without ESP: its token can be read`
    : `Care-of Test of ${formatAddress(source)} for ${formatAddress(destination)}: its token can be read`;
  return { packet, text, link };
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
  messages: ['home-test', 'care-of-test'],
  asksOnly: { 'home-test': ['on-foreign-link'], 'care-of-test': ['on-foreign-link'] },
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
    const { packet } = wire;
    const here: Exposed = { isHome, wire: { packet, link, source, destination } };
    context.table<Exposed>(message.kind, BOUNDS).set(key, here);
    const other = context.table<Exposed>(isHome ? 'care-of-test' : 'home-test', BOUNDS).get(key);
    if (other === undefined) return undefined;
    const homeAddress = isHome ? destination : other.wire.destination;
    return {
      object: `${addressKey(homeAddress)}${addressKey(source)}`,
      message: `both tokens of ${formatAddress(homeAddress)} for ${formatAddress(source)} can be read on link ${link.name}`,
      packet,
      evidence: [exposureOf(other), exposureOf(here)],
      confidence: 'certain',
      ...(context.site.ipsec.payload === 'optional' ? { severity: 'low' } : {}),
      stage: 'policy-breach',
      homeAddress,
    };
  },
});
