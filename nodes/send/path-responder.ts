/**
 * A router that tells its certification path to who asks. RFC 3971 section 6.4.5.
 */
import { isLinkLocal, isUnspecified } from '../../dissectors/core/address.ts';
import type { Icmpv6MessageOf, NdOption } from '../../dissectors/icmpv6/index.ts';
import { isSameOctets } from '../../engine/crypto/certificate.ts';
import type { Certificate } from '../../engine/crypto/certificate.ts';
import type { ScheduledAction } from '../../engine/ports.ts';
import { ALL_NODES, solicitedNodeGroup } from '../interface/link-address.ts';
import type { NetworkInterface } from '../interface/network-interface.ts';
import type { Host } from '../ip/host.ts';
import type { InboundPacket } from '../ip/packet.ts';
import { TokenBucket } from '../node-log.ts';
import { ALL_CERTIFICATES, MAX_CPA_RATE, SHA1_KEY_IDENTIFIER, X501_NAME } from './constants.ts';

const NEIGHBOR_DISCOVERY_HOP_LIMIT = 255;
/** Cert Type. RFC 3971 section 6.4.4. */
const X509_CERTIFICATE = 1;
/** Milliseconds between answers to everybody, when there are too many askers. */
const SHARED_ANSWER_WAIT = 1000;

/** What a responder is made of. */
export interface PathResponderOptions {
  readonly host: Host;
  /** Links that are advertised on. */
  readonly links: readonly NetworkInterface[];
  /** From the one that the anchor has issued down to the router's own; the anchor's may come first and is not sent. */
  readonly certificates: readonly Certificate[];
}

type Solicitation = Icmpv6MessageOf<'certification-path-solicitation'>;

/** Answers Certification Path Solicitations. */
export class PathResponder {
  readonly #options: PathResponderOptions;
  readonly #path: readonly Certificate[];
  readonly #anchor: Certificate | undefined;
  readonly #limit: TokenBucket;
  /** Answers to everybody that are due, by link. */
  readonly #shared = new Map<NetworkInterface, ScheduledAction>();

  /** @throws RangeError for certificates of which one is not issued by the one before it */
  constructor(options: PathResponderOptions) {
    const { certificates, host } = options;
    for (const [index, certificate] of certificates.entries()) {
      const above = certificates[index - 1];
      if (above !== undefined && !isSameOctets(above.subject, certificate.issuer)) {
        throw new RangeError(
          `certificate ${index + 1}: expected one that the one before it has issued`,
        );
      }
    }
    const [first] = certificates;
    const hasAnchor = first !== undefined && isSameOctets(first.subject, first.issuer);
    this.#options = options;
    this.#anchor = hasAnchor ? first : undefined;
    this.#path = hasAnchor ? certificates.slice(1) : certificates;
    this.#limit = new TokenBucket(MAX_CPA_RATE, MAX_CPA_RATE, host.scheduler.now);
    host.icmpv6.handle('certification-path-solicitation', (packet, message) => {
      this.#receive(packet, message);
    });
  }

  close(): void {
    for (const action of this.#shared.values()) action.cancel();
    this.#shared.clear();
  }

  #receive(packet: InboundPacket, message: Solicitation): void {
    const { interface: link, wireSource, hopLimit, tunnels } = packet;
    const { host, links } = this.#options;
    if (link === undefined || !links.includes(link)) return;
    const isOfLink = hopLimit === NEIGHBOR_DISCOVERY_HOP_LIMIT && tunnels.length === 0;
    const isFromNobody = isUnspecified(wireSource);
    if (!isOfLink || message.code !== 0 || (!isFromNobody && !isLinkLocal(wireSource))) return;
    if (message.options.some(({ kind }) => kind === 'malformed') || message.identifier === 0)
      return;
    if (!this.#limit.take(host.scheduler.now)) {
      this.#answerAll(link);
      return;
    }
    const path = this.#leadsTo(message.options) ? this.#path : [];
    const anchors = message.options.filter(({ kind }) => kind === 'trust-anchor').slice(0, 1);
    const destination = isFromNobody ? ALL_NODES : solicitedNodeGroup(wireSource);
    const identifier = isFromNobody ? 0 : message.identifier;
    this.#send(link, destination, identifier, message.component, path, anchors);
  }

  /** Section 6.4.5: more than MAX_CPA_RATE askers are answered together. */
  #answerAll(link: NetworkInterface): void {
    if (this.#shared.has(link)) return;
    const action = this.#options.host.scheduler.after(SHARED_ANSWER_WAIT, () => {
      this.#shared.delete(link);
      this.#send(link, ALL_NODES, 0, ALL_CERTIFICATES, this.#path, []);
    });
    this.#shared.set(link, action);
  }

  /** Whether the path begins at one of the anchors. RFC 3971 section 6.4.5, RFC 6495 section 4. */
  #leadsTo(options: readonly NdOption[]): boolean {
    const issuer = this.#path[0]?.issuer;
    const identifier = this.#anchor?.subjectKeyIdentifier;
    return options.some((option) => {
      if (option.kind !== 'trust-anchor') return false;
      const { nameType, x501Name, keyIdentifier } = option;
      if (nameType === X501_NAME) return isSame(x501Name, issuer);
      return nameType === SHA1_KEY_IDENTIFIER && isSame(keyIdentifier, identifier);
    });
  }

  /** Section 6.4.2: the first component has the highest number, the router's own certificate has 0. */
  #send(
    link: NetworkInterface,
    destination: Uint8Array,
    identifier: number,
    component: number,
    path: readonly Certificate[],
    anchors: readonly NdOption[],
  ): void {
    if (!link.owns(link.linkLocal)) return;
    const pieces: { readonly component: number; readonly options: NdOption[] }[] = path
      .map(({ der }, index) => ({
        component: path.length - 1 - index,
        options: [
          ...(index === 0 ? anchors : []),
          {
            kind: 'certificate' as const,
            certificateType: X509_CERTIFICATE,
            certificate: der,
          },
        ],
      }))
      .filter((piece) => component === ALL_CERTIFICATES || piece.component === component);
    if (path.length === 0) pieces.push({ component: 0, options: [...anchors] });
    for (const piece of pieces) {
      this.#options.host.icmpv6.send(
        {
          kind: 'certification-path-advertisement',
          code: 0,
          identifier,
          allComponents: path.length,
          ...piece,
        },
        {
          source: link.linkLocal,
          destination,
          hopLimit: NEIGHBOR_DISCOVERY_HOP_LIMIT,
          bypassesBindings: true,
          bypassesPolicies: true,
          interface: link,
        },
      );
    }
  }
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && isSameOctets(a, b);
}
