/**
 * Muting of an incident: asks how long, whom it concerns, and tells the model.
 */
import type { IncidentRow, PacketModel } from '../../engine/views/model/index.ts';
import type { ScreenActions } from '../screen.ts';
import { clockText } from '../time-text.ts';
import { parseMute } from './mute-time.ts';

const SPANS = [
  { key: 'h', label: '1 hour', span: '1h' },
  { key: 'd', label: '1 day', span: '1d' },
  { key: 'w', label: '1 week', span: '1w' },
  { key: 'u', label: 'until ... (type a time)', span: undefined },
] as const;

/** What is muted: rules, of one home address or of all. */
interface Target {
  readonly rules: readonly string[];
  readonly homeAddress: string | undefined;
}

/** Makes what mutes. */
export function muting(
  model: PacketModel,
  actions: ScreenActions,
): { readonly ask: (incident: IncidentRow, argument: string | undefined) => void } {
  const set = async (
    { rules, homeAddress }: Target,
    until: number,
    said: string,
  ): Promise<void> => {
    try {
      for (const rule of rules) {
        await model.mute({ rule, ...(homeAddress === undefined ? {} : { homeAddress }), until });
      }
      actions.say(said);
    } catch (error) {
      actions.say(error instanceof Error ? error.message : String(error), 'error');
    }
  };

  const scopeOf = async (incident: IncidentRow): Promise<Target | undefined> => {
    const rules = [...new Set(incident.alerts.map(({ rule }) => rule))];
    const { homeAddress } = incident;
    if (homeAddress === undefined) return { rules, homeAddress };
    const what =
      rules.length === 1 ? `alerts of ${rules[0] ?? ''}` : `alerts of these ${rules.length} rules`;
    const choice = await actions.choose(`Mute ${what}`, [
      { key: 't', label: `for this home address only: ${homeAddress}` },
      { key: 'a', label: 'for all home addresses' },
    ]);
    if (choice === undefined) return undefined;
    return { rules, homeAddress: choice.key === 't' ? homeAddress : undefined };
  };

  const until = async (incident: IncidentRow, text: string): Promise<void> => {
    const time = parseMute(text, Date.now());
    if (!time.ok) {
      actions.say(time.message, 'error');
      return;
    }
    const scope = await scopeOf(incident);
    if (scope !== undefined)
      await set(scope, time.until, `muted until ${clockText(time.until)} UTC`);
  };

  const prompt = (incident: IncidentRow): void => {
    actions.prompt({
      label: 'mute until',
      history: 'mute',
      check: (text) => {
        const time = parseMute(text, Date.now());
        return time.ok
          ? { ok: true, note: `until ${clockText(time.until)} UTC` }
          : { ok: false, message: time.message, offset: 0, length: Math.max(1, text.length) };
      },
      submit: (text) => void until(incident, text),
    });
  };

  const askTime = async (incident: IncidentRow): Promise<void> => {
    const chosen = await actions.choose(
      'Mute this incident for',
      SPANS.map(({ key, label }) => ({ key, label })),
    );
    const found = SPANS.find(({ key }) => key === chosen?.key);
    if (found === undefined) return;
    if (found.span === undefined) prompt(incident);
    else await until(incident, found.span);
  };

  const end = async (incident: IncidentRow): Promise<void> => {
    if (!(await actions.ask('This incident is muted. Show it again from now on?'))) return;
    const rules = [...new Set(incident.alerts.map(({ rule }) => rule))];
    const now = Date.now();
    // It may be muted for its home address, for all, or both.
    await set({ rules, homeAddress: undefined }, now, 'not muted any more');
    if (incident.homeAddress !== undefined) {
      await set({ rules, homeAddress: incident.homeAddress }, now, 'not muted any more');
    }
  };

  return {
    ask: (incident, argument) => {
      if (incident.alerts.length === 0)
        actions.say('this incident has no alert to mute', 'warning');
      else if (argument !== undefined) void until(incident, argument);
      else if (incident.mutedUntil !== undefined && incident.mutedUntil > Date.now())
        void end(incident);
      else void askTime(incident);
    },
  };
}
