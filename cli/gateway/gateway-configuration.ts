/**
 * Everything that the configuration of a gateway says, with the files it names: site, rules, keys.
 */
import { setImmediate as pause } from 'node:timers/promises';
import type { Verdict } from '../../engine/rule-api.ts';
import type { Site } from '../../engine/site.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { digestsOf, loadAllRules } from '../sensor/configuration.ts';
import type { NamedSettings, SensorConfiguration } from '../sensor/configuration.ts';
import { loadKeys } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import { checkedGateway, readGatewayText } from './gateway-file.ts';
import type { GatewaySettings } from './gateway-file.ts';
import { siteFor } from './gateway-site.ts';
import type { Standing } from './gateway-site.ts';
import { withNode } from './node/node-text.ts';

/** A loaded configuration. */
export interface GatewayConfiguration {
  readonly settings: GatewaySettings;
  /** What watches: site, rules and keys. */
  readonly watched: SensorConfiguration;
}

/** What the configuration and the files of site and rules say. */
export interface NamedGateway {
  readonly settings: GatewaySettings;
  readonly named: NamedSettings;
}

/** What comes of it, or undefined and one more problem. */
async function told<T>(problems: CliError[], read: () => T | Promise<T>): Promise<T | undefined> {
  // A running gateway reloads: packets are judged in between.
  await pause();
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof CliError) || error.exitCode !== EXIT.usage) throw error;
    problems.push(error);
    return undefined;
  }
}

function failWith(problems: readonly CliError[]): void {
  const [first, ...more] = problems;
  if (first === undefined) return;
  if (more.length === 0) throw first;
  throw new CliError(EXIT.usage, problems.map(({ message }) => message).join('\n'));
}

/**
 * Reads the configuration and the files of site and rules.
 * @param standing where a gateway that runs stands, whatever the file says now
 * @throws CliError (2) with everything wrong with any of them
 */
export async function namedGateway(file: string, standing?: Standing): Promise<NamedGateway> {
  const problems: CliError[] = [];
  const text = await withNode(await readGatewayText(file));
  const own = await told(problems, () => loadAllRules(text.ruleFiles));
  const { rules, localRules } = own ?? (await loadAllRules([]));
  const settings = await told(problems, () => checkedGateway(text, rules));
  const given = await told(problems, () => siteGiven(settings, rules));
  failWith(problems);
  if (settings === undefined) throw new CliError(EXIT.usage, `${file}: it cannot be used`);
  const files = {
    config: settings.siteFile ?? file,
    keys: settings.keys,
    rules: settings.rules,
  };
  return {
    settings,
    named: { files, rules, localRules, site: siteFor(standing ?? settings, given) },
  };
}

async function siteGiven(
  settings: GatewaySettings | undefined,
  rules: NamedSettings['rules'],
): Promise<Site | undefined> {
  if (settings?.siteFile === undefined) return settings?.inlineSite;
  const { readSiteFile } = await import('../site-file.ts');
  return readSiteFile(settings.siteFile, rules);
}

/**
 * Loads everything.
 * @throws CliError (2) with everything wrong with configuration, site and rules, or else with the keys
 */
export async function loadGateway(file: string, terminal: Terminal): Promise<GatewayConfiguration> {
  const { settings, named } = await namedGateway(file);
  const keyDigests = digestsOf(settings.keys);
  const keys = await loadKeys(settings.keys, terminal);
  return { settings, watched: { ...named, keys, keyDigests } };
}

/** Verdicts of single rules, by id. */
export function verdictsOf({ verdicts }: GatewaySettings): ReadonlyMap<string, Verdict> {
  return new Map(Object.entries(verdicts));
}

/** Settings that a running gateway cannot take up. */
const FIXED = [
  'failMode',
  'place',
  'homeAgents',
  'homePrefixes',
  'correspondents',
  'homeLink',
  'path',
  'deadline',
  'eve',
  'db',
  'state',
  'metrics',
  'health',
  'control',
  'watchdog',
  'keepDropped',
  'stats',
  'runDirectory',
] as const satisfies readonly (keyof GatewaySettings)[];

/** The settings in force after a reload: of those that take a restart the ones before it. */
export function takenSettings(before: GatewaySettings, after: GatewaySettings): GatewaySettings {
  const { mode, keys, rules, verdicts, rateLimit, dropPartial } = after;
  const { siteFile, inlineSite, problemAt } = after;
  return {
    ...before,
    ...{ mode, keys, rules, verdicts, rateLimit, dropPartial, siteFile, inlineSite, problemAt },
  };
}

/** Settings that differ and take a restart. */
export function restartSettings(
  before: GatewaySettings,
  after: GatewaySettings,
): readonly string[] {
  const textOf = (value: unknown): string | undefined =>
    JSON.stringify(value, (_, part: unknown) =>
      part instanceof Uint8Array ? Buffer.from(part).toString('hex') : part,
    );
  return FIXED.filter((name) => textOf(before[name]) !== textOf(after[name]));
}
