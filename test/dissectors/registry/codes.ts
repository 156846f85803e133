/**
 * Codes and statuses as the documents name them, transcribed by hand from the RFCs: not from the tables under test.
 * `octets` puts a value into a message (or an option of one); `field` is the filter field that shows it.
 */

/** Values of one field, and their names. */
export interface CodeRow {
  readonly about: string;
  readonly field: string;
  readonly hex: (value: string) => string;
  /** Octets of the value. */
  readonly width: 1 | 2;
  readonly values: readonly (readonly [value: number, name: string])[];
}

/** A Binding Acknowledgement with one option. */
const inOption = (option: string): string => {
  const octets = option.replaceAll(' ', '').length / 2;
  const padding = '00'.repeat((8 - ((12 + octets) % 8)) % 8);
  const units = Math.ceil((12 + octets) / 8) - 1;
  return `3b ${units.toString(16).padStart(2, '0')} 06 00 0000 00 00 1234 003c ${option} ${padding}`;
};
const ADDRESS = 'c0000201';
const TESTING = [250, 251, 252, 253, 254, 255].map(
  (value) => [value, 'reserved for testing'] as const,
);
const range = (from: number, to: number, name: string) =>
  Array.from({ length: to - from + 1 }, (_, i) => [from + i, name] as const);

// oxfmt-ignore
export const CODE_ROWS: readonly CodeRow[] = [
  { about: 'Binding Acknowledgement status', field: 'mip6.ba.status', width: 1,
    hex: (value) => `3b 01 06 00 0000 ${value} 00 1234 003c 01020000`,
    values: [
      [0, 'Binding Update accepted'], [1, 'Accepted but prefix discovery necessary'],
      [2, 'GRE_KEY_OPTION_NOT_REQUIRED'], [3, 'GRE_TUNNELING_BUT_TLV_HEADER_NOT_SUPPORTED'],
      [4, 'MCOA NOTCOMPLETE'], [5, 'MCOA RETURNHOME WO/NDP'], [6, 'PBU_ACCEPTED_TB_IGNORED_SETTINGSMISMATCH'],
      [128, 'Reason unspecified'], [129, 'Administratively prohibited'], [130, 'Insufficient resources'],
      [131, 'Home registration not supported'], [132, 'Not home subnet'], [133, 'Not home agent for this mobile node'],
      [134, 'Duplicate Address Detection failed'], [135, 'Sequence number out of window'],
      [136, 'Expired home nonce index'], [137, 'Expired care-of nonce index'], [138, 'Expired nonces'],
      [139, 'Registration type change disallowed'], [140, 'Mobile Router Operation not permitted'],
      [141, 'Invalid Prefix'], [142, 'Not Authorized for Prefix'], [143, 'Forwarding Setup failed (prefixes missing)'],
      [144, 'MIPV6-ID-MISMATCH'], [145, 'MIPV6-MESG-ID-REQD'], [146, 'MIPV6-AUTH-FAIL'],
      [147, 'Permanent home keygen token unavailable'], [148, 'CGA and signature verification failed'],
      [149, 'Permanent home keygen token exists'], [150, 'Non-null home nonce index expected'],
      [151, 'SERVICE_AUTHORIZATION_FAILED'], [152, 'PROXY_REG_NOT_ENABLED'], [153, 'NOT_LMA_FOR_THIS_MOBILE_NODE'],
      [154, 'MAG_NOT_AUTHORIZED_FOR_PROXY_REG'], [155, 'NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX'],
      [156, 'TIMESTAMP_MISMATCH'], [157, 'TIMESTAMP_LOWER_THAN_PREV_ACCEPTED'],
      [158, 'MISSING_HOME_NETWORK_PREFIX_OPTION'], [159, 'BCE_PBU_PREFIX_SET_DO_NOT_MATCH'],
      [160, 'MISSING_MN_IDENTIFIER_OPTION'], [161, 'MISSING_HANDOFF_INDICATOR_OPTION'],
      [162, 'MISSING_ACCESS_TECH_TYPE_OPTION'], [163, 'GRE_KEY_OPTION_REQUIRED'], [164, 'MCOA MALFORMED'],
      [165, 'MCOA NON-MCOA BINDING EXISTS'], [166, 'MCOA PROHIBITED'], [167, 'MCOA UNKNOWN COA'],
      [168, 'MCOA BULK REGISTRATION PROHIBITED'], [169, 'MCOA SIMULTANEOUS HOME AND FOREIGN PROHIBITED'],
      [170, 'NOT_AUTHORIZED_FOR_IPV4_MOBILITY_SERVICE'], [171, 'NOT_AUTHORIZED_FOR_IPV4_HOME_ADDRESS'],
      [172, 'NOT_AUTHORIZED_FOR_IPV6_MOBILITY_SERVICE'],
      [173, 'MULTIPLE_IPV4_HOME_ADDRESS_ASSIGNMENT_NOT_SUPPORTED'], [174, 'Invalid Care-of Address'],
      [175, 'INVALID_MOBILE_NODE_GROUP_IDENTIFIER'], [176, 'REINIT_SA_WITH_HAC'],
      [177, 'NOT_AUTHORIZED_FOR_DELEGATED_MNP'], [178, 'REQUESTED_DMNP_IN_USE'],
      [179, 'CANNOT_MEET_QOS_SERVICE_REQUEST'], [180, 'CANNOT_SUPPORT_MULTIPATH_BINDING'],
    ] },
  { about: 'Binding Error status', field: 'mip6.be.status', width: 1,
    hex: (value) => `3b 02 07 00 0000 ${value} 00 20010db8000000000000000000000001`,
    values: [[1, 'Unknown binding for Home Address destination option'], [2, 'Unrecognized MH Type value']] },
  { about: 'Fast Binding Acknowledgment status', field: 'mip6.fback.status', width: 1,
    hex: (value) => `3b 01 09 00 0000 ${value} 00 1234 003c 01020000`,
    values: [
      [0, 'Fast Binding Update accepted'], [1, 'accepted but NCoA is invalid'], [128, 'Reason unspecified'],
      [129, 'Administratively prohibited'], [130, 'Insufficient resources'], [131, 'Incorrect interface identifier length'],
    ] },
  { about: 'Handover Initiate code', field: 'mip6.hi.code', width: 1,
    hex: (value) => `3b 01 0e 00 0000 1234 00 ${value} 01 04 00000000`,
    values: [[0, 'FBU with PCoA as source'], [1, 'FBU whose source is not PCoA'], [2, 'unknown']] },
  { about: 'Handover Initiate code between gateways', field: 'mip6.hi.code', width: 1,
    hex: (value) => `3b 01 0e 00 0000 1234 20 ${value} 01 04 00000000`,
    values: [[0, 'default'], [2, 'completion of forwarding'], [3, 'All available context transferred']] },
  { about: 'Handover Acknowledge code', field: 'mip6.hack.code', width: 1,
    hex: (value) => `3b 01 0f 00 0000 1234 00 ${value} 01 04 00000000`,
    values: [
      [0, 'Handover Accepted, NCoA valid'], [1, 'Handover Accepted, NCoA not valid or in use'],
      [2, 'Handover Accepted, NCoA assigned'], [3, 'Handover Accepted, use PCoA'], [4, 'Message sent unsolicited'],
      [128, 'Handover Not Accepted, reason unspecified'], [129, 'Administratively prohibited'],
      [130, 'Insufficient resources'], [131, 'unknown'],
    ] },
  { about: 'Handover Acknowledge code between gateways', field: 'mip6.hack.code', width: 1,
    hex: (value) => `3b 01 0f 00 0000 1234 40 ${value} 01 04 00000000`,
    values: [
      [0, 'Handover Accepted or Successful'], [5, 'Context Transfer Accepted or Successful'],
      [6, 'All available Context Transferred'], [128, 'Handover Not Accepted, reason unspecified'],
      [129, 'Administratively prohibited'], [130, 'Insufficient resources'], [131, 'Requested Context Not Available'],
      [132, 'Forwarding Not Available'],
    ] },
  { about: 'Revocation Trigger', field: 'mip6.bri_r.trigger', width: 1,
    hex: (value) => `3b 01 10 00 0000 01 ${value} 1234 0000 01020000`,
    values: [
      [0, 'Unspecified'], [1, 'Administrative Reason'], [2, 'Inter-MAG Handover - same Access Type'],
      [3, 'Inter-MAG Handover - different Access Type'], [4, 'Inter-MAG Handover - Unknown'],
      [5, 'User-Initiated Session(s) Termination'], [6, 'Access Network Session(s) Termination'],
      [7, 'Possible Out-of-Sync BCE State'], [128, 'Per-Peer Policy'], [129, 'Revoking Mobility Node Local Policy'],
      ...TESTING,
    ] },
  { about: 'Binding Revocation Acknowledgement status', field: 'mip6.bri_status', width: 1,
    hex: (value) => `3b 01 10 00 0000 02 ${value} 1234 0000 01020000`,
    values: [
      [0, 'success'], [1, 'partial success'], [128, 'Binding Does NOT Exist'], [129, 'IPv4 Home Address Option Required'],
      [130, 'Global Revocation NOT Authorized'], [131, 'Revoked Mobile Nodes Identity Required'],
      [132, 'Revocation Failed - MN is Attached'], [133, 'Revocation Trigger NOT Supported'],
      [134, 'Revocation Function NOT Supported'], [135, 'Proxy Binding Revocation NOT Supported'],
    ] },
  { about: 'Localized Routing Acknowledgment status', field: 'mip6.lra.status', width: 1,
    hex: (value) => `3b 01 12 00 0000 1234 00 ${value} 003c 01020000`,
    values: [[0, 'Success'], [128, 'Localized Routing Not Allowed'], [129, 'MN Not Attached']] },
  { about: 'Notification Reason', field: 'mip6.upn.reason', width: 2,
    hex: (value) => `3b 01 13 00 0000 1234 ${value} 0000 01020000`,
    values: [
      [0, 'Reserved'], [1, 'FORCE-REREGISTRATION'], [2, 'UPDATE-SESSION-PARAMETERS'], [3, 'VENDOR-SPECIFIC-REASON'],
      [4, 'ANI-PARAMS-REQUESTED'], [5, 'QOS_SERVICE_REQUEST'], [8, 'FLOW-MOBILITY'], [255, 'Reserved'],
    ] },
  { about: 'Update Notification Acknowledgement status', field: 'mip6.upa.status', width: 1,
    hex: (value) => `3b 01 14 00 0000 1234 ${value} 000000 01020000`,
    values: [
      [0, 'SUCCESS'], [128, 'FAILED-TO-UPDATE-SESSION-PARAMETERS'], [129, 'MISSING-VENDOR-SPECIFIC-OPTION'],
      [130, 'CANNOT_MEET_QOS_SERVICE_REQUEST'], [131, 'Reason unspecified'], [132, 'MN not attached'],
    ] },
  { about: 'Flow Binding Indication trigger', field: 'mip6.fb.trigger', width: 1,
    hex: (value) => `3b 01 15 00 0000 0001 1234 ${value} 00 01020000`,
    values: [
      [0, 'Reserved'], [1, 'Unspecified'], [2, 'Administrative Reason'], [3, 'Possible Out-of-Sync BCE State'], ...TESTING,
    ] },
  { about: 'Flow Binding Acknowledgement status', field: 'mip6.fb.status', width: 1,
    hex: (value) => `3b 01 15 00 0000 0002 1234 ${value} 00 01020000`,
    values: [[0, 'Success'], [128, 'Binding (target CoA) Does NOT Exist'], [129, 'Action NOT Authorized']] },
  { about: 'Mobile Node Identifier subtype', field: 'mip6.mnid.subtype', width: 1,
    hex: (value) => inOption(`08 03 ${value} 6d6e`),
    values: [
      [1, 'NAI'], [2, 'IPv6 Address'], [3, 'IMSI'], [4, 'P-TMSI'], [5, 'EUI-48 address'], [6, 'EUI-64 address'],
      [7, 'GUTI'], [8, 'DUID'],
    ] },
  { about: 'authentication subtype', field: 'mip6.auth.subtype', width: 1,
    hex: (value) => inOption(`09 11 ${value} 00000100 0102030405060708090a0b0c`),
    values: [[1, 'MN-HA'], [2, 'MN-AAA']] },
  { about: 'DNS Update status', field: 'mip6.dnsu.status', width: 1,
    hex: (value) => inOption(`11 05 ${value} 00 026d6e`),
    values: [
      [0, 'DNS update performed'], [128, 'Reason unspecified'], [129, 'Administratively prohibited'], [130, 'DNS Update Failed'],
    ] },
  { about: 'Handoff Indicator', field: 'mip6.hi', width: 1, hex: (value) => inOption(`17 02 00 ${value}`),
    values: [
      [0, 'Reserved'], [1, 'Attachment over a new interface'],
      [2, 'Handoff between two different interfaces of the mobile node'],
      [3, 'Handoff between mobile access gateways for the same interface'], [4, 'Handoff state unknown'],
      [5, 'Handoff state not changed (Re-registration)'], [6, 'Attachment over a new interface sharing prefixes'],
    ] },
  { about: 'Access Technology Type', field: 'mip6.att', width: 1, hex: (value) => inOption(`18 02 00 ${value}`),
    values: [
      [0, 'Reserved'], [1, 'Virtual'], [2, 'PPP'], [3, 'IEEE 802.3'], [4, 'IEEE 802.11a/b/g'], [5, 'IEEE 802.16e'],
      [6, 'GERAN'], [7, 'UTRAN'], [8, 'E-UTRAN'], [9, 'eHRPD'], [10, 'HRPD'], [11, '1xRTT'], [12, 'UMB'],
    ] },
  { about: 'IPv4 Address Acknowledgement status', field: 'mip6.ipv4aa.sts', width: 1,
    hex: (value) => inOption(`1e 06 ${value} 00 ${ADDRESS}`),
    values: [
      [0, 'Success'], [128, 'Failure, reason unspecified'], [129, 'Administratively prohibited'],
      [130, 'Incorrect IPv4 home address'], [131, 'Invalid IPv4 address'],
      [132, 'Dynamic IPv4 home address assignment not available'], [133, 'Prefix allocation unauthorized'],
    ] },
  { about: 'IPv4 Home Address Reply status', field: 'mip6.ipv4aa.sts', width: 1,
    hex: (value) => inOption(`25 06 ${value} 00 ${ADDRESS}`),
    values: [
      [0, 'Success'], [128, 'Failure, reason unspecified'], [129, 'Administratively prohibited'],
      [130, 'Incorrect IPv4 home address'], [131, 'Invalid IPv4 address'],
      [132, 'Dynamic IPv4 home address assignment not available'], [133, 'unknown'],
    ] },
  { about: 'code of an address or prefix', field: 'mip6.mhipv6ap.opt_code', width: 1,
    hex: (value) => inOption(`22 12 ${value} 80 20010db8000000000000000000000001`),
    values: [[1, 'Old Care-of Address'], [2, 'New Care-of Address'], [3, "NAR's IP address"], [4, "NAR's Prefix"]] },
  { about: 'code of an anchor address', field: 'mip6.lmaa.opt_code', width: 1,
    hex: (value) => inOption(`29 06 ${value} 00 ${ADDRESS}`),
    values: [[0, 'Reserved'], [1, 'IPv6 address of the local mobility anchor'], [2, 'IPv4 address of the local mobility anchor']] },
  { about: 'flow binding status', field: 'mip6.flow.status', width: 1,
    hex: (value) => inOption(`2d 06 0007 000a 00 ${value}`),
    values: [
      [0, 'Flow binding successful'], [128, 'Administratively prohibited'],
      [129, 'Flow binding rejected, reason unspecified'], [130, 'Flow identification mobility option malformed'],
      [131, 'BID not found'], [132, 'FID not found'], [133, 'Traffic selector format not supported'],
    ] },
  { about: 'flow binding action', field: 'mip6.flow.action', width: 1,
    hex: (value) => inOption(`2d 0a 0007 000a 00 00 04 02 00 ${value}`),
    values: [
      [11, 'Add a flow binding'], [12, 'Delete a flow binding'], [13, 'Modify a flow binding'],
      [14, 'Refresh a flow binding'], [15, 'Move a flow binding'], [16, 'Revoke a flow binding'],
    ] },
  { about: 'traffic selector format', field: 'mip6.ts.format', width: 1,
    hex: (value) => inOption(`2d 0e 0007 000a 00 00 03 06 ${value} 00 00000000`),
    values: [[0, 'reserved'], [1, 'IPv4 binary traffic selector'], [2, 'IPv6 binary traffic selector']] },
  { about: 'operator identifier type', field: 'mip6.acc_net_id.op_id.type', width: 1,
    hex: (value) => inOption(`34 05 03 03 ${value} 28af`),
    values: [[0, 'reserved'], [1, 'Private Enterprise Number'], [2, 'Realm of the operator']] },
  { about: 'operational code', field: 'mip6.qos.oc', width: 1,
    hex: (value) => inOption(`3a 06 01 b8 ${value} 000000`),
    values: [
      [0, 'RESPONSE'], [1, 'ALLOCATE'], [2, 'DE-ALLOCATE'], [3, 'MODIFY'], [4, 'QUERY'], [5, 'NEGOTIATE'],
      ...range(6, 255, 'reserved'),
    ] },
  { about: 'preemption capability', field: 'mip6.qos.arp.pc', width: 1,
    hex: (value) => inOption(`3a 0a 01 b8 01 000000 05 02 00 ${value}`),
    values: [[0x10, 'enabled'], [0x14, 'disabled'], [0x18, 'reserved'], [0x1c, 'reserved']] },
  { about: 'preemption vulnerability', field: 'mip6.qos.arp.pv', width: 1,
    hex: (value) => inOption(`3a 0a 01 b8 01 000000 05 02 00 ${value}`),
    values: [[0x10, 'enabled'], [0x11, 'disabled'], [0x12, 'reserved'], [0x13, 'reserved']] },
  { about: 'payload type of Multicast Mobility', field: 'mip6.mcast.code', width: 1,
    hex: (value) => inOption(`3c 01 ${value} 00 0000 0000`),
    values: [
      [1, 'IGMPv3 Payload Type'], [2, 'MLDv2 Payload Type'], [3, 'IGMPv3 Payload Type from IGMPv2 Compatibility Mode'],
      [4, 'MLDv2 Payload Type from MLDv1 Compatibility Mode'],
    ] },
  { about: 'status of Multicast Acknowledgement', field: 'mip6.mcast.status', width: 1,
    hex: (value) => inOption(`3d 01 00 ${value} 0000 0000`),
    values: [
      [1, 'Report Payload type unsupported'], [2, 'Requested group service unsupported'],
      [3, 'Requested group service administratively prohibited'],
    ] },
];
