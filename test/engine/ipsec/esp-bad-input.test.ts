/**
 * ESP that nobody should send: each kind is named, and none is an exception.
 */
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { espOpener } from '../../../cli/esp-opener.ts';
import { loadRules } from '../../../cli/rules-directory.ts';
import { build, dissect } from '../../../dissectors/index.ts';
import { sealEsp } from '../../../engine/crypto/esp.ts';
import type { EngineSummary } from '../../../engine/engine.ts';
import { parseKeyText } from '../../../engine/keys/key-text.ts';
import { Engine } from '../../../engine/pipeline.ts';
import { emptyPacketRecord } from '../../../engine/ports.ts';
import { UNKNOWN_SITE } from '../../../engine/site.ts';
import type { SecurityAssociation } from '../../../engine/state/security-association.ts';
import { address } from '../../rules/event-builders.ts';
import { HOME_ADDRESS, HOME_AGENT, key } from '../keys/key-texts.ts';

const ESP = 50;
const LINKTYPE_RAW = 101;
const SPI = 0x100;
const rules = await loadRules();

function associationsOf(more = '', encryption = `"NULL",""`): SecurityAssociation[] {
  const row = `"IPv6","${HOME_ADDRESS}","${HOME_AGENT}","0x100",${encryption},"HMAC-SHA-1-96 [RFC2404]","${key(20)}"${more}`;
  const { associations, problems } = parseKeyText(row, 'keys');
  expect(problems).toEqual([]);
  return associations;
}

function packet(payload: Uint8Array): Uint8Array {
  const ends = { source: address(HOME_ADDRESS), destination: address(HOME_AGENT) };
  return build.ipv6Packet({ ...ends, protocol: ESP, payload });
}

function audit(associations: SecurityAssociation[], packets: readonly Uint8Array[]): EngineSummary {
  const engine = new Engine({
    site: UNKNOWN_SITE,
    rules,
    associations,
    inputs: [{ name: 'capture', packets: 0 }],
    interfaces: [],
  });
  for (const [i, bytes] of packets.entries()) {
    engine.feed({
      ...emptyPacketRecord(),
      bytes,
      end: bytes.length,
      originalLength: bytes.length,
      seconds: 1_700_000_000 + 10 * i,
      linkType: LINKTYPE_RAW,
      number: i + 1,
    });
  }
  const summary = engine.finish();
  expect(summary.internalErrors).toEqual([]);
  return summary;
}

function codesOf(associations: SecurityAssociation[], bytes: Uint8Array): string[] {
  const { diagnostics } = dissect(bytes, 0, bytes.length, {
    linkType: LINKTYPE_RAW,
    openEsp: espOpener(associations),
  });
  return diagnostics.map(({ code }) => code);
}

/** An ESP packet of the association, with the octets of its plaintext. */
function sealed(
  [association]: readonly SecurityAssociation[],
  sequence: number,
  fields: { payload?: Uint8Array; sequenceHigh?: number } = {},
): Uint8Array {
  if (association === undefined) throw new Error('no association');
  return sealEsp(association, {
    spi: SPI,
    sequence,
    iv: new Uint8Array(association.esp.encryption.ivLength),
    nextHeader: 59,
    payload: new Uint8Array(16),
    ...fields,
  });
}

describe('ESP', () => {
  it.each([0, 1, 7])('of %d octets is too short', (octets) => {
    const bytes = packet(new Uint8Array(octets));
    const { counters } = audit(associationsOf(), [bytes]);
    expect(counters.diagnostics.get('ESP_TRUNCATED')).toBe(1);
    expect(counters.espMalformed).toBe(1);
    expect(codesOf(associationsOf(), bytes)).toEqual(['ESP_TRUNCATED']);
  });

  it('of 65,535 octets opens when it is right, and is named when it is not', () => {
    const associations = associationsOf();
    // Header 8, payload, pad length and next header 2, ICV 12; the padding makes it whole to 4 octets.
    const right = sealed(associations, 1, { payload: new Uint8Array(65_510) });
    expect(right.length).toBeLessThanOrEqual(65_535);
    expect(right.length).toBeGreaterThan(65_525);
    const longest = new Uint8Array(65_535);
    longest.set([0, 0, 1, 0, 0, 0, 0, 2]);
    const aligned = longest.subarray(0, 65_532);
    const { counters } = audit(associations, [right, longest, aligned].map(packet));
    expect(counters.espOpened).toBe(1);
    expect(counters.espMalformed).toBe(1);
    expect(counters.espIcvMismatch).toBe(1);
    expect(counters.diagnostics.get('ESP_ALIGNMENT')).toBe(1);
    expect(counters.diagnostics.get('ESP_ICV')).toBe(1);
    expect(codesOf(associationsOf(), packet(longest))).toEqual(['ESP_ICV']);
  });

  it.each([8, 12, 19])('of %d octets has no room for its ICV', (octets) => {
    const bytes = new Uint8Array(octets);
    bytes.set([0, 0, 1, 0, 0, 0, 0, 1]);
    const { counters } = audit(associationsOf(), [packet(bytes)]);
    expect(counters.diagnostics.get('ESP_TRUNCATED')).toBe(1);
    expect(codesOf(associationsOf(), packet(bytes))).toEqual(['ESP_ICV']);
  });

  it.each([1, 4, 11])('whose ICV lost %d octets is told by it', (octets) => {
    const associations = associationsOf();
    const bytes = sealed(associations, 1);
    const { counters } = audit(associations, [packet(bytes.subarray(0, -octets))]);
    const code = octets % 4 === 0 ? 'ESP_ICV' : 'ESP_ALIGNMENT';
    expect([...counters.diagnostics]).toEqual([[code, 1]]);
    expect(counters.espOpened).toBe(0);
    expect(codesOf(associationsOf(), packet(bytes.subarray(0, -octets)))).toEqual(['ESP_ICV']);
  });

  it('whose Pad Length goes past the start is named, though its ICV is right', () => {
    const associations = associationsOf();
    const [association] = associations;
    if (association === undefined) throw new Error('no association');
    const bytes = badlyPadded();
    const { counters } = audit(associations, [packet(bytes)]);
    expect(counters.diagnostics.get('ESP_PADDING')).toBe(1);
    expect(counters.espMalformed).toBe(1);
    expect(association.statistics).toMatchObject({ verified: 1, decryptErrors: 1 });
    expect(codesOf(associationsOf(), packet(bytes))).toEqual(['ESP_PADDING']);
  });
});

/** ESP with NULL encryption whose last octet but one says 200 octets of padding. RFC 4303 section 2, RFC 2404. */
function badlyPadded(): Uint8Array {
  const bytes = Uint8Array.from([0, 0, 1, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 200, 17]);
  const secret = Buffer.from(key(20).slice(2), 'hex');
  const icv = createHmac('sha1', secret).update(bytes).digest().subarray(0, 12);
  return new Uint8Array(Buffer.concat([bytes, icv]));
}

describe('sequence numbers', () => {
  const last = 0xffff_ffff;

  it('that wrap under an association without extended numbers are reported', () => {
    const associations = associationsOf();
    const packets = [last - 1, last, 0, 1].map((sequence) =>
      packet(sealed(associations, sequence)),
    );
    const { alerts } = audit(associations, packets);
    const found = alerts.filter(({ rule }) => rule.id === 'MIP6-1810');
    expect(found).toHaveLength(1);
    expect(found[0]?.draft.message).toContain('start again');
    expect(found[0]?.draft.packet.number).toBe(3);
  });

  it('that go on in the upper half of extended numbers are right', () => {
    const associations = associationsOf(',"64-bit",""');
    const packets = [last - 1, last, 0, 1].map((sequence) =>
      packet(sealed(associations, sequence, { sequenceHigh: sequence < 2 ? 1 : 0 })),
    );
    const { alerts, counters } = audit(associations, packets);
    expect(counters.espOpened).toBe(4);
    expect(alerts.filter(({ rule }) => rule.id === 'MIP6-1810')).toEqual([]);
    expect(associations[0]?.replay).toMatchObject({ highest: 1, highestHigh: 1 });
  });

  it('that wrap are no accusation where nobody knows the association', () => {
    const associations = associationsOf();
    const packets = [last, 0, 1].map((sequence) => packet(sealed(associations, sequence)));
    const { alerts } = audit([], packets);
    expect(alerts.filter(({ rule }) => rule.id === 'MIP6-1810')).toEqual([]);
  });
});
