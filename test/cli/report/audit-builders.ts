/**
 * The result of an imagined run, made by hand: a de-registration attack, relayed both ways, and a minor finding.
 */
import type { Alert, Incident } from '../../../engine/alert.ts';
import type { EngineCounters, EngineSummary } from '../../../engine/engine.ts';
import { parseEspSa } from '../../../engine/keys/esp-sa.ts';
import type { CaptureInput } from '../../../engine/ports.ts';
import type { AlertDraft, RuleDefinition } from '../../../engine/rule-api.ts';
import type { SecurityAssociation } from '../../../engine/state/security-association.ts';
import type { RunDescription } from '../../../cli/report/document.ts';
import {
  ATTACKER,
  HOME_ADDRESS,
  HOME_AGENT,
  HOME_PREFIX,
  START_TIME,
  makeBinding,
  makeLink,
  packetAt,
} from '../../rules/event-builders.ts';

/** Inputs of the run. */
export const INPUTS: readonly CaptureInput[] = [{ name: 'captures/site.pcapng', packets: 42 }];

/** A key that must appear in no output, as text and as the octets of that text. */
export const SECRET = 'c0ffee00c0ffee11c0ffee22c0ffee33';

/** Two associations; the first had packets whose integrity check value was wrong. */
export function makeAssociations(): readonly SecurityAssociation[] {
  const row = (spi: string, source: string): string =>
    `"IPv6","${source}","2001:db8:1::1","${spi}","AES-CBC [RFC3602]","0x${SECRET}","HMAC-SHA-1-96 [RFC2404]","0x${SECRET}11223344"`;
  const text = `${row('0x00001000', '2001:db8:1::10')}\n${row('0x00002000', '2001:db8:1::11')}\n`;
  const { associations, problems } = parseEspSa(text, 'esp_sa');
  if (associations.length !== 2) throw new Error(JSON.stringify(problems));
  const [first] = associations;
  if (first !== undefined) {
    first.statistics.packets = 5;
    first.statistics.icvFailures = 5;
  }
  return associations;
}

/** A rule that does nothing; tests need only what is said of it. */
export function makeRule(overrides: Partial<RuleDefinition> = {}): RuleDefinition {
  return {
    id: 'MIP6-1106',
    title: 'Full de-registration: relayed Binding Update with inserted Home Address option',
    severity: 'critical',
    category: 'home-link',
    references: ['draft-ebalard-mext-hld-security-00 section 5.3', 'RFC 6275 section 11.5.5'],
    needs: [],
    verdict: 'drop',
    explanation:
      'A node that believes to be at home de-registers; the attacker completes its message.',
    advice: 'Drop de-registrations that arrive with a Home Address option.',
    on: ['relay'],
    params: {},
    evaluate: () => undefined,
    ...overrides,
  };
}

/** An alert of the attack on HOME_ADDRESS. */
export function makeAlert(
  overrides: Partial<Omit<Alert, 'draft'>> & { draft?: Partial<AlertDraft> } = {},
): Alert {
  const { draft, ...rest } = overrides;
  const packet = packetAt(12);
  return {
    id: 1,
    rule: makeRule(),
    severity: 'critical',
    confidence: 'certain',
    related: [
      { ruleId: 'MIP6-1108', message: 'the layout is not the one of a remote de-registration' },
    ],
    count: 2,
    lastPacket: packetAt(14),
    incidentId: 1,
    ...rest,
    draft: {
      object: 'binding',
      message: '2001:db8:6::66 relayed the de-registration of 2001:db8:1::10 to 2001:db8:1::1',
      packet,
      confidence: 'certain',
      stage: 'binding-update-relayed',
      homeAddress: HOME_ADDRESS,
      homeAgent: HOME_AGENT,
      attacker: ATTACKER,
      homePrefix: HOME_PREFIX,
      evidence: [
        {
          packet: packetAt(11),
          link: makeLink('foreign'),
          text: 'the same ESP packet (SPI 0x00001000, sequence 7) without Home Address option',
        },
        { packet, text: 'the copy with Home Address option, sent by 2001:db8:6::66' },
      ],
      ...draft,
    },
  };
}

/** Counters of the run. */
export function makeCounters(overrides: Partial<EngineCounters> = {}): EngineCounters {
  const mobilityByType = new Array<number>(256).fill(0);
  mobilityByType[5] = 3;
  mobilityByType[6] = 2;
  mobilityByType[200] = 1;
  return {
    packets: 42,
    octets: 51_234,
    ipv6: 40,
    ipv4: 1,
    undecoded: 1,
    cut: 0,
    fragments: 2,
    reassembled: 1,
    mobility: 6,
    icmpv6Signalling: 4,
    homeAddressOptions: 3,
    type2RoutingHeaders: 2,
    tunnelled: 5,
    esp: 8,
    espOpened: 0,
    espNoKey: 3,
    espReadAsNull: 0,
    espIcvMismatch: 5,
    espMalformed: 0,
    mobilityByType,
    diagnostics: new Map([
      ['MH_CHECKSUM', 1],
      ['OPTION_UNKNOWN', 2],
    ]),
    evictions: new Map([['bindings', 7]]),
    ...overrides,
  };
}

/** The whole result. */
export function makeSummary(overrides: Partial<EngineSummary> = {}): EngineSummary {
  const minor = makeAlert({
    id: 2,
    rule: makeRule({
      id: 'MIP6-1001',
      title: 'Mobility Header checksum invalid',
      severity: 'low',
      category: 'integrity',
      references: ['RFC 6275 section 6.1.1'],
      advice: 'Look for a broken sender.',
    }),
    severity: 'low',
    confidence: 'partial',
    count: 1,
    related: [],
    incidentId: undefined,
    draft: {
      message: 'a Mobility Header from 2001:db8:3::99 has a wrong checksum',
      packet: packetAt(20),
      evidence: [{ packet: packetAt(20), text: 'checksum 0x0000' }],
    },
  });
  const alert = makeAlert();
  const incident: Incident = {
    id: 1,
    title: 'Full de-registration of 2001:db8:1::10',
    severity: 'critical',
    confidence: 'certain',
    assessment: 'succeeded on the home agent',
    homeAddress: HOME_ADDRESS,
    homeAgent: HOME_AGENT,
    attackers: [ATTACKER],
    stages: [{ stage: 'binding-update-relayed', alerts: [alert] }],
    alerts: [alert],
    first: packetAt(11),
    last: packetAt(14),
    evidence: alert.draft.evidence,
    narrative: ['The mobile node was told that it is at home.', 'Its de-registration was relayed.'],
    references: ['draft-ebalard-mext-hld-security-00 section 5.3'],
    advice: ['Register again from the visited link.'],
  };
  const history = [
    {
      packet: packetAt(1),
      phase: 'registered' as const,
      careOfAddress: makeBinding().careOfAddress,
      sequence: 1,
      lifetime: 60,
      status: 0,
      knownBy: 'clear' as const,
    },
    {
      packet: packetAt(12),
      phase: 'deregistered' as const,
      careOfAddress: HOME_ADDRESS,
      sequence: undefined,
      lifetime: undefined,
      status: undefined,
      knownBy: 'inferred' as const,
    },
  ];
  return {
    counters: makeCounters(),
    firstTime: START_TIME,
    lastTime: START_TIME + 192e6,
    links: [
      makeLink('home'),
      makeLink('unknown', { roleKnownBy: 'relay', effectiveRole: 'foreign' }),
    ],
    bindings: [makeBinding({ phase: 'deregistered', history, tunnelPackets: 9 })],
    associations: makeAssociations(),
    espFlows: makeFlows(),
    ikeNotices: [],
    alerts: [alert, minor],
    incidents: [incident],
    notJudged: [
      { ruleId: 'MIP6-1110', title: 'Outside signalling', reason: 'no link has a known role' },
      { ruleId: 'MIP6-1113', title: 'Denial of service', reason: 'no link has a known role' },
    ],
    suppressions: [],
    heldBack: 0,
    internalErrors: [],
    ...overrides,
  };
}

/** An encrypted flow, and one that was recognised as being in the clear. */
export function makeFlows(): EngineSummary['espFlows'] {
  const flow = {
    source: HOME_ADDRESS,
    destination: HOME_AGENT,
    packets: 3,
    octets: 252,
    openedWithKey: 0,
    firstTime: START_TIME,
    lastTime: START_TIME + 60e6,
  };
  return [
    {
      ...flow,
      spi: 0x1000,
      role: 'binding',
      basis: 'inferred',
      reason: 'behind a Home Address option; 84 octets fit Binding Updates only',
    },
    {
      ...flow,
      spi: 0x2000,
      role: 'return-routability',
      basis: 'content',
      reason: '3 with home tests read',
      nullEncryption: {
        ivLength: 8,
        icvLength: 16,
        packets: 3,
        misfits: 1,
        proof: 'Mobility Header',
      },
    },
  ];
}

/** What the command knows of the run. */
export function makeRun(overrides: Partial<RunDescription> = {}): RunDescription {
  return {
    version: '9.9.9',
    inputs: INPUTS,
    faults: [],
    crashes: [],
    site: 'site.yaml',
    keyFiles: ['esp_sa'],
    rules: 40,
    failOn: 'high',
    isStopped: false,
    ...overrides,
  };
}

/** A run of packets without anything in it. */
export function makeQuietSummary(): EngineSummary {
  const none = makeCounters({
    mobility: 0,
    mobilityByType: new Array<number>(256).fill(0),
    homeAddressOptions: 0,
    type2RoutingHeaders: 0,
    esp: 0,
    espNoKey: 0,
    espIcvMismatch: 0,
    diagnostics: new Map(),
    evictions: new Map(),
  });
  return makeSummary({
    counters: none,
    bindings: [],
    associations: [],
    espFlows: [],
    alerts: [],
    incidents: [],
    notJudged: [],
    suppressions: [],
    heldBack: 0,
  });
}
