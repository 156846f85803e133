/**
 * Secure neighbor discovery of a node that takes router advertisements of authorised routers only. RFC 3971, RFC 3972,
 * RFC 6494. The router certificate has to lead to a trust anchor and to allow every prefix of the advertisement.
 */
import { formatAddress, isMulticast } from '../../dissectors/core/address.ts';
import { DiagnosticList } from '../../dissectors/core/diagnostic.ts';
import { decodeIcmpv6 } from '../../dissectors/icmpv6/index.ts';
import type { NdOption } from '../../dissectors/icmpv6/index.ts';
import { prefixRange } from '../../engine/crypto/address-blocks.ts';
import type { AddressRange } from '../../engine/crypto/address-blocks.ts';
import type { Certificate } from '../../engine/crypto/certificate.ts';
import { keyHash } from '../../engine/crypto/send-signature.ts';
import type { LinkMessage, NetworkInterface } from '../interface/network-interface.ts';
import { advertisedPrefixes } from '../interface/router-list.ts';
import type { Host } from '../ip/host.ts';
import { TokenBucket } from '../node-log.ts';
import { CertificationPaths } from './certification-paths.ts';
import { Nonces, PeerClocks, encodeTimestamp } from './freshness.ts';
import { PathDiscovery } from './path-discovery.ts';
import { addressFault, readSignedAdvertisement, signatureFault } from './signed-advertisement.ts';
import type { SignedAdvertisement } from './signed-advertisement.ts';

/** Signatures that are verified at once and a second: RFC 3971 section 5.3.4.2, last paragraph. */
const SIGNATURE_BURST = 200;
const SIGNATURES_PER_SECOND = 100;

/** `later`: nothing is wrong with it, and the path to its key is being asked for. */
export type AdvertisementVerdict = boolean | 'later';

/** What a verifier is made of. */
export interface SendVerifierOptions {
  /** With all its interfaces. */
  readonly host: Host;
  /** Certificates that router certificates have to lead to. */
  readonly trustAnchors: readonly Certificate[];
  /** See `CertificationPathsOptions`. Default true. */
  readonly requiresRouterPurpose?: boolean;
}

/** Judges router advertisements, and asks for what it needs to judge them. */
export class SendVerifier {
  readonly paths: CertificationPaths;
  readonly discovery: PathDiscovery;
  readonly clocks: PeerClocks;
  /** Advertisements that were not looked at because there were too many. */
  suppressed = 0;
  readonly #host: Host;
  readonly #nonces = new Map<NetworkInterface, Nonces>();
  readonly #limit: TokenBucket;

  /** @throws RangeError for a trust anchor that cannot vouch for anybody */
  constructor({ host, trustAnchors, requiresRouterPurpose = true }: SendVerifierOptions) {
    const { scheduler, random } = host;
    this.#host = host;
    this.paths = new CertificationPaths({
      scheduler,
      anchors: trustAnchors,
      requiresRouterPurpose,
    });
    this.clocks = new PeerClocks(scheduler);
    this.#limit = new TokenBucket(SIGNATURE_BURST, SIGNATURES_PER_SECOND, scheduler.now);
    this.discovery = new PathDiscovery({
      host,
      paths: this.paths,
      onRouter: (link) => {
        link.solicitRouters();
      },
      alarm: (event, link, router, reason) => {
        host.tell('alarm', event, { interface: link.name, router, reason });
      },
    });
    for (const link of host.interfaces) {
      const nonces = new Nonces(scheduler, random);
      this.#nonces.set(link, nonces);
      // Section 5.3.3: every solicitation has both.
      link.solicitationOptions = (): NdOption[] => [
        { kind: 'timestamp', timestamp: encodeTimestamp(scheduler.wallClock) },
        { kind: 'nonce', nonce: nonces.next() },
      ];
    }
  }

  /** Judges a router advertisement that has passed the checks of RFC 4861 section 6.1.2. */
  accepts(packet: LinkMessage, from: NetworkInterface): AdvertisementVerdict {
    const verdict = this.#judge(packet, from);
    if (typeof verdict !== 'string' || verdict === 'later') return verdict;
    this.#host.tell('alarm', 'send-advertisement-refused', {
      interface: from.name,
      router: formatAddress(packet.wireSource),
      reason: verdict,
    });
    return false;
  }

  close(): void {
    this.discovery.close();
    for (const link of this.#nonces.keys()) link.solicitationOptions = undefined;
  }

  /** @returns true, `later`, or what is wrong. Cheap tests first. */
  #judge(packet: LinkMessage, from: NetworkInterface): true | string {
    const signed = readSignedAdvertisement(packet);
    if (typeof signed === 'string') return signed;
    const fault = addressFault(packet, signed);
    if (fault !== undefined) return fault;
    const isAnswer = this.#isAnswer(packet, from, signed);
    if (typeof isAnswer === 'string') return isAnswer;
    const { publicKey, timestamp } = signed;
    const { wireSource } = packet;
    const late = isAnswer ? undefined : this.clocks.fault(wireSource, timestamp);
    if (late !== undefined) return late;
    if (!this.#limit.take(this.#host.scheduler.now)) {
      this.suppressed++;
      return 'there are too many signatures to verify';
    }
    const wrong = signatureFault(packet, signed);
    if (wrong !== undefined) return wrong;
    if (!this.paths.isKnown(publicKey)) {
      const key = keyHash(publicKey).join();
      this.discovery.seek(from, wireSource, publicKey, key);
      return 'later';
    }
    if (!this.paths.allows(publicKey, prefixesOf(packet))) {
      return 'the certificate of the router does not allow its prefixes';
    }
    this.clocks.accepted(wireSource, timestamp, isAnswer);
    return true;
  }

  /**
   * Whether it has the nonce of a solicitation of this node. Section 5.3.4.1 has those with another nonce discarded, as
   * answers to nobody; one to all nodes may have that of another host (section 5.3.3), and is judged by its timestamp.
   */
  #isAnswer(
    { wireDestination }: LinkMessage,
    from: NetworkInterface,
    { nonce }: SignedAdvertisement,
  ): boolean | string {
    if (nonce === undefined) return false;
    if (this.#nonces.get(from)?.has(nonce) === true) return true;
    return isMulticast(wireDestination) ? false : 'the nonce is not of a solicitation of this node';
  }
}

/** Every prefix counts, also one that is taken back. Section 7.3. */
function prefixesOf({ payload }: LinkMessage): AddressRange[] {
  const message = decodeIcmpv6(payload, 0, payload.length, new DiagnosticList());
  if (message?.kind !== 'router-advertisement') return [];
  return advertisedPrefixes(message.options).map(({ address, prefixLength }) =>
    prefixRange(address, prefixLength),
  );
}
