/**
 * An incident as a text to be read from top to bottom by somebody who has never seen one: what it is, how the attack
 * went step by step, what proves it, what to do, why the rules say so, and what the words mean.
 */
import type { AlertRow, EvidenceRow, IncidentRow } from '../../engine/views/model/index.ts';
import { EMPTY_LINE, fact, paragraph, section } from '../components/document.tsx';
import type { DocumentLine } from '../components/document.tsx';
import type { Segment } from '../components/line.tsx';
import { countText, fit, fitRight, safeText, textWidth } from '../text.ts';
import { SEVERITY_LETTERS, SEVERITY_TONES } from '../theme.ts';
import { clockText, secondsText } from '../time-text.ts';
import {
  assessmentText,
  CONFIDENCE_WORDS,
  glossaryOf,
  hasSucceeded,
  OTHER_STAGES,
  RELAY_CHAIN,
  STAGE_WORDS,
} from './words.ts';
import type { StageName } from './words.ts';

/** What a line of the text leads to. */
export type IncidentTarget =
  | { readonly kind: 'packet'; readonly packet: number | undefined; readonly alert?: number }
  | { readonly kind: 'alert'; readonly alert: number }
  /** A drawing that can be moved to the side; `hidden` cells of it are not seen. */
  | { readonly kind: 'drawing'; readonly alert: number; readonly hidden: number };

/** A line. */
export type IncidentLine = DocumentLine<IncidentTarget>;

/** How the text is shown. */
export interface IncidentTextOptions {
  readonly width: number;
  /** Alerts whose explanation is open. */
  readonly open: ReadonlySet<number>;
  /** Cells by which drawings are moved to the left. */
  readonly shift: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const INDENT = '  ';
/** Alerts named under a stage. */
const MAX_STAGE_ALERTS = 6;

function target(item: EvidenceRow): IncidentTarget {
  return { kind: 'packet', packet: item.packet };
}

/** The facts at the top. */
function summaryLines(incident: IncidentRow, { width, now }: IncidentTextOptions): IncidentLine[] {
  const { title, severity, confidence, assessment, homeAddress, homeAgent, attackers } = incident;
  const { first, last, mutedUntil } = incident;
  const how = assessmentText(assessment);
  const when =
    first === last
      ? `${secondsText(first)} s after the first packet`
      : `${secondsText(first)} s to ${secondsText(last)} s after the first packet`;
  const isMuted = mutedUntil !== undefined && mutedUntil > now;
  return [
    ...paragraph<IncidentTarget>(title, width, { tone: 'strong' }),
    ...fact<IncidentTarget>(
      'Severity',
      `${severity.toUpperCase()}, ${CONFIDENCE_WORDS[confidence]}`,
      width,
      {
        tone: SEVERITY_TONES[severity],
      },
    ),
    ...(how === undefined
      ? []
      : fact<IncidentTarget>('How far', how, width, {
          tone: hasSucceeded(assessment) ? 'bad' : 'warning',
        })),
    ...(homeAddress === undefined
      ? []
      : fact<IncidentTarget>('Victim', `mobile node with home address ${homeAddress}`, width)),
    ...(homeAgent === undefined
      ? []
      : fact<IncidentTarget>('', `of home agent ${homeAgent}`, width)),
    ...(attackers.length === 0
      ? []
      : fact<IncidentTarget>('Attacker', attackers.join(', '), width, { tone: 'bad' })),
    ...fact<IncidentTarget>('When', when, width),
    ...(isMuted
      ? fact<IncidentTarget>('Muted', `until ${clockText(mutedUntil)} UTC; m ends it`, width, {
          tone: 'warning',
        })
      : []),
  ];
}

/** First packet that proves an alert. */
function firstPacket({ evidence }: AlertRow): string {
  const [first] = evidence;
  return first === undefined ? '' : `#${first.number}`;
}

function stageAlerts(alerts: readonly AlertRow[], isLast: boolean, width: number): IncidentLine[] {
  const lead = isLast ? '       ' : '   │   ';
  const shown = alerts.slice(0, MAX_STAGE_ALERTS);
  const numbers = shown.reduce((most, alert) => Math.max(most, firstPacket(alert).length), 0);
  return [
    ...shown.map((alert): IncidentLine => {
      const start = `${fit(firstPacket(alert), numbers)} ${width < 100 ? '' : `${alert.rule} `}`;
      return {
        segments: [
          { text: lead },
          { text: SEVERITY_LETTERS[alert.severity], tone: SEVERITY_TONES[alert.severity] },
          { text: ` ${safeText(start)}`, tone: 'dim' },
          { text: safeText(alert.title) },
        ],
        target: { kind: 'packet', packet: alert.evidence[0]?.packet, alert: alert.id },
      };
    }),
    ...(alerts.length > shown.length
      ? paragraph<IncidentTarget>(`and ${alerts.length - shown.length} more`, width, { lead })
      : []),
  ];
}

/** The stages of the attack with ticks. */
function chainLines(incident: IncidentRow, width: number): IncidentLine[] {
  const seen = new Map(incident.stages.map(({ stage, alerts }) => [stage, alerts]));
  const isRelay = RELAY_CHAIN.some((stage) => seen.has(stage));
  const drawn: readonly StageName[] = [
    ...(isRelay ? RELAY_CHAIN : []),
    ...OTHER_STAGES.filter((stage) => seen.has(stage)),
  ];
  if (drawn.length === 0) return [];
  const count = drawn.filter((stage) => seen.has(stage)).length;
  const lines = drawn.flatMap((stage, index): IncidentLine[] => {
    const ids = seen.get(stage);
    const isSeen = ids !== undefined;
    const isLast = index === drawn.length - 1;
    const { name, says } = STAGE_WORDS[stage];
    const head: Segment[] = [
      { text: isSeen ? ' [x] ' : ' [ ] ', tone: isSeen ? 'bad' : 'dim' },
      { text: `${index + 1} ${fit(name, 25)}`, tone: isSeen ? 'strong' : 'dim' },
    ];
    const beside = width - 33;
    const isShort = textWidth(says) <= beside;
    const note: IncidentLine[] = isShort
      ? []
      : paragraph<IncidentTarget>(says, width, {
          lead: isLast ? '       ' : '   │   ',
          tone: 'dim',
        });
    return [
      {
        segments: [
          ...head,
          { text: isShort ? ` ${says}` : isSeen ? '' : ' not seen', tone: 'dim' },
        ],
      },
      ...note,
      ...stageAlerts(
        incident.alerts.filter(({ id }) => ids?.includes(id) === true),
        isLast,
        width,
      ),
    ];
  });
  return [
    EMPTY_LINE,
    section(
      'How the attack went',
      `${count} of ${drawn.length} steps seen: [x] seen, [ ] not seen`,
    ),
    ...lines,
  ];
}

/** The packet that a sentence begins with, when it is evidence. */
function namedPacket(text: string, evidence: readonly EvidenceRow[]): IncidentTarget | undefined {
  const number = /^Packets? (\d+)/.exec(text)?.[1];
  const found = evidence.find((item) => `${item.number}` === number);
  return found === undefined ? undefined : target(found);
}

function narrativeLines({ narrative, evidence }: IncidentRow, width: number): IncidentLine[] {
  if (narrative.length === 0) return [];
  return [
    EMPTY_LINE,
    section('What happened', 'enter opens the packet that a sentence names first'),
    ...narrative.flatMap((text) =>
      paragraph<IncidentTarget>(text, width, {
        lead: `${INDENT}- `,
        target: namedPacket(text, evidence),
      }),
    ),
  ];
}

/** Evidence by packet. */
function evidenceLines(evidence: readonly EvidenceRow[], width: number): IncidentLine[] {
  if (evidence.length === 0) return [];
  const lines: IncidentLine[] = [];
  let before: EvidenceRow | undefined;
  for (const item of evidence) {
    const isSame =
      before !== undefined && before.number === item.number && before.packet === item.packet;
    if (!isSame) {
      const place = item.link === undefined ? '' : `  on link ${safeText(item.link)}`;
      lines.push({
        segments: [
          { text: `${INDENT}#${item.number}`, tone: 'strong' },
          { text: `${fitRight(secondsText(item.seconds), 12)} s${place}`, tone: 'dim' },
          { text: item.packet === undefined ? '  not kept any more' : '', tone: 'warning' },
        ],
        target: target(item),
      });
    }
    lines.push(
      ...paragraph<IncidentTarget>(item.text, width, {
        lead: `${INDENT}${INDENT}- `,
        target: target(item),
      }),
    );
    before = item;
  }
  return [EMPTY_LINE, section('Evidence', 'enter opens the packet'), ...lines];
}

function adviceLines({ advice }: IncidentRow, width: number): IncidentLine[] {
  if (advice.length === 0) return [];
  return [
    EMPTY_LINE,
    section('What to do', 'the most urgent first'),
    ...advice.flatMap((text, index) =>
      paragraph<IncidentTarget>(text, width, { lead: `${INDENT}${index + 1}. ` }),
    ),
  ];
}

function drawingLines(alert: AlertRow, { width, shift }: IncidentTextOptions): IncidentLine[] {
  if (alert.illustration === undefined) return [];
  const lines = alert.illustration.split(/\r?\n/).map(safeText);
  const widest = lines.reduce((most, line) => Math.max(most, textWidth(line)), 0);
  const room = width - 4;
  const hidden = Math.max(0, widest - room);
  const moved = Math.min(shift, hidden);
  const drawn = lines.map((line): IncidentLine => ({
    segments: [{ text: '    ' }, { text: line.slice(moved) }],
    target: { kind: 'drawing', alert: alert.id, hidden },
  }));
  return [
    {
      segments: [
        { text: '    Drawn', tone: 'dim' },
        {
          text: hidden === 0 ? '' : ' (wider than the screen: right and left move it)',
          tone: 'dim',
        },
      ],
      target: { kind: 'drawing', alert: alert.id, hidden },
    },
    ...drawn,
  ];
}

/** One alert, folded or with all that its rule says. */
function alertLines(alert: AlertRow, options: IncidentTextOptions): IncidentLine[] {
  const { id, rule, title, severity, confidence, count } = alert;
  const isOpen = options.open.has(id);
  const { width } = options;
  const goal: IncidentTarget = { kind: 'alert', alert: id };
  const head: IncidentLine = {
    segments: [
      { text: `${INDENT}${isOpen ? '-' : '+'} `, tone: 'strong' },
      { text: `${SEVERITY_LETTERS[severity]} ${safeText(rule)} `, tone: SEVERITY_TONES[severity] },
      { text: safeText(title), tone: isOpen ? 'strong' : 'plain' },
      { text: count > 1 ? `  ${countText(count)} times` : '', tone: 'dim' },
    ],
    target: goal,
  };
  if (!isOpen) return [head];
  const lead = INDENT + INDENT;
  return [
    head,
    ...paragraph(`${severity}, ${CONFIDENCE_WORDS[confidence]}`, width, {
      lead,
      tone: 'dim',
      target: goal,
    }),
    ...paragraph(alert.message, width, { lead, target: goal }),
    ...paragraph(`Why: ${alert.explanation}`, width, { lead, target: goal }),
    ...paragraph(`What to do: ${alert.advice}`, width, { lead, target: goal }),
    ...drawingLines(alert, options),
    ...(alert.references.length === 0
      ? []
      : paragraph(`Read: ${alert.references.join('; ')}`, width, {
          lead,
          tone: 'dim',
          target: goal,
        })),
  ];
}

function ruleLines(incident: IncidentRow, options: IncidentTextOptions): IncidentLine[] {
  if (incident.alerts.length === 0) return [];
  return [
    EMPTY_LINE,
    section('Why: the rules that noticed it', 'enter opens and closes an explanation'),
    ...incident.alerts.flatMap((alert) => alertLines(alert, options)),
  ];
}

function glossaryLines(incident: IncidentRow, width: number): IncidentLine[] {
  const words = glossaryOf([
    incident.title,
    // What the facts at the top speak of.
    incident.homeAddress === undefined ? '' : 'home address',
    incident.homeAgent === undefined ? '' : 'home agent',
    ...incident.narrative,
    ...incident.evidence.map(({ text }) => text),
    ...incident.advice,
    ...incident.alerts.map(({ title, message }) => `${title} ${message}`),
  ]);
  if (words.length === 0) return [];
  const room = words.reduce((most, { word }) => Math.max(most, word.length), 0) + 1;
  return [
    EMPTY_LINE,
    section('Words'),
    ...words.flatMap(({ word, says }) =>
      paragraph<IncidentTarget>(says, width, { lead: `${INDENT}${fit(word, room)} ` }),
    ),
  ];
}

/** The text. */
export function incidentText(
  incident: IncidentRow,
  options: IncidentTextOptions,
): readonly IncidentLine[] {
  const { width } = options;
  return [
    ...summaryLines(incident, options),
    ...chainLines(incident, width),
    ...narrativeLines(incident, width),
    ...evidenceLines(incident.evidence, width),
    ...adviceLines(incident, width),
    ...ruleLines(incident, options),
    ...glossaryLines(incident, width),
  ];
}
