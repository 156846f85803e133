/**
 * The configuration of a gateway: YAML in, checked settings out, or every problem it has with its place.
 */
import path from 'node:path';
import { setImmediate as pause } from 'node:timers/promises';
import type { RuleDefinition } from '../../engine/rule-api.ts';
import type { Site } from '../../engine/site.ts';
import { ConfigurationError } from '../configuration-error.ts';
import type { ConfigurationProblem } from '../configuration-error.ts';
import { problemAt, readSettingsText, schemaProblems } from '../settings-file.ts';
import { siteProblems } from '../site-checks.ts';
import { siteOf } from '../site-file.ts';
import type { ValuePath, YamlDocument } from '../yaml-document.ts';
import { gatewayFindings } from './gateway-findings.ts';
import type { GatewayDocument, gatewaySchema } from './gateway-schema.ts';

/** Largest configuration, octets: it may hold a site file. */
export const MAX_GATEWAY_FILE_OCTETS = 4 * 1024 * 1024;

/** Settings of a gateway as its file has them; paths are whole. */
export interface GatewaySettings extends Omit<GatewayDocument, 'site'> {
  readonly file: string;
  /** Where the site is told; undefined = in the configuration, or not at all. */
  readonly siteFile: string | undefined;
  /** What the configuration itself says of the site. */
  readonly inlineSite: Site | undefined;
  /** Tells the place of a value, for what is found out later. */
  readonly problemAt: (at: ValuePath, message: string) => ConfigurationProblem;
}

/** The YAML of a configuration before it is checked against rules, some of which it names itself. */
export interface GatewayText {
  readonly file: string;
  readonly document: YamlDocument;
  /** Places of rules of the operator, as paths. */
  readonly ruleFiles: readonly string[];
}

/**
 * Reads the text. @throws ConfigurationError when it cannot be read, or is no YAML
 */
export async function readGatewayText(file: string): Promise<GatewayText> {
  return gatewayText(await readSettingsText(file, MAX_GATEWAY_FILE_OCTETS), file);
}

/** The same for a text. */
export async function gatewayText(text: string, file: string): Promise<GatewayText> {
  const { readYaml } = await import('../yaml-document.ts');
  const document = readYaml(text);
  if ('length' in document) throw new ConfigurationError(file, document);
  const { value } = document;
  const named: unknown = isMapping(value) ? value['rules'] : undefined;
  const folder = path.dirname(file);
  const ruleFiles = (Array.isArray(named) ? named : [])
    .filter((item): item is string => typeof item === 'string' && item !== '')
    .map((item) => path.resolve(folder, item));
  return { file, document, ruleFiles };
}

/** What a configuration says that the gateway is: `inline`, `proxy`, `home-agent`, or something that its schema refuses. */
export function kindOf({ document: { value } }: GatewayText): unknown {
  return isMapping(value) && Object.hasOwn(value, 'as') ? value['as'] : 'inline';
}

/**
 * Checks the configuration.
 * @param rules those of the program and those that the configuration names
 * @throws ConfigurationError with all problems at once
 */
export async function checkedGateway(
  { file, document }: GatewayText,
  rules: readonly RuleDefinition[],
): Promise<GatewaySettings> {
  const { gatewayKeysAt } = await import('./gateway-schema.ts');
  const { value } = document;
  const site: unknown = isMapping(value) ? value['site'] : undefined;
  const schema = await schemaFor(rules, isMapping(site) ? 'inline' : 'path');
  await pause();
  const result = schema.safeParse(value);
  const at = (place: ValuePath, message: string): ConfigurationProblem =>
    problemAt(document, place, message);
  const problems = [
    ...document.problems,
    ...schemaProblems(result.error?.issues ?? [], document, (place) => gatewayKeysAt(rules, place)),
    ...(result.success ? [...gatewayFindings(result.data)] : []).map((found) =>
      at(found.path, found.message),
    ),
    ...siteProblems(site).map((found) => at(['site', ...found.path], found.message)),
  ];
  if (problems.length > 0 || !result.success) throw new ConfigurationError(file, problems);
  return withFolder(result.data, file, at);
}

type Schema = ReturnType<typeof gatewaySchema>;

/** The schema made last. To make one takes so long that packets would wait for it at every reload. */
let made:
  | { readonly rules: readonly RuleDefinition[]; readonly form: string; readonly schema: Schema }
  | undefined;

async function schemaFor(
  rules: readonly RuleDefinition[],
  form: 'inline' | 'path',
): Promise<Schema> {
  const isSame =
    made?.form === form &&
    made.rules.length === rules.length &&
    made.rules.every((rule, i) => isSameRule(rule, rules[i]));
  if (made !== undefined && isSame) return made.schema;
  const { gatewaySchema: make } = await import('./gateway-schema.ts');
  const schema = make(rules, form);
  made = { rules, form, schema };
  return schema;
}

/** Rules of the program are the same objects; those of the operator are data with a text. */
function isSameRule(one: RuleDefinition, other: RuleDefinition | undefined): boolean {
  if (one === other) return true;
  return one.revision !== undefined && one.id === other?.id && one.revision === other.revision;
}

/** Paths of a configuration start at its folder. */
function withFolder(
  { site, ...settings }: GatewayDocument,
  file: string,
  at: GatewaySettings['problemAt'],
): GatewaySettings {
  const folder = path.dirname(file);
  const placed = (name: string): string => path.resolve(folder, name);
  const { control, state, keys, rules, runDirectory, eve, db, keepDropped } = settings;
  return {
    ...settings,
    file,
    siteFile: typeof site === 'string' ? placed(site) : undefined,
    inlineSite: typeof site === 'object' ? siteOf(site) : undefined,
    problemAt: at,
    keys: keys.map(placed),
    rules: rules.map(placed),
    runDirectory: placed(runDirectory),
    ...(control === undefined ? {} : { control: placed(control) }),
    ...(state === undefined ? {} : { state: placed(state) }),
    eve: { ...eve, file: placed(eve.file) },
    ...(db === undefined ? {} : { db: { ...db, file: placed(db.file) } }),
    ...(keepDropped === undefined
      ? {}
      : { keepDropped: { ...keepDropped, directory: placed(keepDropped.directory) } }),
  };
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
