import {
  defineRule,
  evidenceOf,
  formatAddress,
  isMulticast,
  pairObject,
} from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-1609',
  title: 'Home Address option in a packet to a multicast group',
  severity: 'medium',
  category: 'reflection',
  references: ['RFC 4225 section 3.3.3', 'RFC 6275 sections 6.3 and 9.3.1', 'RFC 8200 section 4.2'],
  needs: [],
  verdict: 'drop',
  explanation:
    'A Home Address option is checked against the binding that one receiver has. A group has no binding; a packet to it ' +
    'with the option makes every member that does not check answer to the address in it: one small packet, many answers ' +
    'to a victim. Members that do not know the option stay silent, as its type asks of them for groups.',
  advice:
    'Drop such packets at the access link. A mobile node reaches groups through its tunnel or with its care-of address.',
  on: ['home-address-option'],
  params: {},
  evaluate(event, context) {
    const { context: wire, homeAddress, homeAddresses, protocol } = event;
    const { source, destination, packet } = wire;
    if (!isMulticast(destination)) return undefined;
    const victim = formatAddress(homeAddress);
    const more = homeAddresses > 1 ? ` and ${homeAddresses - 1} more` : '';
    return {
      object: pairObject(context, source, destination),
      message: `${formatAddress(source)} sends to group ${formatAddress(destination)} in the name of ${victim}`,
      packet,
      evidence: [
        evidenceOf(
          wire,
          `Home Address option ${victim}${more} on protocol ${protocol} to a group; expected none`,
        ),
      ],
      confidence: 'certain',
      stage: 'denial-of-service',
      attacker: source,
    };
  },
});
