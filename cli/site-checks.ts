/**
 * What a site file may not say as a whole: things named twice, links nothing can match.
 *
 * These read the file as it is, right or wrong elsewhere, so that all problems are told at once.
 */
import { addressKey, formatMac, parseAddress } from '../dissectors/core/address.ts';
import { nearest } from './suggestion.ts';
import type { ValuePath } from './yaml-document.ts';

/** A problem at a place of the file. */
export interface SiteProblem {
  readonly path: ValuePath;
  readonly message: string;
}

interface Item {
  readonly path: ValuePath;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Contradictions in the plain value of a site file. */
export function siteProblems(site: unknown): SiteProblem[] {
  const agents = items(site, 'homeAgents');
  const links = items(site, 'links');
  const nodes = items(site, 'mobileNodes');
  return [
    ...repeated(texts(agents, 'name'), (text) => text, 'this name'),
    ...repeated(texts(links, 'name'), (text) => text, 'this name'),
    ...repeated(texts(nodes, 'name'), (text) => text, 'this name'),
    ...repeated(
      [...lists(agents, 'addresses'), ...texts(nodes, 'homeAddress')].filter(
        // A link-local address counts on its link alone, so two home agents may have the same.
        ({ value }) => !/^fe[89ab]/i.test(value),
      ),
      addressIdentity,
      'this address',
    ),
    ...repeated(
      [
        ...lists(agents, 'linkLayerAddresses'),
        ...strings(field(site, 'outsideLinkLayerAddresses'), ['outsideLinkLayerAddresses']),
      ],
      linkLayerIdentity,
      'this link-layer address',
    ),
    ...links.flatMap(unmatchable),
    ...unknownAgents(items(site, 'overrides'), texts(agents, 'name')),
    ...repeated(
      links
        .filter(({ value }) => isEmpty(value['vlans']) && isEmpty(value['files']))
        .flatMap(({ path, value }) => strings(value['interfaces'], [...path, 'interfaces'])),
      (text) => text,
      'this interface',
    ),
  ];
}

interface Text {
  readonly path: ValuePath;
  readonly value: string;
}

/** All but the first of the texts that mean the same. `identity` is undefined for what the schema refuses. */
function repeated(
  all: readonly Text[],
  identity: (text: string) => string | undefined,
  what: string,
): SiteProblem[] {
  const first = new Map<string, ValuePath>();
  return all.flatMap(({ path, value }) => {
    const key = identity(value);
    if (key === undefined) return [];
    const before = first.get(key);
    if (before === undefined) {
      first.set(key, path);
      return [];
    }
    return [{ path, message: `${what} is already given at ${pathText(before)}` }];
  });
}

function addressIdentity(text: string): string | undefined {
  const bytes = parseAddress(text);
  return bytes?.length === 16 ? addressKey(bytes) : undefined;
}

function linkLayerIdentity(text: string): string | undefined {
  const octets = text.split(/[:-]/);
  if (octets.length !== 6) return undefined;
  return formatMac(Uint8Array.from(octets, (octet) => Number.parseInt(octet, 16)));
}

/** Overrides for a home agent that the file does not have. */
function unknownAgents(overrides: readonly Item[], names: readonly Text[]): SiteProblem[] {
  const known = names.map(({ value }) => value);
  return texts(overrides, 'homeAgent')
    .filter(({ value }) => !known.includes(value))
    .map(({ path, value }) => {
      const meant = nearest(value, known);
      const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
      return { path, message: `no home agent of this file has this name${hint}` };
    });
}

/** A link without any way to tell its packets. */
function unmatchable({ path, value }: Item): SiteProblem[] {
  const hasWay = ['interfaces', 'files', 'vlans'].some((key) => !isEmpty(value[key]));
  if (hasWay) return [];
  return [{ path, message: 'no packet can be on this link: give interfaces, files or vlans' }];
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function field(value: unknown, key: string): unknown {
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function items(site: unknown, key: string): Item[] {
  const list = field(site, key);
  if (!Array.isArray(list)) return [];
  return list.flatMap((value: unknown, i) => (isRecord(value) ? [{ path: [key, i], value }] : []));
}

function texts(all: readonly Item[], key: string): Text[] {
  return all.flatMap(({ path, value }) => {
    const text = field(value, key);
    return typeof text === 'string' ? [{ path: [...path, key], value: text }] : [];
  });
}

function lists(all: readonly Item[], key: string): Text[] {
  return all.flatMap(({ path, value }) => strings(field(value, key), [...path, key]));
}

function strings(list: unknown, path: ValuePath): Text[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((value: unknown, i) =>
    typeof value === 'string' ? [{ path: [...path, i], value }] : [],
  );
}

/** A path as shown: `homeAgents[0].addresses[1]`. */
export function pathText(path: ValuePath): string {
  return path
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`))
    .join('');
}
