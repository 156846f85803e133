/**
 * The sender's side of secure neighbor discovery: addresses that are generated from a key, and router advertisements that
 * are signed with it. RFC 3971 sections 5.1.1, 5.2.1 and 5.3.3, RFC 3972.
 */
import { isSameAddress } from '../../dissectors/core/address.ts';
import { u8 } from '../../dissectors/core/bytes.ts';
import { DiagnosticList } from '../../dissectors/core/diagnostic.ts';
import { decodeIcmpv6, encodeIcmpv6, findNdOption } from '../../dissectors/icmpv6/index.ts';
import type { Icmpv6MessageOf, NdOption } from '../../dissectors/icmpv6/index.ts';
import { generateAddress } from '../../engine/crypto/cga.ts';
import type { GeneratedAddress } from '../../engine/crypto/cga.ts';
import { keyHash, sendSignedOctets } from '../../engine/crypto/send-signature.ts';
import type { SigningKey } from '../../engine/crypto/signature.ts';
import type { Scheduler } from '../../engine/ports.ts';
import { discoveryPacket } from '../interface/neighbor-discovery.ts';
import type { LinkMessage } from '../interface/network-interface.ts';
import type { AdvertisementSigner } from '../interface/router-advertiser.ts';
import { encodeTimestamp } from './freshness.ts';

/** CGA Parameters before the public key. RFC 3972 section 3. */
const MODIFIER_OCTETS = 16;
const COLLISION_COUNT = 24;
const KEY_OFFSET = 25;
/** Octets of options around parameters and signature, padding included; timestamp and the longest nonce that is answered. */
const CGA_OVERHEAD = 4 + 7;
const SIGNATURE_OVERHEAD = 20 + 7;
const TIMESTAMP_OCTETS = 16;
const MAX_NONCE_OPTION_OCTETS = 40;
const LINK_LOCAL_PREFIX = Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0);

/** What a signer is made of. */
export interface SendSignerOptions {
  readonly key: SigningKey;
  readonly scheduler: Pick<Scheduler, 'wallClock'>;
  /**
   * 16 octets that the search for the address begins with. Default: made of the key, so that a router keeps its address;
   * RFC 3972 section 4 wants a random one for those who do not want to be known again.
   */
  readonly modifier?: Uint8Array;
  /** Sec, 0 to 2; default 0. RFC 3972 section 4: each step takes 65536 times as long. */
  readonly security?: number;
}

/** Signs with one key, for one link-local address. */
export class SendSigner implements AdvertisementSigner {
  readonly addedOctets: number;
  readonly #options: SendSignerOptions;
  readonly #generated: GeneratedAddress;

  /** @throws RangeError for a Sec that nobody can wait for */
  constructor(options: SendSignerOptions) {
    const { key, modifier = keyHash(key.publicKey), security = 0 } = options;
    this.#options = options;
    this.#generated = generateAddress({
      prefix: LINK_LOCAL_PREFIX,
      publicKey: key.publicKey,
      modifier,
      security,
    });
    this.addedOctets =
      CGA_OVERHEAD +
      this.#generated.parameters.length +
      SIGNATURE_OVERHEAD +
      key.signatureOctets +
      TIMESTAMP_OCTETS +
      MAX_NONCE_OPTION_OCTETS;
  }

  /** The link-local address that the key speaks for. */
  get linkLocal(): Uint8Array {
    return this.#generated.address;
  }

  canSignFor(address: Uint8Array): boolean {
    return isSameAddress(address, this.linkLocal);
  }

  packet(
    message: Icmpv6MessageOf<'router-advertisement'>,
    source: Uint8Array,
    destination: Uint8Array,
    solicitation: LinkMessage | undefined,
  ): Uint8Array {
    const { key, scheduler } = this.#options;
    const nonce = solicitation === undefined ? undefined : nonceOf(solicitation);
    const options: NdOption[] = [
      ...message.options,
      cgaOption(this.#generated.parameters),
      { kind: 'timestamp', timestamp: encodeTimestamp(scheduler.wallClock) },
      ...(nonce === undefined ? [] : [{ kind: 'nonce' as const, nonce }]),
    ];
    const unsigned = encodeIcmpv6({ ...message, options }, { source, destination });
    const data = sendSignedOctets(source, destination, unsigned, 0, unsigned.length);
    options.push({
      kind: 'rsa-signature',
      keyHash: keyHash(key.publicKey),
      signature: key.sign(data),
    });
    return discoveryPacket({ ...message, options }, source, destination);
  }
}

/** CGA option. RFC 3971 section 5.1. */
export function cgaOption(parameters: Uint8Array): NdOption {
  const padLength = (8 - ((4 + parameters.length) % 8)) % 8;
  return {
    kind: 'cga',
    padLength,
    modifier: parameters.slice(0, MODIFIER_OCTETS),
    subnetPrefix: parameters.slice(MODIFIER_OCTETS, COLLISION_COUNT),
    collisionCount: u8(parameters, COLLISION_COUNT),
    publicKeyAndExtensions: parameters.slice(KEY_OFFSET),
    padding: new Uint8Array(padLength),
  };
}

/** Nonce of a solicitation, when it is one that can be answered. RFC 3971 section 5.3.2: 6 octets at least. */
function nonceOf({ payload }: LinkMessage): Uint8Array | undefined {
  const message = decodeIcmpv6(payload, 0, payload.length, new DiagnosticList());
  if (message?.kind !== 'router-solicitation') return undefined;
  const nonce = findNdOption(message.options, 'nonce')?.nonce;
  const octets = nonce?.length ?? 0;
  return octets >= 6 && octets + 2 <= MAX_NONCE_OPTION_OCTETS ? nonce : undefined;
}
