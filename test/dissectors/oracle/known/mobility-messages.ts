/**
 * Mobility messages: where tshark 4.0 shows otherwise.
 */
import type { Entry } from '../judge.ts';

const CODES = ['name'] as const;

export const mobilityMessageEntries: readonly Entry[] = [
  {
    names: ['mip6.mhtype'],
    kinds: CODES,
    there: /^Unknown$/,
    verdict: 'ours right',
    rfc: 'RFC 7077 4.1, 4.2, RFC 7109 6.1, RFC 7161 4.3',
    reason: 'tshark 4.0 does not know the MH Types 19 to 23',
  },
  {
    names: ['mip6.upn.*', 'mip6.upa.*'],
    kinds: ['only here'],
    verdict: 'ours right',
    rfc: 'RFC 7077 4.1, 4.2',
    reason: 'tshark 4.0 does not decode Update Notification and its acknowledgement',
  },
  {
    names: ['mip6.fb.*'],
    kinds: ['only here'],
    verdict: 'ours right',
    rfc: 'RFC 7109 6.1',
    reason: 'tshark 4.0 does not decode Flow Binding',
  },
  {
    names: ['mip6.sq.*', 'mip6.sr.*'],
    kinds: ['only here'],
    verdict: 'ours right',
    rfc: 'RFC 7161 4.3',
    reason: 'tshark 4.0 does not decode Subscription Query and Response',
  },
  {
    names: ['mip6.unknown_type_data'],
    kinds: ['only there'],
    verdict: 'ours right',
    rfc: 'RFC 7077 4.1, 4.2, RFC 7109 6.1, RFC 7161 4.3',
    reason: 'tshark 4.0 shows the MH Types 19 to 23 as octets',
  },
  {
    names: ['mip6.options.padn', 'mip6.padn', 'mip6.mobility_opt.len'],
    kinds: ['only here'],
    about: /^(update-notification|flow-binding|subscription|localized-routing)/,
    verdict: 'ours right',
    rfc: 'RFC 6275 6.2.1',
    reason: 'behind a message that tshark does not decode, or misplaces, it shows no options',
  },
  {
    names: ['mip6.lri.*', 'mip6.lra.*'],
    kinds: ['only here', 'only there'],
    verdict: 'ours right',
    rfc: 'RFC 6705 10.1, 10.2',
    reason:
      'tshark reads Localized Routing messages six octets early: it takes the MH Type and the Checksum for the ' +
      'Sequence Number and the Lifetime',
  },
  {
    names: ['mip6.options.pad1', 'mip6.mobility_opt', 'mip6.mobility_opt.len', 'mip6.options.*'],
    kinds: ['only there'],
    about: /^(localized-routing|mag-ipv6-address)/,
    verdict: 'ours right',
    rfc: 'RFC 6705 10.1, 10.2',
    reason: 'tshark takes fields of Localized Routing messages for options',
  },
  {
    names: ['mip6.options.*', 'mip6.mobility_opt*', 'mip6.opt.len.invalid'],
    kinds: ['only there'],
    about: /^(home-agent-switch|localized-routing-acknowledgment)/,
    verdict: 'ours right',
    rfc: 'RFC 5142 4',
    reason: 'tshark looks for options of a Home Agent Switch inside its addresses',
  },
  {
    names: ['mip6.ba.status'],
    kinds: CODES,
    here: /^14[3-8] /,
    verdict: 'ours right',
    rfc: 'RFC 3963 4.2, RFC 4285 8, RFC 4866 5.7',
    reason:
      'tshark has names of drafts for the Status values 143 to 148 of a Binding Acknowledgement',
  },
  {
    names: ['mip6.ba.status'],
    kinds: CODES,
    here: /^(179|180) /,
    verdict: 'ours right',
    rfc: 'RFC 7222 4.3, RFC 8278 4.3',
    reason: 'tshark 4.0 does not know the Status values 179 and 180',
  },
  {
    names: ['mip6.bri_status'],
    kinds: CODES,
    verdict: 'ours right',
    rfc: 'RFC 5846 5.2',
    reason:
      'tshark 4.0 has names for the Status values 0 and 1 of a Binding Revocation Acknowledgement alone',
  },
  {
    names: ['mip6.bri_r.trigger'],
    kinds: CODES,
    verdict: 'ours right',
    rfc: 'RFC 5846 5.1',
    reason: 'the values 250 to 255 are reserved for testing',
  },
  {
    names: ['mip6.fback.status'],
    kinds: CODES,
    verdict: 'ours right',
    rfc: 'RFC 5568 6.2.3',
    reason:
      'status 1 says that the NCoA is invalid and where the other one is; the name of tshark leaves it out',
  },
  {
    names: ['mip6.mhtype'],
    kinds: CODES,
    there: /^Fast Neighbor Advertisement$/,
    verdict: 'equal by other means',
    rfc: 'RFC 4068 6.3.1',
    reason: 'the same name, marked: RFC 5568 section 8 deprecates the message and has no layout',
  },
  {
    names: ['mip6.bu.*', 'mip6.ba.*'],
    kinds: ['only here'],
    here: /set$/,
    verdict: 'ours right',
    rfc: 'RFC 5648 4.2, RFC 7161 9, RFC 8885 4.1, 4.2',
    reason: 'flags that tshark 4.0 does not know',
  },
  {
    names: ['mip6.bu.b_flag'],
    kinds: ['only there'],
    verdict: 'equal by other means',
    rfc: 'RFC 6602 4.1',
    reason: 'the bit has a meaning together with the flag P alone; without it, it is reserved',
  },
  {
    names: ['mip6.hi.*', 'mip6.hack.*'],
    kinds: ['only here'],
    here: /set$/,
    verdict: 'ours right',
    rfc: 'RFC 5949 6.1.1, 6.1.2',
    reason: 'flags P, F and U: tshark 4.0 does not know all of them',
  },
  {
    names: ['mip6.fbu.b_flag', 'mip6.fbu.reserved'],
    kinds: ['only here'],
    verdict: 'ours right',
    rfc: 'RFC 5568 6.2.2',
    reason: 'tshark does not show the rest of the flags of a Fast Binding Update',
  },
  {
    names: ['mip6.bri_*'],
    kinds: ['only here'],
    about: /^binding-revocation/,
    verdict: 'ours right',
    rfc: 'RFC 5846 5',
    reason: 'tshark shows nothing of a Binding Revocation message of an unknown type',
  },
  {
    names: ['mip6.bri_res'],
    kinds: ['only there'],
    verdict: 'equal by other means',
    reason: 'reserved bits are part of the word of flags',
  },
  {
    names: ['mip6.hoti.reserved', 'mip6.coti.reserved', 'mip6.be.reserved', 'mip6.hb.reserved'],
    kinds: ['only here'],
    verdict: 'equal by other means',
    reason: 'tshark does not show the reserved octets',
  },
  {
    names: ['mip6.cot.token', 'mip6.hot.token'],
    kinds: ['only here', 'only there'],
    verdict: 'ours right',
    rfc: 'RFC 6275 6.1.6',
    reason: 'tshark calls the care-of keygen token of a Care-of Test home keygen token',
  },
  {
    names: ['mip6.em.data'],
    kinds: ['only here'],
    verdict: 'ours right',
    rfc: 'RFC 5096 3',
    reason: 'tshark shows no octets of the experimental message',
  },
];
