/**
 * A home address of a mobile node, and where its tunnel ends. RFC 6275 sections 11.3.1 and 11.4.2, RFC 3776 section 4.3.
 */
import { prefixMatches } from '../../dissectors/core/address.ts';
import type { Prefix } from '../../dissectors/core/address.ts';
import type { Host } from '../ip/host.ts';
import type { TunnelEnds } from '../ip/packet.ts';
import type { BindingUpdateListEntry } from './binding-update-list.ts';
import { HomeAgents } from './home-agents.ts';
import type {
  HomeAddressConfiguration,
  HomeAddressView,
  RegistrationState,
} from './mobile-node-parts.ts';

const DEFAULT_PREFIX_LENGTH = 64;

/** What a home address is made of. */
export interface HomeAddressOptions {
  readonly host: Host;
  readonly configuration: HomeAddressConfiguration;
  /** The tunnel may be used before the first registration is acknowledged. */
  readonly isOptimistic: boolean;
  readonly keepIpsecAtHome: boolean;
}

/** One home address. */
export class HomeAddress implements HomeAddressView {
  readonly address: Uint8Array;
  readonly prefixLength: number;
  readonly agents: HomeAgents;
  state: RegistrationState = 'none';
  /** Milliseconds of the scheduler. */
  validUntil = Infinity;
  registrationEndsAt = 0;
  readonly #options: HomeAddressOptions;
  #tunnel: TunnelEnds | undefined;
  #hasLinkLocal = false;

  constructor(options: HomeAddressOptions) {
    const { configuration } = options;
    this.#options = options;
    this.address = configuration.address.slice();
    this.prefixLength = configuration.prefixLength ?? DEFAULT_PREFIX_LENGTH;
    this.agents = new HomeAgents(configuration.homeAgents ?? [], () => this.prefix);
  }

  get prefix(): Prefix {
    const bytes = this.address.map((octet, at) => {
      const kept = Math.min(Math.max(this.prefixLength - 8 * at, 0), 8);
      return octet & (0xff00 >>> kept);
    });
    return { bytes, length: this.prefixLength };
  }

  get homeAgent(): Uint8Array | undefined {
    return this.#tunnel?.remote ?? this.agents.current;
  }

  get tunnelCareOfAddress(): Uint8Array | undefined {
    return this.state === 'home' ? undefined : this.#tunnel?.local;
  }

  /** Ends of the tunnel; undefined = there is none. */
  get tunnel(): TunnelEnds | undefined {
    return this.#tunnel;
  }

  /** Whether the registration was made with L. */
  get isLinkLocalRegistered(): boolean {
    return this.#hasLinkLocal;
  }

  /**
   * Whether L is set: the link-local address has the interface identifier of the home address, and that is not a temporary
   * one. RFC 6275 section 11.7.1.
   */
  hasLinkLocal(linkLocal: Uint8Array): boolean {
    this.#hasLinkLocal =
      this.#options.configuration.isTemporary !== true &&
      prefixMatches(linkLocal.subarray(8), 64, this.address, 8);
    return this.#hasLinkLocal;
  }

  /**
   * An update with a care-of address has left: packets follow it at once, when there is a binding already.
   * RFC 3776 section 4.3.
   */
  sent(careOfAddress: Uint8Array, homeAgent: Uint8Array): void {
    if (this.state === 'registered' || this.#options.isOptimistic) {
      this.#move(careOfAddress, homeAgent);
    }
  }

  registered(careOfAddress: Uint8Array, homeAgent: Uint8Array, endsAt: number): void {
    this.state = 'registered';
    this.registrationEndsAt = endsAt;
    this.#move(careOfAddress, homeAgent);
  }

  /** The update was rejected: the tunnel is where it was before, if it was. */
  reverted(bound: BindingUpdateListEntry | undefined): void {
    const careOfAddress = bound?.acknowledgedCareOfAddress;
    if (bound !== undefined && careOfAddress !== undefined) {
      this.#move(careOfAddress, bound.destination);
    } else this.#tunnel = undefined;
  }

  /**
   * No registration any more. Policies stay as they are: what they protect is discarded, not sent in clear.
   */
  lost(state: RegistrationState): void {
    this.state = state;
    this.registrationEndsAt = 0;
    this.#tunnel = undefined;
  }

  /** The home agent has acknowledged that there is no binding; the node is away. */
  unbound(): void {
    this.lost('none');
  }

  /** At home, acknowledged: only now does the protection of the tunnel rest, unless it is kept. RFC 3776 section 4.2. */
  cameHome(): void {
    const { host, keepIpsecAtHome } = this.#options;
    const homeAgent = this.homeAgent;
    this.lost('home');
    if (keepIpsecAtHome && homeAgent !== undefined) {
      this.#tunnel = { local: this.address, remote: homeAgent, homeAddress: this.address };
    }
    host.ipsec?.moveTunnel(this.address, this.#tunnel);
  }

  #move(local: Uint8Array, remote: Uint8Array): void {
    this.#tunnel = { local, remote, homeAddress: this.address };
    this.#options.host.ipsec?.moveTunnel(this.address, this.#tunnel);
  }
}
