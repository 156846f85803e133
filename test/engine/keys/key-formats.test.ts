import { describe, expect, it } from 'vitest';
import { formatKeyProblem } from '../../../engine/keys/key-problem.ts';
import { parseKeyText, readKeyText } from '../../../engine/keys/key-text.ts';
import type { KeyText } from '../../../engine/keys/key-text.ts';
import { formatSelector } from '../../../engine/state/security-association.ts';
import { formatTrafficSelector } from '../../../engine/state/traffic-selector.ts';
import { formatPrefix } from '../../../dissectors/core/address.ts';
import { addressText } from '../../../engine/keys/write-parts.ts';
import {
  CARE_OF_ADDRESS,
  HOME_ADDRESS,
  HOME_AGENT,
  IKEV1_TABLE,
  IKEV2_TABLE,
  key,
  SETKEY,
  SWANCTL,
  TCPDUMP,
  XFRM_POLICY,
  XFRM_STATE,
  XFRM_STATE_STATISTICS,
} from './key-texts.ts';

/** Associations in one line each: what a format can say. */
function associationsOf({ entries }: KeyText): string[] {
  return entries.map((entry) => {
    const { association, encryptionKey, integrityKey } = entry;
    const { spi, source, destination, mode, esp, origin } = association;
    return [
      origin.line,
      spi,
      formatSelector(source),
      formatSelector(destination),
      mode,
      esp.encryption.aliases[0] ?? esp.encryption.name,
      encryptionKey.hex().slice(0, 4),
      esp.integrity.aliases[0] ?? esp.integrity.name,
      integrityKey.hex().slice(0, 4),
    ].join(' ');
  });
}

function policiesOf({ policies }: KeyText): string[] {
  return policies.map(({ direction, action, selector, templates }) => {
    const inner = templates.map(({ protocol, mode, source, destination, requestId, level }) =>
      [
        protocol,
        mode,
        source === undefined ? '' : formatPrefix(source),
        destination === undefined ? '' : formatPrefix(destination),
        requestId,
        level,
      ].join(','),
    );
    const on = selector.interface ?? '';
    return [direction, action, formatTrafficSelector(selector), on, ...inner].join(' | ');
  });
}

/** Problems as `line:column severity code field`. */
function problemsOf(text: string): string[] {
  return readKeyText(text, 'f').problems.map(({ line, column, severity, code, field }) =>
    [`${line}:${column}`, severity, code, field].join(' ').trimEnd(),
  );
}

describe('a setkey file', () => {
  const content = readKeyText(SETKEY, 'setkey.conf');

  it('gives associations with modes, keys in both notations and statements over several lines', () => {
    expect(content.format).toBe('setkey');
    expect(content.problems).toEqual([]);
    expect(associationsOf(content)).toEqual([
      `5 256 ${HOME_ADDRESS} ${HOME_AGENT} transport AES-CBC 0001 HMAC-SHA-1-96 4041`,
      `8 257 ${HOME_AGENT} ${HOME_ADDRESS} transport TripleDES-CBC 0001 HMAC-SHA-256-128 0001`,
      `11 258 ${CARE_OF_ADDRESS} ${HOME_AGENT} tunnel NULL  AES-XCBC-MAC-96 3031`,
    ]);
    expect(content.entries[0]).toMatchObject({ requestId: 1, replayWindow: 64 });
    expect(content.entries[0]?.association.replay.size).toBe(64);
  });

  it('gives policies with types, ports and tunnels', () => {
    expect(policiesOf(content)).toEqual([
      `out | protect | ${HOME_ADDRESS} > ${HOME_AGENT} MH 5 |  | esp,transport,,,1,require`,
      `in | protect | ${HOME_ADDRESS} > * ICMPv6 146/0 |  | esp,tunnel,${CARE_OF_ADDRESS}/128,${HOME_AGENT}/128,,use`,
      'out | bypass | * > *[500] UDP | ',
    ]);
  });

  it('has AH said to be left out', () => {
    expect(content.notes.map(({ line, message }) => [line, message])).toEqual([
      [9, 'not ESP (RFC 4303); left out'],
    ]);
  });

  it('reads hmac-sha256 with the 96 bits that setkey makes of it, and says so', () => {
    const text = `add ::1 ::2 esp 1 -E null -A hmac-sha256 ${key(32)};`;
    const { entries, notes } = readKeyText(text, 'f');
    expect(entries[0]?.association.esp.integrity.icvLength).toBe(12);
    expect(notes[0]?.message).toContain('hmac-sha2-256');
  });

  it.each([
    ['add ha.example ::1 esp 1 -E null;', '1:5 error KEYS_ADDRESS source'],
    ['add ::1 192.0.2.1 esp 1 -E null;', '1:1 error KEYS_ADDRESS destination'],
    ['add ::1 ::2 sctp 1 -E null;', '1:13 error KEYS_PROTOCOL protocol'],
    ['add ::1 ::2 esp 0 -E null;', '1:17 error KEYS_SPI spi'],
    ['add ::1 ::2 esp 1 -m beet -E null;', '1:22 error KEYS_MODE mode'],
    ['add ::1 ::2 esp 1 -Q;', '1:19 error KEYS_SYNTAX extension'],
    ['add ::1 ::2 esp 1;', '1:1 error KEYS_COLUMNS encryption'],
    ['add ::1 ::2 esp 1 -E rijndel-cbc 0x00;', '1:22 error KEYS_ENCRYPTION encryption'],
    [
      'add ::1 ::2 esp 1 -E blowfish-cbc 0x00;',
      '1:22 error KEYS_ENCRYPTION_UNSUPPORTED encryption',
    ],
    ['add ::1 ::2 esp 1 -E des-cbc 0x00;', '1:30 error KEYS_KEY_LENGTH encryption key'],
    [
      `add ::1 ::2 esp 1 -E null -A hmac-sha1 ${key(16)};`,
      '1:40 warning KEYS_KEY_LENGTH authentication key',
    ],
    ['add ::1 ::2 esp 1 -E des-cbc 0xzz;', '1:30 error KEYS_KEY_HEX encryption key'],
    ['add ::1 ::2 esp 1 -E des-cbc "open;', '1:30 error KEYS_SYNTAX'],
    ['add ::1 ::2 esp 1 -E null', '1:0 warning KEYS_SYNTAX'],
    ['add ::1 ::2 esp 1 -E null;\nfrobnicate;', '2:1 error KEYS_SYNTAX statement'],
    ['spdadd ::/0 ::/0 any -P sideways none;', '1:25 error KEYS_POLICY direction'],
    ['spdadd ::/0 ::/0 any -P in whatever;', '1:28 error KEYS_POLICY action'],
    ['spdadd ::/0 ::/0 any -P in ipsec esp/tunnel//use;', '1:34 error KEYS_POLICY template'],
    ['spdadd ::/0 ::/129 any -P in none;', '1:13 error KEYS_ADDRESS destination'],
  ])('with %s has the problem %s', (text, problem) => {
    expect(problemsOf(text)).toContain(problem);
  });
});

describe('output of ip xfrm', () => {
  it('gives associations with selectors, ICV lengths, ESN and care-of addresses', () => {
    const content = readKeyText(XFRM_STATE, 'xfrm');
    expect(content.format).toBe('ip-xfrm');
    expect(content.problems).toEqual([]);
    expect(associationsOf(content)).toEqual([
      `1 256 ${HOME_ADDRESS} ${HOME_AGENT} transport AES-CBC 0001 HMAC-SHA-1-96 4041`,
      `9 257 ${HOME_AGENT} ${HOME_ADDRESS} tunnel AES-GCM-12 0001 NULL `,
      `18 258 ${HOME_ADDRESS} ${HOME_AGENT} transport NULL  HMAC-SHA-256-96 0001`,
    ]);
    const [first, second] = content.entries;
    expect(first?.association.selector).toMatchObject({ protocol: 135, type: 5 });
    expect(addressText(first?.careOfAddress ?? new Uint8Array(16))).toBe(CARE_OF_ADDRESS);
    expect(first?.replayWindow).toBe(64);
    expect(second).toMatchObject({
      replayWindow: 128,
      initialSequenceHigh: 1,
      encapsulation: { sourcePort: 4500, destinationPort: 4500 },
    });
    expect(second?.association.extendedSequence).toBe(true);
    expect(content.notes.map(({ line }) => line)).toEqual([23]);
  });

  it('with -s gives the same', () => {
    const content = readKeyText(XFRM_STATE_STATISTICS, 'xfrm');
    expect(content.problems).toEqual([]);
    expect(associationsOf(content)).toEqual([
      `1 256 ${HOME_ADDRESS} ${HOME_AGENT} transport AES-CBC 0001 HMAC-SHA-256-128 0001`,
    ]);
    expect(content.entries[0]).toMatchObject({ replayWindow: 32, requestId: 1 });
    expect(content.entries[0]?.association.selector).toBeUndefined();
  });

  it('with -o, one line each, gives the same', () => {
    const withoutLine = (row: string): string => row.replace(/^\d+ /, '');
    const oneLine = XFRM_STATE.replaceAll('\n\t', '\\\t').replaceAll('\n ', '\\ ');
    expect(associationsOf(readKeyText(oneLine, 'xfrm')).map(withoutLine)).toEqual(
      associationsOf(readKeyText(XFRM_STATE, 'xfrm')).map(withoutLine),
    );
  });

  it('gives policies', () => {
    const content = readKeyText(XFRM_POLICY, 'xfrm');
    expect(content.problems).toEqual([]);
    expect(policiesOf(content)).toEqual([
      `in | protect | * > ${HOME_ADDRESS} MH 1 | lo | esp,tunnel,${HOME_AGENT}/128,${CARE_OF_ADDRESS}/128,,use`,
      `out | protect | ${HOME_ADDRESS} > ${HOME_AGENT} MH 5 |  | esp,transport,::/0,::/0,1,require`,
      'forward | discard | * > * ICMPv6 146/0 | ',
    ]);
    expect(content.policies.map(({ priority }) => priority)).toEqual([0, 2, 7]);
  });

  it('may be commands as well, with quotes or backslashes', () => {
    const text = [
      `ip xfrm state add src ${HOME_ADDRESS} dst ${HOME_AGENT} proto esp spi 256 mode transport \\`,
      `  auth-trunc 'hmac(sha256)' ${key(32)} 128 enc cbc\\(aes\\) ${key(16)} encap espinudp 4500 4500 ::`,
      `sudo ip -6 x s a src ::1 dst ::2 proto esp spi 0x1 aead "rfc7539esp(chacha20,poly1305)" ${key(36)} 128`,
      'ip xfrm state flush',
      `ip xfrm policy add dir out src ${HOME_ADDRESS} dst ::/0 proto 135 type 3 tmpl src ${CARE_OF_ADDRESS} dst ${HOME_AGENT} proto esp mode tunnel`,
    ].join('\n');
    const content = readKeyText(text, 'commands');
    expect(content.problems).toEqual([]);
    expect(associationsOf(content)).toEqual([
      `1 256 ${HOME_ADDRESS} ${HOME_AGENT} transport AES-CBC 0001 HMAC-SHA-256-128 0001`,
      '3 1 ::1 ::2 any ChaCha20-Poly1305 0001 NULL ',
    ]);
    expect(content.policies).toHaveLength(1);
    expect(content.notes.map(({ line }) => line)).toEqual([4]);
  });

  it.each([
    ['proto esp spi 0x0x1 mode transport', '2:16 error KEYS_SPI spi'],
    ['proto esp spi 1 mode sideways', '2:23 error KEYS_MODE mode'],
    [`proto esp spi 1 enc cbc(aes) <<Keys hidden>>`, '2:31 error KEYS_HIDDEN encryption key'],
    [
      `proto esp spi 1 enc cbc(serpent) ${key(16)}`,
      '2:22 error KEYS_ENCRYPTION_UNSUPPORTED encryption',
    ],
    [
      `proto esp spi 1 auth-trunc hmac(sha1) ${key(20)} 160`,
      '2:83 error KEYS_ICV_LENGTH authentication',
    ],
    [
      `proto esp spi 1 aead rfc4106(gcm(aes)) ${key(20)} 100`,
      '2:84 error KEYS_ICV_LENGTH encryption',
    ],
    [`proto esp spi 1 enc cbc(aes) ${key(15)}`, '2:31 error KEYS_KEY_LENGTH encryption key'],
    ['nothing else', '1:0 error KEYS_COLUMNS association'],
  ])('with %s has the problem %s', (line, problem) => {
    expect(problemsOf(`src ::1 dst ::2\n\t${line}\n`)).toEqual([problem]);
  });
});

describe('Camellia-CBC', () => {
  it.each([
    [`src ::1 dst ::2\n\tproto esp spi 1 mode transport enc cbc(camellia) ${key(24)}\n`, 24],
    [`add ::1 ::2 esp 1 -m transport -E camellia-cbc ${key(16)};\n`, 16],
    [`1@::2 camellia256-cbc:${key(32)}\n`, 32],
    [`"IPv6","::1","::2","1","Camellia-CBC [RFC4312]","${key(32)}","NULL",""\n`, 32],
  ])('is read from what other programs write: %j', (text, octets) => {
    const { entries, problems } = readKeyText(text, 'camellia');
    expect(problems).toEqual([]);
    expect(
      entries.map(({ association, encryptionKey }) => [
        association.esp.encryption.rfc,
        encryptionKey.length,
      ]),
    ).toEqual([[4312, octets]]);
  });
});

describe('secrets of tcpdump', () => {
  it('give associations with an ICV nobody checks, and IKE keys of both directions', () => {
    const content = readKeyText(TCPDUMP, 'secrets');
    expect(content.format).toBe('tcpdump');
    expect(content.problems).toEqual([]);
    expect(associationsOf(content)).toEqual([
      `3 256 * ${HOME_AGENT} any AES-CBC 0001 ANY-96 `,
      '4 257 * 192.0.2.1 any TripleDES-CBC 0001 NULL ',
    ]);
    const [ike] = content.ikeKeys;
    if (ike?.version !== 2) throw new Error('no IKEv2 key');
    expect(ike.responderEncryption?.hex().slice(0, 4)).toBe('0102');
    expect(ike.encryption).toBe('AES-CBC-128 [RFC3602]');
  });

  it('may be the argument of -E, separated by commas', () => {
    const text = `0x100@::1 aes128-cbc:${key(16)},0x101@::2 des-cbc:a,b,c,de,9@::3 des-cbc:12345678`;
    expect(associationsOf(readKeyText(text, 'argument'))).toEqual([
      '1 256 * ::1 any AES-CBC 0001 NULL ',
      '1 257 * ::2 any DES-CBC 612c NULL ',
      '1 9 * ::3 any DES-CBC 3132 NULL ',
    ]);
  });

  it.each([
    ['0@::1 des-cbc:12345678', '1:1 error KEYS_SPI spi'],
    ['1@ha des-cbc:12345678', '1:1 error KEYS_ADDRESS destination'],
    ['1@::1 des-cbc', '1:7 error KEYS_SYNTAX secret'],
    ['1@::1 des-cbx:12345678', '1:7 error KEYS_ENCRYPTION encryption'],
    ['1@::1 des-cbc:123', '1:15 error KEYS_KEY_LENGTH encryption key'],
    ['1@::1 blowfish-cbc:123', '1:7 error KEYS_ENCRYPTION_UNSUPPORTED encryption'],
    ['ikev2 X 0x00 0x00 sha1:0x00 aes128:0x00', '1:7 error KEYS_SYNTAX direction'],
  ])('with %s have the problem %s', (text, problem) => {
    expect(problemsOf(text)).toContain(problem);
  });
});

describe('tables of IKE keys', () => {
  it('of IKEv2 are read as strongSwan writes them', () => {
    const content = readKeyText(IKEV2_TABLE, 'ikev2');
    expect(content.format).toBe('ikev2_decryption_table');
    expect(content.problems).toEqual([]);
    expect(
      content.ikeKeys.map((ike) =>
        ike.version === 2
          ? [ike.encryption, ike.initiatorEncryption?.length, ike.responderIntegrity?.length]
          : [],
      ),
    ).toEqual([
      ['AES-CBC-128 [RFC3602]', 16, 20],
      ['AES-GCM-128 with 16 octet ICV [RFC5282]', 20, undefined],
    ]);
  });

  it('of IKEv1 are read', () => {
    const content = readKeyText(IKEV1_TABLE, 'ikev1');
    expect(content.format).toBe('ikev1_decryption_table');
    expect(content.ikeKeys).toHaveLength(1);
    expect(content.problems).toEqual([]);
  });

  it.each([
    [IKEV2_TABLE.replace('CBC-128', 'CBX-128'), '1:101 error KEYS_ENCRYPTION encryption'],
    [IKEV2_TABLE.replace(',0001', ',01'), '1:35 error KEYS_KEY_LENGTH SK_ei'],
    [IKEV2_TABLE.replace(',0001', ',zz01'), '1:35 error KEYS_KEY_HEX SK_ei'],
    ['0001020304050607,1011121314151617,00', '1:0 error KEYS_COLUMNS'],
    ['0001020304050607,0', '1:18 error KEYS_KEY_HEX encryption key'],
  ])('with a mistake have a problem: %#', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  it('hold no association, and an audit is told so', () => {
    const { associations, problems } = parseKeyText(IKEV1_TABLE, 'ikev1');
    expect(associations).toEqual([]);
    expect(problems.map(({ severity, message }) => [severity, message])).toEqual([
      ['warning', 'no security association with a key in the file (1 IKE keys)'],
    ]);
  });
});

describe('a listing of swanctl', () => {
  it('gives children with SPIs, selectors and ends', () => {
    const content = readKeyText(SWANCTL, 'sas');
    expect(content.format).toBe('swanctl');
    expect(content.problems).toEqual([]);
    expect(
      content.children.map(({ name, direction, spi, mode, algorithms, origin }) =>
        [origin.line, name, direction, spi.toString(16), mode, algorithms].join(' '),
      ),
    ).toEqual([
      '8 mh in c0000100 transport AES_CBC-128/HMAC_SHA1_96',
      '9 mh out c0000101 transport AES_CBC-128/HMAC_SHA1_96',
      '13 payload in c0000102 tunnel AES_GCM_16-128',
    ]);
    const [child] = content.children;
    expect(child?.remote.map(formatPrefix)).toEqual([`${HOME_ADDRESS}/128`]);
    expect(addressText(child?.localAddress ?? new Uint8Array(16))).toBe(HOME_AGENT);
  });
});

describe('a YAML key file', () => {
  it('is recognised, and without a YAML parser it is said what to do', () => {
    const { problems } = parseKeyText('associations:\n', 'keys.yaml');
    expect(problems.map(formatKeyProblem).join()).toContain('keys convert --to esp_sa');
  });
});
