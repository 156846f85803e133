/**
 * The configuration of a node: YAML in, checked settings out, or every problem it has with its place.
 */
import path from 'node:path';
import { ConfigurationError } from '../configuration-error.ts';
import { problemAt, readSettingsText, schemaProblems } from '../settings-file.ts';
import { nodeFindings } from './node-findings.ts';
import type { HomeAgentSettings, NodeDocument, NodeRole } from './node-schema.ts';

/** Largest configuration, octets: a home agent with ten thousand mobile nodes takes half of it. */
const MAX_NODE_FILE_OCTETS = 4 * 1024 * 1024;

/**
 * Reads the configuration of a node. Relative paths in it start at its folder.
 * @param role what the command asks for; undefined = any
 * @throws ConfigurationError with all problems at once
 */
export async function readNodeFile(file: string, role?: NodeRole): Promise<NodeDocument> {
  const text = await readSettingsText(file, MAX_NODE_FILE_OCTETS);
  return withFolder(await parseNodeFile(text, file, role), path.dirname(file));
}

/** Paths of a configuration start at its folder. */
function withFolder(settings: NodeDocument, folder: string): NodeDocument {
  const placed = (file: string): string => path.resolve(folder, file);
  const { control, state, keys, runDirectory, mobileNode, homeAgent } = settings;
  return {
    ...settings,
    keys: keys.map(placed),
    runDirectory: placed(runDirectory),
    ...(control === undefined ? {} : { control: placed(control) }),
    ...(state === undefined ? {} : { state: placed(state) }),
    ...(mobileNode === undefined
      ? {}
      : { mobileNode: { ...mobileNode, trustAnchors: mobileNode.trustAnchors.map(placed) } }),
    ...(homeAgent === undefined ? {} : { homeAgent: withSendFiles(homeAgent, placed) }),
  };
}

function withSendFiles(
  settings: HomeAgentSettings,
  placed: (file: string) => string,
): HomeAgentSettings {
  const { send } = settings.advertisements;
  if (send === undefined) return settings;
  const placedFiles = { key: placed(send.key), certificates: send.certificates.map(placed) };
  return { ...settings, advertisements: { ...settings.advertisements, send: placedFiles } };
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
  const found = result.success ? [...nodeFindings(result.data, role)] : [];
  const problems = [
    ...document.problems,
    ...schemaProblems(result.error?.issues ?? [], document, nodeKeysAt),
    ...found.map(({ path: at, message }) => problemAt(document, at, message)),
  ];
  if (problems.length > 0 || !result.success) throw new ConfigurationError(file, problems);
  return result.data;
}
