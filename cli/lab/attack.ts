/**
 * `mip6guard lab attack`: performs an attack of draft-ebalard-mext-hld-security-00 and judges, by what the nodes believe and
 * by what is on the wires, whether it has come out.
 */
import { CliError, EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { nearest } from '../suggestion.ts';
import type { Terminal } from '../terminal.ts';
import { askSeen, askStatus, endRecord, mark, record } from './ask.ts';
import { auditCaptures, auditCommand } from './audit.ts';
import type { LabAudit } from './audit.ts';
import { sleep } from './ip-tool.ts';
import { LabPlace } from './lab-state.ts';
import { WIRES } from './plan.ts';
import type { ForeignLink } from './plan.ts';
import { ATTACKS } from './process/attacker-process.ts';
import type { AttackName } from './process/attacker-process.ts';
import { labProcess, runProcess } from './processes.ts';
import { plug } from './topology.ts';
import { startProbes } from './traffic.ts';
import { isSettled, reached, registration } from './whereabouts.ts';

/** Milliseconds that an attack has to come out, and that is looked at what follows from it. */
const PATIENCE = 5000;
const AFTERMATH = 1500;

/** What is asked. */
export interface AttackOptions {
  readonly expect: 'fail' | 'succeed' | undefined;
  readonly write: string | undefined;
  readonly isJson: boolean;
}

/** What came of an attack. */
export interface AttackVerdict {
  readonly attack: AttackName;
  readonly link: ForeignLink;
  readonly hasSucceeded: boolean;
  readonly mobileNode: { readonly believesAtHome: boolean; readonly state: string };
  readonly homeAgent: { readonly hasBinding: boolean };
  /** Packets of the home address that left without tunnel on the foreign link. */
  readonly unprotectedPackets: number;
  /** Alarms since the attack began, by node. */
  readonly alarms: Readonly<Record<'mn' | 'ha', Readonly<Record<string, number>>>>;
  readonly captures: readonly string[];
  readonly audit: LabAudit;
}

/** Attacks. @returns 1 when it comes out otherwise than expected */
export async function runAttack(
  directory: string,
  name: string,
  options: AttackOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const attack = ATTACKS.find((each) => each === name);
  if (attack === undefined) {
    const meant = nearest(name, ATTACKS);
    throw new CliError(EXIT.usage, `there is no attack '${name}'`, {
      hint: `${meant === undefined ? '' : `Did you mean ${meant}? `}There is: ${ATTACKS.join(', ')}`,
    });
  }
  const place = new LabPlace(directory);
  place.load();
  const before = await registration(place);
  const { link } = before;
  if (!isSettled(before) || (link !== 'foreign1' && link !== 'foreign2')) {
    throw new CliError(EXIT.usage, 'the mobile node is not registered from a foreign link', {
      hint: 'mip6guard lab move foreign1',
    });
  }
  const target = options.write ?? freshDirectory(place, attack);
  // Captures since the start of the lab end here: those of the attack have to be by themselves.
  await endRecord(place);
  const captures = await record(place, target);
  const observed = await performed(place, attack, link).finally(() => endRecord(place));
  const audit = await auditCaptures(place, captures);
  const verdict: AttackVerdict = { ...observed, captures, audit };
  const text = options.isJson ? JSON.stringify(verdict) : verdictText(verdict, place);
  terminal.output.write(`${text}\n`);
  const { expect } = options;
  if (expect === undefined) return EXIT.clean;
  return (expect === 'succeed') === verdict.hasSucceeded ? EXIT.clean : EXIT.findings;
}

function freshDirectory(place: LabPlace, attack: AttackName): string {
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return `${place.captures}/${attack}-${time}`;
}

type Observed = Omit<AttackVerdict, 'captures' | 'audit'>;

async function performed(
  place: LabPlace,
  attack: AttackName,
  link: ForeignLink,
): Promise<Observed> {
  const alarmsBefore = await alarms(place);
  const probes = await startProbes(place, true);
  plug(place.prefix, WIRES.attacker, link);
  await mark(place);
  const attacker = runProcess(place, 'attacker', labProcess(place, 'attacker', attack, link));
  attacker.output.catch(() => undefined);
  try {
    const begun = await reached(PATIENCE, async () => {
      const { seen } = await askSeen(place);
      return seen.some(isFalseAdvertisement);
    });
    if (!begun) {
      attacker.stop();
      await attacker.output;
      throw new CliError(EXIT.environment, 'the attacker was not heard');
    }
    await reached(PATIENCE, async () => (await outcome(place, attack, link)).hasSucceeded);
    await sleep(AFTERMATH);
    const found = await outcome(place, attack, link);
    const alarmsAfter = await alarms(place);
    return {
      ...found,
      alarms: {
        mn: difference(alarmsBefore.mn, alarmsAfter.mn),
        ha: difference(alarmsBefore.ha, alarmsAfter.ha),
      },
    };
  } finally {
    attacker.stop();
    await attacker.output.catch(() => undefined);
    plug(place.prefix, WIRES.attacker, undefined);
    await probes.stop();
  }
}

/** Advertisements of the attacker are the only ones that do not come over the router. */
function isFalseAdvertisement(each: { readonly kind: string; readonly isFromAttacker: boolean }) {
  return each.kind === 'router-advertisement' && each.isFromAttacker;
}

async function outcome(
  place: LabPlace,
  attack: AttackName,
  link: ForeignLink,
): Promise<Omit<Observed, 'alarms'>> {
  const [where, { seen }] = await Promise.all([registration(place), askSeen(place)]);
  const believesAtHome = where.isAtHome;
  const hasBinding = where.binding !== undefined;
  const unprotectedPackets = seen
    .filter((each) => each.link === link && each.kind === 'plain')
    .filter((each) => each.way === 'from-mn' && each.source === 'home-address')
    .reduce((sum, { count }) => sum + count, 0);
  const hasSucceeded = {
    // Section 5.2: the node believes it, and waits for an acknowledgement that does not come.
    'rogue-ra': believesAtHome,
    // Section 4.1: the home agent knows of no binding any more; its node was not told.
    'partial-deregistration': believesAtHome && !hasBinding,
    // Section 5.3: both are deceived, and payload leaves without protection.
    relay: believesAtHome && !hasBinding && unprotectedPackets > 0,
  }[attack];
  return {
    attack,
    link,
    hasSucceeded,
    mobileNode: { believesAtHome, state: where.state },
    homeAgent: { hasBinding },
    unprotectedPackets,
  };
}

type Alarms = Readonly<Record<string, number>>;

async function alarms(place: LabPlace): Promise<{ mn: Alarms; ha: Alarms }> {
  const [mn, ha] = await Promise.all([askStatus(place, 'mn'), askStatus(place, 'ha')]);
  return { mn: mn.alarms, ha: ha.alarms };
}

function difference(before: Alarms, after: Alarms): Alarms {
  return Object.fromEntries(
    Object.entries(after)
      .map(([event, count]): [string, number] => [event, count - (before[event] ?? 0)])
      .filter(([, count]) => count > 0),
  );
}

function verdictText(verdict: AttackVerdict, place: LabPlace): string {
  const { attack, link, hasSucceeded, mobileNode, homeAgent, audit } = verdict;
  const { unprotectedPackets, captures } = verdict;
  const told = Object.entries(verdict.alarms).flatMap(([node, events]) =>
    Object.entries(events).map(([event, count]) => `${node}: ${event} ${count}`),
  );
  return [
    `${attack} on ${link} ${hasSucceeded ? 'SUCCEEDED' : 'failed'}`,
    `  mobile node   ${mobileNode.believesAtHome ? 'believes it is at home' : 'knows that it is not at home'} (${mobileNode.state})`,
    `  home agent    ${homeAgent.hasBinding ? 'has its binding' : 'has no binding any more'}`,
    `  on the wire   ${unprotectedPackets === 0 ? 'no payload without protection' : `${unprotectedPackets} packets of payload without protection`}`,
    `  alarms        ${told.length === 0 ? 'none' : told.join(', ')}`,
    audit.incidents.length === 0 ? 'The analyzer: no incident' : 'The analyzer:',
    ...audit.incidents.map(
      ({ severity, title, assessment, confidence }) =>
        `  ${severity.toUpperCase()} ${title}: ${assessment}, ${confidence}`,
    ),
    auditCommand(place, captures),
  ].join('\n');
}
