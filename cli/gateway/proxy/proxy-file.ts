/**
 * The configuration of a gateway that stands for a home agent: YAML in, checked settings out, or every problem it has with its
 * place.
 */
import path from 'node:path';
import { formatAddress, formatMac, isSameAddress } from '../../../dissectors/core/address.ts';
import { ConfigurationError } from '../../configuration-error.ts';
import { problemAt, readSettingsText, schemaProblems } from '../../settings-file.ts';
import type { ValuePath } from '../../yaml-document.ts';
import type { ProxyDocument, ProxySettings } from './proxy-schema.ts';

/** Largest configuration, octets: ten thousand mobile nodes take half of it. */
const MAX_PROXY_FILE_OCTETS = 4 * 1024 * 1024;

interface ProxyFinding {
  readonly path: ValuePath;
  readonly message: string;
}

/**
 * Reads the configuration. Relative paths in it start at its folder.
 * @throws ConfigurationError with all problems at once
 */
export async function readProxyFile(file: string): Promise<ProxyDocument> {
  const text = await readSettingsText(file, MAX_PROXY_FILE_OCTETS);
  return withFolder(await parseProxyFile(text, file), path.dirname(file));
}

/** The configuration in a text; see {@link readProxyFile}. */
export async function parseProxyFile(text: string, file: string): Promise<ProxyDocument> {
  const [{ readYaml }, { proxyDocumentSchema, proxyKeysAt }] = await Promise.all([
    import('../../yaml-document.ts'),
    import('./proxy-schema.ts'),
  ]);
  const document = readYaml(text);
  if ('length' in document) throw new ConfigurationError(file, document);
  const result = proxyDocumentSchema.safeParse(document.value);
  const found = result.success ? [...proxyFindings(result.data.proxy)] : [];
  const problems = [
    ...document.problems,
    ...schemaProblems(result.error?.issues ?? [], document, proxyKeysAt),
    ...found.map(({ path: at, message }) => problemAt(document, ['proxy', ...at], message)),
  ];
  if (problems.length > 0 || !result.success) throw new ConfigurationError(file, problems);
  return result.data;
}

/** What the parts of the section say together. */
export function* proxyFindings(settings: ProxySettings): Generator<ProxyFinding> {
  const { homeAgent, outside, inside, second, homeLink, mobileNodes, routers } = settings;
  const named: readonly (readonly [ValuePath, string | undefined])[] = [
    [['outside'], outside],
    [['inside'], inside],
    [['second', 'outside'], second?.outside],
    [['second', 'inside'], second?.inside],
  ];
  const names = new Set<string>();
  for (const [at, name] of named) {
    if (name === undefined) continue;
    if (names.has(name)) yield { path: at, message: 'this interface is given twice' };
    names.add(name);
  }
  if (homeLink === 'second' && second === undefined) {
    yield { path: ['homeLink'], message: 'second: there is no section second' };
  }
  if (homeLink === 'elsewhere' && routers.length > 0) {
    yield { path: ['routers'], message: 'they are those of the home link, which is elsewhere' };
  }
  const stations = new Set<string>();
  for (const [index, router] of routers.entries()) {
    const text = formatMac(router);
    if (stations.has(text)) yield { path: ['routers', index], message: 'given twice' };
    stations.add(text);
  }
  const homes = new Set<string>();
  for (const [index, { homeAddress }] of mobileNodes.entries()) {
    const at: ValuePath = ['mobileNodes', index, 'homeAddress'];
    const text = formatAddress(homeAddress);
    if (homes.has(text)) yield { path: at, message: 'this home address is given twice' };
    homes.add(text);
    if (isSameAddress(homeAddress, homeAgent)) {
      yield { path: at, message: 'this is the address of the home agent' };
    }
  }
  for (const [index, other] of settings.otherAddresses.entries()) {
    if (isSameAddress(other, homeAgent)) {
      yield { path: ['otherAddresses', index], message: 'this is homeAgent' };
    }
  }
}

/** Paths of a configuration start at its folder. */
function withFolder(document: ProxyDocument, folder: string): ProxyDocument {
  const placed = (file: string): string => path.resolve(folder, file);
  const { control, state, runDirectory, proxy } = document;
  return {
    ...document,
    runDirectory: placed(runDirectory),
    ...(control === undefined ? {} : { control: placed(control) }),
    ...(state === undefined ? {} : { state: placed(state) }),
    proxy: {
      ...proxy,
      keys: proxy.keys.map(placed),
      legacy: { ...proxy.legacy, keys: proxy.legacy.keys.map(placed) },
      mobileNodes: proxy.mobileNodes.map((node) => ({
        ...node,
        keys: node.keys.map(placed),
        ...(node.legacy === undefined
          ? {}
          : { legacy: { ...node.legacy, keys: node.legacy.keys.map(placed) } }),
      })),
    },
  };
}
