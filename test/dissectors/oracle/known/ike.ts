/**
 * IKE and EAP: where tshark 4.0 shows otherwise.
 */
import type { Entry } from '../judge.ts';

export const ikeEntries: readonly Entry[] = [
  {
    names: ['isakmp.*'],
    kinds: ['only there', 'length'],
    isDiagnosed: true,
    about: /^IKE.*, (?:bit \d of octet \d+|cut by its sender)$/,
    verdict: 'ours right',
    rfc: 'RFC 7296 3.2, 3.14',
    reason:
      'an Encrypted payload is the last one, and a payload that does not fit ends the chain: what follows is shown as ' +
      'octets; tshark reads on',
  },
  {
    names: ['isakmp.notify.data.redirect.new_resp_gw_ident.fqdn'],
    kinds: ['value'],
    verdict: 'equal by other means',
    reason: 'octets that are no text are shown as `\\xNN`',
  },
  {
    names: ['isakmp.cert.data'],
    kinds: ['length', 'only here'],
    verdict: 'ours right',
    rfc: 'RFC 7296 3.2, 3.6',
    reason:
      'tshark counts the payload header as part of the certificate, past the payload, and shows no octets of hash and URL',
  },
  {
    names: ['isakmp.cfg.attr.*'],
    kinds: ['only here'],
    verdict: 'ours right',
    rfc: 'RFC 5026 8.2, RFC 7296 3.15.1',
    reason: 'tshark shows the octets alone, and of IKEv1 no address without a prefix length',
  },
  {
    names: ['isakmp.datapayload', 'isakmp.ts.protoid', 'isakmp.ts.selector_length'],
    kinds: ['only here'],
    verdict: 'ours right',
    rfc: 'RFC 7296 3.13.1',
    reason: 'a traffic selector of an unknown type says its length; tshark stops at it',
  },
  {
    names: ['isakmp.enc.iv', 'isakmp.enc.data'],
    kinds: ['only here', 'only there'],
    verdict: 'ours right',
    rfc: 'RFC 7296 3.14',
    reason:
      'without keys the length of the initialization vector is not known; tshark takes 4 octets for it',
  },
  {
    names: ['isakmp.notify.data*'],
    kinds: ['only here'],
    verdict: 'equal by other means',
    rfc: 'RFC 7296 3.10.1',
    reason: 'Notification Data is decoded by its type; tshark shows the octets alone',
  },
  {
    names: ['isakmp.fragment*', 'isakmp.reassembled.length'],
    kinds: ['only there'],
    verdict: 'not comparable',
    reason: 'tshark puts vendor fragments together and points at frames, no octet of the message',
  },
  {
    names: ['isakmp.ts.start_mh_type', 'isakmp.ts.end_mh_type'],
    kinds: ['only here'],
    verdict: 'ours right',
    rfc: 'RFC 4301 4.4.1.1',
    reason: 'for the Mobility Header the upper octet of a port is the MH Type',
  },
  {
    names: ['isakmp.reserved'],
    kinds: ['only here'],
    verdict: 'equal by other means',
    rfc: 'RFC 3947 5.2',
    reason: 'tshark does not show the reserved octets of NAT-OA',
  },
  {
    names: ['isakmp.*'],
    kinds: ['only here'],
    about: /^IKE header/,
    verdict: 'equal by other means',
    reason: 'tshark takes a datagram with a version that is none of IKE for no IKE at all',
  },
  {
    names: ['isakmp.vid_string'],
    kinds: ['value'],
    verdict: 'equal by other means',
    reason: 'a vendor ID has no name on the wire: the words are those of the dissector',
  },
  {
    names: ['eap.*'],
    kinds: ['only here', 'only there'],
    verdict: 'not comparable',
    reason: 'methods of EAP are not decoded: their octets are shown',
  },
  {
    names: ['isakmp.tf.type'],
    kinds: ['name'],
    here: /^6 /,
    verdict: 'ours right',
    rfc: 'RFC 9370 2.2.2',
    reason: 'tshark 4.0 does not know Additional Key Exchange',
  },
  {
    names: [
      'eap.type',
      'isakmp.cert.encoding',
      'isakmp.certreq.type',
      'isakmp.cfg.type',
      'isakmp.cfg.attr.type',
      'isakmp.ike2.attr.type',
      'isakmp.notify.msgtype',
      'isakmp.exchangetype',
      'isakmp.id.type',
      'isakmp.ike.attr.*',
      'isakmp.ipsec.attr.*',
      'isakmp.nextpayload',
      'isakmp.notify.data.ipcomp.transform_id',
      'isakmp.notify.protoid',
      'isakmp.tf.*',
      'isakmp.trans.id',
      'isakmp.ts.type',
    ],
    kinds: ['name'],
    verdict: 'equal by other means',
    reason: 'the same in other words',
  },
];
