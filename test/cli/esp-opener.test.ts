import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { espOpener } from '../../cli/esp-opener.ts';
import { build, dissect } from '../../dissectors/index.ts';
import { parseKeyText } from '../../engine/keys/key-text.ts';
import { address } from '../rules/event-builders.ts';

const SOURCE = address('2001:db8::1');
const DESTINATION = address('2001:db8::2');
const KEY = '000102030405060708090a0b0c0d0e0f10111213';
const LINE = `"IPv6","2001:db8::1","2001:db8::2","0x00001000","NULL","","HMAC-SHA-1-96 [RFC2404]","0x${KEY}"`;
const LINKTYPE_RAW = 101;

/** ESP with NULL encryption and the right ICV around a plaintext. RFC 4303 section 2, RFC 2404. */
function sealed(plaintext: readonly number[]): Uint8Array {
  const packet = Uint8Array.from([0, 0, 0x10, 0, 0, 0, 0, 1, ...plaintext]);
  const icv = createHmac('sha1', Buffer.from(KEY, 'hex')).update(packet).digest().subarray(0, 12);
  return new Uint8Array(Buffer.concat([packet, icv]));
}

const open = espOpener(parseKeyText(LINE, 'esp_sa').associations);

describe('opening ESP for the tree', () => {
  it('gives the whole plaintext when the Pad Length of a verified packet is larger than it', () => {
    const plaintext = [1, 2, 3, 4, 5, 6, 200, 17];
    const esp = sealed(plaintext);
    const opened = open(esp, 0, esp.length, SOURCE, DESTINATION);
    expect(opened).toMatchObject({ icv: 'good', icvLength: 12, ivLength: 0 });
    expect([...(opened?.bytes ?? [])]).toEqual(plaintext);
  });

  it('says in the tree that such padding is wrong, and shows all octets', () => {
    const payload = sealed([1, 2, 3, 4, 5, 6, 200, 17]);
    const packet = build.ipv6Packet({
      source: SOURCE,
      destination: DESTINATION,
      protocol: 50,
      payload,
    });
    const { diagnostics, sources } = dissect(packet, 0, packet.length, {
      linkType: LINKTYPE_RAW,
      openEsp: open,
    });
    expect(diagnostics.map(({ code, source }) => [code, source])).toEqual([['ESP_PADDING', 1]]);
    expect(sources[1]?.bytes).toHaveLength(8);
  });

  it('gives payload, padding and trailer of a right packet', () => {
    const plaintext = [9, 9, 9, 9, 1, 2, 2, 17];
    const esp = sealed(plaintext);
    expect([...(open(esp, 0, esp.length, SOURCE, DESTINATION)?.bytes ?? [])]).toEqual(plaintext);
  });

  it('gives nothing of a packet whose integrity check value is wrong', () => {
    const esp = sealed([9, 9, 9, 9, 1, 2, 2, 17]);
    esp[esp.length - 1] = (esp.at(-1) ?? 0) ^ 1;
    const opened = open(esp, 0, esp.length, SOURCE, DESTINATION);
    expect(opened).toMatchObject({ icv: 'bad' });
    expect(opened?.bytes).toHaveLength(0);
  });

  it('says nothing of an integrity check value that nobody has a key for', () => {
    const line = `"IPv6","2001:db8::1","2001:db8::2","0x00001000","NULL","","ANY 96 bit authentication [no checking]",""`;
    const unchecked = espOpener(parseKeyText(line, 'esp_sa').associations);
    const right = sealed([9, 9, 9, 9, 1, 2, 2, 17]);
    const shown = unchecked(right, 0, right.length, SOURCE, DESTINATION);
    expect(shown).toMatchObject({ icv: 'not-checked', icvLength: 12 });
    // Padding that no packet has: the key is not that of the packet, which is no wrong ICV.
    const wrong = sealed([9, 9, 9, 9, 1, 2, 200, 17]);
    expect(unchecked(wrong, 0, wrong.length, SOURCE, DESTINATION)).toBeUndefined();
  });
});
