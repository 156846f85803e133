import { describe, expect, it } from 'vitest';
import type { PacketReference } from '../../../engine/packet.ts';
import type { Verdict } from '../../../engine/rule-api.ts';
import { loadRules } from '../../../cli/rules-directory.ts';
import { IS_ENDURANCE } from '../../endurance.ts';
import { expectationFolders, expectedAudits } from '../../fixtures/expectations.ts';
import type { ExpectedAudit } from '../../fixtures/expectations.ts';
import { judgeCaptures } from './judged-captures.ts';
import type { JudgedCapture, JudgingOptions } from './judged-captures.ts';

const rules = await loadRules();

/**
 * Rules that refuse a packet of a capture that is quiet for another rule, and why that is right. Whatever is not in this
 * list may not be refused.
 */
const RIGHTLY_REFUSED: Readonly<Record<string, { readonly rule: string; readonly why: string }>> = {
  'rules/mip6-1003/quiet-extensions.pcapng': {
    rule: 'MIP6-2601',
    why: 'a Fast Binding Update without authorization data, which is there for its type',
  },
  'rules/mip6-2901/quiet.pcapng': {
    rule: 'MIP6-1801',
    why: 'a registration in clear where the site asks for protection',
  },
};

/** Findings that name a packet which passed before anybody could know, by rule and capture, and how they are known. */
const KNOWN_LATER: Readonly<Record<string, string>> = {
  'MIP6-1106 alert-one-side.pcapng': 'without keys, by what becomes of the tunnel afterwards',
  'MIP6-1107 alert-one-side.pcapng': 'no stripped copy came within five seconds',
  'MIP6-1202 alert-care-of.pcapng': 'one missing test is decided by the answer, or its absence',
  'MIP6-1601 alert.pcapng': 'by the answers that its victim got',
};

/** The name of a capture in the lists above. */
function nameOf({ folder, files }: ExpectedAudit): string {
  return `${folder}/${files.join(' ')}`;
}

/** Audits of the same captures, with keys and without. */
function byName(all: readonly ExpectedAudit[]): Map<string, ExpectedAudit[]> {
  const found = new Map<string, ExpectedAudit[]>();
  for (const audit of all) {
    const list = found.get(nameOf(audit));
    if (list === undefined) found.set(nameOf(audit), [audit]);
    else list.push(audit);
  }
  return found;
}

/** Captures judged with keys and without, where there is anything that a key opens. */
async function* judgedReadings(
  readings: readonly ExpectedAudit[],
  options: JudgingOptions,
): AsyncGenerator<JudgedCapture & { readonly audit: ExpectedAudit }> {
  for (const audit of readings) {
    const judged = await judgeCaptures(audit, options);
    yield { ...judged, audit };
    const isOfIke = audit.keys?.includes('ike') === true;
    if (judged.summary.counters.esp === 0 && !isOfIke) return;
  }
}

function isRefused(
  { objections }: JudgedCapture,
  packet: PacketReference,
  ruleId: string,
): boolean {
  return objections.some(
    ({ passed, reason, packet: number, input }) =>
      !passed &&
      number === packet.number &&
      input === packet.input &&
      (reason.ruleId === ruleId || reason.related.some((item) => item.ruleId === ruleId)),
  );
}

/** Captures that show no attack; of some attacks nothing can be told without keys. */
function isBenign({ outcome, files }: ExpectedAudit): boolean {
  return outcome.checks.length === 0 && !files.some((name) => name.startsWith('alert'));
}

/** Captures that prove a rule, judged in both readings. */
async function* proofsOf(id: string, options: JudgingOptions): ReturnType<typeof judgedReadings> {
  const own = audits.filter(
    (audit) => audit.folder === `rules/${id.toLowerCase()}` && !isBenign(audit),
  );
  for (const readings of byName(own).values()) yield* judgedReadings(readings, options);
}

/** So much passes that only what is beyond it is refused. */
const ONE_AT_A_TIME = { perSecond: 0.001, burst: 1 };

const audits = expectationFolders().flatMap((folder) => expectedAudits(folder));
const benign = audits.filter(isBenign);
const dropping = rules.filter(({ verdict }) => verdict === 'drop');
const limiting = rules.filter(({ verdict }) => verdict === 'rate-limit');

describe('a capture without attack', () => {
  it('is there', () => {
    expect(benign.length).toBeGreaterThan(300);
    expect(benign.some(({ folder }) => folder === 'captures')).toBe(true);
  });

  // One in three; all with `npm run endurance:gateway`. Those with something to refuse are always there.
  const judged = [...byName(benign)].filter(
    ([name], i) => IS_ENDURANCE || i % 3 === 0 || name in RIGHTLY_REFUSED,
  );
  it.each(judged)('passes whole: %s', async (name, readings) => {
    for await (const { objections, summary } of judgedReadings(readings, {})) {
      const right = RIGHTLY_REFUSED[name];
      const refused = objections.filter(({ reason }) => reason.ruleId !== right?.rule);
      expect(refused.map(({ packet, reason }) => [packet, reason.ruleId, reason.message])).toEqual(
        [],
      );
      expect(summary.internalErrors).toEqual([]);
    }
  });

  it('is refused only by rules that are named here', () => {
    const names = benign.map(nameOf);
    for (const name of Object.keys(RIGHTLY_REFUSED)) expect(names).toContain(name);
  });
});

describe('the packet that a rule with the verdict drop names', () => {
  it.each(dropping.map(({ id, title }) => [id, title] as const))(
    'is refused: %s %s',
    async (id) => {
      let refused = 0;
      // Whether a finding is certain depends on what the site tells; here all of them count.
      for await (const judged of proofsOf(id, { dropsPartial: true })) {
        for (const { rule, draft } of judged.summary.alerts) {
          if (rule.id !== id || draft.isToPass === true) continue;
          if (isRefused(judged, draft.packet, id)) refused++;
          else expect(Object.keys(KNOWN_LATER)).toContain(`${id} ${judged.audit.files.join(' ')}`);
        }
        expect(judged.summary.internalErrors).toEqual([]);
        expect(judged.objections.every(({ passed }) => !passed)).toBe(true);
      }
      expect(refused).toBeGreaterThan(0);
    },
  );
});

describe('what a rule with the verdict rate-limit objects to', () => {
  it.each(limiting.map(({ id, title }) => [id, title] as const))(
    'is refused beyond the limit, and not before: %s %s',
    async (id) => {
      let objections = 0;
      let excess = 0;
      let refusals = 0;
      const others = new Map(rules.map((rule) => [rule.id, 'alert'] as const));
      const dropsPartial = true;
      const dropped = new Map<string, Verdict>([...others, [id, 'drop']]);
      for await (const all of proofsOf(id, { dropsPartial, verdicts: dropped })) {
        const limited = await judgeCaptures(all.audit, {
          dropsPartial,
          verdicts: new Map([...others, [id, 'rate-limit']]),
          rateLimit: ONE_AT_A_TIME,
        });
        // Of each object the first one passes.
        const first = new Map(all.objections.map(({ packet, reason }) => [reason.object, packet]));
        for (const { packet, reason } of [...all.objections].reverse()) {
          first.set(reason.object, packet);
        }
        const refused = limited.objections.map(({ packet }) => packet);
        for (const packet of first.values()) expect(refused).not.toContain(packet);
        for (const { reason } of limited.objections) expect(reason.verdict).toBe('rate-limit');
        objections += all.objections.length;
        excess += all.objections.length - first.size;
        refusals += refused.length;
      }
      expect(objections).toBeGreaterThan(0);
      // Captures that prove a rule by a single packet have nothing beyond it.
      expect(refusals > 0).toBe(excess > 0);
    },
  );
});
