/**
 * The return routability procedure with one correspondent, for one home address: both tests, and the tokens that they gave.
 * RFC 6275 sections 5.2.5, 5.2.7, 11.6.1 and 11.6.2.
 */
import { isSameAddress } from '../../../dissectors/core/address.ts';
import type { ReceivedMessage } from '../../mobility/mobility-endpoint.ts';
import type { HomeAddressView, MobileNodeContext } from '../mobile-node-parts.ts';
import { KeygenTest } from './keygen-test.ts';
import type { KeygenToken } from './keygen-test.ts';

/** What a procedure is made of. */
export interface ReturnRoutabilityOptions {
  readonly context: MobileNodeContext;
  readonly correspondent: Uint8Array;
  readonly home: HomeAddressView;
  readonly onToken: () => void;
  /** See {@link KeygenTest}. */
  readonly onSilence: (transmissions: number) => boolean;
}

/** What an update is proved with. */
export interface Tokens {
  readonly homeToken: KeygenToken;
  /** Undefined for a deletion, which the home token alone proves. RFC 6275 section 5.2.6. */
  readonly careOfToken: KeygenToken | undefined;
}

/** Both tests. */
export class ReturnRoutability {
  readonly #home: HomeAddressView;
  readonly #homeTest: KeygenTest;
  readonly #careOfTest: KeygenTest;
  #careOfAddress: Uint8Array | undefined;

  constructor(options: ReturnRoutabilityOptions) {
    const { context, correspondent, home } = options;
    const { mobility } = context.host;
    this.#home = home;
    this.#homeTest = new KeygenTest({
      ...options,
      mhType: 1,
      send: (homeInitCookie) => {
        // By way of the tunnel, as all that the home address sends. RFC 6275 section 11.6.1.
        mobility.send({
          source: home.address,
          destination: correspondent,
          bypassesBindings: false,
          message: { kind: 'home-test-init', homeInitCookie },
        });
      },
    });
    this.#careOfTest = new KeygenTest({
      ...options,
      mhType: 2,
      send: (careOfInitCookie) => {
        const source = this.#careOfAddress;
        if (source === undefined) return;
        const message = { kind: 'care-of-test-init', careOfInitCookie } as const;
        mobility.send({ source, destination: correspondent, message });
      },
    });
  }

  /** Care-of address of the care-of test and of its token; undefined = at home. */
  get careOfAddress(): Uint8Array | undefined {
    return this.#careOfAddress;
  }

  /** A token for another care-of address is of no use. RFC 6275 section 5.2.5. */
  set careOfAddress(address: Uint8Array | undefined) {
    if (!isSameAddress(this.#careOfAddress, address)) this.#careOfTest.forget();
    this.#careOfAddress = address;
  }

  /** Tokens that may be used now; undefined = one of them is missing. */
  tokens(isDeletion: boolean): Tokens | undefined {
    const homeToken = this.#homeTest.token;
    const careOfToken = isDeletion ? undefined : this.#careOfTest.token;
    if (homeToken === undefined || (careOfToken === undefined && !isDeletion)) return undefined;
    return { homeToken, careOfToken };
  }

  /** Asks for what is missing, both at once. RFC 6275 sections 5.2.7 and 11.6.1. */
  start(isDeletion: boolean): void {
    if (this.#homeTest.token === undefined) this.#homeTest.start();
    if (!isDeletion && this.#careOfTest.token === undefined) this.#careOfTest.start();
  }

  /** Asks no more; tokens stay. */
  stop(): void {
    this.#homeTest.stop();
    this.#careOfTest.stop();
  }

  /** These tokens are of no use any more. */
  forget(which: { readonly home: boolean; readonly careOf: boolean }): void {
    if (which.home) this.#homeTest.forget();
    if (which.careOf) this.#careOfTest.forget();
  }

  /** Whether the test that an Init with this cookie asked for is waited for. */
  isAwaiting(kind: 'home-test-init' | 'care-of-test-init', cookie: Uint8Array): boolean {
    return (kind === 'home-test-init' ? this.#homeTest : this.#careOfTest).isAwaiting(cookie);
  }

  homeTest({ packet, message }: ReceivedMessage<'home-test'>): void {
    // RFC 6275 section 11.6.2: through the tunnel, where there is one.
    if ((this.#home.tunnel === undefined) !== (packet.tunnels.length === 0)) return;
    const { homeInitCookie, homeKeygenToken, homeNonceIndex } = message;
    this.#homeTest.answered(homeInitCookie, homeKeygenToken, homeNonceIndex);
  }

  careOfTest({ packet, message }: ReceivedMessage<'care-of-test'>): void {
    const isDirect = packet.tunnels.length === 0 && packet.type2RoutingHeader === undefined;
    if (!isDirect || !isSameAddress(packet.destination, this.#careOfAddress)) return;
    const { careOfInitCookie, careOfKeygenToken, careOfNonceIndex } = message;
    this.#careOfTest.answered(careOfInitCookie, careOfKeygenToken, careOfNonceIndex);
  }
}
