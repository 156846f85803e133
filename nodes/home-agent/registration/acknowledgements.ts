/**
 * Binding Acknowledgements of a home agent: contents and addressing. RFC 6275 sections 6.1.8, 9.5.4 and 10.3.1.
 */
import { isSameAddress } from '../../../dissectors/core/address.ts';
import { BINDING_ACKNOWLEDGEMENT_FLAGS } from '../../../dissectors/mobility/messages/binding.ts';
import type { MobilityOption } from '../../../dissectors/mobility/options/index.ts';
import { lifetimeField } from '../../../engine/mobility/lifetime.ts';
import { outermostSource } from '../../mobility/binding-update.ts';
import type { ReceivedBindingUpdate } from '../../mobility/binding-update.ts';
import type { HomeAgentContext } from '../home-agent-parts.ts';

/** What an acknowledgement says. */
export interface AcknowledgementContents {
  readonly status: number;
  /** Default: that of the update; status 135 tells the last accepted one. */
  readonly sequence?: number;
  /** Seconds; default 0. */
  readonly lifetime?: number;
  readonly hasKeyMobility?: boolean;
  readonly isMobileRouter?: boolean;
  readonly options?: readonly MobilityOption[];
}

const { keyManagementMobilityCapability, mobileRouter } = BINDING_ACKNOWLEDGEMENT_FLAGS;

/**
 * Answers an update, whatever its A flag. To where the update came from, never by the binding cache; with a type 2 routing
 * header unless that is the home address; from the address that it was sent to; protected as policies say, so that Binding
 * Authorization Data is not needed.
 */
export function acknowledge(
  { host, prefixes }: HomeAgentContext,
  update: ReceivedBindingUpdate,
  contents: AcknowledgementContents,
): boolean {
  const { packet, homeAddress } = update;
  const { status, sequence = update.sequence, lifetime = 0, options = [] } = contents;
  const to = outermostSource(packet);
  const isAtHome = isSameAddress(to, homeAddress);
  // A mobile node on its home link is answered at its link-layer address, though this node may be defending its address
  // against it: section 10.3.2.
  const link = packet.interface;
  const isNear =
    isAtHome &&
    link !== undefined &&
    packet.tunnels.length === 0 &&
    prefixes.of(homeAddress)?.interface === link;
  return host.mobility.send({
    message: {
      kind: 'binding-acknowledgement',
      status,
      flags:
        (contents.hasKeyMobility === true ? keyManagementMobilityCapability.mask : 0) |
        (contents.isMobileRouter === true ? mobileRouter.mask : 0),
      sequence,
      lifetime: lifetimeField(lifetime),
    },
    options,
    source: packet.destination,
    destination: homeAddress,
    ...(isAtHome ? {} : { careOfDestination: to }),
    ...(isNear
      ? { interface: link, nextHop: homeAddress, linkDestination: packet.linkSource }
      : {}),
  });
}

/**
 * Advice to refresh before the end. RFC 6275 section 10.3.1: less than the lifetime.
 * @param lifetime seconds granted
 * @param interval seconds; default: half of the lifetime
 * @returns nothing where no unit of four seconds is less
 */
export function refreshAdvice(lifetime: number, interval = lifetime / 2): MobilityOption[] {
  const refreshInterval = Math.min(lifetimeField(interval), lifetimeField(lifetime) - 1);
  return refreshInterval < 1 ? [] : [{ kind: 'binding-refresh-advice', refreshInterval }];
}
