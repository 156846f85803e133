/**
 * Questions that several rules about extensions ask.
 */
import { formatAddress, isSameAddress } from '../../dissectors/core/address.ts';
import { BINDING_UPDATE_FLAGS } from '../../dissectors/mobility/messages/binding.ts';
import type { MobilityEvent, PacketContext, PacketReference, Link } from '../events.ts';
import type { Site } from '../site.ts';
import type { Binding } from '../state/binding-cache.ts';
import type { DomainRole, ExtensionQueries } from '../state/extension-state.ts';

/** Evidence of one packet, as alerts carry it. */
export interface PacketEvidence {
  readonly packet: PacketReference;
  readonly text: string;
  readonly link: Link;
}

/** Evidence from the packet of a context. */
export function evidenceOf({ packet, link }: PacketContext, text: string): PacketEvidence {
  return { packet, text, link };
}

/** `2001:db8::1 and 2001:db8::2`, the same for both directions. */
export function pairText(a: Uint8Array, b: Uint8Array): string {
  return [formatAddress(a), formatAddress(b)].sort().join(' and ');
}

/** Whether the site names any node of a domain. */
export function tellsDomain({ domain }: Site): boolean {
  return domain.accessGateways.length > 0 || domain.localMobilityAnchors.length > 0;
}

/** Whether a node belongs to the domain in any role: told by the site, or learned from accepted registrations. */
export function domainRole(
  address: Uint8Array,
  context: Pick<ExtensionQueries, 'accessGateway' | 'mobilityAnchor'>,
): DomainRole {
  const gateway = context.accessGateway(address);
  const anchor = context.mobilityAnchor(address);
  if (gateway === 'site' || anchor === 'site') return 'site';
  return gateway ?? anchor;
}

/** Whether something vouches for the sender of a message: ESP or an authentication header. */
export function isProtected(context: PacketContext): boolean {
  let at: PacketContext | undefined = context;
  while (at !== undefined) {
    if (at.protection !== 'none' || at.hasAuthenticationHeader === true) return true;
    at = at.outer;
  }
  return false;
}

/** Whether the options of a message are all there: the frame is not cut and the message is not malformed. */
export function isComplete({ checksum, diagnostics }: MobilityEvent): boolean {
  return (
    checksum === 'right' &&
    !diagnostics.some(({ code }) => code === 'OPTION_TRUNCATED' || code === 'MH_LENGTH')
  );
}

/** A Binding Update of a mobile node to its home agent, over IPv6 or IPv4. */
export interface HomeRegistration {
  readonly homeAddress: Uint8Array;
  readonly homeAgent: Uint8Array;
  /** Source of the outermost IPv6 header. */
  readonly wireSource: Uint8Array;
  readonly sequence: number;
  /** Bits of `BINDING_UPDATE_FLAGS`. */
  readonly flags: number;
  /** Units of 4 s, 0 asks for deletion. */
  readonly lifetime: number;
}

/** Flags of registrations at others than home agents. */
const OTHER_REGISTRATION =
  BINDING_UPDATE_FLAGS.proxyRegistration.mask | BINDING_UPDATE_FLAGS.mapRegistration.mask;

/** Reads a home registration, whatever carries it; undefined for other messages and wrong checksums. */
export function homeRegistrationOf({
  header,
  context,
  checksum,
}: MobilityEvent): HomeRegistration | undefined {
  const { message } = header;
  if (message.kind !== 'binding-update' || checksum === 'wrong') return undefined;
  if ((message.flags & BINDING_UPDATE_FLAGS.homeRegistration.mask) === 0) return undefined;
  if ((message.flags & OTHER_REGISTRATION) !== 0) return undefined;
  let wire = context;
  while (wire.outer !== undefined) wire = wire.outer;
  return {
    homeAddress: context.homeAddressOption ?? context.source,
    homeAgent: context.destination,
    wireSource: wire.source,
    sequence: message.sequence,
    flags: message.flags,
    lifetime: message.lifetime,
  };
}

/**
 * Whether a home registration is that of a mobile router: by its R flag, or where it could not be read by the mobile
 * network prefixes that the site file gives to the node. RFC 3963 section 4.1.
 */
export function isRouterBinding(binding: Readonly<Binding>, site: Site): boolean {
  if (binding.flags !== undefined) {
    return (binding.flags & BINDING_UPDATE_FLAGS.mobileRouter.mask) !== 0;
  }
  const told = site.mobileNodes.find((node) =>
    isSameAddress(node.homeAddress, binding.homeAddress),
  );
  return (told?.mobileNetworkPrefixes.length ?? 0) > 0;
}

/** Whether a list holds an address. */
export function includesAddress(list: readonly Uint8Array[], address: Uint8Array): boolean {
  return list.some((item) => isSameAddress(item, address));
}
