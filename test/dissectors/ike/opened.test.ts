/**
 * What a caller with keys hands in for an encrypted payload, whatever it is, in the tree.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { build, dissect } from '../../../dissectors/index.ts';
import type { Dissection, FieldNode, OpenIke, OpenedIke } from '../../../dissectors/index.ts';
import { encodeIke, findEncryptedPayload, ikev2Payloads } from '../../../dissectors/ike/index.ts';
import type { Ikev2Payload } from '../../../dissectors/ike/index.ts';
import { octetsOf } from '../hex.ts';
import { addressOf, headerOf } from './samples.ts';

const LINKTYPE_RAW = 101;
const SOURCE = addressOf('2001:db8:2::10');
const DESTINATION = addressOf('2001:db8:1::1');
const NONCE: Ikev2Payload = {
  kind: 'nonce',
  type: 40,
  nonce: octetsOf('00112233445566778899aabb'),
};

function packetOf(payload: Uint8Array): Uint8Array {
  const ends = { source: SOURCE, destination: DESTINATION };
  const datagram = { ...ends, sourcePort: 500, destinationPort: 500, payload };
  return build.ipv6Packet({ ...ends, protocol: 17, payload: build.udpDatagram(datagram) });
}

/** A message with an encrypted payload, or with a fragment of one. */
function message(fragment?: { number: number; total: number }): Uint8Array {
  const data = new Uint8Array(40).fill(0xee);
  const payload: Ikev2Payload =
    fragment === undefined
      ? { kind: 'encrypted', type: 46, nextPayload: 40, data }
      : {
          kind: 'encryptedFragment',
          type: 53,
          nextPayload: fragment.number === 1 ? 40 : 0,
          fragmentNumber: fragment.number,
          totalFragments: fragment.total,
          data,
        };
  return encodeIke({ version: 2, header: headerOf(0x20, 35, 0x08), payloads: [payload] });
}

function tree(bytes: Uint8Array, openIke: OpenIke): Dissection {
  const packet = packetOf(bytes);
  return dissect(packet, 0, packet.length, { linkType: LINKTYPE_RAW, openIke });
}

function named(nodes: readonly FieldNode[], name: string): FieldNode[] {
  return nodes.flatMap((node) => [
    ...(node.name === name ? [node] : []),
    ...named(node.children, name),
  ]);
}

const INSIDE = ikev2Payloads.encode({ payloads: [NONCE] });
const OPENED: OpenedIke = {
  bytes: new Uint8Array([...INSIDE, 0, 0, 2]),
  ivLength: 8,
  icvLength: 12,
  icv: 'good',
  association: 'keys:1',
};

describe('an encrypted payload that was opened', () => {
  it('has vector, octets, payloads, padding and checksum in the tree', () => {
    const { nodes, sources, diagnostics } = tree(message(), () => OPENED);
    expect(diagnostics).toEqual([]);
    expect(sources.map(({ label }) => label)).toEqual(['Frame', 'Decrypted IKE']);
    const names = ['isakmp.enc.iv', 'isakmp.enc.data', 'isakmp.enc.icd', 'isakmp.nonce'];
    expect(names.map((name) => named(nodes, name).map(({ length }) => length))).toEqual([
      [8],
      [20],
      [12],
      [12],
    ]);
    expect(named(nodes, 'isakmp.enc.padding')[0]?.length).toBe(2);
    expect(named(nodes, 'isakmp.enc.pad_length')[0]?.value).toBe(2);
    expect(named(nodes, 'mip6guard.ike.icv_good')).toHaveLength(1);
    expect(named(nodes, 'mip6guard.association')[0]?.text).toBe('keys:1');
  });

  it('with a wrong checksum is reported at its octets in the frame', () => {
    const { diagnostics } = tree(message(), () => ({ ...OPENED, icv: 'bad' }));
    // IPv6, UDP, header of IKE, header of the payload, 28 octets before the checksum.
    const offset = 40 + 8 + 28 + 4 + 28;
    expect(diagnostics.map((item) => [item.code, item.offset, item.length, item.source])).toEqual([
      ['IKE_ICV', offset, 12, 0],
    ]);
  });

  it('with more padding than octets is reported and shown as octets', () => {
    const bytes = Uint8Array.of(1, 2, 3, 9);
    const { nodes, diagnostics } = tree(message(), () => ({ ...OPENED, bytes }));
    expect(diagnostics.map(({ code, source }) => [code, source])).toEqual([['IKE_PADDING', 1]]);
    expect(named(nodes, 'isakmp.enc.contained')[0]?.length).toBe(4);
  });

  it('in fragments shows the payloads at the last one alone', () => {
    const first = tree(message({ number: 1, total: 2 }), () => OPENED);
    expect(named(first.nodes, 'isakmp.nonce')).toEqual([]);
    const reassembled = { firstPayload: 40, bytes: INSIDE };
    const last = tree(message({ number: 2, total: 2 }), () => ({ ...OPENED, reassembled }));
    expect(named(last.nodes, 'mip6guard.ike.reassembled')).toHaveLength(1);
    expect(named(last.nodes, 'isakmp.nonce')[0]?.source).toBe(2);
  });

  it('is asked for with the message and the addresses that count', () => {
    const homeAddress = addressOf('2001:db8:1::10');
    const bytes = message();
    const seen: string[] = [];
    const ends = { source: SOURCE, destination: DESTINATION };
    const datagram = { ...ends, source: homeAddress, sourcePort: 500, destinationPort: 500 };
    const packet = build.ipv6Packet({
      ...ends,
      headers: [build.destinationOptions([build.homeAddressOption(homeAddress)])],
      protocol: 17,
      payload: build.udpDatagram({ ...datagram, payload: bytes }),
    });
    dissect(packet, 0, packet.length, {
      linkType: LINKTYPE_RAW,
      openIke: (all, offset, end, source, destination) => {
        seen.push(`${end - offset} ${String(source)} ${String(destination)}`);
        expect(all.slice(offset, end)).toEqual(bytes);
        return undefined;
      },
    });
    expect(seen).toEqual([`${bytes.length} ${String(homeAddress)} ${String(DESTINATION)}`]);
  });

  it('never makes a tree that leaves its octets, whatever is handed in', () => {
    const inBounds = (nodes: readonly FieldNode[], { sources }: Dissection): boolean =>
      nodes.every(
        ({ offset, length, source, children }) =>
          offset >= 0 &&
          length >= 0 &&
          offset + length <= (sources[source]?.bytes.length ?? -1) &&
          inBounds(children, { sources, nodes: [], diagnostics: [] }),
      );
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 80 }),
        fc.integer({ min: -5, max: 100 }),
        fc.integer({ min: -5, max: 100 }),
        fc.constantFrom('good', 'bad', 'not-checked'),
        fc.option(fc.uint8Array({ maxLength: 60 }), { nil: undefined }),
        fc.constantFrom(undefined, { number: 1, total: 3 }, { number: 0, total: 0 }),
        (bytes, ivLength, icvLength, icv, whole, fragment) => {
          const reassembled = whole && { firstPayload: whole[0] ?? 0, bytes: whole };
          const opened = {
            ...{ bytes, ivLength, icvLength, icv },
            ...(reassembled === undefined ? {} : { reassembled }),
          };
          const dissection = tree(message(fragment), () => opened);
          expect(inBounds(dissection.nodes, dissection)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('the place of an encrypted payload', () => {
  it('is found in messages that hold one and stays inside of any octets', () => {
    const whole = message();
    expect(findEncryptedPayload(whole, 0, whole.length)).toEqual({
      start: 28,
      body: 32,
      end: 72,
      firstPayload: 40,
      fragment: undefined,
    });
    const part = message({ number: 2, total: 3 });
    expect(findEncryptedPayload(part, 0, part.length)).toMatchObject({
      body: 36,
      fragment: { number: 2, total: 3 },
    });
    expect(findEncryptedPayload(whole, 0, whole.length - 1)).toBeUndefined();
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: 75 }), fc.nat({ max: 255 })), { maxLength: 4 }),
        fc.nat({ max: 80 }),
        (changes, end) => {
          const bytes = part.slice();
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          const place = findEncryptedPayload(bytes, 0, end);
          if (place === undefined) return;
          expect(place.start).toBeGreaterThanOrEqual(28);
          expect(place.body).toBeGreaterThan(place.start);
          expect(place.end).toBeGreaterThanOrEqual(place.body);
          expect(place.end).toBeLessThanOrEqual(end);
        },
      ),
    );
  });
});
