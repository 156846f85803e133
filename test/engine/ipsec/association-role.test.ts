import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { RoleEvidence, roleOf } from '../../../engine/ipsec/association-role.ts';
import { EspFlows, FlowLayout } from '../../../engine/ipsec/esp-flows.ts';
import type { EspFlowFacts } from '../../../engine/ipsec/esp-flows.ts';
import { transformsFor } from '../../../engine/ipsec/esp-sizes.ts';
import { formatAddress } from '../../../dissectors/core/address.ts';
import { putU32 } from '../../../dissectors/core/bytes.ts';
import { FIXTURES, auditFiles } from '../../fixtures/expectations.ts';
import { CARE_OF_ADDRESS, HOME_ADDRESS, HOME_AGENT } from '../../rules/site.ts';

const { PLAIN, OPTION, ROUTING } = FlowLayout;
const SECOND = 1e6;
const START = 1e15;

/** Octets of an ESP packet around `payload` octets. RFC 4303 section 2. */
function espOctets(payload: number, iv: number, block: number, icv: number): number {
  return 8 + iv + Math.ceil((payload + 2) / block) * block + icv;
}

/** Under AES-CBC with HMAC-SHA-1-96. */
const cbc = (payload: number): number => espOctets(payload, 16, 16, 12);

/** A step: direction, SPI, layout, octets, seconds after the step before. */
type Step = readonly ['to' | 'from', number, FlowLayout, number, number];

function factsAfter(steps: readonly Step[], node = HOME_ADDRESS): EspFlowFacts[] {
  const flows = new EspFlows(1);
  let time = START;
  for (const [direction, spi, layout, size, seconds] of steps) {
    time += seconds * SECOND;
    const bytes = new Uint8Array(40);
    bytes.set(direction === 'to' ? node : HOME_AGENT, 0);
    bytes.set(direction === 'to' ? HOME_AGENT : node, 16);
    putU32(bytes, 32, spi);
    flows.note(bytes, 32, 0, 16, layout, size, time);
  }
  return flows.facts((source, destination) => ({
    isFromAgent: source.every((octet, i) => octet === HOME_AGENT[i]),
    isToAgent: destination.every((octet, i) => octet === HOME_AGENT[i]),
  }));
}

function roles(steps: readonly Step[], node?: Uint8Array): string[] {
  return factsAfter(steps, node).map(({ role }) => role);
}

function repeated(times: number, ...steps: readonly Step[]): Step[] {
  return Array.from({ length: times }, () => steps).flat();
}

describe('lengths of ESP packets', () => {
  it.each([
    ['AES-CBC with a 12 octet ICV', 16, 16, 12, [68, 84]],
    ['AES-CBC with a 16 octet ICV', 16, 16, 16, [72, 88]],
    ['triple DES with a 12 octet ICV', 8, 8, 12, [52, 68]],
    ['AES-GCM with a 16 octet ICV', 8, 4, 16, [52, 68]],
    ['NULL with a 12 octet ICV', 0, 4, 12, [40, 56]],
  ])('are those of Binding Updates under %s', (_name, iv, block, icv, expected) => {
    // Without and with an Alternate Care-of Address: 16 and 32 octets. RFC 6275 sections 6.1.7 and 6.2.5.
    const found = [16, 32].map((payload) => espOctets(payload, iv, block, icv));
    expect(found).toEqual(expected);
    for (const size of found) expect(transformsFor('binding', size)).not.toBe(0);
  });

  it('tell a home test from other packets under the same transform', () => {
    expect(transformsFor('home-test-init', cbc(56))).not.toBe(0);
    expect(transformsFor('home-test', cbc(64))).not.toBe(0);
    expect(transformsFor('home-test-init', 1400)).toBe(0);
    expect(transformsFor('binding', 41)).toBe(0);
  });
});

describe('the role of an association without keys', () => {
  it('is binding behind a Home Address option, and that of the answer', () => {
    const steps: Step[] = [
      ['to', 1, OPTION, cbc(32), 1],
      ['from', 2, ROUTING, cbc(16), 0.5],
    ];
    const facts = factsAfter(steps);
    expect(facts.map(({ role, basis }) => [role, basis])).toEqual([
      ['binding', 'inferred'],
      ['binding', 'inferred'],
    ]);
    expect(facts[0]?.reason).toBe(
      'behind a Home Address option, 84 octets; answers behind a routing header are no longer',
    );
  });

  it('is prefix discovery when the answer is longer by a prefix', () => {
    const steps: Step[] = [
      ['to', 1, OPTION, cbc(8), 1],
      ['from', 2, ROUTING, cbc(40), 0.5],
    ];
    expect(roles(steps)).toEqual(['prefix-discovery', 'prefix-discovery']);
  });

  it('does not join an answer to a request of more than 10 s ago', () => {
    const steps: Step[] = [
      ['to', 1, OPTION, cbc(32), 1],
      ['from', 2, ROUTING, cbc(40), 11],
    ];
    // The length alone: 84 octets are no Mobile Prefix Solicitation; the answer may be either.
    expect(roles(steps)).toEqual(['binding', 'unknown']);
  });

  it('is not known of a single request whose length fits both', () => {
    const nullSize = espOctets(32, 0, 4, 12);
    expect(roles([['to', 1, OPTION, nullSize, 1]])).toEqual(['unknown']);
  });

  it('is return routability of rare packets of the length of home tests, each with its counterpart', () => {
    const steps = repeated(3, ['to', 1, PLAIN, cbc(56), 100], ['from', 2, PLAIN, cbc(64), 0.05]);
    expect(roles(steps, CARE_OF_ADDRESS)).toEqual(['return-routability', 'return-routability']);
  });

  it('is return routability next to a Care-of Test Init in clear, whichever goes first', () => {
    const bytes = new Uint8Array(40);
    bytes.set(CARE_OF_ADDRESS, 0);
    bytes.set(HOME_AGENT, 16);
    const ends = { isFromAgent: false, isToAgent: true };
    for (const order of ['before', 'after']) {
      const flows = new EspFlows();
      if (order === 'before') flows.noteCareOfTestInit(CARE_OF_ADDRESS, 0, START);
      flows.note(bytes, 32, 0, 16, PLAIN, cbc(56), START + 1000);
      if (order === 'after') flows.noteCareOfTestInit(CARE_OF_ADDRESS, 0, START + 2000);
      expect(flows.facts(() => ends).map(({ role }) => role)).toEqual(['return-routability']);
    }
  });

  it('is payload of a tunnel with many packets, also when all are as long as a home test', () => {
    const various = repeated(4, ['to', 1, PLAIN, cbc(60), 0.1], ['to', 1, PLAIN, cbc(1200), 0.1]);
    expect(roles(various, CARE_OF_ADDRESS)).toEqual(['payload']);
    const segments = repeated(
      30,
      ['to', 1, PLAIN, cbc(60), 0.01],
      ['from', 2, PLAIN, cbc(72), 0.01],
    );
    expect(roles(segments, CARE_OF_ADDRESS)).toEqual(['payload', 'payload']);
  });

  it('is payload behind a Home Address option when no node signals that often', () => {
    expect(roles(repeated(40, ['to', 1, OPTION, cbc(32), 0.01]))).toEqual(['payload']);
  });

  it('is not known where no end is a home agent', () => {
    const evidence = new RoleEvidence();
    for (let i = 0; i < 50; i++) evidence.note(PLAIN, cbc(500 + i), START + i);
    expect(roleOf(evidence, { isFromAgent: false, isToAgent: false })).toMatchObject({
      role: 'unknown',
      basis: 'inferred',
    });
  });
});

describe('flows', () => {
  it('are bounded: a flood of SPIs evicts flows of one packet, not the busy ones', () => {
    const flows = new EspFlows(3);
    const bytes = new Uint8Array(40);
    bytes.set(HOME_ADDRESS, 0);
    bytes.set(HOME_AGENT, 16);
    putU32(bytes, 32, 0xabcdef01);
    for (let i = 0; i < 5; i++) flows.note(bytes, 32, 0, 16, OPTION, 84, START + i);
    for (let spi = 1000; spi < 41_000; spi++) {
      putU32(bytes, 32, spi);
      flows.note(bytes, 32, 0, 16, OPTION, 84, START + spi);
    }
    const facts = flows.facts(() => ({ isFromAgent: false, isToAgent: true }));
    expect(facts.length).toBeLessThanOrEqual(4096);
    expect(flows.evictions).toBe(40_001 - facts.length);
    expect(facts.find(({ spi }) => spi === 0xabcdef01)?.packets).toBe(5);
  });
});

describe('a whole life without keys', () => {
  const file = (name: string): string => path.join(FIXTURES, 'captures', name);
  const keyOf = ({ spi, source, destination }: EspFlowFacts): string =>
    `${spi} ${formatAddress(source)} ${formatAddress(destination)}`;

  it.each(['normal-life', 'relay-attack'])(
    'gives the associations of %s the roles that their content has',
    async (name) => {
      const captures = [file(`${name}.pcapng`)];
      const opened = await auditFiles(captures, undefined, file(`${name}.esp_sa`));
      const closed = await auditFiles(captures);
      const truth = new Map(opened.espFlows.map((flow) => [keyOf(flow), flow.role]));
      expect(opened.espFlows.every(({ basis }) => basis === 'content')).toBe(true);
      expect(closed.espFlows.every(({ basis }) => basis === 'inferred')).toBe(true);
      expect(closed.espFlows.length).toBeGreaterThan(3);
      expect(new Map(closed.espFlows.map((flow) => [keyOf(flow), flow.role]))).toEqual(truth);
    },
  );
});
