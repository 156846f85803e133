/**
 * Asks the routers of a link for their certification paths. RFC 3971 section 6.4.6.
 */
import { formatAddress, isLinkLocal, isSameAddress } from '../../dissectors/core/address.ts';
import { u16 } from '../../dissectors/core/bytes.ts';
import type { Icmpv6MessageOf, NdOption } from '../../dissectors/icmpv6/index.ts';
import { readCertificate } from '../../engine/crypto/certificate.ts';
import type { Certificate } from '../../engine/crypto/certificate.ts';
import type { ScheduledAction } from '../../engine/ports.ts';
import { ALL_NODES, ALL_ROUTERS, UNSPECIFIED } from '../interface/link-address.ts';
import type { NetworkInterface } from '../interface/network-interface.ts';
import type { Host } from '../ip/host.ts';
import type { InboundPacket } from '../ip/packet.ts';
import { TokenBucket } from '../node-log.ts';
import type { CertificationPaths } from './certification-paths.ts';
import {
  ALL_CERTIFICATES,
  CPS_RETRY,
  CPS_RETRY_MAX,
  SHA1_KEY_IDENTIFIER,
  X501_NAME,
} from './constants.ts';

const NEIGHBOR_DISCOVERY_HOP_LIMIT = 255;
/** Keys that a retrieval waits for; further ones are found all the same. */
const MAX_WANTED = 8;
/** Anchors that are named in a solicitation, so that it fits the smallest link. */
const MAX_NAMED_ANCHORS = 6;
const MAX_NAME_OCTETS = 160;
const SHA1_OCTETS = 20;
/** Certificates that are looked at, at once and a second: each costs a signature at most. */
const CERTIFICATE_BURST = 100;
const CERTIFICATES_PER_SECOND = 50;

/** What asking is made of. */
export interface PathDiscoveryOptions {
  readonly host: Host;
  readonly paths: CertificationPaths;
  /** A router has turned out to be authorised. */
  readonly onRouter: (link: NetworkInterface) => void;
  readonly alarm: (event: string, link: NetworkInterface, router: string, reason: string) => void;
}

/** One retrieval on one interface. */
interface Retrieval {
  readonly identifier: number;
  /** Routers whose keys are not known, by key hash. */
  readonly wanted: Map<string, { readonly publicKey: Uint8Array; readonly router: string }>;
  /** Milliseconds of the scheduler. */
  readonly until: number;
  timer: ScheduledAction;
  /** Why the last certificate of no use was of none. */
  reason: string;
}

/** Retrieves certification paths, at most one retrieval on an interface. */
export class PathDiscovery {
  readonly #options: PathDiscoveryOptions;
  readonly #running = new Map<NetworkInterface, Retrieval>();
  readonly #limit: TokenBucket;
  /** Certificates that were not looked at because there were too many. */
  suppressed = 0;

  constructor(options: PathDiscoveryOptions) {
    const { host } = options;
    this.#options = options;
    this.#limit = new TokenBucket(CERTIFICATE_BURST, CERTIFICATES_PER_SECOND, host.scheduler.now);
    host.icmpv6.handle('certification-path-advertisement', (packet, message) => {
      this.#receive(packet, message);
    });
  }

  /** Retrievals that are going on. */
  get running(): number {
    return this.#running.size;
  }

  /** A signed advertisement of a router that nothing is known about. */
  seek(link: NetworkInterface, router: Uint8Array, publicKey: Uint8Array, key: string): void {
    const wanted = { publicKey, router: formatAddress(router) };
    const going = this.#running.get(link);
    if (going !== undefined) {
      if (going.wanted.size < MAX_WANTED) going.wanted.set(key, wanted);
      return;
    }
    const { scheduler, random } = this.#options.host;
    const retrieval: Retrieval = {
      // Not zero. Section 6.4.1.
      identifier: u16(random.octets(2), 0) || 1,
      wanted: new Map([[key, wanted]]),
      until: scheduler.now + CPS_RETRY_MAX * 1000,
      timer: scheduler.after(0, () => {
        this.#solicit(link, retrieval, CPS_RETRY * 1000);
      }),
      reason: 'no router has answered with a path from a trust anchor',
    };
    this.#running.set(link, retrieval);
  }

  close(): void {
    for (const { timer } of this.#running.values()) timer.cancel();
    this.#running.clear();
  }

  #solicit(link: NetworkInterface, retrieval: Retrieval, wait: number): void {
    const { host, paths } = this.#options;
    const left = retrieval.until - host.scheduler.now;
    if (left <= 0) {
      this.#giveUp(link, retrieval);
      return;
    }
    host.icmpv6.send(
      {
        kind: 'certification-path-solicitation',
        code: 0,
        identifier: retrieval.identifier,
        component: ALL_CERTIFICATES,
        options: anchorOptions(paths.anchors),
      },
      {
        source: link.owns(link.linkLocal) ? link.linkLocal : UNSPECIFIED,
        destination: ALL_ROUTERS,
        hopLimit: NEIGHBOR_DISCOVERY_HOP_LIMIT,
        bypassesBindings: true,
        bypassesPolicies: true,
        interface: link,
      },
    );
    // Section 6.4.6: doubled each time, and no longer than CPS_RETRY_MAX altogether.
    retrieval.timer = host.scheduler.after(Math.min(wait, left), () => {
      this.#solicit(link, retrieval, 2 * wait);
    });
  }

  #giveUp(link: NetworkInterface, retrieval: Retrieval): void {
    this.#running.delete(link);
    for (const { router } of retrieval.wanted.values()) {
      this.#options.alarm('send-path-not-found', link, router, retrieval.reason);
    }
  }

  #receive(
    packet: InboundPacket,
    message: Icmpv6MessageOf<'certification-path-advertisement'>,
  ): void {
    const { interface: link } = packet;
    const retrieval = link === undefined ? undefined : this.#running.get(link);
    // Nobody has asked: nothing is looked at.
    if (link === undefined || retrieval === undefined) return;
    if (!isValid(packet, message)) return;
    // Section 6.4.2: zero for everybody.
    if (message.identifier !== retrieval.identifier && message.identifier !== 0) return;
    let hasRouter = false;
    for (const option of message.options) {
      if (option.kind !== 'certificate' || option.certificate === undefined) continue;
      hasRouter = this.#take(link, retrieval, packet, option.certificate) || hasRouter;
    }
    if (!hasRouter) return;
    for (const [key, { publicKey }] of retrieval.wanted) {
      if (this.#options.paths.isKnown(publicKey)) retrieval.wanted.delete(key);
    }
    if (retrieval.wanted.size === 0) {
      retrieval.timer.cancel();
      this.#running.delete(link);
    }
    this.#options.onRouter(link);
  }

  /** @returns whether it is that of a router that was not known */
  #take(
    link: NetworkInterface,
    retrieval: Retrieval,
    { wireSource }: InboundPacket,
    octets: Uint8Array,
  ): boolean {
    const { host, paths, alarm } = this.#options;
    if (!this.#limit.take(host.scheduler.now)) {
      this.suppressed++;
      return false;
    }
    const certificate = readCertificate(octets);
    const verdict =
      certificate === undefined
        ? { kind: 'refused' as const, reason: 'the certificate cannot be read' }
        : paths.add(certificate);
    if (verdict.kind === 'taken') return verdict.isRouter;
    if (verdict.kind === 'known') return false;
    retrieval.reason = verdict.reason;
    if (verdict.kind === 'refused') {
      alarm('send-certificate-refused', link, formatAddress(wireSource), verdict.reason);
    }
    return false;
  }
}

/** Section 6.4.2. */
function isValid(
  packet: InboundPacket,
  message: Icmpv6MessageOf<'certification-path-advertisement'>,
): boolean {
  const { hopLimit, tunnels, homeAddressOption, type2RoutingHeader, wireSource } = packet;
  const isOfLink = hopLimit === NEIGHBOR_DISCOVERY_HOP_LIMIT && tunnels.length === 0;
  const isPlain = homeAddressOption === undefined && type2RoutingHeader === undefined;
  const isForAll = isSameAddress(packet.wireDestination, ALL_NODES);
  return (
    isOfLink &&
    isPlain &&
    message.code === 0 &&
    isLinkLocal(wireSource) &&
    isForAll === (message.identifier === 0) &&
    !message.options.some(({ kind }) => kind === 'malformed')
  );
}

/**
 * Trust Anchor options: the names, which everybody understands, then key identifiers, as RFC 6494 has subjects say nothing.
 * RFC 3971 section 6.4.3, RFC 6495 section 3.
 */
function anchorOptions(anchors: readonly Certificate[]): NdOption[] {
  const named = anchors.slice(0, MAX_NAMED_ANCHORS);
  const names = named
    .filter(({ subject }) => subject.length <= MAX_NAME_OCTETS)
    .map(({ subject }) => anchorOption(X501_NAME, subject));
  const identifiers = named.flatMap(({ subjectKeyIdentifier: identifier }) =>
    identifier?.length === SHA1_OCTETS ? [anchorOption(SHA1_KEY_IDENTIFIER, identifier)] : [],
  );
  return [...names, ...identifiers];
}

/** A Trust Anchor option. */
export function anchorOption(nameType: number, name: Uint8Array): NdOption {
  const padLength = (8 - ((4 + name.length) % 8)) % 8;
  return {
    kind: 'trust-anchor',
    nameType,
    padLength,
    ...(nameType === X501_NAME ? { x501Name: name } : { keyIdentifier: name }),
    padding: new Uint8Array(padLength),
  };
}
