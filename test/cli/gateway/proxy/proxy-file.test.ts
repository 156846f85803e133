import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../../dissectors/core/address.ts';
import { composeProxy } from '../../../../cli/gateway/proxy/compose-proxy.ts';
import { parseMac } from '../../../../cli/gateway/proxy/link-address.ts';
import {
  LEGACY_PREFIX,
  proxyAssociations,
} from '../../../../cli/gateway/proxy/proxy-associations.ts';
import { parseProxyFile, readProxyFile } from '../../../../cli/gateway/proxy/proxy-file.ts';
import { proxyJsonSchema } from '../../../../cli/gateway/proxy/proxy-schema.ts';
import { proxyAnswer, proxyMetrics } from '../../../../cli/gateway/proxy/running-proxy.ts';
import { ConfigurationError } from '../../../../cli/configuration-error.ts';
import { CliError } from '../../../../cli/exit-codes.ts';
import { MemoryLink } from '../../../../nodes/simulation/memory-link.ts';
import { SeededRandom } from '../../../../nodes/simulation/seeded-random.ts';
import { VirtualScheduler } from '../../../../nodes/simulation/virtual-scheduler.ts';

const EXAMPLE = path.join(import.meta.dirname, '../../../../docs/examples/gateway-proxy.yaml');
const text = readFileSync(EXAMPLE, 'utf8');

async function problemsOf(changed: string): Promise<string> {
  try {
    await parseProxyFile(changed, 'gw.yaml');
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  return '';
}

test('the example of the documentation is a configuration, with its paths beside it', async () => {
  const { proxy, failMode } = await readProxyFile(EXAMPLE);
  expect(failMode).toBe('closed');
  expect(formatAddress(proxy.homeAgent)).toBe('2001:db8:1::1');
  expect(proxy.keys).toEqual([path.join(path.dirname(EXAMPLE), 'node-keys.yaml')]);
  expect(proxy.deregistration).toBe('strict');
  expect(proxy.otherProtection).toBe('discard');
});

describe('a configuration that cannot be', () => {
  test.each([
    [
      'failMode open',
      (all: string) => all.replace('failMode: closed', 'failMode: open'),
      'without it nothing passes',
    ],
    [
      'rfc layouts',
      (all: string) => all.replace('outside: eth0', 'outside: eth0\n  deregistration: rfc'),
      'deregistration',
    ],
    [
      'one interface twice',
      (all: string) => all.replace('inside: eth1', 'inside: eth0'),
      'given twice',
    ],
    [
      'a second home link that is not there',
      (all: string) => all.replace('homeLink: outside', 'homeLink: second'),
      'no section second',
    ],
    [
      'the home agent as home address',
      (all: string) => all.replace('2001:db8:1::10', '2001:db8:1::1'),
      'address of the home agent',
    ],
    ['an unknown key', (all: string) => all.replace('homeLink:', 'homeLnk:'), 'homeLink'],
    [
      'no mobile node',
      (all: string) => all.replace(/mobileNodes:[^]*control/u, 'mobileNodes: []\ncontrol'),
      'at least one mobile node',
    ],
    [
      'a router that is a group',
      (all: string) => all.replace('homeLink: outside', 'routers: ["33:33:00:00:00:01"]'),
      'link-layer address',
    ],
  ])('%s is refused with its place', async (_, change, expected) => {
    const changed = change(text);
    expect(changed).not.toBe(text);
    const problems = await problemsOf(changed);
    expect(problems).toMatch(/^gw\.yaml:\d+:\d+: /mu);
    expect(problems).toContain(expected);
  });
});

test('link-layer addresses are those of stations', () => {
  expect(parseMac('02:00:0A:00:00:ff')).toEqual(Uint8Array.of(2, 0, 10, 0, 0, 255));
  expect(parseMac('33:33:00:00:00:01')).toBeUndefined();
  expect(parseMac('02:00:00:00:00')).toBeUndefined();
});

test('the schema is one that editors take', () => {
  expect(proxyJsonSchema()['title']).toContain('stands for a home agent');
});

describe('associations', () => {
  test('behind are those in front, seen from the other end, when nothing else is said', async () => {
    const { proxy } = await readProxyFile(EXAMPLE);
    const { outside, legacy } = await proxyAssociations(proxy, () => undefined);
    expect(outside.associations).toHaveLength(8);
    const [side] = legacy;
    expect(side).toMatchObject({ isSame: true });
    const spis = (
      list: readonly { spi: number; direction: string }[],
      direction: string,
    ): number[] =>
      list
        .filter((each) => each.direction === direction)
        .map(({ spi }) => spi)
        .sort();
    expect(spis(side?.associations ?? [], 'out')).toEqual(spis(outside.associations, 'in'));
    expect(side?.associations.every(({ name }) => name?.startsWith(LEGACY_PREFIX))).toBe(true);
  });

  test('behind are others when the section legacy says so', async () => {
    const { proxy } = await readProxyFile(EXAMPLE);
    const { legacy } = await proxyAssociations(
      { ...proxy, legacy: { keys: [], ipsec: { payload: 'none' } } },
      () => undefined,
    );
    expect(legacy[0]).toMatchObject({ isSame: false });
    expect(legacy[0]?.associations).toHaveLength(6);
  });

  test('that are missing are named', async () => {
    const { proxy } = await readProxyFile(EXAMPLE);
    await expect(proxyAssociations({ ...proxy, keys: [] }, () => undefined)).rejects.toThrow(
      CliError,
    );
    await expect(proxyAssociations({ ...proxy, keys: [] }, () => undefined)).rejects.toThrow(
      /2001:db8:1::10: binding to the home agent/,
    );
  });
});

describe('a proxy that runs', () => {
  const running = async () => {
    const settings = await readProxyFile(EXAMPLE);
    const associations = await proxyAssociations(settings.proxy, () => undefined);
    const scheduler = new VirtualScheduler();
    const random = new SeededRandom(1);
    const link = new MemoryLink({ scheduler, random, name: 'link' });
    const log = () => undefined;
    const port = (name: string) => link.attach(name);
    const composed = composeProxy(settings.proxy, associations, { scheduler, random, log, port });
    const counts = () => ({ received: 1, sent: 2, notSent: 0, lostUnread: 3, refused: 0 });
    const links = [{ name: 'eth0', isUp: true, counts }];
    return { settings, composed, links, alarms: new Map([['one', 2]]), scheduler };
  };

  test('answers on its control socket, and never tells a key', async () => {
    const proxy = await running();
    const asked = (request: object): string =>
      JSON.stringify(proxyAnswer(proxy, JSON.stringify(request)));
    expect(asked({ command: 'status' })).toContain('"homeAgent":"2001:db8:1::1"');
    expect(asked({ command: 'bindings' })).toBe('{"ok":true,"bindings":[],"total":0}');
    const associations = asked({ command: 'associations', home: '2001:db8:1::10' });
    expect(associations).toContain('"total":16');
    expect(associations).not.toContain('101112131415');
    expect(asked({ command: 'remove', home: '2001:db8:1::10' })).toContain('no binding');
    expect(asked({ command: 'nonsense' })).toContain('known: status, bindings');
    expect(JSON.stringify(proxyAnswer(proxy, 'nonsense'))).toContain('JSON object');
  });

  test('has a number for everything', async () => {
    const proxy = await running();
    const families = proxyMetrics(proxy);
    const names = families.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { samples } of families)
      for (const { value } of samples()) expect(value).toBeGreaterThanOrEqual(0);
  });

  test('keeps the numbers of all its associations, and takes them up again', async () => {
    const first = await running();
    const states = first.composed.snapshot();
    expect(new Set(states.map(({ name }) => name)).size).toBe(16);
    const second = await running();
    second.composed.restore(states.map((state) => ({ ...state, sequence: 5000 })));
    const sent = second.composed.snapshot().filter(({ direction }) => direction === 'out');
    expect(sent).toHaveLength(8);
    for (const { sequence } of sent) expect(sequence).toBeGreaterThan(5000);
  });
});
