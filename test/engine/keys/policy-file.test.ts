import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../../dissectors/core/address.ts';
import { PolicyDatabase } from '../../../engine/ipsec/policy-database.ts';
import type { PolicyPacket } from '../../../engine/ipsec/policy-database.ts';
import { describeAssociations } from '../../../engine/ipsec/sad.ts';
import { databaseEntries } from '../../../engine/keys/key-policies.ts';
import { formatKeyProblem } from '../../../engine/keys/key-problem.ts';
import { readKeyText } from '../../../engine/keys/key-text.ts';
import type { KeyText } from '../../../engine/keys/key-text.ts';
import { writeKeys } from '../../../engine/keys/write-keys.ts';
import { formatTrafficSelector } from '../../../engine/state/traffic-selector.ts';
import {
  CARE_OF_ADDRESS,
  HOME_ADDRESS,
  HOME_AGENT,
  SETKEY,
  XFRM_POLICY,
  key,
} from './key-texts.ts';

const address = (text: string): Uint8Array => parseAddress(text) ?? new Uint8Array(16);
const CORRESPONDENT = '2001:db8:9::5';
const MH = 135;
const ICMPV6 = 58;
const tunnel = { homeAddress: address(HOME_ADDRESS), homeAgent: address(HOME_AGENT) };

/** RFC 3776 section 5.2, RFC 4877 section 7.2.1, with addresses for the names. */
const NOTATION = `# policies of a home agent
home_agent_1 = ${HOME_AGENT}
home_address_1 = ${HOME_ADDRESS}
spi_a = 0x100

home agent SPD IN:
  - IF source = home_address_1 & destination = home_agent_1 & proto = MH & mh_type = BU
    THEN USE SA SA1
  - IF interface = IPv6 tunnel from home_address_1 & source = home_address_1 &
       destination = any & proto = MH & mh_type = HoTI
    THEN USE SA ESP TUNNEL
  - IF source = home_address_1 & destination = home_agent_1 & proto = ICMPv6 &
       icmp6_type = MPS & icmp6_code = 0
    THEN USE SA ESP TRANSPORT
  - IF source = any & destination = any & proto = UDP THEN BYPASS

home agent SAD:
  - SA1(IN, spi_a, home_agent_1, ESP, TRANSPORT):
    source = home_address_1 & destination = home_agent_1 & proto = MH
`;

function packet(
  source: string,
  destination: string,
  protocol: number,
  more: Partial<PolicyPacket> = {},
): PolicyPacket {
  return { source: address(source), destination: address(destination), protocol, ...more };
}
const update = packet(HOME_ADDRESS, HOME_AGENT, MH, { type: 5 });
const homeTestInit = packet(HOME_ADDRESS, CORRESPONDENT, MH, { type: 1, tunnel });
const solicitation = packet(HOME_ADDRESS, HOME_AGENT, ICMPV6, { type: 146, code: 0 });

/** What the policies of a text say about packets, `mode demand`. */
function verdicts(content: KeyText, packets: readonly PolicyPacket[]): string[] {
  const database = new PolicyDatabase(databaseEntries(content));
  return packets.map((item) => {
    const verdict = database.lookup(item);
    return verdict.kind === 'protect' ? `${verdict.mode} ${verdict.demand}` : verdict.kind;
  });
}

describe('a file in the notation of RFC 3776 and RFC 4877', () => {
  it('is recognised by its first line, whatever its name', () => {
    expect(readKeyText(NOTATION, 'keys').format).toBe('spd');
    const first = NOTATION.slice(NOTATION.indexOf('home agent SPD'));
    expect(readKeyText(first, 'keys').format).toBe('spd');
    expect(readKeyText(`\u00ef\u00bb\u00bf\nSAD:\n`, 'keys').format).toBe('spd');
    expect(readKeyText('mobile node PAD:\n', 'keys').format).toBe('spd');
  });

  it('is recognised by its extension when the first line is wrong', () => {
    expect(readKeyText('home agent SPB IN:\n', 'keys').problems[0]?.code).toBe('KEYS_FORMAT');
    const { format, problems } = readKeyText('home agent SPB IN:\n', 'policies.spd');
    expect(format).toBe('spd');
    expect(problems.map(formatKeyProblem)).toEqual([
      'policies.spd:1:1: section: expected a section like "home agent SPD IN:", SPD OUT, SPD-S, SAD or PAD, found "home"',
    ]);
  });

  it('says what is protected: by type, code, interface of the tunnel, and wildcards', () => {
    const content = readKeyText(NOTATION, 'policies.spd');
    expect(content.problems).toEqual([]);
    expect(
      verdicts(content, [
        update,
        packet(HOME_ADDRESS, HOME_AGENT, MH, { type: 6 }),
        homeTestInit,
        { ...homeTestInit, tunnel: undefined },
        solicitation,
        { ...solicitation, code: 1 },
        packet(CORRESPONDENT, HOME_ADDRESS, 17),
      ]),
    ).toEqual([
      'transport must',
      'bypass',
      'tunnel must',
      'bypass',
      'transport must',
      'bypass',
      'bypass',
    ]);
  });

  it('names file, line, column and field of a bad entry, and the others count', () => {
    const text = NOTATION.replace('mh_type = HoTI', 'mh_type = NONE');
    const content = readKeyText(text, 'policies.spd');
    expect(content.problems.map(formatKeyProblem)).toEqual([
      'policies.spd:10:51: mh_type: expected brr, hoti, coti, hot, cot, bu, back, ba, be or a number to 255, found "NONE"',
    ]);
    expect(verdicts(content, [update, homeTestInit])).toEqual(['transport must', 'bypass']);
  });

  it.each([
    ['home-1! = 2001:db8::1', 'name'],
    ['home_1 = 2001:db8::zz', 'value'],
    ['home_1 = 192.0.2.1', 'value'],
    ['home_1 = 0x1234567890', 'value'],
    ['any = 2001:db8::1', 'name'],
  ])('tells what is wrong with the definition %s', (line, field) => {
    const { problems, sections } = readKeyText(
      `a = ::1\n${line}\nSPD IN:\n- IF proto = MH THEN BYPASS`,
      'f',
    );
    const [first] = problems;
    expect(first).toMatchObject({ line: 2, severity: 'error' });
    if (!line.includes('!')) expect(first?.field).toBe(field);
    expect(sections).toHaveLength(1);
  });

  it('says that a name without an address fits nothing', () => {
    const { problems } = readKeyText(NOTATION.replace(/^home_address_1.*$/m, ''), 'f');
    expect(problems).toMatchObject([{ code: 'KEYS_NAME', severity: 'warning', line: 6 }]);
    expect(problems[0]?.message).toContain('home_address_1');
  });

  it('never shows what may be a key in the wrong place', () => {
    const secret = key(16).slice(2);
    const rows = [
      `${secret} = 2001:db8::1`,
      secret,
      `SPD IN:\n- IF ${secret} = 5 THEN BYPASS`,
      `SPD IN:\n- IF proto = ${secret} THEN BYPASS`,
      `SPD IN:\n- IF source = ${secret} & ${secret} = any THEN USE SA ${secret} more`,
      `SAD:\n- SA1(IN, 0x${secret}, any, ESP, TUNNEL): proto = MH`,
      `SPD IN:\n- IF proto = "${secret}" THEN USE SA "${secret}" "${secret}"`,
    ];
    for (const row of rows) {
      const { problems } = readKeyText(`a = ::1\n${row}\n`, 'f');
      expect(problems.length).toBeGreaterThan(0);
      expect(problems.map(formatKeyProblem).join('\n')).not.toContain(secret.slice(0, 12));
    }
  });

  it('comes back as it was when it is written', () => {
    const content = readKeyText(NOTATION, 'a.spd');
    const { text, losses } = writeKeys('spd', [content]);
    expect(losses).toEqual([]);
    const again = readKeyText(text, 'b.spd');
    expect(again.problems).toEqual([]);
    const packets = [update, homeTestInit, solicitation, packet(HOME_AGENT, HOME_ADDRESS, 17)];
    expect(verdicts(again, packets)).toEqual(verdicts(content, packets));
    expect(writeKeys('spd', [again]).text).toBe(text);
  });

  it('gives associations the selectors of their SPI, where the keys came without', () => {
    const row = (spi: string, destination: string): string =>
      `"IPv6","*","${destination}","${spi}","NULL","","HMAC-SHA-1-96 [RFC2404]","${key(20)}"\n`;
    const rows = row('0x100', HOME_AGENT) + row('0x101', HOME_AGENT) + row('0x100', HOME_ADDRESS);
    const associations = readKeyText(rows, 'esp_sa').entries.map(({ association }) => association);
    describeAssociations(associations, readKeyText(NOTATION, 'a.spd').sections);
    expect(
      associations.map(({ mode, selector }) => [
        mode,
        selector === undefined ? undefined : formatTrafficSelector(selector),
      ]),
    ).toEqual([
      ['transport', `${HOME_ADDRESS} > ${HOME_AGENT} MH`],
      ['any', undefined],
      ['any', undefined],
    ]);
  });
});

describe('policies of setkey and ip xfrm policy', () => {
  it.each([
    ['setkey', SETKEY.replace('spdadd ::/0[any] ::/0[500] udp', 'spdadd ::/0 ::/0 udp')],
    ['ip-xfrm', XFRM_POLICY],
  ])('of %s say the same in the notation', (_, text) => {
    const original = readKeyText(text, 'f');
    const { text: written, losses } = writeKeys('spd', [original]);
    const again = readKeyText(written, 'f.spd');
    expect(again.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    const packets = [
      update,
      solicitation,
      { ...solicitation, tunnel },
      packet(CORRESPONDENT, HOME_ADDRESS, MH, { type: 1, tunnel }),
      packet(CORRESPONDENT, HOME_ADDRESS, 17),
    ];
    // The notation has no word for "where there is an association".
    const said = (content: KeyText): string[] =>
      verdicts(content, packets).map((verdict) => verdict.replace('should', 'must'));
    const leftOut = losses.filter(({ isLeftOut }) => isLeftOut).map(({ message }) => message);
    expect(leftOut.every((message) => message.includes('forwarding policies'))).toBe(true);
    if (leftOut.length === 0) expect(said(again)).toEqual(said(original));
    expect(said(original)).toContain('transport must');
    expect(written).not.toMatch(/[0-9a-f]{20}/);
  });

  it('come out of the notation, where the tunnel needs no ends', () => {
    const { text, losses } = writeKeys('setkey', [
      { ...readKeyText(NOTATION, 'a.spd'), file: 'a.spd' },
    ]);
    expect(text)
      .toBe(`spdadd ${HOME_ADDRESS}/128 ${HOME_AGENT}/128 135 5 -P in ipsec esp/transport//require;
spdadd ${HOME_ADDRESS}/128 ${HOME_AGENT}/128 icmp6 146,0 -P in ipsec esp/transport//require;
spdadd ::/0 ::/0 17 -P in none;
`);
    expect(
      losses.map(({ origin, isLeftOut, message }) => [origin.line, isLeftOut, message]),
    ).toEqual([
      [7, false, 'setkey has no place for name of the association'],
      [9, true, 'left out: a tunnel whose ends are not both said'],
      [18, true, 'left out: a row of a SAD has no keys'],
    ]);
    const again = readKeyText(text, 'setkey.conf');
    expect(verdicts(again, [update, solicitation])).toEqual(['transport must', 'transport must']);
  });

  it('out of SPD-S are two, one for each direction with its own type', () => {
    const spdS = `mobile node SPD-S:
  - IF local_address = ${HOME_ADDRESS} & remote_address = ${HOME_AGENT} &
       proto = MH & local_mh_type = BU & remote_mh_type = BAck
    THEN USE SA ESP TRANSPORT
`;
    const { text } = writeKeys('ip-xfrm', [{ ...readKeyText(spdS, 'a'), file: 'a' }]);
    expect(text.split('\n').filter((line) => line !== '')).toHaveLength(2);
    expect(text).toContain('proto 135 type 5 dir out');
    expect(text).toContain('proto 135 type 6 dir in');
  });

  it('are looked at by priority: small first in Linux, large first in setkey', () => {
    const xfrm = (priority: number, action: string): string =>
      `ip xfrm policy add src ${HOME_ADDRESS} dst ${HOME_AGENT} proto 135 dir in action ${action} priority ${priority}\n`;
    const text = xfrm(7, 'block') + xfrm(2, 'allow');
    expect(verdicts(readKeyText(text, 'f'), [update])).toEqual(['bypass']);
    const setkey = (priority: number, action: string): string =>
      `spdadd ${HOME_ADDRESS} ${HOME_AGENT} 135 -P in prio ${priority} ${action};\n`;
    const other = setkey(2, 'none') + setkey(7, 'discard');
    expect(verdicts(readKeyText(other, 'f'), [update])).toEqual(['discard']);
  });

  it('on an interface that is a tunnel are for what goes through the tunnel', () => {
    const text = (dev: string): string =>
      `ip xfrm policy add src ::/0 dst ::/0 proto 17 dev ${dev} dir out tmpl src ${CARE_OF_ADDRESS} dst ${HOME_AGENT} proto esp mode transport\n`;
    const bare = packet(HOME_ADDRESS, CORRESPONDENT, 17);
    const inTunnel = { ...bare, tunnel };
    expect(verdicts(readKeyText(text('ip6tnl1'), 'f'), [bare, inTunnel])).toEqual([
      'bypass',
      'transport must',
    ]);
    expect(verdicts(readKeyText(text('eth0'), 'f'), [bare, inTunnel])).toEqual([
      'transport must',
      'bypass',
    ]);
  });
});
