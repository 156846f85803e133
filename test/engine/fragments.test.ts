import { describe, expect, it } from 'vitest';
import { loadRules } from '../../cli/rules-directory.ts';
import { Engine } from '../../engine/pipeline.ts';
import { UNKNOWN_SITE } from '../../engine/site.ts';
import { captureInterface, packetRecord } from './packet-records.ts';

const rules = await loadRules();
/** Mobility Header of a Binding Update for a correspondent node with vendor options, octets. */
const MESSAGE = 1432;

/** One fragment of a mobility message from 2001:: to 2001::1. */
function fragment(offset: number, data: Uint8Array, more: boolean): Uint8Array {
  const bytes = new Uint8Array(48 + data.length);
  bytes.set([0x60, 0, 0, 0, (8 + data.length) >> 8, (8 + data.length) & 0xff, 44, 64]);
  bytes.set([0x20, 0x01], 8);
  bytes.set([0x20, 0x01], 24);
  bytes[39] = 1;
  bytes.set([135, 0, offset >> 8, (offset & 0xf8) | (more ? 1 : 0), 0, 0, 0, 9], 40);
  bytes.set(data, 48);
  return bytes;
}

/** The message in fragments of `size` octets of it. */
function fragments(size: number): Uint8Array[] {
  const message = new Uint8Array(MESSAGE);
  message.set([59, MESSAGE / 8 - 1, 5, 0, 0, 0, 0, 1, 0x80, 0, 0, 10]);
  for (let at = 12; at < MESSAGE; at += 142) message.set([200, 140], at);
  const out: Uint8Array[] = [];
  for (let at = 0; at < MESSAGE; at += size) {
    const end = Math.min(at + size, MESSAGE);
    out.push(fragment(at, message.subarray(at, end), end < MESSAGE));
  }
  return out;
}

/** Ids of the alerts about frames; those of a wrong checksum do not matter here. */
function alertsOf(frames: readonly Uint8Array[]): string[] {
  const engine = new Engine({
    site: UNKNOWN_SITE,
    rules,
    associations: [],
    inputs: [{ name: 'a', packets: frames.length }],
    interfaces: [captureInterface()],
  });
  for (const [i, bytes] of frames.entries()) {
    engine.feed(packetRecord(bytes, i + 1, i));
  }
  return engine
    .finish()
    .alerts.map(({ rule }) => rule.id)
    .filter((id) => id === 'MIP6-1006');
}

describe('a long mobility message in fragments', () => {
  it('is found in its first fragment when that is smaller than any link asks for', () => {
    expect(alertsOf(fragments(552).slice(0, 1))).toEqual(['MIP6-1006']);
  });

  it('is found once whatever the order of the fragments', () => {
    expect(alertsOf(fragments(552))).toEqual(['MIP6-1006']);
    expect(alertsOf(fragments(552).reverse())).toEqual(['MIP6-1006']);
  });

  it('is accepted in fragments as large as a link of 1280 octets takes', () => {
    expect(alertsOf(fragments(1232))).toEqual([]);
    expect(alertsOf(fragments(1232).reverse())).toEqual([]);
  });
});
