/**
 * Policies in the notation of RFC 3776 section 5 and RFC 4877 section 7.
 */
import { PolicyDatabase, documentEntries } from '../../../engine/ipsec/policy-database.ts';
import { readPolicies } from '../../../engine/ipsec/policy-notation.ts';
import { writePolicies } from '../../../engine/ipsec/policy-writer.ts';
import { databaseEntries } from '../../../engine/keys/key-policies.ts';
import { readKeyText } from '../../../engine/keys/key-text.ts';
import { writeKeys } from '../../../engine/keys/write-keys.ts';
import { must, octetsOfText } from '../target.ts';
import type { FuzzTarget } from '../target.ts';

const SEEDS = [
  `home agent SPD OUT:
  - IF source = home_agent_1 & destination = home_address_1 &
       proto = MH
    THEN USE SA SA2
  - IF interface = IPv6 tunnel to home_address_1 &
       source = any & destination = home_address_1 & proto = X
    THEN USE SA SA4
`,
  `home_agent_1 = 2001:db8:1::1
spi_b = 0x101
home agent SAD:
  - SA2(OUT, spi_b, home_agent_1, ESP, TRANSPORT):
    source = home_agent_1 & destination = any & proto = MH & mh_type = BAck
`,
  `mobile node SPD-S:
  - IF local_address = 2001:db8::1 & remote_address = 2001:db8::/64 &
       proto = ICMPv6 & local_icmp6_type = MPS & remote_icmp6_type = MPA & icmp6_code = 0
    Then use SA ESP transport mode
    Initiate using IDi = user_1 to address home_agent_1
mobile node SPD IN:
  - IF proto = MH THEN USE SA ESP TUNNEL: outer destination = ::1 & local phase 1 identity = "a b"
  - IF proto = 17 THEN BYPASS
home agent PAD:
  - IF remote_identity = user_1 Then authenticate (shared secret/EAP)
    and authorize CHILD_SAs for remote address home_address_1
`,
];

const PACKET = {
  source: new Uint8Array(16),
  destination: new Uint8Array(16),
  protocol: 135,
  type: 5,
};

/** The policy notation: what is read is written, and reads back the same. */
export const policies: FuzzTarget = {
  name: 'policies',
  words: (
    'SPD IN OUT SPD-S SAD PAD : - IF THEN USE SA ESP TUNNEL TRANSPORT & = ( ) , any proto MH mh_type BU ' +
    'interface IPv6 tunnel to from BYPASS DISCARD 2001:db8::1 ::/0 0x100 "a" # \n INITIATE USING IDi'
  )
    .split(' ')
    .map(octetsOfText),
  seeds: () => SEEDS.map(octetsOfText),
  run(input) {
    const text = new TextDecoder('latin1').decode(input);
    const { document, problems } = readPolicies(text);
    for (const { line, column, field, message } of problems) {
      must(line >= 1 && column >= 1, 'a place is outside');
      must(!/\p{Cc}/u.test(field + message), 'a control character is shown');
      must(!/[0-9a-f]{32}/i.test(field + message), 'a key is shown');
    }
    const written = writePolicies(document);
    const again = readPolicies(written);
    must(again.problems.length === 0, 'what was written has a problem');
    must(
      writePolicies(again.document) === written,
      'what was written reads back as something else',
    );
    new PolicyDatabase(documentEntries(document)).lookup(PACKET);
    const content = readKeyText(text, 'keys.spd');
    databaseEntries(content);
    writeKeys('setkey', [content]);
    writeKeys('spd', [content]);
  },
};
