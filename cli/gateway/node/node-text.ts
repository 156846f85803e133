/**
 * The configuration of a gateway that is a home agent itself (`as: home-agent`): what it need not say about the place where it
 * stands, the configuration of the node says.
 */
import path from 'node:path';
import { formatAddress, formatPrefix } from '../../../dissectors/core/address.ts';
import { ConfigurationError } from '../../configuration-error.ts';
import { readNodeFile } from '../../nodes/node-file.ts';
import type { NodeDocument } from '../../nodes/node-schema.ts';
import { problemAt } from '../../settings-file.ts';
import type { YamlDocument } from '../../yaml-document.ts';

/** Settings that follow from the node. */
const FOLLOWING = ['place', 'homeAgents', 'homePrefixes', 'correspondents', 'homeLink', 'path'];

type Mapping = Readonly<Record<string, unknown>>;

/** The YAML of a configuration. */
interface SettingsText {
  readonly file: string;
  readonly document: YamlDocument;
}

function mappingOf({ value }: YamlDocument): Mapping | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : undefined;
}

/**
 * Path of the configuration of the node; undefined when the gateway is no home agent.
 * @throws ConfigurationError when it is one, and names none
 */
export function nodeFileOf({ file, document }: SettingsText): string | undefined {
  const value = mappingOf(document);
  if (value?.['as'] !== 'home-agent') return undefined;
  const { homeAgent } = value;
  if (typeof homeAgent === 'string' && homeAgent !== '') {
    return path.resolve(path.dirname(file), homeAgent);
  }
  const message =
    'missing: expected the path of the configuration of the home agent (docs/nodes.md)';
  throw new ConfigurationError(file, [problemAt(document, ['homeAgent'], message)]);
}

/**
 * Completes a configuration with what follows from its node; others are left as they are.
 * @throws ConfigurationError for what contradicts the node, and for a node that cannot be used
 */
export async function withNode<T extends SettingsText>(text: T): Promise<T> {
  const nodeFile = nodeFileOf(text);
  const value = mappingOf(text.document);
  if (nodeFile === undefined || value === undefined) return text;
  const { document } = text;
  const problems = FOLLOWING.filter((name) => Object.hasOwn(value, name)).map((name) =>
    problemAt(
      document,
      [name],
      'it follows from the configuration of the home agent; remove it',
      true,
    ),
  );
  if (problems.length > 0) throw new ConfigurationError(text.file, problems);
  const node = await readNodeFile(nodeFile, 'home-agent');
  const own = Object.fromEntries(
    Object.entries(value).filter(([name]) => name !== 'as' && name !== 'homeAgent'),
  );
  const completed = { keys: node.keys, ...own, ...standingOf(node) };
  return { ...text, document: { ...document, value: completed } };
}

/** Where a home agent stands, in the words of a gateway. */
function standingOf({ homeAgent, links }: NodeDocument): Mapping {
  const prefixes = homeAgent?.prefixes ?? [];
  const home = new Set(prefixes.flatMap(({ interface: on }) => on ?? []));
  const names = links.map((link) => link.interface);
  const addresses = new Set(prefixes.map(({ agentAddress }) => formatAddress(agentAddress)));
  return {
    place: 'home-agent',
    homeAgents: [...addresses],
    homePrefixes: prefixes.map(({ prefix }) => formatPrefix(prefix)),
    homeLink: 'inside',
    path: {
      hook: 'local',
      ports: {
        outside: names.filter((name) => !home.has(name)),
        inside: names.filter((name) => home.has(name)),
      },
    },
  };
}
