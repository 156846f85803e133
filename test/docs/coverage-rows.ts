/**
 * What the two documents that this project is anchored in describe, and the rules that see it. Written by hand; the test
 * holds it against rules and fixtures.
 */

/** An attack or weakness of a document. */
export interface CoverageRow {
  /** Section of the document. */
  readonly section: string;
  readonly title: string;
  /** Severity in the table of RFC 4225 section 3.4, where it is in that table. */
  readonly severity?: string;
  /** Numbers of rules behind `MIP6-`, the one that says most first. */
  readonly rules: readonly number[];
}

/** RFC 4225 section 3.4, row by row, and what section 5 leaves open. */
export const RFC_4225: readonly CoverageRow[] = [
  {
    section: '3.1.1',
    title: 'Basic address stealing',
    severity: 'medium',
    rules: [1202, 1201, 1207, 1801],
  },
  {
    section: '3.1.2',
    title: 'Stealing addresses of stationary nodes',
    severity: 'high',
    rules: [1203, 1406],
  },
  { section: '3.1.3', title: 'Future address stealing', severity: 'low', rules: [1205, 1208] },
  {
    section: '3.1.4',
    title: 'Attacks against secrecy and integrity',
    severity: 'low',
    rules: [1206, 1211],
  },
  {
    section: '3.1.5',
    title: 'Basic denial-of-service attacks',
    severity: 'medium',
    rules: [1204, 1201, 1212],
  },
  {
    section: '3.1.6',
    title: 'Replaying and blocking binding updates',
    severity: 'low',
    rules: [1301, 1302, 1303, 1304, 1305, 1306, 1307, 1712],
  },
  {
    section: '3.2.1',
    title: 'Basic flooding',
    severity: 'high',
    rules: [1401, 1402, 1406, 1407],
  },
  { section: '3.2.2', title: 'Return-to-home flooding', severity: 'high', rules: [1403, 1405] },
  {
    section: '3.3.1',
    title: 'Inducing unnecessary binding updates',
    severity: 'medium',
    rules: [1501, 1502, 1213, 1709],
  },
  {
    section: '3.3.2',
    title: 'Forcing non-optimized routing',
    severity: 'low',
    rules: [1505, 1507],
  },
  {
    section: '3.3.3',
    title: 'Reflection and amplification',
    severity: 'medium',
    rules: [1601, 1602, 1603, 1604, 1605, 1606, 1607, 1608, 1609],
  },
  { section: '5.3', title: "Pretending to be one's neighbor", rules: [1404] },
  { section: '5.4', title: 'Two mobile nodes talking to each other', rules: [1710] },
];

/** draft-ebalard-mext-hld-security-00 sections 4 and 5, with the section they build on. */
export const DRAFT_EBALARD: readonly CoverageRow[] = [
  {
    section: '3.1',
    title:
      'Home link detection believes unauthenticated Router Advertisements: the home prefix, or one around or inside it, elsewhere',
    rules: [1101, 1102, 1104],
  },
  {
    section: '4.1',
    title: 'A node de-registers as if at home on a link that is not its home link',
    rules: [1105, 1101, 1110],
  },
  {
    section: '4.1',
    title:
      'The de-registration reaches the home agent with a Home Address option added on the way; many nodes of a visited network at once',
    rules: [1106, 1116],
  },
  {
    section: '4.1 to 4.3',
    title: 'Mobile node and home agent end with different views of the binding',
    rules: [1115],
  },
  {
    section: '4.2',
    title:
      'IPsec protection of payload is given up by the node: traffic in clear on the visited link',
    rules: [1112, 2205],
  },
  {
    section: '5.1',
    title: 'What protection the node drops, and when',
    rules: [1112, 1114],
  },
  {
    section: '5.2',
    title:
      'Partial de-registration: only the local half, with the attacker in the place of the home agent',
    rules: [1105, 1103, 1113, 1112, 1114],
  },
  {
    section: '5.3',
    title:
      'Full de-registration: update relayed with an inserted option, acknowledgement with its routing header removed',
    rules: [1106, 1107, 1103, 1805],
  },
  {
    section: '5.4.1',
    title:
      'Change of a mobile node: keep the protection until the acknowledgement, which may never come',
    rules: [1113],
  },
  { section: '5.4.2', title: 'Case 1: strict layout of a de-registration at home', rules: [1109] },
  {
    section: '5.4.2',
    title: 'Case 2: strict layout of a de-registration from elsewhere',
    rules: [1108, 1111],
  },
];
