import { describe, expect, it } from 'vitest';
import {
  destinationOptions,
  homeAddressOption,
  ipv6Packet,
} from '../../../dissectors/ipv6/build.ts';
import { NEXT_HEADER, espHeader } from '../../../dissectors/ipv6/header.ts';
import type { OpenEsp } from '../../../dissectors/layer.ts';
import { hexOf } from '../hex.ts';
import { codes, find, homeTestInit, layers, raw } from '../trees.ts';
import { CARE_OF_ADDRESS, HOME_ADDRESS, HOME_AGENT } from '../vectors.ts';

const HAO = destinationOptions([homeAddressOption(HOME_ADDRESS)]);

describe('ESP', () => {
  const clear = homeTestInit(HOME_ADDRESS, HOME_AGENT);
  /** Padding 1, 2, Pad Length, Next Header. RFC 4303 section 2.4. */
  const trailer = Uint8Array.of(1, 2, 2, NEXT_HEADER.mobility);
  const data = Uint8Array.of(
    ...new Uint8Array(8).fill(0x11),
    ...clear,
    ...trailer,
    ...new Uint8Array(12),
  );
  const packet = ipv6Packet({
    source: CARE_OF_ADDRESS,
    destination: HOME_AGENT,
    headers: [HAO],
    protocol: NEXT_HEADER.esp,
    payload: espHeader.encode({ spi: 0x0990cbed, sequence: 3, data }),
  });
  const opened = {
    bytes: Uint8Array.of(...clear, ...trailer),
    ivLength: 8,
    icvLength: 12,
    icv: 'good',
    association: 'mn-ha out',
  } as const;

  it('shows SPI and sequence number without a key', () => {
    const found = raw(packet);
    expect(codes(found)).toEqual([]);
    expect(layers(found)).toEqual(['ipv6', 'ipv6.dstopts', 'esp']);
    expect(find(found.nodes, 'esp.spi')?.value).toBe(0x0990cbed);
    expect(find(found.nodes, 'esp.sequence')?.value).toBe(3);
    expect(found.sources).toHaveLength(1);
  });

  it('goes on inside with octets of their own when the caller opens it', () => {
    const asked: string[] = [];
    const openEsp: OpenEsp = (bytes, offset, end, source, destination) => {
      expect(hexOf(bytes.slice(offset, offset + 8))).toBe('0990cbed00000003');
      expect(end).toBe(packet.length);
      asked.push(hexOf(source), hexOf(destination));
      return opened;
    };
    const found = raw(packet, { openEsp });
    // The association is that of the home address (RFC 3776 section 4.2).
    expect(asked).toEqual([hexOf(HOME_ADDRESS), hexOf(HOME_AGENT)]);
    expect(codes(found)).toEqual([]);
    expect(layers(found)).toEqual(['ipv6', 'ipv6.dstopts', 'esp', 'mip6']);
    expect(found.sources.map(({ label }) => label)).toEqual(['Frame', 'Decrypted ESP']);
    const mip6 = found.nodes.at(-1);
    expect(mip6).toMatchObject({ source: 1, offset: 0, length: clear.length });
    expect(find(found.nodes, 'mip6.csum.status')?.value).toBe(1);
    expect(find(found.nodes, 'esp.iv')).toMatchObject({ source: 0, length: 8 });
    expect(find(found.nodes, 'esp.icv')).toMatchObject({ source: 0, length: 12 });
    expect(find(found.nodes, 'esp.icv_good')?.generated).toBe(true);
    expect(find(found.nodes, 'esp.pad_len')).toMatchObject({ source: 1, value: 2 });
    expect(find(found.nodes, 'esp.protocol')?.value).toBe(NEXT_HEADER.mobility);
  });

  it.each([
    ['a wrong integrity check value', { ...opened, icv: 'bad' }, ['ESP_ICV']],
    [
      'a wrong integrity check value and no octets',
      { ...opened, icv: 'bad', bytes: new Uint8Array() },
      ['ESP_ICV'],
    ],
    [
      'padding that is not 1, 2, 3 (RFC 4303 section 2.4)',
      { ...opened, bytes: Uint8Array.of(...clear, 9, 9, 2, NEXT_HEADER.mobility) },
      ['ESP_PADDING'],
    ],
    [
      'more padding than octets',
      { ...opened, bytes: Uint8Array.of(1, 2, 200, NEXT_HEADER.mobility) },
      ['ESP_PADDING'],
    ],
    ['no room for a trailer', { ...opened, bytes: Uint8Array.of(1) }, ['ESP_TRUNCATED']],
    [
      'a Home Address option inside (RFC 6275 section 6.3)',
      {
        ...opened,
        bytes: Uint8Array.of(...HAO.bytes.with(0, 59), 1, 2, 2, NEXT_HEADER.destinationOptions),
      },
      ['HAO_POSITION'],
    ],
    [
      'lengths beyond the packet',
      { ...opened, ivLength: 1e9, icvLength: 1e9, bytes: Uint8Array.of(0, 59) },
      [],
    ],
  ] as const)('reports %s', (_, answer, expected) => {
    const found = raw(packet, { openEsp: () => answer });
    expect(codes(found)).toEqual(expected);
  });

  it('reports an SPI of the reserved range (RFC 4303 section 2.1) and a short header', () => {
    const esp = espHeader.encode({ spi: 255, sequence: 0, data: new Uint8Array(16) });
    const wrap = (payload: Uint8Array) =>
      ipv6Packet({
        source: CARE_OF_ADDRESS,
        destination: HOME_AGENT,
        protocol: NEXT_HEADER.esp,
        payload,
      });
    expect(codes(raw(wrap(esp)))).toEqual(['ESP_SPI_RESERVED']);
    expect(codes(raw(wrap(esp.slice(0, 7))))).toEqual(['ESP_TRUNCATED']);
  });
});
