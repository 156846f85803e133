/**
 * Names of configuration payloads. RFC 7296 section 3.15 and the IANA registry "IKEv2 Parameters".
 */
import type { NamedValue } from '../../core/layout.ts';
import type { Spec } from '../../core/node.ts';

const rfc = (number: number, section: string): Spec => ({ rfc: number, section });

/** Configuration attributes a mobile node uses. */
export const CONFIGURATION_ATTRIBUTE = {
  internalIp4Address: 1,
  internalIp6Address: 8,
  mip6HomePrefix: 16,
  homeAgentAddress: 19,
} as const;

/** Types of configuration payloads. RFC 7296 section 3.15. */
export const CONFIGURATION_TYPE_NAMES: readonly NamedValue[] = [
  { value: 1, name: 'CFG_REQUEST' },
  { value: 2, name: 'CFG_REPLY' },
  { value: 3, name: 'CFG_SET' },
  { value: 4, name: 'CFG_ACK' },
];

/** Configuration attributes. 16: RFC 5026; 5, 9, 11 are of earlier versions of the protocol. */
export const CONFIGURATION_ATTRIBUTE_NAMES: readonly NamedValue[] = [
  { value: 1, name: 'INTERNAL_IP4_ADDRESS', spec: rfc(7296, '3.15.1') },
  { value: 2, name: 'INTERNAL_IP4_NETMASK', spec: rfc(7296, '3.15.1') },
  { value: 3, name: 'INTERNAL_IP4_DNS', spec: rfc(7296, '3.15.1') },
  { value: 4, name: 'INTERNAL_IP4_NBNS', spec: rfc(7296, '3.15.1') },
  { value: 5, name: 'INTERNAL_ADDRESS_EXPIRY' },
  { value: 6, name: 'INTERNAL_IP4_DHCP', spec: rfc(7296, '3.15.1') },
  { value: 7, name: 'APPLICATION_VERSION', spec: rfc(7296, '3.15.1') },
  { value: 8, name: 'INTERNAL_IP6_ADDRESS', spec: rfc(7296, '3.15.1') },
  { value: 9, name: 'INTERNAL_IP6_NETMASK' },
  { value: 10, name: 'INTERNAL_IP6_DNS', spec: rfc(7296, '3.15.1') },
  { value: 11, name: 'INTERNAL_IP6_NBNS' },
  { value: 12, name: 'INTERNAL_IP6_DHCP', spec: rfc(7296, '3.15.1') },
  { value: 13, name: 'INTERNAL_IP4_SUBNET', spec: rfc(7296, '3.15.1') },
  { value: 14, name: 'SUPPORTED_ATTRIBUTES', spec: rfc(7296, '3.15.1') },
  { value: 15, name: 'INTERNAL_IP6_SUBNET', spec: rfc(7296, '3.15.1') },
  { value: 16, name: 'MIP6_HOME_PREFIX', spec: rfc(5026, '8.2') },
  { value: 17, name: 'INTERNAL_IP6_LINK' },
  { value: 18, name: 'INTERNAL_IP6_PREFIX' },
  { value: 19, name: 'HOME_AGENT_ADDRESS' },
  { value: 20, name: 'P_CSCF_IP4_ADDRESS' },
  { value: 21, name: 'P_CSCF_IP6_ADDRESS' },
  { value: 22, name: 'FTT_KAT' },
  { value: 23, name: 'EXTERNAL_SOURCE_IP4_NAT_INFO' },
  { value: 24, name: 'TIMEOUT_PERIOD_FOR_LIVENESS_CHECK' },
  { value: 25, name: 'INTERNAL_DNS_DOMAIN' },
  { value: 26, name: 'INTERNAL_DNSSEC_TA' },
  { value: 27, name: 'ENCDNS_IP4' },
  { value: 28, name: 'ENCDNS_IP6' },
];

/** Attributes of extended authentication in IKEv1. */
export const EXTENDED_AUTHENTICATION_NAMES: readonly NamedValue[] = [
  { value: 16520, name: 'XAUTH_TYPE' },
  { value: 16521, name: 'XAUTH_USER_NAME' },
  { value: 16522, name: 'XAUTH_USER_PASSWORD' },
  { value: 16523, name: 'XAUTH_PASSCODE' },
  { value: 16524, name: 'XAUTH_MESSAGE' },
  { value: 16525, name: 'XAUTH_CHALLENGE' },
  { value: 16526, name: 'XAUTH_DOMAIN' },
  { value: 16527, name: 'XAUTH_STATUS' },
  { value: 16528, name: 'XAUTH_NEXT_PIN' },
  { value: 16529, name: 'XAUTH_ANSWER' },
  { value: 28672, name: 'UNITY_BANNER' },
  { value: 28673, name: 'UNITY_SAVE_PASSWD' },
  { value: 28674, name: 'UNITY_DEF_DOMAIN' },
  { value: 28675, name: 'UNITY_SPLIT_DOMAIN' },
  { value: 28676, name: 'UNITY_SPLIT_INCLUDE' },
];
