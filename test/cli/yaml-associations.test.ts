import { describe, expect, it } from 'vitest';
import { readVerificationKeys } from '../../cli/verification-keys.ts';
import { readYamlAssociations } from '../../cli/yaml-associations.ts';
import { formatKeyProblem } from '../../engine/keys/key-problem.ts';
import { formatSelector } from '../../engine/state/security-association.ts';

const KEY = '0xc0ffee00c0ffee11c0ffee22c0ffee33';

const GOOD = `# keys of the home link
mobility:
  - { use: mn-ha, spi: 300, key: "0x0011" }
associations:
  - name: Binding Updates of node 1
    source: 2001:db8:1::10
    destination: "2001:db8:1::1"
    spi: 0x100
    mode: transport
    encryption: AES-CBC
    encryptionKey: "${KEY}"
    integrity: AES-XCBC
    integrityKey: "${KEY}"
    replayWindow: 128
    selector: { protocol: mobility-header, type: 5 }
  - { source: "*", destination: 192.0.2.0/24, spi: "*", encryption: "NULL" }
`;

/** The good file with one text replaced by another. */
const withChange = (from: string, to: string): string => GOOD.replace(from, to);

describe('associations of a YAML key file', () => {
  it('have names, selectors and wildcards, beside keys for other things', () => {
    const { entries, problems, notes } = readYamlAssociations(GOOD, 'keys.yaml');
    expect(problems).toEqual([]);
    expect(notes.map(({ line }) => line)).toEqual([2]);
    expect(
      entries.map(({ association, name }) => [
        association.id,
        name,
        association.spi,
        formatSelector(association.source),
        formatSelector(association.destination),
        association.mode,
      ]),
    ).toEqual([
      [
        'keys.yaml:5',
        'Binding Updates of node 1',
        256,
        '2001:db8:1::10',
        '2001:db8:1::1',
        'transport',
      ],
      ['keys.yaml:16', undefined, undefined, '*', '192.0.2.0/24', 'any'],
    ]);
    expect(entries[0]?.association.selector).toMatchObject({ protocol: 135, type: 5 });
    expect(entries[0]?.association.label).toBe('Binding Updates of node 1');
    expect(entries[0]?.replayWindow).toBe(128);
  });

  it('do not keep the keys for messages of the same file from being read', async () => {
    const { keys } = await readVerificationKeys(GOOD, 'keys.yaml', () =>
      Promise.reject(new Error('no file')),
    );
    expect(keys.mobility).toHaveLength(1);
  });

  it.each([
    ['source: 2001:db8:1::10', 'source: home', 'keys.yaml:6:13: source: expected an address'],
    ['spi: 0x100', 'spi: 0', 'keys.yaml:8:10: spi: expected an SPI'],
    ['mode: transport', 'mode: beet', 'keys.yaml:9:11: mode: expected transport, tunnel or any'],
    ['mode: transport', 'modus: tunnel', 'keys.yaml:9:5: unknown key'],
    ['encryption: AES-CBC', 'encryption: AES-CBX', 'did you mean "AES-CBC'],
    [
      `encryptionKey: "${KEY}"`,
      `encryptionKey: ${KEY}`,
      'keys.yaml:11:20: encryptionKey: expected an even number',
    ],
    [
      `encryptionKey: "${KEY}"`,
      'encryptionKey: "0xc0ffee"',
      '3 octets; AES-CBC [RFC3602] takes 16, 24 or 32 octets',
    ],
    ['destination: "2001:db8:1::1"', 'destination: 192.0.2.1', 'expected the address family'],
    ['replayWindow: 128', 'replayWindow: 5000', 'expected a whole number from 0 to 4096'],
    ['associations:', 'asociations:', 'keys.yaml:4:1: unknown key; did you mean associations?'],
    ['  - name', '- - name', 'keys.yaml:'],
  ])('with %s as %s have a problem with its place', (from, to, expected) => {
    const { problems } = readYamlAssociations(withChange(from, to), 'keys.yaml');
    const texts = problems.map(formatKeyProblem);
    expect(texts.join('\n')).toContain(expected);
    expect(texts.join('\n')).not.toMatch(/c0ffee/i);
  });

  it('count although another one is wrong', () => {
    const { entries } = readYamlAssociations(withChange('spi: 0x100', 'spi: none'), 'keys.yaml');
    expect(entries).toHaveLength(1);
  });

  it('are read without throwing from what is no list, no mapping or no YAML', () => {
    for (const text of ['associations: 5', '- 1', 'associations: [5, null]', 'a: [', '', '&a *a']) {
      const { entries, problems } = readYamlAssociations(text, 'keys.yaml');
      expect(entries).toEqual([]);
      expect(problems.length).toBeGreaterThan(0);
    }
  });
});
