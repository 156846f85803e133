/**
 * Rules of fast handovers that no single row can say. RFC 5568 section 6.2, RFC 5949 section 6.1.
 */
import {
  FAST_BINDING_UPDATE_FLAGS,
  HANDOVER_ACKNOWLEDGE_FLAGS,
  HANDOVER_INITIATE_FLAGS,
} from '../messages/fast-handover.ts';
import { FMIP_AUTHORIZATION_DATA } from '../options/authentication.ts';
import { check } from './check.ts';
import type { MessageCheck, OptionList, ReportFinding } from './check.ts';

const ALTERNATE_CARE_OF_ADDRESS = 3;
const LINK_LAYER_ADDRESS = 7;
const MOBILE_NODE_IDENTIFIER = 8;
/** Accepted, and the new care-of address is that of an option. RFC 5568 section 6.2.3. */
const USE_SUPPLIED_ADDRESS = 1;

/** Option 21 there, and nothing but padding behind it. RFC 5568 section 6.4.5. */
function authorization(list: OptionList, report: ReportFinding): void {
  const index = list.indexOf(FMIP_AUTHORIZATION_DATA);
  if (index < 0) {
    report('FAST_HANDOVER_OPTIONS', 'no Binding Authorization Data for FMIPv6');
  } else if (!list.isLast(index)) {
    report('OPTION_NOT_LAST', 'Binding Authorization Data for FMIPv6', index);
  }
}

const fastBindingUpdate = check('fast-binding-update', ({ flags }, list, report) => {
  const { acknowledge, homeRegistration } = FAST_BINDING_UPDATE_FLAGS;
  for (const { mask, label } of [acknowledge, homeRegistration]) {
    if ((flags & mask) === 0) report('FAST_HANDOVER_FLAGS', `${label} must be set`);
  }
  authorization(list, report);
});

const fastBindingAcknowledgment = check(
  'fast-binding-acknowledgment',
  ({ status }, list, report) => {
    authorization(list, report);
    if (status === USE_SUPPLIED_ADDRESS && !list.has(ALTERNATE_CARE_OF_ADDRESS)) {
      report('FAST_HANDOVER_OPTIONS', 'status 1 without Alternate Care-of Address');
    }
  },
);

const handoverInitiate = check('handover-initiate', ({ flags, code }, list, report) => {
  const { assignedAddress, proxy } = HANDOVER_INITIATE_FLAGS;
  const isProxy = (flags & proxy.mask) !== 0;
  if ((flags & assignedAddress.mask) !== 0) {
    if (isProxy) report('FAST_HANDOVER_FLAGS', 'S with P');
    else if (code === 1) report('FAST_HANDOVER_FLAGS', 'S with code 1');
  }
  if (!isProxy && !list.has(LINK_LAYER_ADDRESS)) {
    report('FAST_HANDOVER_OPTIONS', 'no link-layer address of the mobile node');
  }
  if (isProxy && !list.has(MOBILE_NODE_IDENTIFIER)) {
    report('FAST_HANDOVER_OPTIONS', 'P without Mobile Node Identifier');
  }
});

const handoverAcknowledge = check('handover-acknowledge', ({ flags }, list, report) => {
  // RFC 5949 section 6.1.2: copied from the Handover Initiate.
  const isProxy = (flags & HANDOVER_ACKNOWLEDGE_FLAGS.proxy.mask) !== 0;
  if (isProxy && !list.has(MOBILE_NODE_IDENTIFIER)) {
    report('FAST_HANDOVER_OPTIONS', 'P without Mobile Node Identifier');
  }
});

/** Checks of fast handover messages. */
export const fastHandoverChecks: readonly MessageCheck[] = [
  fastBindingUpdate,
  fastBindingAcknowledgment,
  handoverInitiate,
  handoverAcknowledge,
];
