import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Dissection, FieldNode } from '../../../dissectors/core/node.ts';
import { concatenate } from '../../../dissectors/core/layout.ts';
import { build, dissect, LINKTYPE, parseAddress } from '../../../dissectors/index.ts';
import { ICMPV6 } from '../../../dissectors/icmpv6/index.ts';
import { encodeMobilityHeader, MOBILITY_HEADER } from '../../../dissectors/mobility/header.ts';
import type { MobilityMessage } from '../../../dissectors/mobility/header.ts';
import type { MobilityOption } from '../../../dissectors/mobility/options/index.ts';
import { hmacSha1, sha1 } from '../../../engine/crypto/hmac.ts';
import {
  bindingAuthenticator,
  bindingManagementKey,
  keygenToken,
} from '../../../engine/mobility/authenticator.ts';
import type { MobilityKey } from '../../../engine/verification/keys.ts';
import { PacketVerifier } from '../../../engine/verification/packet-verifier.ts';

function address(text: string): Uint8Array {
  const octets = parseAddress(text);
  if (octets === undefined) throw new Error(`${text} is no address`);
  return octets;
}

const HOME = address('2001:db8:1::10');
const CARE_OF = address('2001:db8:2::10');
const PEER = address('2001:db8:3::1');
const NODE_KEY = Uint8Array.from({ length: 20 }, (_, i) => i);
const NONCE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const HOME_TOKEN = keygenToken(NODE_KEY, HOME, NONCE, 'home');
const CARE_OF_TOKEN = keygenToken(NODE_KEY, CARE_OF, NONCE, 'care-of');
const COOKIE = new Uint8Array(8);

interface Ends {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly homeAddress?: Uint8Array;
  readonly routing?: Uint8Array;
}

/** A packet with a Mobility Header without checksum; `seal` completes its octets. */
function packet(
  { source, destination, homeAddress, routing }: Ends,
  message: MobilityMessage,
  options: readonly MobilityOption[],
  seal?: (mobilityHeader: Uint8Array) => void,
): Uint8Array {
  const ends = { source: homeAddress ?? source, destination: routing ?? destination };
  const header = encodeMobilityHeader(message, options, { ...ends, checksum: 0 });
  seal?.(header);
  return build.ipv6Packet({
    source,
    destination,
    hopLimit: 64,
    headers: [
      ...(routing === undefined ? [] : [build.type2RoutingHeader(routing)]),
      ...(homeAddress === undefined
        ? []
        : [build.destinationOptions([build.homeAddressOption(homeAddress)])]),
    ],
    protocol: MOBILITY_HEADER,
    payload: header,
  });
}

function verified(verifier: PacketVerifier, bytes: Uint8Array): Dissection {
  return dissect(bytes, 0, bytes.length, { linkType: LINKTYPE.raw, verifier });
}

function verdictOf(tree: Dissection, name: string): FieldNode | undefined {
  const visit = (nodes: readonly FieldNode[]): FieldNode | undefined => {
    for (const node of nodes) {
      const found = node.name === name ? node : visit(node.children);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return visit(tree.nodes);
}

function codes(tree: Dissection): string[] {
  return tree.diagnostics.map(({ code }) => code).filter((code) => code !== 'MH_CHECKSUM');
}

const homeTest = packet(
  { source: PEER, destination: HOME },
  {
    kind: 'home-test',
    homeNonceIndex: 7,
    homeInitCookie: COOKIE,
    homeKeygenToken: HOME_TOKEN,
  },
  [],
);
const careOfTest = packet(
  { source: PEER, destination: CARE_OF },
  {
    kind: 'care-of-test',
    careOfNonceIndex: 9,
    careOfInitCookie: COOKIE,
    careOfKeygenToken: CARE_OF_TOKEN,
  },
  [],
);

/** Puts the authenticator into the last 12 octets, which are those of the option. */
function seal(key: Uint8Array, careOfAddress: Uint8Array) {
  return (header: Uint8Array): void => {
    const data = header.slice(0, header.length - 12);
    data[4] = 0;
    data[5] = 0;
    header.set(bindingAuthenticator(key, careOfAddress, PEER, data), header.length - 12);
  };
}

const nonceIndices = { kind: 'nonce-indices', homeNonceIndex: 7, careOfNonceIndex: 9 } as const;
const authorization = {
  kind: 'binding-authorization-data',
  authenticator: new Uint8Array(12),
} as const;

function correspondentUpdate(lifetime: number, key: Uint8Array, careOfAddress: Uint8Array) {
  return packet(
    { source: CARE_OF, destination: PEER, homeAddress: HOME },
    { kind: 'binding-update', sequence: 5, flags: 0x8000, lifetime },
    [nonceIndices, authorization],
    seal(key, careOfAddress),
  );
}

const KEY = bindingManagementKey(HOME_TOKEN, CARE_OF_TOKEN);

describe('Binding Authorization Data', () => {
  it('is verified with the tokens of the return routability exchange before it', () => {
    const verifier = new PacketVerifier();
    verified(verifier, homeTest);
    verified(verifier, careOfTest);
    const tree = verified(verifier, correspondentUpdate(60, KEY, CARE_OF));
    const verdict = verdictOf(tree, 'mip6.bad.auth.status');
    expect(verdict?.value).toBe(1);
    expect(verdict?.text).toBe('right (with the tokens of its return routability exchange)');
    expect(codes(tree)).toEqual([]);
  });

  it('is wrong when one bit of the message differs', () => {
    const verifier = new PacketVerifier();
    verified(verifier, homeTest);
    verified(verifier, careOfTest);
    const bytes = correspondentUpdate(60, KEY, CARE_OF);
    const last = bytes.length - 1;
    const tree = verified(verifier, bytes.with(last, (bytes[last] ?? 0) ^ 1));
    expect(verdictOf(tree, 'mip6.bad.auth.status')?.value).toBe(0);
    expect(codes(tree)).toEqual(['AUTHENTICATOR']);
  });

  it('is not verified without the exchange, or when the tokens are too old', () => {
    const bytes = correspondentUpdate(60, KEY, CARE_OF);
    const fresh = verified(new PacketVerifier(), bytes);
    expect(verdictOf(fresh, 'mip6.bad.auth.status')?.value).toBe(2);
    expect(codes(fresh)).toEqual([]);
    const verifier = new PacketVerifier();
    verified(verifier, homeTest);
    verified(verifier, careOfTest);
    verifier.time = 241e6;
    expect(verdictOf(verified(verifier, bytes), 'mip6.bad.auth.status')?.value).toBe(2);
  });

  it.each([
    ['the home address (RFC 6275 section 6.2.7)', HOME],
    ['the care-of address (section 11.7.2)', CARE_OF],
  ])('of a deletion covers %s', (_, covered) => {
    const verifier = new PacketVerifier();
    verified(verifier, homeTest);
    const bytes = correspondentUpdate(0, bindingManagementKey(HOME_TOKEN), covered);
    expect(verdictOf(verified(verifier, bytes), 'mip6.bad.auth.status')?.value).toBe(1);
  });

  it('of an acknowledgement is verified with the key of its update', () => {
    const verifier = new PacketVerifier();
    verified(verifier, homeTest);
    verified(verifier, careOfTest);
    verified(verifier, correspondentUpdate(60, KEY, CARE_OF));
    const acknowledgement = (key: Uint8Array) =>
      packet(
        { source: PEER, destination: CARE_OF, routing: HOME },
        { kind: 'binding-acknowledgement', status: 0, flags: 0, sequence: 5, lifetime: 60 },
        [authorization],
        seal(key, CARE_OF),
      );
    const right = verified(verifier, acknowledgement(KEY));
    expect(verdictOf(right, 'mip6.bad.auth.status')?.text).toContain('key of the Binding Update');
    const wrong = verified(verifier, acknowledgement(sha1(KEY)));
    expect(codes(wrong)).toEqual(['AUTHENTICATOR']);
  });

  it.each<[string, MobilityKey]>([
    [
      'binding management key',
      { kind: 'binding-management', homeAddress: HOME, correspondent: PEER, key: KEY },
    ],
    [
      'node key and nonces (RFC 4449)',
      {
        kind: 'preconfigured',
        homeAddress: HOME,
        correspondent: PEER,
        nodeKey: NODE_KEY,
        homeNonce: NONCE,
        careOfNonce: NONCE,
      },
    ],
  ])('is verified with a supplied %s', (_, key) => {
    const bytes = correspondentUpdate(60, KEY, CARE_OF);
    const tree = verified(new PacketVerifier({ mobility: [key], publicKeys: [] }), bytes);
    expect(verdictOf(tree, 'mip6.bad.auth.status')?.value).toBe(1);
  });
});

describe('the authentication option of RFC 4285', () => {
  const key = Uint8Array.from({ length: 16 }, (_, i) => 0x40 + i);
  const option = {
    kind: 'message-authentication',
    subtype: 1,
    mobilitySpi: 300,
    authenticationData: new Uint8Array(12),
  } as const;

  function update(wrong = false): Uint8Array {
    return packet(
      { source: CARE_OF, destination: PEER, homeAddress: HOME },
      { kind: 'binding-update', sequence: 1, flags: 0xc000, lifetime: 10 },
      [option],
      (header) => {
        // The option is followed by the padding that makes the header a multiple of 8 octets.
        const at = header.findIndex(
          (octet, i) => i >= 12 && octet === 9 && header[i + 1] === 17 && header[i + 2] === 1,
        );
        const data = header.slice(0, at + 7);
        data[4] = 0;
        data[5] = 0;
        const mac = hmacSha1(key, CARE_OF, HOME, data).slice(0, 12);
        if (wrong) mac[0] = (mac[0] ?? 0) ^ 1;
        header.set(mac, at + 7);
      },
    );
  }

  const keys: MobilityKey[] = [{ kind: 'mn-ha', spi: 300, homeAddress: HOME, key }];

  it('is verified with the supplied key of its SPI', () => {
    const verifier = new PacketVerifier({ mobility: keys, publicKeys: [] });
    expect(verdictOf(verified(verifier, update()), 'mip6.auth.status')?.value).toBe(1);
    expect(codes(verified(verifier, update(true)))).toEqual(['MESSAGE_AUTHENTICATION']);
  });

  it('is not verified without a key, and no text holds the key', () => {
    const tree = verified(new PacketVerifier(), update());
    expect(verdictOf(tree, 'mip6.auth.status')?.text).toBe('not verified (no key for SPI 300)');
    const verifier = new PacketVerifier({ mobility: keys, publicKeys: [] });
    expect(JSON.stringify(verified(verifier, update()))).not.toContain('404142434445');
  });
});

describe('secure neighbor discovery', () => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const publicKey = new Uint8Array(
    createPublicKey(pair.privateKey).export({ format: 'der', type: 'spki' }),
  );
  const prefix = HOME.slice(0, 8);
  const parameters = concatenate([new Uint8Array(16).fill(7), prefix, Uint8Array.of(0), publicKey]);
  const hash = sha1(parameters);
  const identifier = hash.slice(0, 8);
  // Sec 0, "u" and "g" clear.
  identifier[0] = (identifier[0] ?? 0) & 0x1c;
  const generated = concatenate([prefix, identifier]);

  function ndOption(type: number, data: Uint8Array): Uint8Array {
    const units = Math.ceil((2 + data.length) / 8);
    const option = new Uint8Array(units * 8);
    option[0] = type;
    option[1] = units;
    option.set(data, 2);
    return option;
  }

  function cgaOption(): Uint8Array {
    const padding = (8 - ((4 + parameters.length) % 8)) % 8;
    return ndOption(11, concatenate([Uint8Array.of(padding, 0), parameters]));
  }

  function solicitation(source: Uint8Array, withCga = true): Uint8Array {
    const nd = concatenate([
      Uint8Array.of(135, 0, 0, 0, 0, 0, 0, 0),
      PEER,
      ...(withCga ? [cgaOption()] : []),
      ndOption(13, new Uint8Array(14)),
    ]);
    const tag = Uint8Array.from(
      '086fca5e10b200c99c8ce00164277c08'.match(/../g)?.map((octet) => Number.parseInt(octet, 16)) ??
        [],
    );
    // RFC 3971 section 5.2.1: signed as a whole message without the option, so with the checksum of that.
    const pseudo = [...source, ...PEER, 0, 0, nd.length >> 8, nd.length & 0xff, 0, 0, 0, 58, ...nd];
    let sum = 0;
    for (let i = 0; i < pseudo.length; i += 2) {
      sum += ((pseudo[i] ?? 0) << 8) | (pseudo[i + 1] ?? 0);
      sum = (sum & 0xffff) + (sum >>> 16);
    }
    nd[2] = (~sum >>> 8) & 0xff;
    nd[3] = ~sum & 0xff;
    const data = concatenate([tag, source, PEER, nd]);
    const signature = new Uint8Array(sign('sha1', data, pair.privateKey));
    const body = concatenate([Uint8Array.of(0, 0), sha1(publicKey).slice(0, 16), signature]);
    const payload = concatenate([nd, ndOption(12, body)]);
    return build.ipv6Packet({
      source,
      destination: PEER,
      hopLimit: 255,
      protocol: ICMPV6,
      payload,
    });
  }

  function sendCodes(tree: Dissection): string[] {
    return tree.diagnostics.map(({ code }) => code).filter((code) => /^CGA|^SEND_SIG/.test(code));
  }

  it('verifies the address and the signature with the key in the message', () => {
    const tree = verified(new PacketVerifier(), solicitation(generated));
    expect(verdictOf(tree, 'icmpv6.opt.cga.status')?.value).toBe(1);
    expect(verdictOf(tree, 'icmpv6.opt.rsa.status')?.text).toBe(
      'right (with the key in the CGA option)',
    );
    expect(sendCodes(tree)).toEqual([]);
  });

  it('finds an address that the key did not generate, and a signature over something else', () => {
    const stolen = verified(new PacketVerifier(), solicitation(HOME));
    expect(sendCodes(stolen)).toEqual(['CGA']);
    const bytes = solicitation(generated);
    // An octet of the target, which the signature covers.
    const tree = verified(new PacketVerifier(), bytes.with(60, (bytes[60] ?? 0) ^ 1));
    expect(sendCodes(tree)).toEqual(['SEND_SIGNATURE']);
  });

  it('verifies a message without CGA option with a supplied key', () => {
    const bytes = solicitation(HOME, false);
    const without = verified(new PacketVerifier(), bytes);
    expect(verdictOf(without, 'icmpv6.opt.rsa.status')?.value).toBe(2);
    const verifier = new PacketVerifier({ mobility: [], publicKeys: [publicKey] });
    expect(verdictOf(verified(verifier, bytes), 'icmpv6.opt.rsa.status')?.value).toBe(1);
  });
});
