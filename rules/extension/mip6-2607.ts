import { defineRule, evidenceOf, formatAddress } from '../../engine/rule-api.ts';

/** CGA and signature verification failed. RFC 4866 section 5.7. */
const REFUSED = 148;

export default defineRule({
  id: 'MIP6-2607',
  title: 'Proof of a cryptographically generated home address is wrong',
  severity: 'medium',
  category: 'extension',
  references: ['RFC 4866 sections 4.5 and 4.6', 'RFC 3972 section 5'],
  needs: [],
  verdict: 'drop',
  explanation:
    'In enhanced route optimization the home address is made of a public key, and a signature with that key replaces ' +
    'the home test. Everybody can check both. Here the parameters do not give the address, or the signature does not ' +
    'fit: the sender does not own the home address. That a correspondent refused a proof (status 148) says less, for ' +
    'the proof itself was not seen or could not be checked here.',
  advice:
    'Check that the correspondent refuses such updates. If the node is yours, look whether its address was made with ' +
    'the parameters it sends.',
  on: ['mobility'],
  // Of these the verifier looks at proofs.
  messages: [
    'binding-update',
    'fast-binding-update',
    'binding-acknowledgement',
    'fast-binding-acknowledgment',
  ],
  asksOnly: {
    'binding-update': ['rare-option'],
    'binding-acknowledgement': ['rare-option', 'refusal'],
  },
  params: {},
  evaluate(event) {
    const { message } = event.header;
    if (event.checksum === 'wrong') return undefined;
    const wrong = event.verdicts?.find(
      ({ code, status }) => code === 'CGA_SIGNATURE' && status === 'wrong',
    );
    const isRefused = message.kind === 'binding-acknowledgement' && message.status === REFUSED;
    if (wrong === undefined && !isRefused) return undefined;
    const { source, destination, packet, homeAddressOption, routingHomeAddress } = event.context;
    const isUpdate = message.kind === 'binding-update';
    const owner = isUpdate ? (homeAddressOption ?? source) : source;
    const who = formatAddress(owner);
    if (wrong !== undefined) {
      return {
        object: `${who} to ${formatAddress(destination)}`,
        message: `${formatAddress(source)} cannot prove that ${who} is its address: ${wrong.detail}`,
        packet,
        evidence: [
          evidenceOf(event.context, `CGA Parameters and Signature options: ${wrong.detail}`),
        ],
        confidence: 'certain',
        stage: 'policy-breach',
        attacker: source,
        ...(isUpdate ? { homeAddress: owner } : {}),
      };
    }
    const homeAddress = routingHomeAddress ?? destination;
    return {
      object: `${formatAddress(homeAddress)} to ${who}`,
      message: `${who} refused the proof of ${formatAddress(homeAddress)}`,
      packet,
      evidence: [evidenceOf(event.context, `Binding Acknowledgement with status ${REFUSED}`)],
      confidence: 'partial',
      severity: 'low',
      homeAddress,
    };
  },
});
