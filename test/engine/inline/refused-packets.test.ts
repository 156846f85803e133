import { describe, expect, it } from 'vitest';
import { putU16, putU32 } from '../../../dissectors/core/bytes.ts';
import { loadRules } from '../../../cli/rules-directory.ts';
import { PacketJudge } from '../../../engine/inline/index.ts';
import type { DropReason, PacketJudgeOptions } from '../../../engine/inline/index.ts';
import { STATE_LIMITS } from '../../../engine/inline/judge-state.ts';
import { EspSequences, SequenceVerdict } from '../../../engine/ipsec/esp-sequence.ts';
import type { EspSighted } from '../../../engine/ipsec/esp-sequence.ts';
import type { PacketContext } from '../../../engine/packet-context.ts';
import { defineRule } from '../../../engine/rule-api.ts';
import type { RuleDefinition } from '../../../engine/rule-api.ts';
import { UNKNOWN_SITE } from '../../../engine/site.ts';
import { HomeNetwork } from '../../../engine/state/home-network.ts';
import { SeenMessages } from '../../../engine/state/seen-messages.ts';
import { CORRESPONDENT, HOME_AGENT, ip } from '../../../fixtures/scenario/network.ts';
import {
  cutIntoFragments,
  esp,
  homeAddress,
  ipv6,
  mobility,
} from '../../../fixtures/scenario/packet.ts';
import { IS_ENDURANCE } from '../../endurance.ts';
import { captureInterface, packetRecord } from '../packet-records.ts';

const rules = await loadRules();
const NODE = ip('2001:db8:0:2::1234');
const CARE_OF = ip('2001:db8:0:4::1234');

function judgeWith(
  own: readonly RuleDefinition[],
  options: Partial<PacketJudgeOptions> = {},
): PacketJudge {
  return new PacketJudge({
    engine: {
      site: UNKNOWN_SITE,
      rules: own,
      associations: [],
      inputs: [{ name: 'a', packets: 0 }],
      interfaces: [captureInterface()],
      seed: 5,
    },
    mode: 'enforce',
    verdicts: new Map(),
    dropsPartial: false,
    rateLimit: { perSecond: 1, burst: 1 },
    ...options,
  });
}

/** A rule that objects to every Binding Update with an odd sequence number. */
const ODD = defineRule({
  id: 'MIP6-9001',
  title: 'Odd sequence number',
  severity: 'high',
  category: 'local',
  references: [],
  needs: [],
  verdict: 'drop',
  explanation: 'It is for this test.',
  advice: 'None.',
  on: ['mobility'],
  params: {},
  evaluate({ header, context }) {
    const { message } = header;
    if (message.kind !== 'binding-update' || message.sequence % 2 === 0) return undefined;
    const { packet } = context;
    return { object: 'odd', message: 'it is odd', packet, evidence: [], confidence: 'certain' };
  },
});

/** A Binding Update for a home registration from `CARE_OF`. */
function update(sequence: number): Uint8Array {
  const ends = { source: NODE, destination: HOME_AGENT.address };
  const message = { kind: 'binding-update', sequence, flags: 0xc000, lifetime: 100 } as const;
  return ipv6(
    { source: CARE_OF, destination: HOME_AGENT.address },
    homeAddress(NODE),
    mobility(ends, message, []),
  );
}

describe('a Binding Update that is refused', () => {
  function pendingOf(judge: PacketJudge): number | undefined {
    return [...judge.engine.knowledge.bindings()][0]?.pending?.sequence;
  }

  it('leaves the binding as it was', () => {
    const judge = judgeWith([ODD]);
    expect(judge.judge(packetRecord(update(2), 1, 0))).toBe(true);
    expect(pendingOf(judge)).toBe(2);
    const before = JSON.stringify(judge.state().bindings);
    expect(judge.judge(packetRecord(update(3), 2, 1))).toBe(false);
    expect(JSON.stringify(judge.state().bindings)).toBe(before);
    expect(judge.judge(packetRecord(update(4), 3, 2))).toBe(true);
    expect(pendingOf(judge)).toBe(4);
  });

  it('changes it in monitor mode, where it has arrived', () => {
    const judge = judgeWith([ODD], { mode: 'monitor' });
    expect(judge.judge(packetRecord(update(3), 1, 0))).toBe(true);
    expect(judge.reason?.wouldDrop).toBe(true);
    expect(pendingOf(judge)).toBe(3);
  });

  it('changes it when it is only observed', () => {
    const judge = judgeWith([ODD]);
    judge.observe(packetRecord(update(3), 1, 0));
    expect(judge.reason).toBeUndefined();
    expect(pendingOf(judge)).toBe(3);
  });

  it('uses up no limit when it is only observed', () => {
    const judge = judgeWith([ODD], { verdicts: new Map([[ODD.id, 'rate-limit']]) });
    judge.observe(packetRecord(update(3), 1, 0));
    expect(judge.judge(packetRecord(update(3), 2, 0))).toBe(true);
    expect(judge.judge(packetRecord(update(3), 3, 0))).toBe(false);
  });

  it('is no copy of which the genuine one is another', () => {
    const own = rules.filter(({ id }) => id === 'MIP6-1302');
    const refused = judgeWith([ODD, ...own]);
    const passed = judgeWith(own);
    for (const judge of [refused, passed]) {
      judge.judge(packetRecord(update(3), 1, 0));
      // The same octets forty seconds later: of the second judge it is a copy.
      judge.judge(packetRecord(update(3), 2, 40));
    }
    expect(refused.reason?.related).toEqual([]);
    expect(passed.reason?.ruleId).toBe('MIP6-1302');
  });
});

describe('what passing time tells', () => {
  const late = defineRule({
    id: 'MIP6-9002',
    title: 'Later',
    severity: 'high',
    category: 'local',
    references: [],
    needs: [],
    verdict: 'drop',
    explanation: 'It is for this test.',
    advice: 'None.',
    on: ['tick', 'mobility'],
    params: {},
    evaluate(event, context) {
      const table = context.table<PacketContext>('waiting', { maxEntries: 4, ttlSeconds: 60 });
      if (event.kind === 'mobility') {
        table.set('', event.context);
        return undefined;
      }
      return [...table.values()].map(({ packet }) => ({
        object: 'late',
        message: 'it is late',
        packet,
        evidence: [],
        confidence: 'certain',
      }));
    },
  });

  it('drops no packet', () => {
    const judge = judgeWith([late]);
    expect(judge.judge(packetRecord(update(2), 1, 0))).toBe(true);
    expect(judge.judge(packetRecord(update(4), 2, 10))).toBe(true);
    expect(judge.engine.snapshot().alerts).toHaveLength(1);
  });
});

describe('fragments of a message that is refused', () => {
  const long = { ...ODD, id: 'MIP6-9003' };

  /** A Binding Update in two fragments. */
  function pieces(sequence: number): Uint8Array[] {
    const ends = { source: NODE, destination: HOME_AGENT.address };
    const message = { kind: 'binding-update', sequence, flags: 0xc000, lifetime: 100 } as const;
    const parts = [homeAddress(NODE), mobility(ends, message, [])];
    const fields = { source: CARE_OF, destination: HOME_AGENT.address };
    return cutIntoFragments(fields, parts, sequence, [
      { start: 0, end: 24 },
      { start: 24, end: 40 },
    ]);
  }

  it('are refused when they come again, and others pass', () => {
    const judge = judgeWith([long]);
    const verdicts: boolean[] = [];
    let number = 0;
    const put = (bytes: Uint8Array): void => {
      number++;
      verdicts.push(judge.judge(packetRecord(bytes, number, number / 100)));
    };
    const parts = pieces(3);
    const last = parts.at(-1);
    if (last === undefined || parts.length < 2) throw new Error('no fragments');
    parts.forEach(put);
    expect(verdicts.slice(0, -1).every((passed) => passed)).toBe(true);
    expect(verdicts.at(-1)).toBe(false);
    put(last);
    put(last);
    expect(verdicts.slice(-2)).toEqual([false, false]);
    expect(judge.reason?.ruleId).toBe(long.id);
    pieces(4).forEach(put);
    expect(verdicts.slice(-2)).toEqual([true, true]);
  });
});

describe('ESP numbers of a packet that is refused', () => {
  /** A packet: 16 octets of destination, then ESP of 32 octets. */
  function packet(sequence: number, seconds: number): EspSighted {
    const bytes = new Uint8Array(48);
    putU32(bytes, 16, 0x1000);
    putU32(bytes, 20, sequence);
    return {
      bytes,
      esp: 16,
      end: 48,
      destination: 0,
      linkId: 0,
      hopLimit: 60,
      layout: 1,
      mayWrap: true,
      time: 1e15 + seconds * 1e6,
      input: 0,
      number: Math.round(seconds * 1000) + 1,
    };
  }

  it('are taken back, so that the genuine packet is no copy', () => {
    const sequences = new EspSequences(true);
    const note = (sequence: number, seconds: number, isLetIn: boolean): SequenceVerdict => {
      const verdict = sequences.note(packet(sequence, seconds));
      sequences.endPacket(isLetIn);
      return verdict;
    };
    expect(note(1, 0, true)).toBe(SequenceVerdict.FINE);
    expect(note(2, 1, false)).toBe(SequenceVerdict.FINE);
    expect(note(2, 2, true)).toBe(SequenceVerdict.FINE);
    expect(note(2, 3, false)).toBe(SequenceVerdict.COPY);
    // A forged number far ahead does not move the window.
    expect(note(2_000_000, 4, false)).toBe(SequenceVerdict.AHEAD);
    expect(note(3, 5, true)).toBe(SequenceVerdict.FINE);
  });

  it('of a flow that begins with it are as those of a new one', () => {
    const sequences = new EspSequences(true);
    sequences.note(packet(4_000_000, 0));
    sequences.endPacket(false);
    expect(sequences.note(packet(1, 1))).toBe(SequenceVerdict.FINE);
  });
});

describe('what is put back', () => {
  const link = {
    id: 0,
    name: 'a',
    role: 'unknown',
    roleKnownBy: 'none',
    effectiveRole: 'unknown',
  } as const;

  function context(seconds: number, linkId = 0): PacketContext {
    const packet = { input: 0, number: 1, time: seconds * 1e6, nanoseconds: 0 };
    return {
      packet,
      link: { ...link, id: linkId },
      source: CARE_OF,
      destination: HOME_AGENT.address,
      homeAddressOption: NODE,
      routingHomeAddress: undefined,
      hopLimit: 60,
      trafficClass: 0,
      linkSource: undefined,
      protection: 'none',
      esp: undefined,
      outer: undefined,
      encapsulation: [],
      isReassembled: false,
      extensions: 0,
      hasFragmentHeader: false,
    };
  }

  it('is a message that was seen first, again, or on another link', () => {
    const seen = new SeenMessages(1);
    const octets = Uint8Array.of(1, 2, 3, 4);
    const note = (seconds: number, linkId = 0) =>
      seen.note(NODE, octets, 0, 4, context(seconds, linkId));
    note(1);
    seen.undo();
    expect(note(2)).toBeUndefined();
    note(3);
    seen.undo();
    expect(note(4)?.lastSeen).toBe(2e6);
    note(5, 1);
    seen.undo();
    expect(note(6, 1)?.link.id).toBe(0);
    expect(note(7, 1)?.link.id).toBe(1);
  });

  it('is what was learned of a home network, and nothing else', () => {
    const home = new HomeNetwork(UNKNOWN_SITE);
    const other = ip('2001:db8:0:9::1');
    home.learn(NODE, HOME_AGENT.address);
    const again = home.learn(NODE, HOME_AGENT.address);
    home.unlearn(again, NODE, HOME_AGENT.address);
    expect(home.isHomeAddress(NODE)).toBe(true);
    const learned = home.learn(other, HOME_AGENT.address);
    home.unlearn(learned, other, HOME_AGENT.address);
    expect(home.isHomeAddress(other)).toBe(false);
    expect(home.isHomeAgent(HOME_AGENT.address)).toBe(true);
    expect(home.prefixes).toHaveLength(1);
  });
});

describe('a judge under a flood of made-up addresses', () => {
  const count = IS_ENDURANCE ? 1_000_000 : 17_000;
  const [attackers, victims] = [ip('2001:db8:666::'), ip('2001:db8:777::')];

  function address(network: Uint8Array, number: number): Uint8Array {
    const bytes = network.slice();
    putU32(bytes, 12, number + 1);
    putU16(bytes, 6, number & 0xffff);
    return bytes;
  }

  it(`keeps a bounded state: ${count} addresses`, { timeout: 1_800_000 }, () => {
    // What rules keep is bounded by their tables, which have tests of their own.
    const judge = judgeWith(IS_ENDURANCE ? [...rules] : [ODD], { dropsPartial: true });
    const reasons = new Set<DropReason['verdict']>();
    const record = packetRecord(new Uint8Array(), 0, 0);
    for (let i = 0; i < count; i++) {
      const source = address(attackers, i);
      const home = address(victims, i);
      const destination = HOME_AGENT.address;
      const octets = new Uint8Array(48);
      putU32(octets, 0, i + 1);
      putU32(octets, 4, i);
      const bytes =
        i % 2 === 0
          ? ipv6({ source, destination }, homeAddress(home), esp(octets))
          : ipv6(
              { source, destination: CORRESPONDENT.address },
              homeAddress(home),
              mobility(
                { source: home, destination: CORRESPONDENT.address },
                { kind: 'binding-update', sequence: i & 0xffff, flags: 0x8000, lifetime: 10 },
                [],
              ),
            );
      record.bytes = bytes;
      record.end = bytes.length;
      record.originalLength = bytes.length;
      record.number = i + 1;
      record.nanoseconds = (i % 1000) * 1e6;
      record.seconds = 1_700_000_000 + Math.floor(i / 1000);
      judge.judge(record);
      if (judge.reason !== undefined) reasons.add(judge.reason.verdict);
    }
    const state = judge.state();
    expect(state.bindings.length).toBeLessThanOrEqual(STATE_LIMITS.bindings);
    expect(state.ring).toHaveLength(STATE_LIMITS.ring);
    expect(state.flows).toHaveLength(STATE_LIMITS.flows);
    expect(state.messages.byHomeAddress).toHaveLength(STATE_LIMITS.seenHomeAddresses);
    for (const { table, entries, limit } of judge.engine.fill) {
      expect(entries, table).toBeLessThanOrEqual(limit);
    }
    expect(judge.engine.snapshot().internalErrors).toEqual([]);
    const again = judgeWith([ODD]);
    const kept = JSON.stringify(state);
    again.restore(JSON.parse(kept));
    expect(JSON.stringify(again.state()) === kept).toBe(true);
  });
});
