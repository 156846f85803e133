import { describe, expect, test } from 'vitest';
import { HOME } from '../mobile-node/bench.ts';
import { registered } from './proxied-network.ts';
import type { ProxiedOptions } from './proxied-network.ts';

const FORMS: readonly [string, ProxiedOptions][] = [
  ['the same associations', {}],
  ['other associations behind', { associations: 'other' }],
  ['payload in clear', { protection: { payload: 'none', homeTests: 'none' } }],
  [
    'payload in clear, other associations',
    { protection: { payload: 'none' }, associations: 'other' },
  ],
  [
    'payload protected in front alone',
    { associations: 'other', legacyProtection: { payload: 'none' } },
  ],
  ['signalling in AH', { protection: { bindingUpdates: 'ah-transport' } }],
  [
    'signalling in ESP tunnel mode',
    { protection: { bindingUpdates: 'esp-tunnel' }, associations: 'other' },
  ],
  [
    'signalling in tunnel mode in front, transport mode behind',
    {
      protection: { bindingUpdates: 'esp-tunnel' },
      associations: 'other',
      legacyProtection: { bindingUpdates: 'esp-transport' },
    },
  ],
];

describe.each(FORMS)('with %s', (_, options) => {
  test('a mobile node registers, moves, comes home and leaves again, with payload both ways everywhere', () => {
    const proxied = registered(options);
    const { network } = proxied;
    expect(network.state).toBe('registered');
    expect(proxied.careOf().proxy).toMatch(/^2001:db8:1:/);
    expect(proxied.careOf().legacy).toBe(proxied.careOf().proxy);
    const isClear = options.protection?.payload === 'none';
    expect(proxied.ping()).toEqual({ replies: 2, protocols: [isClear ? 41 : 50] });
    network.move('two');
    expect(network.state).toBe('registered');
    expect(proxied.careOf().proxy).toMatch(/^2001:db8:2:/);
    expect(proxied.careOf().legacy).toBe(proxied.careOf().proxy);
    expect(proxied.ping().replies).toBe(2);
    network.move('home');
    expect(network.state).toBe('home');
    expect(proxied.careOf()).toEqual({ proxy: undefined, legacy: undefined });
    expect(proxied.ping().replies).toBe(2);
    network.move('one');
    expect(network.state).toBe('registered');
    expect(proxied.ping().replies).toBe(2);
    expect(proxied.alarms()).toEqual([]);
    expect(network.alarms()).toEqual([]);
    proxied.close();
  });
});

test('a registration outlives its lifetime many times', () => {
  const proxied = registered({ configuration: { lifetime: 60 } });
  proxied.advance(3_600_000);
  expect(proxied.network.state).toBe('registered');
  expect(proxied.network.log.filter(({ event }) => event === 'home-registration-lost')).toEqual([]);
  expect(proxied.ping().replies).toBe(2);
  expect(proxied.proxy.sizes.exchanges).toBe(0);
});

test('a mobile node that is stopped de-registers from afar', () => {
  const proxied = registered();
  let isDone = false;
  proxied.network.node.stop(() => {
    isDone = true;
  });
  proxied.advance(2000);
  expect(isDone).toBe(true);
  expect(proxied.careOf()).toEqual({ proxy: undefined, legacy: undefined });
  expect(proxied.alarms()).toEqual([]);
});

test('the home agent is found by discovery through the proxy', () => {
  const proxied = registered({ configuration: { homeAddresses: [{ address: HOME }] } });
  expect(proxied.network.state).toBe('registered');
});
