/**
 * The site file: YAML in, a `Site` out, or every problem it has with its place.
 *
 * What reads YAML and the schema is loaded when a file is read, so that a run without one starts without them.
 */
import type { z } from 'zod';
import type { RuleDefinition } from '../engine/rule-api.ts';
import type { Site } from '../engine/site.ts';
import { ConfigurationError } from './configuration-error.ts';
import { problemAt, readSettingsText, schemaProblems } from './settings-file.ts';
import { siteProblems } from './site-checks.ts';
import type { siteSchema } from './site-schema.ts';

/** Largest site file, octets: 32,768 mobile nodes take a third of it. */
export const MAX_SITE_FILE_OCTETS = 4 * 1024 * 1024;

/**
 * Reads a site file.
 * @param rules loaded rules; the file may change only these, within the ranges of their parameters
 * @throws ConfigurationError with all problems: unreadable, too large, not UTF-8, not YAML, not a site
 */
export async function readSiteFile(file: string, rules: readonly RuleDefinition[]): Promise<Site> {
  const text = await readSettingsText(file, MAX_SITE_FILE_OCTETS);
  return parseSite(text, file, rules);
}

/**
 * The site that a YAML text describes.
 * @param file name for messages
 * @throws ConfigurationError with all problems
 */
export async function parseSite(
  text: string,
  file: string,
  rules: readonly RuleDefinition[],
): Promise<Site> {
  const [{ readYaml }, { keysAt, siteSchema }] = await Promise.all([
    import('./yaml-document.ts'),
    import('./site-schema.ts'),
  ]);
  const document = readYaml(text);
  if ('length' in document) throw new ConfigurationError(file, document);

  const result = siteSchema(rules).safeParse(document.value);
  const problems = [
    ...document.problems,
    ...schemaProblems(result.error?.issues ?? [], document, (path) => keysAt(rules, path)),
    ...siteProblems(document.value).map(({ path, message }) => problemAt(document, path, message)),
  ];
  if (problems.length > 0 || !result.success) throw new ConfigurationError(file, problems);
  return siteOf(result.data);
}

/** What the schema of a site gives, without its version. */
export type SiteData = Omit<z.output<ReturnType<typeof siteSchema>>, 'version'>;

/** The site of what the schema gives. */
export function siteOf(data: SiteData): Site {
  const { homeAgents, links, mobileNodes, infrastructure, routers, domain, ...more } = data;
  const { ipsec, compatibility, outsideLinkLayerAddresses, rules: settings } = more;
  const { overrides, thresholds, rateFilters, suppressions } = more;
  return {
    homeAgents,
    links,
    mobileNodes,
    infrastructure,
    routers,
    domain,
    ipsec,
    compatibility,
    outsideLinkLayerAddresses,
    rules: settings,
    overrides,
    thresholds,
    rateFilters,
    suppressions,
  };
}
