/**
 * Texts a user hands in: display filters, key files, site files.
 */
import { ConfigurationError } from '../../../cli/configuration-error.ts';
import { parseSite } from '../../../cli/site-file.ts';
import { readVerificationKeys } from '../../../cli/verification-keys.ts';
import { dissect } from '../../../dissectors/index.ts';
import {
  compileFilter,
  fieldSource,
  FilterError,
  formatFilterError,
} from '../../../engine/filter/index.ts';
import { parseKeyText } from '../../../engine/keys/key-text.ts';
import {
  IKEV1_TABLE,
  IKEV2_TABLE,
  SETKEY,
  SWANCTL,
  TCPDUMP,
  XFRM_POLICY,
  XFRM_STATE,
} from '../../engine/keys/key-texts.ts';
import { fixtureFiles, fixtureFrames } from '../seeds.ts';
import { must, octetsOfText } from '../target.ts';
import type { FuzzTarget } from '../target.ts';

const CONTROL = /[\p{Cc}]/u;

const FILTERS = [
  'mip6',
  'mip6.bu.lifetime == 0 && ipv6.dst == 2001:db8::/32',
  'mip6.mhtype in {5, 6, 8..10} or !icmpv6.type == 134',
  'eth.src[0:3] == 00:11:22 and frame.len > 100',
  'mip6.mnid.identifier contains "user" || mip6.mnid.identifier matches "^a.*b$"',
  'len(mip6.bad.auth) >= 12 and count(mip6.mobility_opt) < 5',
  'not (ipv6.addr != fe80::1 xor mip6.bu.a_flag) and mip6[2] & 0x05',
  '_ws.expert.severity >= warn',
  'mip6.mhtype == "Binding Update"',
];

const packet = (() => {
  const frame = fixtureFrames().find(({ linkType }) => linkType === 1);
  const bytes = frame?.bytes ?? new Uint8Array();
  const { nodes, sources } = dissect(bytes, 0, bytes.length, { linkType: 1 });
  return fieldSource(nodes, sources);
})();

const words = (list: string): Uint8Array[] => list.split(' ').map(octetsOfText);

/** The display filter language. */
export const filter: FuzzTarget = {
  name: 'filter',
  words: words(
    '== != >= in {} contains matches and or not len( count( [0:2] [-1] 2001:db8::/32 "a" mip6.bu 0x10 ..',
  ),
  seeds: () => FILTERS.map(octetsOfText),
  run(input) {
    const text = new TextDecoder().decode(input);
    try {
      compileFilter(text).matches(packet);
    } catch (error) {
      if (!(error instanceof FilterError)) throw error;
      must(
        error.offset >= 0 && error.offset + error.length <= text.length + 1,
        'the caret is outside',
      );
      must(
        !CONTROL.test(formatFilterError(error).replaceAll('\n', '')),
        'a control character is shown',
      );
    }
  },
};

/** Key files of all formats that need no other parser. */
export const keyFile: FuzzTarget = {
  name: 'key-file',
  words: words(
    '"IPv6" "*" "AES-CBC [RFC3602]" 0x0102 "HMAC-SHA-1-96 [RFC2404]" "NULL" , \n ; add spdadd -E -A -P ipsec ' +
      'src dst proto esp spi mode sel tmpl dir enc auth-trunc aead @ : ikev2 in out',
  ),
  seeds: () => [
    ...fixtureFiles('fixtures', /esp_sa$/),
    ...[SETKEY, XFRM_STATE, XFRM_POLICY, TCPDUMP, IKEV2_TABLE, IKEV1_TABLE, SWANCTL].map(
      octetsOfText,
    ),
  ],
  run(input) {
    const text = new TextDecoder('latin1').decode(input);
    const { problems } = parseKeyText(text, 'keys');
    for (const { message } of problems) {
      must(!CONTROL.test(message), 'a control character is shown');
      // Keys are 16 octets and more; no run of that many digits may come back.
      must(!/[0-9a-f]{32}/i.test(message), 'a key is shown');
    }
  },
};

async function configuration(parse: () => Promise<unknown>): Promise<void> {
  try {
    await parse();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    must(!CONTROL.test(error.message.replaceAll('\n', '')), 'a control character is shown');
  }
}

/** The site file. */
export const siteFile: FuzzTarget = {
  name: 'site-file',
  words: words(
    'homeAgents: links: role: - 2001:db8::/64 foreign rules: MIP6-1101: &a *a {} [] " \n',
  ),
  seeds: () => fixtureFiles('fixtures', /\.ya?ml$/).filter(({ length }) => length < 4096),
  run: (input) => configuration(() => parseSite(new TextDecoder().decode(input), 'site.yaml', [])),
};

/** The YAML key file. */
export const yamlKeys: FuzzTarget = {
  name: 'yaml-keys',
  words: words('mobility: use: mn-ha spi: key: 0x00 homeAddress: publicKeys: - [] {} \n'),
  seeds: () => [
    octetsOfText('mobility:\n  - use: mn-ha\n    spi: 300\n    key: "0x0011"\n'),
    octetsOfText('publicKeys: [router.pem]\n'),
  ],
  run: (input) =>
    configuration(() =>
      readVerificationKeys(new TextDecoder().decode(input), 'keys.yaml', () =>
        Promise.reject(new Error('no such file')),
      ),
    ),
};
