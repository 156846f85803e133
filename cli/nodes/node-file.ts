/**
 * The configuration of a node: YAML in, checked settings out, or every problem it has with its place.
 */
import { formatAddress, isSameAddress, prefixMatches } from '../../dissectors/core/address.ts';
import { ConfigurationError } from '../configuration-error.ts';
import { problemAt, readSettingsText, schemaProblems } from '../settings-file.ts';
import type { ValuePath } from '../yaml-document.ts';
import type { NodeDocument, NodeRole } from './node-schema.ts';

/** Largest configuration, octets: a home agent with ten thousand mobile nodes takes half of it. */
const MAX_NODE_FILE_OCTETS = 4 * 1024 * 1024;

/** Section that a role cannot be without. */
const SECTIONS: Readonly<Record<NodeRole, 'homeAgent' | 'mobileNode' | undefined>> = {
  'home-agent': 'homeAgent',
  'mobile-node': 'mobileNode',
  'correspondent-node': undefined,
};

interface Finding {
  readonly path: ValuePath;
  readonly message: string;
}

/**
 * Reads the configuration of a node.
 * @param role what the command asks for; undefined = any
 * @throws ConfigurationError with all problems at once
 */
export async function readNodeFile(file: string, role?: NodeRole): Promise<NodeDocument> {
  const text = await readSettingsText(file, MAX_NODE_FILE_OCTETS);
  return parseNodeFile(text, file, role);
}

/** The configuration in a text; see {@link readNodeFile}. */
export async function parseNodeFile(
  text: string,
  file: string,
  role?: NodeRole,
): Promise<NodeDocument> {
  const [{ readYaml }, { nodeKeysAt, nodeSchema }] = await Promise.all([
    import('../yaml-document.ts'),
    import('./node-schema.ts'),
  ]);
  const document = readYaml(text);
  if ('length' in document) throw new ConfigurationError(file, document);
  const result = nodeSchema.safeParse(document.value);
  const found = result.success ? [...findings(result.data, role)] : [];
  const problems = [
    ...document.problems,
    ...schemaProblems(result.error?.issues ?? [], document, nodeKeysAt),
    ...found.map(({ path, message }) => problemAt(document, path, message)),
  ];
  if (problems.length > 0 || !result.success) throw new ConfigurationError(file, problems);
  return result.data;
}

/** What the parts say together, and a schema cannot see. */
function* findings(settings: NodeDocument, role: NodeRole | undefined): Generator<Finding> {
  if (role !== undefined && settings.role !== role) {
    yield { path: ['role'], message: `expected ${role} for this command; found ${settings.role}` };
  }
  const section = SECTIONS[settings.role];
  if (section !== undefined && settings[section] === undefined) {
    yield { path: [], message: `missing: a ${settings.role} needs the section ${section}` };
  }
  for (const each of ['homeAgent', 'mobileNode'] as const) {
    if (settings[each] !== undefined && each !== section) {
      yield { path: [each], message: `a ${settings.role} has no section ${each}; remove it` };
    }
  }
  yield* doubles(
    settings.links.map((link) => link.interface),
    (index) => ['links', index, 'interface'],
    'this interface is given twice',
  );
  yield* homeAgentFindings(settings);
  yield* mobileNodeFindings(settings);
}

function* doubles(
  values: readonly string[],
  path: (index: number) => ValuePath,
  message: string,
): Generator<Finding> {
  const seen = new Set<string>();
  for (const [index, value] of values.entries()) {
    if (seen.has(value)) yield { path: path(index), message };
    seen.add(value);
  }
}

function* homeAgentFindings({ homeAgent, links }: NodeDocument): Generator<Finding> {
  if (homeAgent === undefined) return;
  for (const [index, home] of homeAgent.prefixes.entries()) {
    const path = ['homeAgent', 'prefixes', index] as const;
    const { prefix, agentAddress, interface: on } = home;
    if (!prefixMatches(prefix.bytes, prefix.length, agentAddress, 0)) {
      yield { path: [...path, 'agentAddress'], message: 'this address is not in the home prefix' };
    }
    const link = links.find((each) => each.interface === on);
    if (on !== undefined && link === undefined) {
      yield { path: [...path, 'interface'], message: `links has no interface ${on}` };
    }
    const isThere = (on === undefined ? links : [link]).some((each) =>
      each?.addresses.some(({ address }) => isSameAddress(address, agentAddress)),
    );
    if (!isThere && (on === undefined || link !== undefined)) {
      yield {
        path: [...path, 'agentAddress'],
        message: 'no link has this address; add it to the addresses of the link',
      };
    }
  }
  for (const [index, { homeAddress }] of homeAgent.mobileNodes.entries()) {
    const isServed = homeAgent.prefixes.some(({ prefix }) =>
      prefixMatches(prefix.bytes, prefix.length, homeAddress, 0),
    );
    if (!isServed) {
      const path = ['homeAgent', 'mobileNodes', index, 'homeAddress'];
      yield { path, message: 'this address is in none of the home prefixes' };
    }
  }
  yield* doubles(
    homeAgent.mobileNodes.map(({ homeAddress }) => formatAddress(homeAddress)),
    (index) => ['homeAgent', 'mobileNodes', index, 'homeAddress'],
    'this home address is given twice',
  );
}

function* mobileNodeFindings({ mobileNode, links }: NodeDocument): Generator<Finding> {
  if (mobileNode === undefined) return;
  yield* doubles(
    mobileNode.homeAddresses.map(({ address }) => formatAddress(address.address)),
    (index) => ['mobileNode', 'homeAddresses', index, 'address'],
    'this home address is given twice',
  );
  for (const [index, preferred] of mobileNode.interfacePreferences.entries()) {
    if (!links.some((link) => link.interface === preferred)) {
      const path = ['mobileNode', 'interfacePreferences', index];
      yield { path, message: `links has no interface ${preferred}` };
    }
  }
  if (mobileNode.homeLink === 'send' && mobileNode.trustAnchors.length === 0) {
    yield {
      path: ['mobileNode', 'homeLink'],
      message:
        'send needs trustAnchors: certificates that routers of the home link are certified by',
    };
  }
}
