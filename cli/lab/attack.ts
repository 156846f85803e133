/**
 * `mip6guard lab attack`: performs an attack of draft-ebalard-mext-hld-security-00 and judges, by what the nodes believe and
 * by what is on the wires, whether it has come out.
 */
import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { CliError, EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { StopSignals } from '../stop-signals.ts';
import { nearest } from '../suggestion.ts';
import type { Terminal } from '../terminal.ts';
import { askSeen, askStatus, endRecord, mark, record } from './ask.ts';
import { setScene } from './attack-scene.ts';
import type { Scene } from './attack-scene.ts';
import { verdictText } from './attack-verdict.ts';
import type { AttackVerdict } from './attack-verdict.ts';
import { auditCaptures } from './audit.ts';
import { beginReports } from './gateway-report.ts';
import { endProcesses, goOn, processesIn, sleep } from './ip-tool.ts';
import { LabPlace } from './lab-state.ts';
import type { GatewayWish } from './lab-state.ts';
import { WIRES, namespaceOf } from './plan.ts';
import type { ForeignLink } from './plan.ts';
import { ATTACKS } from './attacker.ts';
import type { AttackName } from './attacker.ts';
import { labProcess, logTail, startProcess, startProgram } from './processes.ts';
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
  /** A line for the shell: somebody else's attacker. undefined = that of the lab. */
  readonly attacker: string | undefined;
  /** undefined = as the lab has it; 'none' = without. */
  readonly gateway: GatewayWish | 'none' | undefined;
  readonly isJson: boolean;
}

/**
 * Attacks. Without a lab one is built for it where a gateway is asked for, or none expressly, and is gone afterwards.
 * @returns 1 when it comes out otherwise than expected
 */
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
  const signals = new StopSignals(() => {
    terminal.say('mip6guard: ending the attack; a second Ctrl-C ends at once');
  });
  try {
    const scene = await setScene(place, options.gateway, signals.signal, terminal);
    let verdict: AttackVerdict;
    try {
      verdict = await attacked(place, attack, { ...options, ...scene }, signals.signal);
    } finally {
      await scene.end();
    }
    const text = options.isJson ? JSON.stringify(verdict) : verdictText(verdict);
    terminal.output.write(`${text}\n`);
    const { expect } = options;
    if (expect === undefined) return EXIT.clean;
    return (expect === 'succeed') === verdict.hasSucceeded ? EXIT.clean : EXIT.findings;
  } finally {
    signals.dispose();
  }
}

async function attacked(
  place: LabPlace,
  attack: AttackName,
  { write, attacker, isForOnce }: AttackOptions & Pick<Scene, 'isForOnce'>,
  signal: AbortSignal,
): Promise<AttackVerdict> {
  const before = await registration(place);
  const { link } = before;
  if (!isSettled(before) || (link !== 'foreign1' && link !== 'foreign2')) {
    throw new CliError(EXIT.usage, 'the mobile node is not registered from a foreign link', {
      hint: 'mip6guard lab move foreign1',
    });
  }
  const target = write ?? freshDirectory(place, attack);
  // Captures since the start of the lab end here: those of the attack have to be by themselves.
  await endRecord(place);
  const captures = await record(place, target);
  const reports = await beginReports(place);
  const observed = await performed(place, attack, link, attacker, signal).finally(() =>
    endRecord(place),
  );
  const audit = await auditCaptures(place, captures);
  const isKept = write !== undefined || !isForOnce;
  return {
    ...observed,
    gateways: await reports(),
    captures: isKept ? captures : [],
    ...(isForOnce && isKept ? keptFiles(place, target) : { site: place.site, keys: place.keys }),
    audit,
  };
}

function freshDirectory(place: LabPlace, attack: AttackName): string {
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return `${place.captures}/${attack}-${time}`;
}

/** What an audit needs, beside the captures of a lab that will be gone. */
function keptFiles(place: LabPlace, target: string): Pick<AttackVerdict, 'site' | 'keys'> {
  const kept = (file: string): string => {
    const copy = path.join(target, path.basename(file));
    copyFileSync(file, copy);
    return copy;
  };
  return { site: kept(place.site), keys: kept(place.keys) };
}

type Observed = Omit<AttackVerdict, 'captures' | 'audit' | 'gateways' | 'site' | 'keys'>;

async function performed(
  place: LabPlace,
  attack: AttackName,
  link: ForeignLink,
  command: string | undefined,
  signal: AbortSignal,
): Promise<Observed> {
  const alarmsBefore = await alarms(place);
  const probes = await startProbes(place, true);
  try {
    plug(place.prefix, WIRES.attacker, link);
    await mark(place);
    const attacker = beginAttack(place, attack, link, command);
    const begun = await reached(
      PATIENCE,
      async () => {
        const { seen } = await askSeen(place);
        return attacker.isOver() || seen.some((each) => isHeard(each, command !== undefined));
      },
      signal,
    );
    if (!begun || attacker.isOver()) {
      const hint = command === undefined ? {} : { hint: logTail(place, 'attacker') };
      throw new CliError(EXIT.environment, 'the attacker was not heard', hint);
    }
    await reached(PATIENCE, async () => (await outcome(place, attack, link)).hasSucceeded, signal);
    await sleep(AFTERMATH, signal);
    goOn(signal);
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
    plug(place.prefix, WIRES.attacker, undefined);
    await endProcesses(processesIn(namespaceOf(place.prefix, 'attacker')));
    await probes.stop();
  }
}

/** Starts the attacker; it ends with all that is in its namespace. */
function beginAttack(
  place: LabPlace,
  attack: AttackName,
  link: ForeignLink,
  command: string | undefined,
): { readonly isOver: () => boolean } {
  const child =
    command === undefined
      ? startProcess(place, 'attacker', 'attacker', labProcess(place, 'attacker', attack, link))
      : startProgram(place, 'attacker', 'attacker', command, {
          MIP6GUARD_LINK: link,
          MIP6GUARD_INTERFACE: WIRES.attacker.name,
          MIP6GUARD_ATTACK: attack,
        });
  // A program of somebody else may do its work and end.
  return { isOver: () => child.exitCode !== null && child.exitCode !== 0 };
}

/** Whether somebody attacks: what others send may be hidden in all ways. */
function isHeard(
  { kind, isFromAttacker }: { readonly kind: string; readonly isFromAttacker: boolean },
  isOfOthers: boolean,
): boolean {
  return isFromAttacker && (isOfOthers || kind === 'router-advertisement');
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
