import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePrefix } from '../../../dissectors/core/address.ts';
import type { Prefix } from '../../../dissectors/core/address.ts';
import { readPolicies } from '../../../engine/ipsec/policy-notation.ts';
import { writePolicies } from '../../../engine/ipsec/policy-writer.ts';

const prefixOf = (text: string): Prefix => {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(text);
  return prefix;
};

const HOME_AGENT_MANUAL = `home agent SPD OUT:
  - IF source = home_agent_1 & destination = home_address_1 &
       proto = MH
    THEN USE SA SA2
  - IF interface = IPv6 tunnel to home_address_1 &
       source = any & destination = home_address_1 &
       proto = MH
    THEN USE SA SA4

home agent SPD IN:
  - IF source = home_address_1 & destination = home_agent_1 &
       proto = ICMPv6
    THEN USE SA SA5.
  - IF interface = IPv6 IPv6 tunnel from home_address_1 &
       source = home_address_1 & destination = any &
       proto = X
    THEN USE SA SA7

home agent SAD:
  - SA2(OUT, spi_b, home_address_1, ESP, TRANSPORT):
    source = home_agent_1 & destination = home_address_1 &
    proto = MH
  - SA4(OUT, 0x0cdede2c, care_of_address_1, ESP, TUNNEL):
    source = any & destination = home_address_1 & proto = MH
`;

const DYNAMIC = `mobile node SPD OUT:
  - IF interface = IPv6 tunnel to home_agent_1 &
       source = home_address_1 & destination = any &
       proto = MH
    THEN USE SA ESP TUNNEL: outer destination = home_agent_1 &
                            local phase 1 identity = user_1
mobile node SPD-S:
  - IF local_address = home_address_1 &
       remote_address = home_agent_1 &
       proto = MH & local_mh_type = BU & remote_mh_type = BAck
    Then use SA ESP transport mode
    Initiate using IDi = user_1 to address home_agent_1
  - IF local_address = home_address_1 & remote_address = home_agent_1 &
       proto = ICMPv6 & local_icmp6_type = MPS & remote_icmp6_type = MPA
    Then use SA ESP transport mode
home agent PAD:
  - IF remote_identity = user_1
       Then authenticate (shared secret/certificate/EAP)
       and authorize CHILD_SAs for remote address home_address_1
`;

/** Everything of a document but the lines it stood on. */
function withoutLines(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, item: unknown) =>
      key === 'line'
        ? undefined
        : item instanceof Uint8Array
          ? Array.from(item)
          : item === undefined
            ? null
            : item,
    ),
  );
}

describe('the policy notation', () => {
  it('reads the manual examples of RFC 3776 section 5.2', () => {
    const { document, problems } = readPolicies(HOME_AGENT_MANUAL);
    expect(problems).toEqual([]);
    expect(document.sections.map(({ node, database }) => `${node} ${database}`)).toEqual([
      'home agent SPD OUT',
      'home agent SPD IN',
      'home agent SAD',
    ]);
    const [out, into, sad] = document.sections;
    if (out === undefined || !('rules' in out) || into === undefined || !('rules' in into)) {
      throw new Error('no policies');
    }
    expect(out.rules[1]?.condition).toMatchObject({
      interface: { direction: 'to', address: { name: 'home_address_1' } },
      source: { name: 'any' },
      protocol: 135,
    });
    expect(into.rules.map(({ action }) => action)).toEqual([
      { kind: 'association', name: 'SA5' },
      { kind: 'association', name: 'SA7' },
    ]);
    expect(into.rules[1]?.condition.protocol).toBeUndefined();
    if (sad?.database !== 'SAD') throw new Error('no associations');
    expect(sad.associations).toMatchObject([
      { name: 'SA2', direction: 'out', spi: 'spi_b', mode: 'transport' },
      { name: 'SA4', direction: 'out', spi: 0x0cdede2c, mode: 'tunnel' },
    ]);
  });

  it('reads the dynamic examples of RFC 3776 section 5.3 and RFC 4877 section 7', () => {
    const { document, problems } = readPolicies(DYNAMIC);
    expect(problems).toEqual([]);
    const [spd, spdS, pad] = document.sections;
    if (spd === undefined || !('rules' in spd) || spdS === undefined || !('rules' in spdS)) {
      throw new Error('no policies');
    }
    expect(spd.rules[0]?.action).toMatchObject({
      kind: 'dynamic',
      mode: 'tunnel',
      outerDestination: { name: 'home_agent_1' },
      identity: { of: 'local', value: 'user_1' },
    });
    expect(spdS.rules[0]).toMatchObject({
      condition: { type: 5, remoteType: 6 },
      action: { mode: 'transport', initiate: { identity: 'user_1' } },
    });
    expect(spdS.rules[1]?.condition).toMatchObject({ protocol: 58, type: 146, remoteType: 147 });
    if (pad?.database !== 'PAD') throw new Error('no peers');
    expect(pad.peers[0]?.methods).toEqual(['shared secret', 'certificate', 'EAP']);
  });

  it('gives names the addresses it is told, and takes addresses as they are', () => {
    const names = new Map([['home_agent_1', prefixOf('2001:db8::1')]]);
    const { document, problems } = readPolicies(
      'ha SPD IN:\n - IF source = 2001:db8:: & destination = home_agent_1 & proto = MH\n THEN DISCARD',
      names,
    );
    expect(problems).toEqual([]);
    expect(document.sections[0]).toMatchObject({
      rules: [
        {
          condition: {
            source: { prefix: prefixOf('2001:db8::') },
            destination: { name: 'home_agent_1', prefix: prefixOf('2001:db8::1') },
          },
          action: { kind: 'discard' },
        },
      ],
    });
  });

  it.each([HOME_AGENT_MANUAL, DYNAMIC])('writes what reads back the same (%#)', (text) => {
    const { document } = readPolicies(text);
    const again = readPolicies(writePolicies(document));
    expect(again.problems).toEqual([]);
    expect(withoutLines(again.document)).toEqual(withoutLines(document));
  });

  it.each([
    ['source = 2001:db8::zz & proto = MH', 2, 17, 'source'],
    ['proto = MH & mh_type = XY', 2, 31, 'mh_type'],
    ['mh_type = BU & proto = MH', 2, 18, 'mh_type'],
    ['proto = 256', 2, 16, 'proto'],
    ['colour = red', 2, 8, 'colour'],
    ['proto = MH & proto = UDP', 2, 21, 'proto'],
    ['proto = MH & remote_mh_type = BU', 2, 21, 'remote_mh_type'],
    ['proto', 3, 2, 'proto'],
  ])('tells place and field of what is wrong in %s', (condition, line, column, field) => {
    const text = `ha SPD IN:\n  - IF ${condition}\n THEN USE SA SA1\n  - IF proto = MH THEN BYPASS\n`;
    const { document, problems } = readPolicies(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ line, column, field });
    expect(problems[0]?.message).toMatch(/^expected .*, found "/);
    // The entry behind it still counts.
    expect(document.sections[0]).toMatchObject({ rules: [{ action: { kind: 'bypass' } }] });
  });

  it.each([
    ['SA1(OUT, 0, any, ESP, TRANSPORT): proto = MH', 'spi'],
    ['SA1(OUT, 5, any, AH, TRANSPORT): proto = MH', 'protocol'],
    ['SA1(UP, 5, any, ESP, TRANSPORT): proto = MH', 'direction'],
    ['SA1(OUT, 5, any, ESP, BOTH): proto = MH', 'mode'],
    ['SA1(OUT, 5, any, ESP, TUNNEL)', 'entry'],
  ])('refuses the association %s', (text, field) => {
    const { document, problems } = readPolicies(`ha SAD:\n- ${text}\n`);
    expect(problems).toMatchObject([{ line: 2, field }]);
    expect(document.sections[0]).toMatchObject({ associations: [] });
  });

  it('never throws and ends, whatever the text', () => {
    const piece = fc.constantFrom(
      ...[
        'ha SPD IN:\n',
        '- ',
        'IF ',
        'proto = ',
        'MH ',
        '& ',
        'THEN ',
        'USE SA ',
        'ESP ',
        '"',
        ':',
      ],
      ...['TUNNEL: ', 'SAD:\n', 'SA1(', ')', ',', '\n', '2001:db8::', 'PAD:\n', '#', '\u0000'],
    );
    fc.assert(
      fc.property(
        fc.array(fc.oneof(piece, fc.string({ maxLength: 8 })), { maxLength: 60 }),
        (all) => {
          const { document } = readPolicies(all.join(''));
          const again = readPolicies(writePolicies(document));
          expect(withoutLines(again.document)).toEqual(withoutLines(document));
        },
      ),
    );
  });

  it('reads a long text in time that grows with it', () => {
    const entry = '  - IF proto = MH\n    THEN USE SA SA1\n';
    const { document, problems } = readPolicies(`ha SPD IN:\n${entry.repeat(20_000)}`);
    expect(problems).toEqual([]);
    expect(document.sections[0]).toMatchObject({ rules: { length: 20_000 } });
  });
});
