import {
  defineRule,
  evidenceOf,
  findOption,
  formatAddress,
  formatMac,
  isComplete,
  isProtected,
  isSameLinkLayer,
} from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-2601',
  title: 'Fast Binding Update without valid authorisation',
  severity: 'high',
  category: 'extension',
  references: ['RFC 5568 sections 6.2.2, 6.4.5 and 10'],
  needs: [],
  verdict: 'drop',
  explanation:
    'With a Fast Binding Update a node asks its access router to send its packets to the next one. Without proof that ' +
    'it comes from the node, everybody on the link can have the packets of a neighbour sent elsewhere. This one ' +
    'carries no authorisation data (RFC 5568 section 6.4.5) and no ESP, or its authenticator is wrong under the key ' +
    'that was given, or it comes from another link-layer address than the one at which neighbor discovery has this ' +
    'address.',
  advice:
    'Have access routers accept Fast Binding Updates with a handover key alone (RFC 5269). Find the sender on the link ' +
    'by its link-layer address.',
  on: ['mobility'],
  messages: ['fast-binding-update'],
  params: {},
  evaluate(event, context) {
    const { message, options } = event.header;
    if (message.kind !== 'fast-binding-update' || event.checksum === 'wrong') return undefined;
    const { source, destination, packet, link, linkSource } = event.context;
    const homeAddress = event.context.homeAddressOption;
    const previous = homeAddress ?? source;
    const node = formatAddress(previous);
    const base = `Fast Binding Update to ${formatAddress(destination)}, sequence ${message.sequence}`;
    const draft = (what: string, text: string, isCertain: boolean) =>
      ({
        object: `${node}: ${what}`,
        message: `Fast Binding Update for ${node} from ${formatAddress(source)} ${text}`,
        packet,
        evidence: [evidenceOf(event.context, `${base}: ${text}`)],
        confidence: isCertain ? 'certain' : 'partial',
        stage: 'policy-breach',
        attacker: linkSource ?? source,
      }) as const;
    const wrong = event.verdicts?.find(
      ({ name, status }) => name === 'mip6.badff.auth.status' && status === 'wrong',
    );
    if (wrong !== undefined) {
      return draft('authenticator', `has a wrong authenticator (${wrong.detail})`, true);
    }
    const claims = homeAddress === undefined ? context.neighbor(link, previous)?.claims : undefined;
    if (linkSource !== undefined && claims !== undefined) {
      const isOwn = claims.some((claim) => isSameLinkLayer(claim.linkLayerAddress, linkSource));
      const first = claims[0];
      if (!isOwn && first !== undefined) {
        return draft(
          'link-layer address',
          `comes from ${formatMac(linkSource)}; neighbor discovery has ${node} at ${formatMac(first.linkLayerAddress)}`,
          false,
        );
      }
    }
    const hasData = findOption(options, 'fmip-authorization-data') !== undefined;
    if (hasData || !isComplete(event) || isProtected(event.context)) return undefined;
    return draft('no authorisation', 'carries no authorisation data and came without ESP', true);
  },
});
