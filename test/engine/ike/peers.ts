/**
 * Two peers that speak IKEv2 with known keys: messages as they are on the wire, and the ESP between them.
 */
import { randomBytes } from 'node:crypto';
import { parseAddress } from '../../../dissectors/core/address.ts';
import { putU16, putU32 } from '../../../dissectors/core/bytes.ts';
import { concatenate } from '../../../dissectors/core/layout.ts';
import {
  IKEV2_EXCHANGE,
  IKEV2_FLAG,
  IKEV2_NOTIFY,
  IKEV2_VERSION,
  encodeIke,
  ikev2Payloads,
} from '../../../dissectors/ike/index.ts';
import type { Ikev2Payload, Ikev2Transform } from '../../../dissectors/ike/index.ts';
import { IkeCipher } from '../../../engine/crypto/ike-cipher.ts';
import { EspContext } from '../../../engine/crypto/esp.ts';
import {
  NULL_INTEGRITY,
  findEncryption,
  findIntegrity,
} from '../../../engine/crypto/transforms.ts';
import type { EncryptionTransform, IntegrityTransform } from '../../../engine/crypto/transforms.ts';
import { prf, prfPlus, schedule } from './key-schedule.ts';
import type { ScheduleKeys } from './key-schedule.ts';

/** Address of a text. */
export function addressOf(text: string): Uint8Array {
  const octets = parseAddress(text);
  if (octets === undefined) throw new Error(`${text} is no address`);
  return octets;
}

function encryptionOf(name: string): EncryptionTransform {
  const found = findEncryption(name);
  if (found === undefined) throw new Error(name);
  return found;
}

function integrityOf(name: string): IntegrityTransform {
  const found = findIntegrity(name);
  if (found === undefined) throw new Error(name);
  return found;
}

/** Algorithms by transform ID, with what this program calls them. */
export interface Algorithms {
  readonly encryptionId: number;
  readonly encryption: string;
  /** Octets, salt included. */
  readonly keyLength: number;
  /** 0 = none. */
  readonly integrityId: number;
  readonly integrity: string;
}

export const AES_CBC_SHA256: Algorithms = {
  encryptionId: 12,
  encryption: 'AES-CBC',
  keyLength: 16,
  integrityId: 12,
  integrity: 'HMAC-SHA-256-128',
};
export const AES_GCM: Algorithms = {
  encryptionId: 20,
  encryption: 'AES-GCM-16',
  keyLength: 36,
  integrityId: 0,
  integrity: 'NULL',
};

/** Hash of a PRF by its transform ID. */
const PRF_HASHES: Readonly<Record<number, string>> = {
  1: 'md5',
  2: 'sha1',
  5: 'sha256',
  6: 'sha384',
  7: 'sha512',
};

function transform(type: number, id: number, bits?: number): Ikev2Transform {
  const value = new Uint8Array(2);
  if (bits !== undefined) putU16(value, 0, bits);
  const attributes = bits === undefined ? [] : [{ type: 14, format: true, value }];
  return { kind: 'transform', type, id, attributes };
}

/** A Security Association payload with one proposal. */
export function proposal(
  protocolId: number,
  spi: Uint8Array,
  algorithms: Algorithms,
  more: readonly Ikev2Transform[],
): Ikev2Payload {
  const { encryptionId, keyLength, integrityId, encryption } = algorithms;
  const { keyLengths, saltLength } = encryptionOf(encryption);
  const bits = keyLengths.length > 1 ? 8 * (keyLength - saltLength) : undefined;
  return {
    kind: 'securityAssociation',
    type: 33,
    proposals: [
      {
        kind: 'proposal',
        number: 1,
        protocolId,
        spi,
        transforms: [
          transform(1, encryptionId, bits),
          ...(integrityId === 0 ? [] : [transform(3, integrityId)]),
          ...more,
        ],
      },
    ],
  };
}

export const notify = (notifyType: number, data = new Uint8Array(0)): Ikev2Payload => ({
  kind: 'notify',
  type: 41,
  protocolId: 0,
  spiSize: 0,
  notifyType,
  spi: new Uint8Array(0),
  data,
});
const nonce = (octets: Uint8Array): Ikev2Payload => ({ kind: 'nonce', type: 40, nonce: octets });
const keyExchange = (data: Uint8Array): Ikev2Payload => ({
  kind: 'keyExchange',
  type: 34,
  group: 31,
  data,
});

/** A Traffic Selector payload of one address, or of all of its family. */
export function selector(
  type: 44 | 45,
  address: Uint8Array | 'any',
  protocolId = 0,
  port: number | 'any' = 'any',
): Ikev2Payload {
  const startAddress = address === 'any' ? new Uint8Array(16) : address;
  const endAddress = address === 'any' ? new Uint8Array(16).fill(255) : address;
  return {
    kind: type === 44 ? 'trafficSelectorInitiator' : 'trafficSelectorResponder',
    type,
    selectors: [
      {
        kind: startAddress.length === 4 ? 'ipv4Range' : 'ipv6Range',
        protocolId,
        startPort: port === 'any' ? 0 : port,
        endPort: port === 'any' ? 65_535 : port,
        startAddress,
        endAddress,
      },
    ],
  };
}

/** A message on the wire, and who sent it. */
export interface WireMessage {
  readonly bytes: Uint8Array;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
}

/** What a child SA is asked for. */
export interface ChildRequest {
  readonly initiatorSpi: number;
  readonly responderSpi: number;
  readonly algorithms?: Algorithms;
  readonly isTransport?: boolean;
  readonly selectors?: readonly [Ikev2Payload, Ikev2Payload];
  /** Shared secret of a Diffie-Hellman exchange of its own. */
  readonly sharedSecret?: Uint8Array;
  /** The responder of the IKE SA begins the exchange. */
  readonly isReversed?: boolean;
  readonly rekeyOf?: number;
}

/** Keys of a child SA, in the direction of its exchange. */
export interface ChildKeys {
  readonly toResponder: EspContext;
  readonly toInitiator: EspContext;
}

/** Octets of a number. */
export function spiOctets(spi: number): Uint8Array {
  const octets = new Uint8Array(4);
  putU32(octets, 0, spi);
  return octets;
}

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

/** One IKE SA between two peers. Nonces, keys and initialization vectors are random. */
export class Peers {
  initiator = addressOf('2001:db8:2::10');
  readonly responder = addressOf('2001:db8:1::1');
  readonly spiI: Uint8Array;
  readonly spiR: Uint8Array;
  readonly ni = random(32);
  readonly nr = random(32);
  readonly publicI = random(32);
  readonly publicR = random(32);
  readonly sharedSecret = random(32);
  readonly hash: string;
  readonly keys: ScheduleKeys;
  readonly algorithms: Algorithms;
  readonly prfId: number;
  /** Next Message ID of each side. */
  #ids = { initiator: 1, responder: 0 };

  constructor(
    algorithms: Algorithms = AES_CBC_SHA256,
    prfId = 5,
    rekeyed?: { spiI: Uint8Array; spiR: Uint8Array; keys: ScheduleKeys },
  ) {
    this.algorithms = algorithms;
    this.prfId = prfId;
    this.hash = PRF_HASHES[prfId] ?? 'sha256';
    this.spiI = rekeyed?.spiI ?? random(8);
    this.spiR = rekeyed?.spiR ?? random(8);
    this.keys = rekeyed?.keys ?? schedule(this.skeyseed, this.scheduleInput());
    if (rekeyed !== undefined) this.#ids = { initiator: 0, responder: 0 };
  }

  get skeyseed(): Uint8Array {
    return prf(this.hash, Buffer.concat([this.ni, this.nr]), this.sharedSecret);
  }

  scheduleInput() {
    const { hash, ni, nr, spiI, spiR, algorithms } = this;
    const { keyLength: encryptionLength, integrity } = algorithms;
    const integrityLength = integrityOf(integrity).keyLength;
    return { hash, ni, nr, spiI, spiR, integrityLength, encryptionLength };
  }

  #cipher(isInitiator: boolean): IkeCipher {
    const { skEi, skEr, skAi, skAr } = this.keys;
    const { encryption, integrity } = this.algorithms;
    return new IkeCipher({
      encryption: encryptionOf(encryption),
      encryptionKey: isInitiator ? skEi : skEr,
      integrity: integrityOf(integrity),
      integrityKey: isInitiator ? skAi : skAr,
    });
  }

  #wire(bytes: Uint8Array, isInitiator: boolean): WireMessage {
    const { initiator, responder } = this;
    return isInitiator
      ? { bytes, source: initiator, destination: responder }
      : { bytes, source: responder, destination: initiator };
  }

  /** IKE_SA_INIT. */
  init(): WireMessage[] {
    const suite = proposal(1, new Uint8Array(0), this.algorithms, [
      transform(2, this.prfId),
      transform(4, 31),
    ]);
    const message = (isInitiator: boolean): WireMessage =>
      this.#wire(
        encodeIke({
          version: 2,
          header: {
            initiatorSpi: this.spiI,
            responderSpi: isInitiator ? new Uint8Array(8) : this.spiR,
            version: IKEV2_VERSION,
            exchangeType: IKEV2_EXCHANGE.ikeSaInit,
            flags: isInitiator ? IKEV2_FLAG.initiator : IKEV2_FLAG.response,
            messageId: 0,
          },
          payloads: [
            suite,
            keyExchange(isInitiator ? this.publicI : this.publicR),
            nonce(isInitiator ? this.ni : this.nr),
          ],
        }),
        isInitiator,
      );
    return [message(true), message(false)];
  }

  /** A message with an encrypted payload. */
  sealed(
    exchangeType: number,
    messageId: number,
    isInitiator: boolean,
    isResponse: boolean,
    payloads: readonly Ikev2Payload[],
    fragment?: { number: number; total: number; octets: Uint8Array },
  ): WireMessage {
    const cipher = this.#cipher(isInitiator);
    const inside = fragment?.octets ?? ikev2Payloads.encode({ payloads });
    const first = fragment !== undefined && fragment.number > 1 ? 0 : (payloads[0]?.type ?? 0);
    const extra = fragment === undefined ? 0 : 4;
    const octets = 4 + extra + cipher.sealedLength(inside.length);
    const start = encodeIke({
      version: 2,
      header: {
        initiatorSpi: this.spiI,
        responderSpi: this.spiR,
        nextPayload: fragment === undefined ? 46 : 53,
        version: IKEV2_VERSION,
        exchangeType,
        flags: (isInitiator ? IKEV2_FLAG.initiator : 0) | (isResponse ? IKEV2_FLAG.response : 0),
        messageId,
        length: 28 + octets,
      },
      payloads: [],
    });
    const head = new Uint8Array(4 + extra);
    head[0] = first;
    putU16(head, 2, octets);
    if (fragment !== undefined) {
      putU16(head, 4, fragment.number);
      putU16(head, 6, fragment.total);
    }
    const iv = random(cipher.ivLength);
    return this.#wire(cipher.seal(concatenate([start, head]), inside, iv), isInitiator);
  }

  /** A message in fragments of so many octets of payloads. */
  fragments(
    exchangeType: number,
    messageId: number,
    isInitiator: boolean,
    isResponse: boolean,
    payloads: readonly Ikev2Payload[],
    size: number,
  ): WireMessage[] {
    const all = ikev2Payloads.encode({ payloads });
    const total = Math.ceil(all.length / size);
    return Array.from({ length: total }, (_, i) =>
      this.sealed(exchangeType, messageId, isInitiator, isResponse, payloads, {
        number: i + 1,
        total,
        octets: all.slice(i * size, (i + 1) * size),
      }),
    );
  }

  /** Next Message ID of who begins an exchange. */
  nextId(isInitiator: boolean): number {
    return isInitiator ? this.#ids.initiator++ : this.#ids.responder++;
  }

  #childPayloads(child: ChildRequest): [Ikev2Payload[], Ikev2Payload[]] {
    const { algorithms = AES_CBC_SHA256, sharedSecret, isTransport = false } = child;
    const more = [...(sharedSecret === undefined ? [] : [transform(4, 31)]), transform(5, 0)];
    const [from, to] = child.selectors ?? [selector(44, 'any'), selector(45, 'any')];
    const mode = isTransport ? [notify(IKEV2_NOTIFY.useTransportMode)] : [];
    return [
      [...mode, proposal(3, spiOctets(child.initiatorSpi), algorithms, more), from, to],
      [...mode, proposal(3, spiOctets(child.responderSpi), algorithms, more), from, to],
    ];
  }

  #childKeys(child: ChildRequest, ni: Uint8Array, nr: Uint8Array): ChildKeys {
    const { algorithms = AES_CBC_SHA256, sharedSecret = new Uint8Array(0) } = child;
    const encryption = encryptionOf(algorithms.encryption);
    const integrity =
      algorithms.integrityId === 0 ? NULL_INTEGRITY : integrityOf(algorithms.integrity);
    const e = algorithms.keyLength;
    const a = integrity.keyLength;
    const seed = Buffer.concat([sharedSecret, ni, nr]);
    const all = prfPlus(this.hash, this.keys.skD, seed, 2 * (e + a));
    const context = (at: number): EspContext =>
      new EspContext({
        encryption,
        encryptionKey: all.slice(at, at + e),
        integrity,
        integrityKey: all.slice(at + e, at + e + a),
      });
    return { toResponder: context(0), toInitiator: context(e + a) };
  }

  /** IKE_AUTH with the first child SA. */
  auth(
    child: ChildRequest,
    reply: readonly Ikev2Payload[] = [],
  ): { messages: WireMessage[]; keys: ChildKeys } {
    const [request, response] = this.#childPayloads(child);
    const id = this.nextId(true);
    const identity = (type: 35 | 36, text: string): Ikev2Payload => ({
      kind: type === 35 ? 'identificationInitiator' : 'identificationResponder',
      type,
      idType: 3,
      data: new TextEncoder().encode(text),
    });
    const proof: Ikev2Payload = {
      kind: 'authentication',
      type: 39,
      method: 2,
      data: new Uint8Array(32).fill(7),
    };
    const { ikeAuth } = IKEV2_EXCHANGE;
    return {
      messages: [
        this.sealed(ikeAuth, id, true, false, [identity(35, 'mn@example.org'), proof, ...request]),
        this.sealed(ikeAuth, id, false, true, [
          identity(36, 'ha@example.org'),
          proof,
          ...reply,
          ...response,
        ]),
      ],
      keys: this.#childKeys(child, this.ni, this.nr),
    };
  }

  /** CREATE_CHILD_SA with a further child SA. */
  createChild(child: ChildRequest): {
    messages: WireMessage[];
    keys: ChildKeys;
    publicValue: Uint8Array;
  } {
    const { isReversed = false, sharedSecret, rekeyOf } = child;
    const [request, response] = this.#childPayloads(child);
    const ni = random(32);
    const nr = random(32);
    const publicValue = random(32);
    const exchange = sharedSecret === undefined ? [] : [keyExchange(publicValue)];
    const answer = sharedSecret === undefined ? [] : [keyExchange(random(32))];
    const rekey: Ikev2Payload[] =
      rekeyOf === undefined
        ? []
        : [
            {
              kind: 'notify',
              type: 41,
              protocolId: 3,
              spiSize: 4,
              notifyType: IKEV2_NOTIFY.rekeySa,
              spi: spiOctets(rekeyOf),
              data: new Uint8Array(0),
            },
          ];
    const id = this.nextId(!isReversed);
    const { createChildSa } = IKEV2_EXCHANGE;
    const first = [...rekey, ...request, nonce(ni), ...exchange];
    const second = [...response, nonce(nr), ...answer];
    return {
      messages: [
        this.sealed(createChildSa, id, !isReversed, false, first),
        this.sealed(createChildSa, id, isReversed, true, second),
      ],
      keys: this.#childKeys(child, ni, nr),
      publicValue,
    };
  }

  /** CREATE_CHILD_SA that rekeys the IKE SA. */
  rekeyIke(): {
    messages: WireMessage[];
    next: Peers;
    publicValue: Uint8Array;
    sharedSecret: Uint8Array;
  } {
    const ni = random(32);
    const nr = random(32);
    const spiI = random(8);
    const spiR = random(8);
    const sharedSecret = random(32);
    const publicValue = random(32);
    const id = this.nextId(true);
    const suite = (spi: Uint8Array): Ikev2Payload =>
      proposal(1, spi, this.algorithms, [transform(2, this.prfId), transform(4, 31)]);
    const { createChildSa } = IKEV2_EXCHANGE;
    const skeyseed = prf(this.hash, this.keys.skD, sharedSecret, ni, nr);
    const keys = schedule(skeyseed, { ...this.scheduleInput(), ni, nr, spiI, spiR });
    return {
      messages: [
        this.sealed(createChildSa, id, true, false, [
          suite(spiI),
          nonce(ni),
          keyExchange(publicValue),
        ]),
        this.sealed(createChildSa, id, false, true, [
          suite(spiR),
          nonce(nr),
          keyExchange(random(32)),
        ]),
      ],
      next: new Peers(this.algorithms, this.prfId, { spiI, spiR, keys }),
      publicValue,
      sharedSecret,
    };
  }

  /** INFORMATIONAL. */
  informational(
    isInitiator: boolean,
    request: readonly Ikev2Payload[],
    response: readonly Ikev2Payload[] = [],
  ): WireMessage[] {
    const id = this.nextId(isInitiator);
    const { informational } = IKEV2_EXCHANGE;
    return [
      this.sealed(informational, id, isInitiator, false, request),
      this.sealed(informational, id, !isInitiator, true, response),
    ];
  }
}
