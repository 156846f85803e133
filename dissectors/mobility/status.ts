/**
 * Status values of Binding Acknowledgements and Binding Errors. Those of other messages stand beside them.
 */
import { named } from './named.ts';
import type { NamedValue } from '../core/layout.ts';

/**
 * Binding Acknowledgement status. Values below 128 accept the Binding Update. RFC 6275 section 6.1.8; values of
 * other documents cite theirs.
 */
export const BINDING_ACKNOWLEDGEMENT_STATUS: readonly NamedValue[] = [
  ...named(6275, '6.1.8', [
    [0, 'Binding Update accepted'],
    [1, 'Accepted but prefix discovery necessary'],
  ]),
  ...named(5845, '6.4', [
    [2, 'GRE_KEY_OPTION_NOT_REQUIRED'],
    [3, 'GRE_TUNNELING_BUT_TLV_HEADER_NOT_SUPPORTED'],
  ]),
  ...named(5648, '4.4', [
    [4, 'MCOA NOTCOMPLETE'],
    [5, 'MCOA RETURNHOME WO/NDP'],
  ]),
  ...named(6058, '4.8', [[6, 'PBU_ACCEPTED_TB_IGNORED_SETTINGSMISMATCH']]),
  ...named(6275, '6.1.8', [
    [128, 'Reason unspecified'],
    [129, 'Administratively prohibited'],
    [130, 'Insufficient resources'],
    [131, 'Home registration not supported'],
    [132, 'Not home subnet'],
    [133, 'Not home agent for this mobile node'],
    [134, 'Duplicate Address Detection failed'],
    [135, 'Sequence number out of window'],
    [136, 'Expired home nonce index'],
    [137, 'Expired care-of nonce index'],
    [138, 'Expired nonces'],
    [139, 'Registration type change disallowed'],
  ]),
  ...named(3963, '4.2', [
    [140, 'Mobile Router Operation not permitted'],
    [141, 'Invalid Prefix'],
    [142, 'Not Authorized for Prefix'],
    [143, 'Forwarding Setup failed (prefixes missing)'],
  ]),
  ...named(4285, '8', [
    [144, 'MIPV6-ID-MISMATCH'],
    [145, 'MIPV6-MESG-ID-REQD'],
    [146, 'MIPV6-AUTH-FAIL'],
  ]),
  ...named(4866, '5.7', [
    [147, 'Permanent home keygen token unavailable'],
    [148, 'CGA and signature verification failed'],
    [149, 'Permanent home keygen token exists'],
    [150, 'Non-null home nonce index expected'],
  ]),
  ...named(5149, '6', [[151, 'SERVICE_AUTHORIZATION_FAILED']]),
  ...named(5213, '8.9', [
    [152, 'PROXY_REG_NOT_ENABLED'],
    [153, 'NOT_LMA_FOR_THIS_MOBILE_NODE'],
    [154, 'MAG_NOT_AUTHORIZED_FOR_PROXY_REG'],
    [155, 'NOT_AUTHORIZED_FOR_HOME_NETWORK_PREFIX'],
    [156, 'TIMESTAMP_MISMATCH'],
    [157, 'TIMESTAMP_LOWER_THAN_PREV_ACCEPTED'],
    [158, 'MISSING_HOME_NETWORK_PREFIX_OPTION'],
    [159, 'BCE_PBU_PREFIX_SET_DO_NOT_MATCH'],
    [160, 'MISSING_MN_IDENTIFIER_OPTION'],
    [161, 'MISSING_HANDOFF_INDICATOR_OPTION'],
    [162, 'MISSING_ACCESS_TECH_TYPE_OPTION'],
  ]),
  ...named(5845, '6.4', [[163, 'GRE_KEY_OPTION_REQUIRED']]),
  ...named(5648, '4.4', [
    [164, 'MCOA MALFORMED'],
    [165, 'MCOA NON-MCOA BINDING EXISTS'],
    [166, 'MCOA PROHIBITED'],
    [167, 'MCOA UNKNOWN COA'],
    [168, 'MCOA BULK REGISTRATION PROHIBITED'],
    [169, 'MCOA SIMULTANEOUS HOME AND FOREIGN PROHIBITED'],
  ]),
  ...named(5844, '3.3.5', [
    [170, 'NOT_AUTHORIZED_FOR_IPV4_MOBILITY_SERVICE'],
    [171, 'NOT_AUTHORIZED_FOR_IPV4_HOME_ADDRESS'],
    [172, 'NOT_AUTHORIZED_FOR_IPV6_MOBILITY_SERVICE'],
    [173, 'MULTIPLE_IPV4_HOME_ADDRESS_ASSIGNMENT_NOT_SUPPORTED'],
  ]),
  ...named(6275, '6.1.8', [[174, 'Invalid Care-of Address']]),
  ...named(6602, '4.4', [[175, 'INVALID_MOBILE_NODE_GROUP_IDENTIFIER']]),
  ...named(6618, '8.2', [[176, 'REINIT_SA_WITH_HAC']]),
  ...named(7148, '4.2', [
    [177, 'NOT_AUTHORIZED_FOR_DELEGATED_MNP'],
    [178, 'REQUESTED_DMNP_IN_USE'],
  ]),
  ...named(7222, '4.3', [[179, 'CANNOT_MEET_QOS_SERVICE_REQUEST']]),
  ...named(8278, '4.3', [[180, 'CANNOT_SUPPORT_MULTIPATH_BINDING']]),
];

/** Binding Error status. RFC 6275 section 6.1.9. */
export const BINDING_ERROR_STATUS: readonly NamedValue[] = named(6275, '6.1.9', [
  [1, 'Unknown binding for Home Address destination option'],
  [2, 'Unrecognized MH Type value'],
]);

/** Whether a Binding Acknowledgement status accepts the Binding Update. RFC 6275 section 6.1.8. */
export function isAccepted(status: number): boolean {
  return status < 128;
}
