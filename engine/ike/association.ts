/**
 * One IKE SA whose messages can be opened. Only messages whose checksum is right change anything.
 */
import { DiagnosticList } from '../../dissectors/core/diagnostic.ts';
import { equalBytes } from '../../dissectors/core/bytes.ts';
import { IKEV2_FLAG, ikev2Payloads } from '../../dissectors/ike/index.ts';
import type { EncryptedPlace, IkeHeader, Ikev2Payload } from '../../dissectors/ike/index.ts';
import type { OpenedIke } from '../../dissectors/layer.ts';
import { payloadOctets } from '../crypto/ike-cipher.ts';
import type { IkeCipher, IkePlaintext } from '../crypto/ike-cipher.ts';
import { firstSkeyseed } from './derivation.ts';
import type { DerivationInput } from './derivation.ts';
import type { IkeExchangeMessage, IkeMessageOfSession } from './exchange.ts';
import { IkeFollower } from './follower.ts';
import type { IkeSink, KnownKeys, Rekeyed, Seed } from './follower.ts';
import { IkeFragments } from './fragments.ts';
import { MessageKeys } from './message-keys.ts';
import type { IkeSecret } from './secret.ts';
import { fittingSecrets } from './shared-secrets.ts';
import type { PublicValues } from './shared-secrets.ts';
import type { Suite } from './suite.ts';

/** Ways to read IKE_SA_INIT that are kept until a message shows which one is right. */
const MAX_CANDIDATES = 32;

/** Codes of a chain that was not made by encrypting payloads. */
const NOT_A_CHAIN: ReadonlySet<string> = new Set([
  'IKE_PAYLOAD_LENGTH',
  'IKE_TRAILING',
  'IKE_LIMIT',
  'IKE_PAYLOAD_UNKNOWN',
  'IKE_PAYLOAD_MALFORMED',
  'IKE_CRITICAL',
]);

const NOTHING = new Uint8Array(0);

type Addresses = Pick<IkeExchangeMessage, 'source' | 'destination'>;

/** What the keys made of an encrypted payload. */
interface Decrypted {
  readonly plain: IkePlaintext;
  readonly cipher: IkeCipher;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && equalBytes(a, 0, b, 0, a.length);
}

/** Payloads in decrypted octets, and whether they look like what somebody encrypted. */
function chainOf(
  first: number,
  octets: Uint8Array,
): { payloads: readonly Ikev2Payload[]; isSound: boolean } {
  const found = new DiagnosticList();
  const { payloads } = ikev2Payloads.decode(first, octets, 0, octets.length, found);
  return { payloads, isSound: !found.items.some(({ code }) => NOT_A_CHAIN.has(code)) };
}

/** An IKE SA. */
export class IkeAssociation {
  readonly initiatorSpi: Uint8Array;
  readonly responderSpi: Uint8Array;
  /** What its messages say. */
  readonly follower: IkeFollower;
  readonly #secret: IkeSecret;
  readonly #sink: IkeSink;
  /** Keys without IKE_SA_INIT: those that were given, or those of the IKE SA before. */
  readonly #base: KnownKeys;
  /** Keys with each IKE_SA_INIT that was seen, the likeliest first; only one once a message was verified. */
  #candidates: readonly KnownKeys[] = [];
  #isVerified = false;
  readonly #fragments = new IkeFragments();

  constructor(
    secret: IkeSecret,
    initiatorSpi: Uint8Array,
    responderSpi: Uint8Array,
    sink: IkeSink,
  ) {
    this.#secret = secret;
    this.initiatorSpi = initiatorSpi;
    this.responderSpi = responderSpi;
    this.#sink = sink;
    this.#base = {
      keys: new MessageKeys(secret, sink.notices),
      input: undefined,
      from: undefined,
    };
    this.follower = new IkeFollower(secret, sink, () => this.#candidates[0] ?? this.#base);
  }

  /** Whether a message was verified: then it is no invention of somebody without keys. */
  get isVerified(): boolean {
    return this.#isVerified;
  }

  /**
   * Takes what IKE_SA_INIT agreed on. It is not protected and anybody may send one, so several are kept until a
   * message is verified with the keys of one; after that nothing can change it.
   */
  agree(suite: Suite, input: DerivationInput, values: PublicValues): void {
    const known = this.#candidates;
    if (this.#isVerified || known.length >= MAX_CANDIDATES) return;
    const isKnown = known.some(
      (candidate) =>
        candidate.input !== undefined &&
        isSame(candidate.input.initiatorNonce, input.initiatorNonce) &&
        isSame(candidate.input.responderNonce, input.responderNonce),
    );
    if (isKnown) return;
    const { prf } = suite;
    const { skeyseed, sharedSecrets = [] } = this.#secret;
    const fitting =
      skeyseed !== undefined || prf === undefined
        ? []
        : fittingSecrets(sharedSecrets, values, this.#sink.usedSecrets).map((from): Seed => {
            return { from, skeyseed: firstSkeyseed(prf, from.secret.reveal(), input) };
          });
    const added = this.#candidatesOf(suite, input, fitting, input);
    this.#candidates = [...known, ...added].slice(0, MAX_CANDIDATES);
  }

  /** Takes what an exchange of the IKE SA before it agreed on. */
  agreeRekeyed({ suite, input, seeds }: Rekeyed): void {
    if (this.#isVerified) return;
    this.#candidates = this.#candidatesOf(suite, input, seeds, undefined).slice(0, MAX_CANDIDATES);
  }

  /** Keys for each seed; without any those that were given. */
  #candidatesOf(
    suite: Suite,
    input: DerivationInput,
    seeds: readonly Seed[],
    nonces: DerivationInput | undefined,
  ): KnownKeys[] {
    const all: readonly (Seed | undefined)[] = seeds.length === 0 ? [undefined] : seeds;
    return all.map((seed) => {
      const keys = new MessageKeys(this.#secret, this.#sink.notices);
      keys.agree(suite, input, seed?.skeyseed);
      return { keys, input: nonces, from: seed?.from };
    });
  }

  /** Opens the encrypted payload of the message at `message`, and follows what it says. */
  open(
    bytes: Uint8Array,
    message: number,
    place: EncryptedPlace,
    header: IkeHeader,
    addresses: Addresses,
  ): OpenedIke | undefined {
    const isInitiator = (header.flags & IKEV2_FLAG.initiator) !== 0;
    const decrypted = this.#decrypt(bytes, message, place, isInitiator);
    if (decrypted === undefined) return undefined;
    const { plain, cipher } = decrypted;
    const { file, line } = this.#secret.origin;
    const opened: OpenedIke = {
      ...plain,
      ivLength: cipher.ivLength,
      icvLength: cipher.icvLength,
      association: `${file}:${line}`,
    };
    const octets = plain.bytes.subarray(0, Math.max(0, payloadOctets(plain.bytes)));
    const received = { header, isInitiator, ...addresses };
    return place.fragment === undefined
      ? this.#whole(opened, octets, place.firstPayload, received)
      : this.#fragment(opened, octets, place, received);
  }

  /** Opens an encrypted payload with the first keys that verify it, else with the first that can. */
  #decrypt(
    bytes: Uint8Array,
    message: number,
    { body, end }: EncryptedPlace,
    isInitiator: boolean,
  ): Decrypted | undefined {
    let first: Decrypted | undefined;
    for (const known of this.#candidates.length === 0 ? [this.#base] : this.#candidates) {
      const cipher = known.keys.cipher(isInitiator);
      const plain = cipher?.open(bytes, message, body, end);
      if (cipher === undefined || plain === undefined) continue;
      first ??= { plain, cipher };
      if (plain.icv !== 'good') continue;
      if (known !== this.#base) this.#candidates = [known];
      if (known.from !== undefined) this.#sink.usedSecrets.add(known.from);
      this.#isVerified = true;
      return { plain, cipher };
    }
    return first;
  }

  #whole(
    opened: OpenedIke,
    octets: Uint8Array,
    firstPayload: number,
    received: Omit<IkeMessageOfSession, 'payloads'>,
  ): OpenedIke | undefined {
    const { payloads, isSound } = chainOf(firstPayload, octets);
    if (opened.icv === 'good') {
      this.follower.receive({ ...received, payloads });
      return opened;
    }
    // Without a right checksum only payloads that fit tell a right key from a wrong one.
    const isReadable = isSound && payloads.length > 0;
    if (opened.icv === 'bad') return isReadable ? opened : { ...opened, bytes: NOTHING };
    if (!isReadable) return undefined;
    this.follower.receive({ ...received, payloads });
    return opened;
  }

  #fragment(
    opened: OpenedIke,
    octets: Uint8Array,
    { fragment, firstPayload }: EncryptedPlace,
    received: Omit<IkeMessageOfSession, 'payloads'>,
  ): OpenedIke {
    if (opened.icv === 'bad') return { ...opened, bytes: NOTHING };
    // A fragment that nobody can vouch for could only disturb the others.
    if (opened.icv !== 'good' || fragment === undefined) return opened;
    const { header } = received;
    const direction = header.flags & (IKEV2_FLAG.initiator | IKEV2_FLAG.response);
    const reassembled = this.#fragments.add({
      message: `${direction}:${header.messageId}`,
      ...fragment,
      firstPayload,
      payloads: octets.slice(),
    });
    if (reassembled === undefined) return opened;
    const { payloads } = chainOf(reassembled.firstPayload, reassembled.bytes);
    this.follower.receive({ ...received, payloads });
    return { ...opened, reassembled };
  }
}
