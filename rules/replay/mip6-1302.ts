import {
  BINDING_UPDATE_FLAGS,
  MIRROR_COPY,
  RETRANSMISSION_BACKOFF,
  defineRule,
  evidenceOf,
  formatAddress,
  formatSpi,
  isSameAddress,
  isSameLinkLayer,
  registrationKey,
} from '../../engine/rule-api.ts';
import type { AlertDraft, EventOf } from '../../engine/rule-api.ts';

const PROXY = BINDING_UPDATE_FLAGS.proxyRegistration.mask;
/** A copy this late may come from a node that repeats itself, microseconds. RFC 6275 section 11.8. */
const REPEATED = 1e6;

/** Why a copy is no retransmission and no second sight of one packet; undefined when it may be. */
function reasonOf({
  context,
  earlier,
}: EventOf<'mobility'>): { readonly text: string; readonly isSure: boolean } | undefined {
  if (earlier === undefined) return undefined;
  const { packet, source, link, linkSource, hopLimit } = context;
  if (!isSameAddress(source, earlier.source)) {
    return { text: `the first came from ${formatAddress(earlier.source)}`, isSure: true };
  }
  const age = packet.time - earlier.lastSeen;
  if (age > RETRANSMISSION_BACKOFF) {
    return { text: `${(age / 1e6).toFixed(0)} s after the last copy`, isSure: true };
  }
  // On another link it is the same packet, seen again.
  if (link.id !== earlier.link.id || age < REPEATED || age < MIRROR_COPY) return undefined;
  const isOtherNode =
    linkSource !== undefined &&
    earlier.linkSource !== undefined &&
    !isSameLinkLayer(linkSource, earlier.linkSource);
  if (isOtherNode) return { text: 'from another link-layer address', isSure: false };
  return hopLimit === earlier.hopLimit
    ? undefined
    : { text: `with hop limit ${hopLimit} instead of ${earlier.hopLimit}`, isSure: false };
}

function judgeMessage(event: EventOf<'mobility'>): AlertDraft | undefined {
  const { header, context, earlier } = event;
  if (earlier === undefined) return undefined;
  const { message } = header;
  const isUpdate = message.kind === 'binding-update';
  if (!isUpdate && message.kind !== 'binding-acknowledgement') return undefined;
  // Proxy registrations are ordered by timestamps. RFC 5213 section 5.5.
  if (isUpdate && (message.flags & PROXY) !== 0) return undefined;
  const reason = reasonOf(event);
  if (reason === undefined) return undefined;
  const homeAddress = isUpdate
    ? (context.homeAddressOption ?? context.source)
    : (context.routingHomeAddress ?? context.destination);
  const peer = isUpdate ? context.destination : context.source;
  const name = isUpdate ? 'Binding Update' : 'Binding Acknowledgement';
  return {
    object: `${registrationKey(homeAddress, peer)}/${message.kind}`,
    message: `a ${name} of ${formatAddress(homeAddress)} and ${formatAddress(peer)} was played back`,
    packet: context.packet,
    evidence: [
      {
        packet: earlier.packet,
        text: `${name} with sequence ${message.sequence}, the first time`,
        link: earlier.link,
      },
      evidenceOf(context, `the same octets from ${formatAddress(context.source)}: ${reason.text}`),
    ],
    confidence: reason.isSure ? 'certain' : 'partial',
    homeAddress,
    attacker: context.source,
  };
}

/** Protected signalling of which the very packet comes again. */
function judgeEsp(event: EventOf<'ipsec'>): AlertDraft | undefined {
  const { context, finding, layout, spi, sequence } = event;
  if (finding.kind !== 'copy' || layout === 'plain') return undefined;
  const { packet, link, source, destination } = context;
  const isToAgent = layout === 'home-address-option';
  const homeAddress = isToAgent ? context.homeAddressOption : context.routingHomeAddress;
  if (homeAddress === undefined) return undefined;
  const peer = isToAgent ? destination : source;
  const found = `ESP with SPI ${formatSpi(spi)}, sequence ${sequence}`;
  return {
    object: `${registrationKey(homeAddress, peer)}/esp`,
    message: `protected signalling of ${formatAddress(homeAddress)} and ${formatAddress(peer)} was played back`,
    packet,
    evidence: [
      { packet: finding.earlier, text: `${found}, the first time`, link },
      { packet, text: `${found}, octet by octet the same, from ${formatAddress(source)}`, link },
    ],
    confidence: 'certain',
    homeAddress,
    attacker: source,
  };
}

export default defineRule({
  id: 'MIP6-1302',
  title: 'Mobility message played back octet by octet',
  severity: 'high',
  category: 'replay',
  references: ['RFC 4225 section 3.1.6', 'RFC 6275 sections 11.8 and 15.1'],
  needs: [],
  verdict: 'drop',
  precedence: 'sequence',
  explanation:
    'A Binding Update that was right once is right again when somebody sends the same octets later: it brings traffic ' +
    'back to where the node was. A node that repeats an update gives it a new number; some do not, and repeat the same ' +
    'octets within 32 seconds from the same address. A copy that comes later, from another address, from another ' +
    'neighbour or over another path is no such repetition. Of protected signalling, the packet itself comes again under ' +
    'its old ESP sequence number. Copies on a second link or within 20 ms are the same packet seen twice.',
  advice:
    'Find where the copy enters. Use dynamic keys, whose replay protection stops it; at correspondents the nonces stop ' +
    'it after four minutes at most.',
  on: ['mobility', 'ipsec'],
  messages: ['binding-update', 'binding-acknowledgement'],
  asksOnly: { 'binding-update': ['copy'], 'binding-acknowledgement': ['copy'] },
  params: {},
  evaluate(event) {
    return event.kind === 'ipsec' ? judgeEsp(event) : judgeMessage(event);
  },
});
