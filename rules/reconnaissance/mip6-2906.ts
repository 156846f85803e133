import { defineRule } from '../../engine/rule-api.ts';
import type { AlertDraft, RuleDefinition } from '../../engine/rule-api.ts';

/** Tables that are rings by design: what falls out of them is old. */
const RINGS: ReadonlySet<string> = new Set(['esp-ring', 'seen-messages']);

const params = {
  cutPercent: {
    default: 10,
    min: 1,
    max: 100,
    unit: '%',
    doc: 'share of frames that the capture cut from which on it is told',
  },
  leastCut: {
    default: 50,
    min: 1,
    max: 1_000_000,
    unit: 'frames',
    doc: 'cut frames below this are not told',
  },
  unreadable: {
    default: 20,
    min: 1,
    max: 1_000_000,
    unit: 'packets',
    doc: 'protected signalling that no key opens, although keys were given, from which on it is told',
  },
} satisfies RuleDefinition['params'];

export default defineRule({
  id: 'MIP6-2906',
  title: 'The sensor did not see or remember everything',
  severity: 'info',
  category: 'reconnaissance',
  references: ['RFC 4225 section 4.2'],
  needs: [],
  verdict: 'alert',
  explanation:
    'No attack: what this program itself missed. The capture cut frames before their end, the clock of the capture went ' +
    'back, a table of bindings or associations was full and forgot entries, or protected signalling came under ' +
    'associations that no key was given for. Findings that rest on something that was not seen count for less from here on, ' +
    'and an attack may have gone by unnoticed. A full table can be the aim of a flood.',
  advice:
    'Cut frames: capture whole packets (snap length 0). Clock: synchronise the capture host. Forgotten entries: look for ' +
    'a flood at that time, or spread the links over several sensors. Unreadable signalling: give the missing keys.',
  on: ['tick'],
  params,
  evaluate({ health }, context) {
    if (health === undefined) return undefined;
    const { cutPercent, leastCut, unreadable } = context.params;
    const { packet, packets, cut, evictions, clockSteps, associations } = health;
    const told: AlertDraft[] = [];
    const tell = (object: string, message: string, text: string): void => {
      told.push({ object, message, packet, evidence: [{ packet, text }], confidence: 'certain' });
    };
    if (cut >= leastCut && cut * 100 >= packets * cutPercent) {
      tell(
        'cut frames',
        'the capture cuts frames before their end',
        `${cut} of ${packets} frames so far`,
      );
    }
    if (clockSteps > 0) {
      tell(
        'clock',
        'the clock of the capture went back',
        `${clockSteps} times so far, by ${health.largestClockStep.toFixed(1)} s at most`,
      );
    }
    for (const [table, count] of evictions) {
      if (RINGS.has(table)) continue;
      tell(
        `table ${table}`,
        `the table ${table} was full and forgot entries`,
        `${count} entries so far`,
      );
    }
    if (associations > 0 && health.unreadableSignalling >= unreadable) {
      tell(
        'keys',
        'protected signalling comes under associations that no key was given for',
        `${health.unreadableSignalling} packets so far, ${associations} associations with keys`,
      );
    }
    return told;
  },
});
