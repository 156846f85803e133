import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expertNodes } from '../../../dissectors/frame.ts';
import { build, dissect, encodeMobilityHeader, LINKTYPE } from '../../../dissectors/index.ts';
import type { MobilityMessage } from '../../../dissectors/index.ts';
import { fieldSource, FilterError } from '../../../engine/filter/index.ts';
import { COLOUR_RULES, ColourRules } from '../../../engine/views/colour-rules.ts';
import type { PacketEmphasis } from '../../../engine/views/colour-rules.ts';
import { HOME_ADDRESS, HOME_AGENT } from '../../dissectors/vectors.ts';

const ENDS = { source: HOME_ADDRESS, destination: HOME_AGENT };
const MOBILITY = 135;

function emphasisOf(payload: Uint8Array, protocol: number): PacketEmphasis {
  const bytes = build.ipv6Packet({ ...ENDS, protocol, payload });
  const found = dissect(bytes, 0, bytes.length, { linkType: LINKTYPE.raw });
  return new ColourRules().emphasisOf(
    fieldSource([...found.nodes, ...expertNodes(found)], found.sources),
  );
}

const update = (lifetime: number): MobilityMessage => ({
  kind: 'binding-update',
  sequence: 1,
  flags: 0,
  lifetime,
});
const acknowledgement = (status: number): MobilityMessage => ({
  kind: 'binding-acknowledgement',
  status,
  flags: 0,
  sequence: 1,
  lifetime: 1,
});

describe('colour rules', () => {
  it.each<[PacketEmphasis, MobilityMessage]>([
    ['registration', update(60)],
    ['deregistration', update(0)],
    ['registration', acknowledgement(0)],
    ['refused', acknowledgement(132)],
    ['signalling', { kind: 'binding-refresh-request' }],
  ])('%s', (emphasis, message) => {
    expect(emphasisOf(encodeMobilityHeader(message, [], ENDS), MOBILITY)).toBe(emphasis);
  });

  it('puts what is broken before what it says', () => {
    const wrong = encodeMobilityHeader(update(0), [], { ...ENDS, checksum: 1 });
    expect(emphasisOf(wrong, MOBILITY)).toBe('broken');
  });

  it('leaves other packets plain', () => {
    const datagram = { ...ENDS, sourcePort: 1024, destinationPort: 5000 };
    expect(emphasisOf(build.udpDatagram({ ...datagram, payload: new Uint8Array(4) }), 17)).toBe(
      'plain',
    );
  });

  it('refuses a rule whose filter is wrong, when it is made', () => {
    expect(() => new ColourRules([{ emphasis: 'broken', filter: 'mip6.nothing' }])).toThrow(
      FilterError,
    );
  });
});

describe('the page about filters', () => {
  it('lists the colour rules', () => {
    const page = readFileSync(new URL('../../../docs/filters.md', import.meta.url), 'utf8');
    for (const { filter } of COLOUR_RULES) expect(page).toContain(`\`${filter}\``);
  });
});
