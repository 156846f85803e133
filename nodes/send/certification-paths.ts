/**
 * Certificates that a trust anchor vouches for, and what they allow. RFC 3971 section 6.3, RFC 6494, RFC 3779 section 2.3.
 */
import { isCovered } from '../../engine/crypto/address-blocks.ts';
import type { AddressRange } from '../../engine/crypto/address-blocks.ts';
import { SEND_ROUTER_PURPOSE, isIssuedBy, isSameOctets } from '../../engine/crypto/certificate.ts';
import type { Certificate } from '../../engine/crypto/certificate.ts';
import type { Scheduler } from '../../engine/ports.ts';

/** Verified certificates that are kept beside the anchors; who was of no use for longest goes. */
const MAX_CERTIFICATES = 64;
/** Certificates between an anchor and a router at most. */
const MAX_DEPTH = 8;

/** A certificate with what follows from those above it. */
interface Authority {
  readonly certificate: Certificate;
  /** Its own, or those it inherits. */
  readonly addresses: readonly AddressRange[];
  /** Seconds since 1970: of the whole path. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Authorities that may follow below. */
  readonly pathLeft: number;
}

/** What became of a certificate. `later`: nothing is known that could have issued it. */
export type CertificateVerdict =
  | { readonly kind: 'taken'; readonly isRouter: boolean }
  | { readonly kind: 'known' }
  | { readonly kind: 'later'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string };

/** What paths are made of. */
export interface CertificationPathsOptions {
  readonly scheduler: Pick<Scheduler, 'wallClock'>;
  readonly anchors: readonly Certificate[];
  /**
   * The certificate of a router has to say that it is one of a router for SEND (RFC 6494 section 7). Default true; false
   * takes certificates of the profile of RFC 3971 as well.
   */
  readonly requiresRouterPurpose?: boolean;
}

const refused = (reason: string): CertificateVerdict => ({ kind: 'refused', reason });

/** Trust anchors and what was verified with them. */
export class CertificationPaths {
  readonly #options: CertificationPathsOptions;
  readonly #anchors: readonly Authority[];
  readonly #verified = new Set<Authority>();

  /** @throws RangeError for an anchor that cannot vouch for anybody */
  constructor(options: CertificationPathsOptions) {
    this.#options = options;
    this.#anchors = options.anchors.map((certificate, index) => {
      const { addresses, isAuthority, notBefore, notAfter, pathLength } = certificate;
      const place = `trust anchor ${index + 1}`;
      if (!isAuthority) throw new RangeError(`${place}: expected a certificate of an authority`);
      if (addresses === undefined || addresses === 'inherit') {
        throw new RangeError(
          `${place}: expected IPv6 addresses that it may delegate (RFC 3779); ::/0 stands for all`,
        );
      }
      const pathLeft = Math.min(MAX_DEPTH, pathLength);
      return { certificate, addresses, notBefore, notAfter, pathLeft };
    });
  }

  /** Certificates that are kept, anchors not counted. */
  get size(): number {
    return this.#verified.size;
  }

  get anchors(): readonly Certificate[] {
    return this.#anchors.map(({ certificate }) => certificate);
  }

  /** Takes a certificate when an anchor, or what was taken before, has issued it. Section 6.4.6. */
  add(certificate: Certificate): CertificateVerdict {
    const isKnown = [...this.#anchors, ...this.#verified].some((each) =>
      isSameOctets(each.certificate.der, certificate.der),
    );
    if (isKnown) return { kind: 'known' };
    const now = this.#options.scheduler.wallClock;
    if (now > certificate.notAfter) return refused('the certificate is expired');
    if (now < certificate.notBefore) return refused('the certificate is not valid yet');
    const named = [...this.#anchors, ...this.#verified].filter((each) =>
      isSameOctets(each.certificate.subject, certificate.issuer),
    );
    if (named.length === 0) return { kind: 'later', reason: 'no trust anchor leads to its issuer' };
    const issuer = named.find((each) => isIssuedBy(certificate, each.certificate));
    if (issuer === undefined) return refused('the signature is not that of the issuer');
    const authority = this.#below(issuer, certificate, now);
    if (typeof authority === 'string') return refused(authority);
    this.#keep(authority, now);
    return { kind: 'taken', isRouter: this.#isRouter(certificate) };
  }

  /** Whether a router with this key is authorised to anything now. */
  isKnown(publicKey: Uint8Array): boolean {
    return this.#routersOf(publicKey).length > 0;
  }

  /** Whether one certificate of the key allows all of the prefixes. RFC 3971 section 7.3. */
  allows(publicKey: Uint8Array, prefixes: readonly AddressRange[]): boolean {
    const found = this.#routersOf(publicKey).find(({ addresses }) =>
      prefixes.every((prefix) => isCovered(addresses, prefix)),
    );
    if (found === undefined) return false;
    this.#verified.delete(found);
    this.#verified.add(found);
    return true;
  }

  #routersOf(publicKey: Uint8Array): Authority[] {
    const now = this.#options.scheduler.wallClock;
    return [...this.#verified].filter(
      ({ certificate, notBefore, notAfter }) =>
        this.#isRouter(certificate) &&
        notBefore <= now &&
        now <= notAfter &&
        isSameOctets(certificate.publicKey, publicKey),
    );
  }

  #isRouter({ purposes, isAuthority, maySign }: Certificate): boolean {
    if (isAuthority || !maySign) return false;
    // RFC 6494 section 7: who has purposes and not this one is none.
    if (purposes !== undefined) return purposes.includes(SEND_ROUTER_PURPOSE);
    return this.#options.requiresRouterPurpose === false;
  }

  /** RFC 5280 section 6.1, RFC 3779 section 2.3. @returns what is wrong */
  #below(issuer: Authority, certificate: Certificate, now: number): Authority | string {
    if (!issuer.certificate.isAuthority) return 'the issuer is no authority';
    if (now > issuer.notAfter || now < issuer.notBefore) {
      return 'the certificate of the issuer is expired, or not valid yet';
    }
    if (certificate.isAuthority && issuer.pathLeft < 1) return 'the path is too long';
    const { addresses: own } = certificate;
    if (own === undefined) return 'the certificate delegates no IPv6 addresses (RFC 3779)';
    const addresses = own === 'inherit' ? issuer.addresses : own;
    if (!addresses.every((each) => isCovered(issuer.addresses, each))) {
      return 'the certificate delegates addresses that its issuer does not have';
    }
    if (!certificate.isAuthority && !this.#isRouter(certificate)) {
      return 'the certificate is not one of a router (RFC 6494 section 7)';
    }
    return {
      certificate,
      addresses,
      notBefore: Math.max(issuer.notBefore, certificate.notBefore),
      notAfter: Math.min(issuer.notAfter, certificate.notAfter),
      pathLeft: Math.min(issuer.pathLeft - 1, certificate.pathLength),
    };
  }

  #keep(authority: Authority, now: number): void {
    for (const each of this.#verified) if (each.notAfter < now) this.#verified.delete(each);
    if (this.#verified.size >= MAX_CERTIFICATES) {
      const [oldest] = this.#verified;
      if (oldest !== undefined) this.#verified.delete(oldest);
    }
    this.#verified.add(authority);
  }
}
