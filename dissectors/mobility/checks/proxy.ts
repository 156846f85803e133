/**
 * Rules of messages between home agents, local mobility anchors and access gateways that no single row can say.
 */
import {
  BINDING_REVOCATION_TYPE,
  REVOCATION_ACKNOWLEDGEMENT_FLAGS,
  REVOCATION_INDICATION_FLAGS,
} from '../messages/binding-revocation.ts';
import { FLOW_BINDING_TYPE } from '../messages/flow-binding.ts';
import { HEARTBEAT_FLAGS } from '../messages/heartbeat.ts';
import { SUBSCRIPTION_RESPONSE_FLAGS } from '../messages/multicast-subscription.ts';
import { VENDOR_SPECIFIC_REASON } from '../messages/update-notification.ts';
import { check } from './check.ts';
import type { MessageCheck, OptionList, ReportFinding } from './check.ts';

const MOBILE_NODE_IDENTIFIER = 8;
const VENDOR_SPECIFIC = 19;
const HOME_NETWORK_PREFIX = 22;
const RESTART_COUNTER = 28;
const IPV4_HOME_ADDRESS = 29;
const IPV4_HOME_ADDRESS_REQUEST = 36;
const GROUP_IDENTIFIER = 50;
const IPV4_SUBSCRIPTION = 56;
const IPV6_SUBSCRIPTION = 57;

/** First and last Revocation Trigger that revokes many nodes; later ones are for testing. RFC 5846 section 5.1. */
const GLOBAL_TRIGGERS = [128, 249] as const;

const heartbeat = check('heartbeat', ({ flags }, list, report) => {
  const isResponse = (flags & HEARTBEAT_FLAGS.response.mask) !== 0;
  if (isResponse) return;
  // RFC 5847 sections 3.3 and 3.4: both belong to responses.
  if ((flags & HEARTBEAT_FLAGS.unsolicited.mask) !== 0) report('HEARTBEAT_REQUEST', 'U without R');
  const index = list.indexOf(RESTART_COUNTER);
  if (index >= 0) report('HEARTBEAT_REQUEST', 'Restart Counter', index);
});

/** Options that go with a flag, or with its absence. RFC 5846 sections 5.1, 5.2 and 6.1.1. */
function revocationOptions(
  list: OptionList,
  flags: { readonly isProxy: boolean; readonly isIpv4: boolean },
  report: ReportFinding,
): void {
  const only = (type: number, isRight: boolean, name: string): void => {
    const index = list.indexOf(type);
    if (index >= 0 && !isRight) report('REVOCATION_OPTIONS', name, index);
  };
  const { isProxy, isIpv4 } = flags;
  only(HOME_NETWORK_PREFIX, isProxy, 'Home Network Prefix without P');
  only(IPV4_HOME_ADDRESS, isIpv4 && !isProxy, 'IPv4 Home Address without V, or with P');
  only(IPV4_HOME_ADDRESS_REQUEST, isIpv4 && isProxy, 'IPv4 Home Address Request without V and P');
}

const bindingRevocation = check('binding-revocation', (message, list, report) => {
  const { type, indicationFlags = 0, acknowledgementFlags = 0, trigger = 0 } = message;
  if (type === BINDING_REVOCATION_TYPE.acknowledgement) {
    const isProxy =
      (acknowledgementFlags & REVOCATION_ACKNOWLEDGEMENT_FLAGS.proxyBinding.mask) !== 0;
    if (!isProxy && list.has(HOME_NETWORK_PREFIX)) {
      const index = list.indexOf(HOME_NETWORK_PREFIX);
      report('REVOCATION_OPTIONS', 'Home Network Prefix without P', index);
    }
    return;
  }
  if (type !== BINDING_REVOCATION_TYPE.indication) {
    report('MH_KIND_UNKNOWN', `Binding Revocation Type ${type}`);
    return;
  }
  const bits = REVOCATION_INDICATION_FLAGS;
  const isProxy = (indicationFlags & bits.proxyBinding.mask) !== 0;
  const isIpv4 = (indicationFlags & bits.ipv4HomeAddressOnly.mask) !== 0;
  const isGlobal = (indicationFlags & bits.global.mask) !== 0;
  const [first, last] = GLOBAL_TRIGGERS;
  // Section 6.1.1; triggers for testing are of no side.
  if (isGlobal && trigger < first) report('REVOCATION_TRIGGER', `trigger ${trigger} with G`);
  if (!isGlobal && trigger >= first && trigger <= last) {
    report('REVOCATION_TRIGGER', `global trigger ${trigger} without G`);
  }
  revocationOptions(list, { isProxy, isIpv4 }, report);
  // An anchor that revokes all bindings of a gateway names none: section 8.1. A group takes the place of its nodes:
  // RFC 6602 section 5.1.3.
  const isNamed = list.has(MOBILE_NODE_IDENTIFIER) || list.has(GROUP_IDENTIFIER);
  if (isProxy && !isGlobal && !isNamed) {
    report('REVOCATION_OPTIONS', 'P without Mobile Node Identifier');
  }
  if (isIpv4 && !list.has(IPV4_HOME_ADDRESS) && !list.has(IPV4_HOME_ADDRESS_REQUEST)) {
    report('REVOCATION_OPTIONS', 'V without an IPv4 home address');
  }
});

/** Prefixes, or IPv4 home addresses (RFC 6705 section 9). */
const isHomeAddressType = (type: number): boolean =>
  type === HOME_NETWORK_PREFIX || type === IPV4_HOME_ADDRESS || type === IPV4_HOME_ADDRESS_REQUEST;

/** Number of identifiers that prefixes follow, and whether prefixes come first or an identifier has none. */
function tuplesOf(list: OptionList): { readonly count: number; readonly isRight: boolean } {
  let count = 0;
  let isRight = true;
  let prefixes = 1;
  for (const type of list.types) {
    if (type === MOBILE_NODE_IDENTIFIER) {
      isRight &&= prefixes > 0;
      count++;
      prefixes = 0;
    } else if (isHomeAddressType(type)) {
      isRight &&= count > 0;
      prefixes++;
    }
  }
  return { count, isRight: isRight && prefixes > 0 };
}

const NODES_OF_A_ROUTE = 2;

const localizedRoutingInitiation = check('localized-routing-initiation', (_, list, report) => {
  const { count, isRight } = tuplesOf(list);
  if (count !== NODES_OF_A_ROUTE) {
    report('LOCALIZED_ROUTING_OPTIONS', `${count} mobile nodes, expected ${NODES_OF_A_ROUTE}`);
  } else if (!isRight) {
    report('LOCALIZED_ROUTING_OPTIONS', 'not a list of identifiers with their prefixes');
  }
});

const localizedRoutingAcknowledgment = check(
  'localized-routing-acknowledgment',
  ({ status }, list, report) => {
    const { count, isRight } = tuplesOf(list);
    // Section 10.2: when refused, those nodes alone for which it is supported.
    if (status === 0 && count !== NODES_OF_A_ROUTE) {
      report('LOCALIZED_ROUTING_OPTIONS', `${count} mobile nodes, expected ${NODES_OF_A_ROUTE}`);
    } else if (count > 0 && !isRight) {
      report('LOCALIZED_ROUTING_OPTIONS', 'not a list of identifiers with their prefixes');
    }
  },
);

const updateNotification = check('update-notification', ({ reason }, list, report) => {
  if (reason === VENDOR_SPECIFIC_REASON && !list.has(VENDOR_SPECIFIC)) {
    report('UPDATE_NOTIFICATION_OPTIONS', 'vendor-specific reason without such an option');
  }
});

const flowBinding = check('flow-binding', ({ type }, _, report) => {
  if (type === FLOW_BINDING_TYPE.indication || type === FLOW_BINDING_TYPE.acknowledgement) return;
  report('MH_KIND_UNKNOWN', `Flow Binding Type ${type}`);
});

function oneIdentifier(list: OptionList, report: ReportFinding): void {
  const count = list.count(MOBILE_NODE_IDENTIFIER);
  if (count === 1) return;
  const text = count === 0 ? 'no Mobile Node Identifier' : `${count} Mobile Node Identifiers`;
  report('SUBSCRIPTION_OPTIONS', text);
}

const subscriptionQuery = check('subscription-query', (_, list, report) => {
  oneIdentifier(list, report);
});

const subscriptionResponse = check('subscription-response', ({ flags }, list, report) => {
  oneIdentifier(list, report);
  const hasInformation = (flags & SUBSCRIPTION_RESPONSE_FLAGS.multicastInformation.mask) !== 0;
  const hasOption = list.has(IPV4_SUBSCRIPTION) || list.has(IPV6_SUBSCRIPTION);
  if (hasInformation && !hasOption) report('SUBSCRIPTION_OPTIONS', 'I without a subscription');
  if (!hasInformation && hasOption) report('SUBSCRIPTION_OPTIONS', 'subscription without I');
});

/** Checks of the messages of RFC 5846, RFC 5847, RFC 6705, RFC 7077, RFC 7109 and RFC 7161. */
export const proxyChecks: readonly MessageCheck[] = [
  heartbeat,
  bindingRevocation,
  localizedRoutingInitiation,
  localizedRoutingAcknowledgment,
  updateNotification,
  flowBinding,
  subscriptionQuery,
  subscriptionResponse,
];
