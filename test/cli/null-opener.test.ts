import { describe, expect, it } from 'vitest';
import { NullOpener } from '../../cli/null-opener.ts';
import { packetOpeners } from '../../cli/openers.ts';
import { PlainPackets } from '../../cli/read/plain-packets.ts';
import { dissect } from '../../dissectors/index.ts';
import type { Dissection, FieldNode } from '../../dissectors/index.ts';
import { destinationOptions, homeAddressOption, ipv6Packet } from '../../dissectors/ipv6/build.ts';
import {
  RandomOctets,
  icmpv6,
  mobilityHeader,
  nullEsp,
  randomEsp,
  sight,
} from '../engine/ipsec/null-packets.ts';
import { CARE_OF_ADDRESS, HOME_ADDRESS, HOME_AGENT } from '../rules/site.ts';

const LINK_TYPE_RAW = 101;
const ESP = 50;

function update(payload: Uint8Array): Uint8Array {
  return ipv6Packet({
    source: CARE_OF_ADDRESS,
    destination: HOME_AGENT,
    headers: [destinationOptions([homeAddressOption(HOME_ADDRESS)])],
    protocol: ESP,
    payload,
  });
}

const readable = update(nullEsp({ nextHeader: 135, payload: mobilityHeader(5, 4) }));
const { openEsp } = packetOpeners([], []);

function tree(bytes: Uint8Array, open = openEsp): Dissection {
  return dissect(bytes, 0, bytes.length, { linkType: LINK_TYPE_RAW, openEsp: open });
}

function named(nodes: readonly FieldNode[], name: string): FieldNode[] {
  return nodes.flatMap((node) => [
    ...(node.name === name ? [node] : []),
    ...named(node.children, name),
  ]);
}

describe('reading packets without keys', () => {
  it('opens ESP with NULL encryption, and says how it was recognised', () => {
    const { nodes, diagnostics } = tree(readable);
    expect(named(nodes, 'mip6.mhtype')[0]?.value).toBe(5);
    expect(named(nodes, 'mip6guard.esp_null')[0]).toMatchObject({
      label: 'ESP with NULL encryption',
      text: 'recognised by the checksum of the Mobility Header (inferred)',
      generated: true,
    });
    expect(named(nodes, 'esp.icv_good')).toEqual([]);
    expect(diagnostics).toEqual([]);
  });

  it('leaves encrypted packets closed', () => {
    const { nodes } = tree(update(randomEsp(new RandomOctets(5), 60)));
    expect(named(nodes, 'esp')).toHaveLength(1);
    expect(named(nodes, 'mip6guard.esp_null')).toEqual([]);
  });

  it('opens nothing that goes over IPv4', () => {
    const opener = new NullOpener();
    const esp = nullEsp({ nextHeader: 135, payload: mobilityHeader(5, 4) });
    const four = new Uint8Array(4);
    expect(opener.openEsp(esp, 0, esp.length, four, four)).toBeUndefined();
  });

  it('counts a packet once that is asked about before its tree is made', () => {
    const opener = new NullOpener();
    // Its checksum alone does not do: it takes two packets.
    const echo = nullEsp({ nextHeader: 58, payload: icmpv6(128, 10) });
    const { sourceBytes, destinationBytes } = sight(echo);
    const ask = (): boolean =>
      opener.openEsp(echo, 0, echo.length, sourceBytes, destinationBytes) !== undefined;
    expect([ask(), ask(), ask()]).toEqual([false, false, false]);
    echo[7] = 2;
    expect([ask(), ask()]).toEqual([true, true]);
  });

  it('passes over encrypted packets only, where a filter asks for what may be inside', () => {
    const plain = new PlainPackets(new Set(['mip6']), packetOpeners([], []).opensEsp);
    const lacks = (bytes: Uint8Array): boolean =>
      plain.lacks({
        bytes,
        offset: 0,
        end: bytes.length,
        originalLength: bytes.length,
        seconds: 0,
        nanoseconds: 0,
        linkType: LINK_TYPE_RAW,
        interfaceIndex: 0,
        inputIndex: 0,
        number: 1,
        fileOffset: 0,
      });
    expect(lacks(readable)).toBe(false);
    expect(lacks(update(randomEsp(new RandomOctets(6), 60, 0x77)))).toBe(true);
  });
});
