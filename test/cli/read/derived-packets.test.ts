import { describe, expect, it } from 'vitest';
import { espOpener } from '../../../cli/esp-opener.ts';
import { derivedPackets } from '../../../cli/read/derived-packets.ts';
import { build, dissect } from '../../../dissectors/index.ts';
import type { DerivedPacket } from '../../../cli/read/derived-packets.ts';
import { parseKeyText } from '../../../engine/keys/key-text.ts';
import { address } from '../../rules/event-builders.ts';

const SOURCE = address('2001:db8::1');
const DESTINATION = address('2001:db8::2');
const LINKTYPE_RAW = 101;
const ESP = 50;
const NULL_LINE =
  '"IPv6","*","*","0x00001000","NULL","","NULL",""\n"IPv4","*","*","0x00001000","NULL","","NULL",""';

/** ESP without encryption and integrity: header, payload, padding, trailer. RFC 4303 section 2. */
function esp(payload: Uint8Array, nextHeader: number): Uint8Array {
  const padding = (4 - ((payload.length + 2) % 4)) % 4;
  const trailer = [...Array.from({ length: padding }, (_, i) => i + 1), padding, nextHeader];
  return Uint8Array.from([0, 0, 0x10, 0, 0, 0, 0, 1, ...payload, ...trailer]);
}

const openEsp = espOpener(parseKeyText(NULL_LINE, 'esp_sa').associations);

function derive(packet: Uint8Array, reassembled?: Uint8Array): DerivedPacket[] {
  const options = { linkType: LINKTYPE_RAW, openEsp };
  return derivedPackets(
    dissect(
      packet,
      0,
      packet.length,
      reassembled === undefined ? options : { ...options, reassembled },
    ),
  );
}

const datagram = build.udpDatagram({
  source: SOURCE,
  destination: DESTINATION,
  sourcePort: 1,
  destinationPort: 2,
  payload: Uint8Array.from([1, 2, 3]),
});
const plain = build.ipv6Packet({
  source: SOURCE,
  destination: DESTINATION,
  protocol: 17,
  payload: datagram,
});

/** Codes of what is wrong with a packet. */
function faults(packet: Uint8Array): string[] {
  const { diagnostics } = dissect(packet, 0, packet.length, { linkType: LINKTYPE_RAW });
  return diagnostics.map(({ code }) => code);
}

describe('packets out of ESP', () => {
  it('are in transport mode the headers without ESP, with right lengths and next header', () => {
    const headers = [build.destinationOptions([build.homeAddressOption(address('2001:db8::9'))])];
    const fields = { source: SOURCE, destination: DESTINATION, headers };
    const packet = build.ipv6Packet({ ...fields, protocol: ESP, payload: esp(datagram, 17) });
    const [found, ...more] = derive(packet);
    expect(more).toEqual([]);
    expect(found?.kind).toBe('decrypted');
    expect(found?.comment).toMatch(/ESP SPI 0x00001000, integrity not verified/);
    expect([...(found?.bytes ?? [])]).toEqual([
      ...build.ipv6Packet({ ...fields, protocol: 17, payload: datagram }),
    ]);
  });

  it('are in tunnel mode the packet inside', () => {
    const packet = build.ipv6Packet({
      source: SOURCE,
      destination: DESTINATION,
      protocol: ESP,
      payload: esp(plain, 41),
    });
    const [found] = derive(packet);
    expect([...(found?.bytes ?? [])]).toEqual([...plain]);
    expect(faults(plain)).toEqual([]);
  });

  it('are all those of nested ESP, outermost first', () => {
    const inner = build.ipv6Packet({
      source: SOURCE,
      destination: DESTINATION,
      protocol: ESP,
      payload: esp(datagram, 17),
    });
    const outer = build.ipv6Packet({
      source: SOURCE,
      destination: DESTINATION,
      protocol: ESP,
      payload: esp(inner, 41),
    });
    const found = derive(outer);
    expect(found.map(({ bytes }) => [...bytes])).toEqual([[...inner], [...plain]]);
  });

  it('have a right header checksum over IPv4', () => {
    const [from, to] = [Uint8Array.from([192, 0, 2, 1]), Uint8Array.from([192, 0, 2, 2])];
    const packet = build.ipv4Packet({
      source: from,
      destination: to,
      protocol: ESP,
      payload: esp(Uint8Array.from([8, 0, 0xf7, 0xff, 0, 0, 0, 0]), 1),
    });
    const [found] = derive(packet);
    expect(found?.bytes).toHaveLength(28);
    expect(faults(found?.bytes ?? new Uint8Array())).not.toContain('IPV4_CHECKSUM');
  });

  it('are none where no key fits or what is inside is no packet', () => {
    expect(derive(plain)).toEqual([]);
    const broken = build.ipv6Packet({
      source: SOURCE,
      destination: DESTINATION,
      protocol: ESP,
      payload: esp(Uint8Array.from([0x12, 0]), 41),
    });
    expect(derive(broken)).toEqual([]);
  });

  it('are the whole packet for a fragment that completes it', () => {
    const fragment = build.ipv6Packet({
      source: SOURCE,
      destination: DESTINATION,
      headers: [build.fragment({ offset: 8, more: false, identification: 1 })],
      protocol: 17,
      payload: datagram.subarray(8),
    });
    expect(derive(fragment, plain)).toEqual([
      { kind: 'reassembled', bytes: plain, comment: 'put together from fragments' },
    ]);
  });
});
