import { describe, expect, it } from 'vitest';
import { formatAddress, parsePrefix } from '../../../dissectors/core/address.ts';
import { readKeyText } from '../../../engine/keys/key-text.ts';
import { findAssociations } from '../../../nodes/ipsec/associations.ts';
import type { AssociationDeclaration } from '../../../nodes/ipsec/associations.ts';
import type { KeyedAssociation } from '../../../nodes/ipsec/key-matching.ts';
import { NodeIpsec } from '../../../nodes/ipsec/node-ipsec.ts';
import { policiesOfHomeAgent, policiesOfMobileNode } from '../../../nodes/ipsec/policy.ts';
import type { ProtectionDeclaration } from '../../../nodes/ipsec/policy.ts';
import { SeededRandom } from '../../../nodes/simulation/seeded-random.ts';
import {
  bindingUpdate,
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  datagram,
  DECLARATION,
  HOME_ADDRESS,
  HOME_AGENT,
  homeTestInit,
  octets,
  OTHER_HOME_ADDRESS,
  receive,
  register,
  send,
  sendTunnelled,
} from './protected-pair.ts';

const HOA = formatAddress(HOME_ADDRESS);
const HA = formatAddress(HOME_AGENT);
const COA = formatAddress(CARE_OF_ADDRESS);
const OTHER = formatAddress(OTHER_HOME_ADDRESS);

/** Hex digits of a made-up key: other ones for each number. */
function key(count: number, number: number): string {
  let text = '0x';
  for (let i = 0; i < count; i++)
    text += ((17 * number + 3 * i) & 0xff).toString(16).padStart(2, '0');
  return text;
}

/** A row of Wireshark's table. */
function espSa(source: string, destination: string, spi: number, number = spi): string {
  return `"IPv6","${source}","${destination}","0x${spi.toString(16)}","AES-CBC [RFC3602]","${key(16, number)}","HMAC-SHA-1-96 [RFC2404]","${key(20, number + 1)}"`;
}

/** What `ip xfrm state` prints of one association. */
function xfrm(
  [source, destination]: readonly [string, string],
  spi: number,
  mode: string,
  selector: string,
): string {
  return `src ${source} dst ${destination}
	proto esp spi 0x${spi.toString(16).padStart(8, '0')} reqid 0 mode ${mode}
	replay-window 0 
	auth-trunc hmac(sha1) ${key(20, spi + 1)} 96
	enc cbc(aes) ${key(16, spi)}
	sel ${selector} 
`;
}

/** Rows of a key file as a node gets them. */
function rowsOf(text: string, file = 'keys'): KeyedAssociation[] {
  const { entries, problems } = readKeyText(text, file);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  return entries.map(({ association, encryptionKey, integrityKey }) => {
    const { spi, mode, source, destination, esp, extendedSequence, selector, origin } = association;
    return {
      spi,
      mode,
      source,
      destination,
      encryption: esp.encryption,
      encryptionKey: encryptionKey.reveal(),
      integrity: esp.integrity,
      integrityKey: integrityKey.reveal(),
      extendedSequence,
      ...(selector === undefined ? {} : { selector }),
      origin,
    };
  });
}

type More = Omit<AssociationDeclaration, 'policies'>;

function atMobileNode(declaration: ProtectionDeclaration, more: More = {}): AssociationDeclaration {
  return { policies: policiesOfMobileNode(declaration), ...more };
}

function atHomeAgent(declaration: ProtectionDeclaration, more: More = {}): AssociationDeclaration {
  return { policies: policiesOfHomeAgent(declaration), ...more };
}

/** What was found, in short. */
function found(rows: readonly KeyedAssociation[], ...declarations: AssociationDeclaration[]) {
  const { associations, problems, unused } = findAssociations(rows, declarations);
  return {
    associations: associations.map(
      ({ purposes, direction, mode, spi }) =>
        `${purposes.join('+')} ${direction} ${mode} ${spi.toString(16)}`,
    ),
    problems: problems.map(({ code, message }) => `${code}: ${message}`),
    unused: unused.map(({ line }) => line),
  };
}

/** Both nodes with the associations of the same rows; a Binding Update and a Home Test Init pass. */
function expectToTalk(
  rows: readonly KeyedAssociation[],
  declaration: ProtectionDeclaration,
  more: More = {},
) {
  const build = (each: AssociationDeclaration): NodeIpsec => {
    const ipsec = new NodeIpsec({ random: new SeededRandom(5) });
    ipsec.addPolicies(each.policies);
    for (const one of findAssociations(rows, [each]).associations) ipsec.add(one);
    expect(ipsec.missing()).toEqual([]);
    return ipsec;
  };
  const mobileNode = build(atMobileNode(declaration, more));
  const homeAgent = build(atHomeAgent(declaration, more));
  register({ mobileNode, homeAgent });
  const update = { ...bindingUpdate(), careOfSource: CARE_OF_ADDRESS };
  expect(receive(homeAgent, octets(send(mobileNode, update))).kind).toBe('taken');
  for (const packet of [homeTestInit(), datagram(HOME_ADDRESS, CORRESPONDENT)]) {
    const bytes = octets(sendTunnelled(mobileNode, packet));
    expect(receive(homeAgent, bytes).kind).toBe('taken');
  }
}

const TWO = { ...DECLARATION, prefixDiscovery: 'none' } as const;
const FOUR = { ...DECLARATION, payload: 'esp' } as const;

describe('rows that say what they are for', () => {
  const rows = rowsOf(
    [
      xfrm(
        [HOA, HA],
        0x100,
        'transport',
        `src ${HOA}/128 dst ${HA}/128 proto mobility-header type 5`,
      ),
      xfrm(
        [HA, HOA],
        0x101,
        'transport',
        `src ${HA}/128 dst ${HOA}/128 proto mobility-header type 6`,
      ),
      xfrm([HOA, HA], 0x102, 'transport', `src ${HOA}/128 dst ${HA}/128 proto ipv6-icmp type 146`),
      xfrm([HA, HOA], 0x103, 'transport', `src ${HA}/128 dst ${HOA}/128 proto ipv6-icmp type 147`),
      xfrm([COA, HA], 0x104, 'tunnel', `src ${HOA}/128 dst ::/0 proto mobility-header type 1`),
      xfrm([HA, COA], 0x105, 'tunnel', `src ::/0 dst ${HOA}/128 proto mobility-header type 3`),
      xfrm([COA, HA], 0x106, 'tunnel', `src ${HOA}/128 dst ::/0`),
      xfrm([HA, COA], 0x107, 'tunnel', `src ::/0 dst ${HOA}/128`),
    ].join(''),
  );

  it('go where they belong, as either node sees it', () => {
    expect(found(rows, atHomeAgent(FOUR))).toEqual({
      associations: [
        'binding in transport 100',
        'home-tests in tunnel 104',
        'prefix-discovery in transport 102',
        'payload in tunnel 106',
        'binding out transport 101',
        'home-tests out tunnel 105',
        'prefix-discovery out transport 103',
        'payload out tunnel 107',
      ],
      problems: [],
      unused: [],
    });
    expect(found(rows, atMobileNode(FOUR)).associations).toContain('binding out transport 100');
    expectToTalk(rows, FOUR);
  });

  it('that a declaration has no use for are named', () => {
    const { associations, unused } = found(rows, atHomeAgent(TWO));
    expect(associations).toHaveLength(4);
    expect(unused).toHaveLength(4);
  });

  it('with any protocol serve Home Tests where nothing finer does', () => {
    const coarse = rows.filter(({ spi }) => spi !== 0x104 && spi !== 0x105);
    expect(found(coarse, atHomeAgent(FOUR)).associations).toContain(
      'home-tests+payload in tunnel 106',
    );
    expectToTalk(coarse, FOUR);
  });

  it('that are missing are named, by purpose and way', () => {
    const some = rows.filter(({ spi }) => spi !== 0x105 && spi !== 0x107);
    expect(found(some, atHomeAgent(FOUR)).problems).toEqual([
      'missing: home-tests to the mobile node: no association for it',
      'missing: payload to the mobile node: no association for it',
    ]);
  });

  it('that fit alike are ambiguous with manual keys, and follow each other with negotiated ones', () => {
    const [first] = rows;
    if (first === undefined) throw new Error('no row');
    const twice = [...rows, { ...first, spi: 0x900 }];
    expect(found(twice, atHomeAgent(FOUR)).problems).toEqual([
      'ambiguous: binding to the home agent: 2 associations fit by its selector; manual keys leave no choice (RFC 3776 section 4.2)',
    ]);
    const negotiated = found(twice, atHomeAgent(FOUR, { keying: 'negotiated' }));
    expect(negotiated.problems).toEqual([]);
    expect(negotiated.associations).toContain('binding in transport 900');
    const { associations } = findAssociations(twice, [atHomeAgent(FOUR, { keying: 'negotiated' })]);
    const ipsec = new NodeIpsec({ random: new SeededRandom(5) });
    ipsec.addPolicies(policiesOfHomeAgent(FOUR));
    for (const each of associations) ipsec.add(each);
    expect(ipsec.describe()).toHaveLength(9);
  });

  it('belong to one mobile node of several', () => {
    const other = { ...TWO, homeAddress: OTHER_HOME_ADDRESS };
    const more = rowsOf(
      [
        xfrm(
          [OTHER, HA],
          0x200,
          'transport',
          `src ${OTHER}/128 dst ${HA}/128 proto mobility-header`,
        ),
        xfrm(
          [HA, OTHER],
          0x201,
          'transport',
          `src ${HA}/128 dst ${OTHER}/128 proto mobility-header`,
        ),
        xfrm(
          ['2001:db8:2::20', HA],
          0x202,
          'tunnel',
          `src ${OTHER}/128 dst ::/0 proto mobility-header`,
        ),
        xfrm(
          [HA, '2001:db8:2::20'],
          0x203,
          'tunnel',
          `src ::/0 dst ${OTHER}/128 proto mobility-header`,
        ),
      ].join(''),
    );
    const { associations, problems } = findAssociations(
      [...rows, ...more],
      [atHomeAgent(TWO), atHomeAgent(other)],
    );
    expect(problems).toEqual([]);
    const spis = (address: Uint8Array): number[] =>
      associations
        .filter((each) => each.homeAddress.join() === address.join())
        .map(({ spi }) => spi);
    expect(spis(HOME_ADDRESS)).toEqual([0x100, 0x104, 0x101, 0x105]);
    expect(spis(OTHER_HOME_ADDRESS)).toEqual([0x200, 0x202, 0x201, 0x203]);
  });
});

describe('rows that do not say what they are for', () => {
  const rows = rowsOf(
    [
      espSa(HOA, HA, 0x100),
      espSa(HA, HOA, 0x101),
      espSa('*', HA, 0x102),
      espSa(HA, '*', 0x103),
    ].join('\n'),
  );

  it('go by their order, if there are just as many as purposes', () => {
    expect(found(rows, atHomeAgent(TWO))).toEqual({
      associations: [
        'binding in transport 100',
        'home-tests in tunnel 102',
        'binding out transport 101',
        'home-tests out tunnel 103',
      ],
      problems: [],
      unused: [],
    });
    expectToTalk(rows, TWO);
  });

  it('are ambiguous if there are more or fewer', () => {
    expect(found(rows, atHomeAgent(FOUR)).problems).toHaveLength(8);
    expect(found(rows, atHomeAgent({ ...TWO, homeTests: 'none' })).problems).toEqual([
      'ambiguous: binding to the home agent: rows that do not say what they are for, purposes that are left: 2 and 1; say which SPI is for what',
      'ambiguous: binding to the mobile node: rows that do not say what they are for, purposes that are left: 2 and 1; say which SPI is for what',
    ]);
  });

  it('go by their SPI where the configuration says so', () => {
    const spis = {
      binding: { toHomeAgent: 0x102, toMobileNode: 0x103 },
      'home-tests': { toHomeAgent: 0x100, toMobileNode: 0x101 },
      payload: { toHomeAgent: 0x100, toMobileNode: 0x101 },
    };
    const declaration = { ...TWO, payload: 'esp' } as const;
    expect(found(rows, atHomeAgent(declaration, { spis })).associations).toEqual([
      'binding in transport 102',
      'home-tests+payload in tunnel 100',
      'binding out transport 103',
      'home-tests+payload out tunnel 101',
    ]);
    expectToTalk(rows, declaration, { spis });
    const wrong = { ...spis, binding: { toHomeAgent: 0x999, toMobileNode: 0x102 } };
    // 102 leads to the home agent and not to the mobile node.
    expect(found(rows, atHomeAgent(declaration, { spis: wrong })).problems).toEqual([
      'missing: binding to the home agent: no association by SPI 0x00000999',
      'missing: binding to the mobile node: no association by SPI 0x00000102',
    ]);
  });

  it('name no mobile node where there are several, unless by their addresses or SPIs', () => {
    const other = { ...TWO, homeAddress: OTHER_HOME_ADDRESS };
    const { problems } = findAssociations(rows, [atHomeAgent(TWO), atHomeAgent(other)]);
    expect(
      problems.map(({ code, homeAddress }) => `${code} ${formatAddress(homeAddress)}`),
    ).toEqual([
      `ambiguous ${HOA}`,
      `ambiguous ${HOA}`,
      `ambiguous ${HOA}`,
      `ambiguous ${HOA}`,
      `missing ${OTHER}`,
      `missing ${OTHER}`,
      `missing ${OTHER}`,
      `missing ${OTHER}`,
    ]);
  });

  it('from a care-of address are those of tunnels', () => {
    const captured = rowsOf(
      [
        espSa(HOA, HA, 0x100),
        espSa(HA, HOA, 0x101),
        espSa(COA, HA, 0x102),
        espSa(HA, COA, 0x103),
      ].join('\n'),
    );
    expectToTalk(captured, TWO);
  });

  it('are sorted by mode first where all say it', () => {
    const setkey = rowsOf(
      [
        `add ${HOA} ${HA} esp 0x302 -m tunnel -E rijndael-cbc ${key(16, 1)} -A hmac-sha1 ${key(20, 2)};`,
        `add ${HA} ${HOA} esp 0x303 -m tunnel -E rijndael-cbc ${key(16, 3)} -A hmac-sha1 ${key(20, 4)};`,
        `add ${HOA} ${HA} esp 0x300 -m transport -E rijndael-cbc ${key(16, 5)} -A hmac-sha1 ${key(20, 6)};`,
        `add ${HA} ${HOA} esp 0x301 -m transport -E rijndael-cbc ${key(16, 7)} -A hmac-sha1 ${key(20, 8)};`,
      ].join('\n'),
    );
    expect(found(setkey, atHomeAgent(TWO)).associations).toEqual([
      'binding in transport 300',
      'home-tests in tunnel 302',
      'binding out transport 301',
      'home-tests out tunnel 303',
    ]);
    expectToTalk(setkey, TWO);
  });
});

describe('rows that cannot be used', () => {
  const [row] = rowsOf(espSa(HOA, HA, 0x100));
  const binding = { ...TWO, homeTests: 'none' } as const;

  it.each([
    [
      'for any SPI',
      { spi: undefined },
      'unusable: binding to the home agent: the row is for any SPI',
    ],
    ['with a reserved SPI', { spi: 7 }, 'expected 256'],
    ['with a key of a wrong length', { integrityKey: new Uint8Array(0) }, 'expected 20'],
  ])('%s are named', (_, change, message) => {
    if (row === undefined) throw new Error('no row');
    const rows = [{ ...row, ...change, selector: selectorOfBinding() }];
    expect(found(rows, atHomeAgent(binding)).problems[0]).toContain(message);
    expect(found(rows, atHomeAgent(binding)).associations).toEqual([]);
  });

  it('IPS-BU-06 without authentication are named', () => {
    const rows = rowsOf(
      [
        `"IPv6","${HOA}","${HA}","0x100","AES-CBC [RFC3602]","${key(16, 1)}","NULL",""`,
        `"IPv6","${HA}","${HOA}","0x101","AES-CBC [RFC3602]","${key(16, 1)}","NULL",""`,
      ].join('\n'),
    );
    const { problems, associations } = found(rows, atHomeAgent(binding));
    expect(associations).toEqual([]);
    expect(problems).toEqual([
      'unusable: binding to the home agent: integrity algorithm is NULL or not checked; RFC 3776 section 4.3 demands a non-NULL one',
      'unusable: binding to the mobile node: integrity algorithm is NULL or not checked; RFC 3776 section 4.3 demands a non-NULL one',
    ]);
  });

  it('of counter modes are used with manual keys, and warned of', () => {
    const gcm = (source: string, destination: string, spi: number): string =>
      `"IPv6","${source}","${destination}","0x${spi.toString(16)}","AES-GCM with 16 octet ICV [RFC4106]","${key(20, spi)}","NULL",""`;
    const rows = rowsOf([gcm(HOA, HA, 0x100), gcm(HA, HOA, 0x101)].join('\n'));
    const result = findAssociations(rows, [atHomeAgent(binding)]);
    expect(result.associations).toHaveLength(2);
    expect(result.problems.map(({ severity, code }) => `${severity} ${code}`)).toEqual([
      'warning counter-mode',
      'warning counter-mode',
    ]);
    expect(
      findAssociations(rows, [atHomeAgent(binding, { keying: 'negotiated' })]).problems,
    ).toEqual([]);
  });

  it('of AH are used where AH is wanted, and nowhere else', () => {
    if (row === undefined) throw new Error('no row');
    const ah = rowsOf(
      `"IPv6","${HOA}","${HA}","0x100","NULL","","HMAC-SHA-1-96 [RFC2404]","${key(20, 1)}"`,
    ).map((each): KeyedAssociation => ({ ...each, protocol: 'ah' }));
    const wanted = { ...binding, bindingUpdates: 'ah-transport' } as const;
    expect(found(ah, atHomeAgent(wanted)).associations).toEqual(['binding in transport 100']);
    expect(found(ah, atHomeAgent(binding)).associations).toEqual([]);
    expect(found([row], atHomeAgent(wanted)).associations).toEqual([]);
  });

  it('that fit any address say nothing', () => {
    const rows = rowsOf(espSa('*', '*', 0x100));
    expect(found(rows, atHomeAgent(binding))).toMatchObject({ associations: [], unused: [1] });
  });

  it('of other mobile nodes or home agents are left alone', () => {
    const rows = rowsOf(
      [espSa(OTHER, HA, 0x100), espSa(HA, OTHER, 0x101), espSa(HOA, '2001:db8:9::9', 0x102)].join(
        '\n',
      ),
    );
    // Only tunnels have other addresses at the mobile node's end.
    const spis = { binding: { toHomeAgent: 0x102 } };
    expect(found(rows, atHomeAgent(binding, { spis })).problems[0]).toBe(
      'missing: binding to the home agent: no association by SPI 0x00000102',
    );
  });
});

function selectorOfBinding(): NonNullable<KeyedAssociation['selector']> {
  const source = parsePrefix(HOA);
  const destination = parsePrefix(HA);
  if (source === undefined || destination === undefined) throw new Error('no prefixes');
  return {
    source,
    destination,
    protocol: 135,
    sourcePort: undefined,
    destinationPort: undefined,
    type: 5,
    code: undefined,
    interface: undefined,
  };
}

describe('associations that were negotiated', () => {
  const negotiated = (homeAddress: string): KeyedAssociation[] =>
    rowsOf(
      [
        xfrm(
          [COA, HA],
          0x200,
          'transport',
          `src ${homeAddress}/128 dst ${HA}/128 proto mobility-header type 5`,
        ),
        xfrm(
          [HA, COA],
          0x201,
          'transport',
          `src ${HA}/128 dst ${homeAddress}/128 proto mobility-header type 6`,
        ),
      ].join(''),
    );
  const BINDING = { ...DECLARATION, prefixDiscovery: 'none', homeTests: 'none' } as const;

  it('IPS-IKE-02 IPS-IKE-05 stand for the home address of their selector, wherever their ends were', () => {
    expect(found(negotiated(HOA), atHomeAgent(BINDING, { keying: 'negotiated' }))).toEqual({
      associations: ['binding in transport 200', 'binding out transport 201'],
      problems: [],
      unused: [],
    });
  });

  it('IPS-IKE-03 for a home address that nobody may use here are not taken', () => {
    const { associations, unused } = found(
      negotiated(OTHER),
      atHomeAgent(BINDING, { keying: 'negotiated' }),
    );
    expect(associations).toEqual([]);
    expect(unused).toHaveLength(2);
  });
});
