/**
 * Makes the page about the comparison with other dissectors from the lists of differences.
 */
import type { Entry, Verdict } from '../dissectors/oracle/judge.ts';

const HEAD = `# Compared with other dissectors

Written from the lists of differences by a test; do not edit. To write it anew:
\`npx vitest run test/docs/oracle.test.ts -u\`.

\`npm test\` holds the field trees against tshark 4.0, Scapy 2.5 and tcpdump, where they are installed, and prints
how many fields it compared and what came of them. Compared are name, place, value and the name of the value of
every field

- of generated packets: every mobility message and option, every ICMPv6 message and neighbor discovery option,
  extension headers, ESP, AH, IKE, DHCPv6, tunnels and links; *valid* ones drawn from the tables, ones at the limits
  of their fields (all zeros, all ones, the shortest, the longest, every named value, every flag), and *mutated* ones
  with a bit changed or cut short;
- of every capture of the fixtures, opened with its keys;
- of public captures with what tshark and tcpdump say of them, where they are beside the project;
- of packets that Scapy builds, which are also encoded again to the same octets.

A difference that is none of these fails the test; so does a line here that explains nothing any more.

**equal by other means**: the same is shown under another name, in another shape or in other words. **ours right**:
the document named says so. **not comparable**: one of both does not show such a thing, on purpose. A difference in
which the other is right is a bug: there must be none.
`;

const ORDER: readonly Verdict[] = ['ours right', 'equal by other means', 'not comparable'];

function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`);
}

function row({ verdict, names, kinds, reason, rfc = '' }: Entry): string {
  const fields = names.map((name) => (name === '*' ? 'any' : `\`${name}\``)).join(', ');
  return `| ${verdict} | ${cell(fields)} | ${kinds.join(', ')} | ${cell(reason)} | ${rfc} |`;
}

type Section = readonly [title: string, entries: readonly Entry[]];

function section([title, entries]: Section): string[] {
  const sorted = ORDER.flatMap((verdict) => entries.filter((entry) => entry.verdict === verdict));
  return [
    `## ${title}`,
    '',
    '| Verdict | Fields | Differ in | Reason | Proof |',
    '|---|---|---|---|---|',
    ...sorted.map(row),
    '',
  ];
}

/** Markdown of the page. */
export function oraclePage(sections: readonly Section[]): string {
  return [HEAD, ...sections.flatMap(section)].join('\n');
}
