import { describe, expect, test } from 'vitest';
import {
  frameKind,
  isFrom,
  isFromPrefix,
  packetOf,
  upperLayerOf,
} from '../../../cli/lab/frame-kind.ts';
import { linkLocalText, WIRES } from '../../../cli/lab/plan.ts';
import { build } from '../../../dissectors/index.ts';
import { NEXT_HEADER } from '../../../dissectors/ipv6/header.ts';
import { frameOf } from '../../../nodes/interface/ethernet-frame.ts';
import { address } from '../../rules/event-builders.ts';

const HOME_ADDRESS = address('2001:db8:1::10');
const HOME_AGENT = address('2001:db8:1::1');
const CARE_OF = address('2001:db8:2::10');
const MAC = Uint8Array.of(2, 0, 0x5e, 0, 0x53, 0x10);

type Headers = Parameters<typeof build.ipv6Packet>[0]['headers'];

function frame(source: Uint8Array, protocol: number, payload: Uint8Array, headers: Headers = []) {
  const packet = build.ipv6Packet({ source, destination: HOME_AGENT, headers, protocol, payload });
  return frameOf(MAC, MAC, packet);
}

function esp(spi: number): Uint8Array {
  const octets = new Uint8Array(32);
  new DataView(octets.buffer).setUint32(0, spi);
  return octets;
}

const option = build.destinationOptions([build.homeAddressOption(HOME_ADDRESS)]);

describe('frames of the lab', () => {
  test('are told apart by the SPIs of the associations', () => {
    expect(frameKind(frame(CARE_OF, NEXT_HEADER.esp, esp(0x1001), [option]))).toBe(
      'binding-update',
    );
    expect(frameKind(frame(CARE_OF, NEXT_HEADER.esp, esp(0x2001)))).toBe('binding-acknowledgement');
    expect(frameKind(frame(CARE_OF, NEXT_HEADER.esp, esp(0x1004)))).toBe('tunnelled');
    expect(frameKind(frame(CARE_OF, NEXT_HEADER.esp, esp(0x1003)))).toBe('other');
  });

  test('carry payload directly with a Home Address option, and without protection without one', () => {
    const datagram = new Uint8Array(12);
    expect(frameKind(frame(CARE_OF, NEXT_HEADER.udp, datagram, [option]))).toBe('optimised');
    expect(frameKind(frame(HOME_ADDRESS, NEXT_HEADER.udp, datagram))).toBe('plain');
    expect(frameKind(frame(HOME_ADDRESS, NEXT_HEADER.mobility, datagram))).toBe('other');
  });

  test('are none when damaged: every cut is harmless', () => {
    const whole = frame(CARE_OF, NEXT_HEADER.esp, esp(0x1001), [option]);
    for (let length = 0; length < 14 + 40 + 24 + 8; length++) {
      expect(upperLayerOf(whole.subarray(0, length))).toBeUndefined();
    }
    expect(upperLayerOf(whole)).toMatchObject({ protocol: NEXT_HEADER.esp, isMobile: true });
  });

  test('tell their source, and hold their packet without what fills a frame', () => {
    const one = frame(HOME_ADDRESS, NEXT_HEADER.udp, new Uint8Array(12));
    const filled = new Uint8Array(one.length + 6);
    filled.set(one);
    expect(isFrom(filled, HOME_ADDRESS)).toBe(true);
    expect(isFrom(filled, HOME_AGENT)).toBe(false);
    expect(isFromPrefix(filled, HOME_AGENT)).toBe(true);
    expect(isFromPrefix(filled, CARE_OF)).toBe(false);
    expect(packetOf(filled)).toEqual(one.subarray(14));
  });
});

describe('interfaces of the lab', () => {
  test('have the link-local addresses that the nodes form', () => {
    expect(linkLocalText(WIRES.mn)).toBe('fe80::5eff:fe00:5310');
    const all = Object.values(WIRES).map(linkLocalText);
    expect(new Set(all).size).toBe(all.length);
  });

  test('have names that the kernel takes', () => {
    for (const { name, port } of Object.values(WIRES)) {
      expect(name.length).toBeLessThanOrEqual(15);
      expect(port.length).toBeLessThanOrEqual(15);
    }
  });
});
