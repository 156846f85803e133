/**
 * Tests of an authorised Binding Update that asks for a home registration. RFC 6275 sections 9.5.1 and 10.3.1.
 */
import { isSameAddress } from '../../../dissectors/core/address.ts';
import { findOption } from '../../../dissectors/mobility/options/index.ts';
import { MAX_LIFETIME_FIELD, lifetimeSeconds } from '../../../engine/mobility/lifetime.ts';
import type { BindingCacheEntry } from '../../binding-cache.ts';
import type { ReceivedBindingUpdate } from '../../mobility/binding-update.ts';
import type { HomeAgentContext } from '../home-agent-parts.ts';
import type { HomePrefix } from '../home-prefixes.ts';
import { registrationProtection } from './authorisation.ts';
import { STATUS } from './constants.ts';
import { grantedLifetime } from './granted-lifetime.ts';
import type { GrantedLifetime } from './granted-lifetime.ts';

/** A registration that can be accepted. */
export interface SoundRegistration {
  readonly kind: 'sound';
  /** With what additions have read from it. */
  readonly update: ReceivedBindingUpdate;
  readonly prefix: HomePrefix;
  readonly grant: GrantedLifetime;
  /** What the acknowledgement says; less than 128. */
  readonly status: number;
}

/** What a home agent says to a registration. */
export type Judgement = { readonly kind: 'refused'; readonly status: number } | SoundRegistration;

const refused = (status: number): Judgement => ({ kind: 'refused', status });

/**
 * Why the form of a registration keeps it from being looked at any further; nobody is told. undefined = it is whole.
 *
 * A Home Address option is mandatory where the inner header of a tunnel does not tell the home address (section 10.3.1). With
 * ESP nothing protects the IPv6 header, so that the care-of address has to be in the message: RFC 3776 section 4.3.
 */
export function formFault(
  update: ReceivedBindingUpdate,
  alternate: 'required' | 'required-in-transport' | 'optional',
): 'nonce-indices' | 'home-address-option-missing' | 'care-of-address-unprotected' | undefined {
  const { packet, options, hasHomeAddressOption, alternateCareOfAddress } = update;
  if (findOption(options, 'nonce-indices') !== undefined) return 'nonce-indices';
  if (update.lifetime === 0) return undefined;
  const isTunnelled = packet.tunnels.length > 0;
  if (!hasHomeAddressOption && !isTunnelled) return 'home-address-option-missing';
  const isProtected =
    alternateCareOfAddress !== undefined ||
    registrationProtection(packet)?.coversAddresses === true;
  if (isProtected || alternate === 'optional') return undefined;
  return isTunnelled && alternate === 'required-in-transport'
    ? undefined
    : 'care-of-address-unprotected';
}

/** Judges; changes nothing. */
export class RegistrationJudge {
  readonly #context: HomeAgentContext;
  readonly #maximum: number;

  constructor(context: HomeAgentContext) {
    this.#context = context;
    this.#maximum =
      context.options.registration?.maximumLifetime ?? lifetimeSeconds(MAX_LIFETIME_FIELD);
  }

  /** @param existing home registration of the home address */
  judge(update: ReceivedBindingUpdate, existing: BindingCacheEntry | undefined): Judgement {
    const { prefixes, mobileNodes, extensions } = this.#context;
    const { homeAddress } = update;
    const prefix = prefixes.of(homeAddress);
    if (prefix === undefined) return refused(STATUS.notHomeSubnet);
    const policy = mobileNodes.find(homeAddress);
    if (policy === undefined) return refused(STATUS.notHomeAgentForThisMobileNode);
    if (policy.isAllowed === false) return refused(STATUS.administrativelyProhibited);
    // An own address is nobody's home address.
    if (this.#context.host.owns(homeAddress)) {
      return refused(STATUS.duplicateAddressDetectionFailed);
    }
    let judged = update;
    let status: number = STATUS.accepted;
    for (const extension of extensions) {
      const verdict = extension.examine?.(judged, policy, existing);
      if (verdict?.status !== undefined) status = verdict.status;
      if (status >= STATUS.reasonUnspecified) return refused(status);
      judged = verdict?.update ?? judged;
    }
    if (!this.#isCareOfAddress(judged)) return refused(STATUS.invalidCareOfAddress);
    const maximum = Math.min(this.#maximum, policy.maximumLifetime ?? Infinity);
    const grant = grantedLifetime(judged.lifetime, prefixes.remaining(prefix), maximum);
    // Less than a unit is left of the prefix: it is no longer one of this home link.
    if (grant.seconds === 0) return refused(STATUS.notHomeSubnet);
    if (status === STATUS.accepted) ({ status } = grant);
    return { kind: 'sound', update: judged, prefix, grant, status };
  }

  /**
   * A home address at itself, at this node or at another home address that is served here would be tunnelled round in
   * circles. RFC 6275 sections 9.5.1 and 15.1.
   */
  #isCareOfAddress({ careOfAddress, homeAddress }: ReceivedBindingUpdate): boolean {
    const { host, mobileNodes } = this.#context;
    return !(
      isSameAddress(careOfAddress, homeAddress) ||
      host.owns(careOfAddress) ||
      mobileNodes.find(careOfAddress) !== undefined ||
      host.bindings.find(careOfAddress)?.isHomeRegistration === true
    );
  }
}
