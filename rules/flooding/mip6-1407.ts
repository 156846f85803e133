import {
  NONCE_AGE,
  correspondentKey,
  correspondentUpdateOf,
  coverageOf,
  defineRule,
  evidenceOf,
  findOption,
  formatAddress,
  isSameAddress,
  testLeg,
  watchedSince,
} from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-1407',
  title: 'Alternate Care-of Address that was never tested',
  severity: 'high',
  category: 'flooding',
  references: ['RFC 4225 sections 3.2.1 and 4.2', 'RFC 6275 sections 5.2.5 and 9.5.1'],
  needs: [],
  verdict: 'drop',
  explanation:
    'With an Alternate Care-of Address a node has its traffic sent to another address than the one it writes from. A ' +
    'correspondent may believe that only after a care-of test of that very address; else anyone could have a stream sent ' +
    'at anyone. Here no care-of test for it was seen, although the sensor sees such tests on this link. In the first ' +
    'four minutes of a capture the test may have been before it, and the alert weighs little.',
  advice:
    'A correspondent that accepts this does not follow RFC 6275: update it. Drop such updates in front of it.',
  on: ['mobility'],
  asksOnly: { mobility: ['unasked'], 'binding-update': ['unasked', 'unproved'] },
  params: {},
  evaluate(event, context) {
    const since = watchedSince(context);
    const { message, options } = event.header;
    if (message.kind !== 'binding-update' || event.authentication === 'right') return undefined;
    // Over IPv6 only this option names another address than the source.
    const isOther =
      event.context.ipv4Outer !== undefined ||
      findOption(options, 'alternate-care-of-address') !== undefined;
    if (!isOther) return undefined;
    const update = correspondentUpdateOf(event, context);
    if (update === undefined || update.lifetime === 0 || update.hasOtherKeys) return undefined;
    const { homeAddress, peer, careOfAddress, nonces, context: wire } = update;
    const { source } = wire;
    if (wire.outer !== undefined || isSameAddress(source, careOfAddress)) return undefined;
    if (isSameAddress(source, homeAddress)) return undefined;
    const index = nonces?.careOf ?? -1;
    if (testLeg('care-of', careOfAddress, peer, index, context).state !== 'absent') {
      return undefined;
    }
    const ownTest = testLeg('care-of', source, peer, index, context).state;
    const isTestSeen = ownTest !== 'absent' && ownTest !== 'unknown';
    const coverage = coverageOf(homeAddress, peer, wire.link, context);
    if (coverage === 'none' && !isTestSeen) return undefined;
    // A test before the capture began may still count.
    const isLong = context.now - since >= NONCE_AGE;
    const isSure = isLong && (isTestSeen || coverage === 'pair' || coverage === 'network');
    const careOf = formatAddress(careOfAddress);
    return {
      object: correspondentKey(update),
      message: `${formatAddress(source)} asks ${formatAddress(peer)} to send traffic of ${formatAddress(homeAddress)} to ${careOf}, an address that was never tested`,
      packet: wire.packet,
      evidence: [
        evidenceOf(
          wire,
          `Binding Update from ${formatAddress(source)} with Alternate Care-of Address ${careOf}: no Care-of Test Init or Care-of Test of ${careOf} with ${formatAddress(peer)} in the last 240 s${isTestSeen ? `, one of ${formatAddress(source)}` : ''}`,
        ),
      ],
      confidence: isSure ? 'certain' : 'partial',
      ...(isLong ? {} : { severity: 'low' }),
      stage: 'denial-of-service',
      homeAddress,
      attacker: source,
    };
  },
});
