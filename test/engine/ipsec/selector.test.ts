import { describe, expect, it } from 'vitest';
import { parsePrefix } from '../../../dissectors/core/address.ts';
import type { Prefix } from '../../../dissectors/core/address.ts';
import { PolicyDatabase, keyFileEntries } from '../../../engine/ipsec/policy-database.ts';
import { fitsSelector } from '../../../engine/ipsec/selector.ts';
import type { PolicyEntry } from '../../../engine/keys/key-file.ts';
import type { TrafficSelector } from '../../../engine/state/traffic-selector.ts';

const prefixOf = (text: string): Prefix =>
  parsePrefix(text) ?? { bytes: new Uint8Array(16), length: 0 };

function selectorOf(fields: Partial<TrafficSelector> = {}): TrafficSelector {
  return {
    source: prefixOf('2001:db8:1::10'),
    destination: prefixOf('2001:db8:1::1'),
    protocol: 135,
    sourcePort: undefined,
    destinationPort: undefined,
    type: 5,
    code: undefined,
    interface: undefined,
    ...fields,
  };
}

/** Addresses of the selector, one behind the other. */
const bytes = new Uint8Array(32);
bytes.set(prefixOf('2001:db8:1::10').bytes);
bytes.set(prefixOf('2001:db8:1::1').bytes, 16);

describe('the selector of an association', () => {
  const fits = (selector: TrafficSelector, protocol: number, type: number): boolean =>
    fitsSelector(selector, bytes, 0, 16, protocol, type, 0);

  it('compares protocol, type and addresses', () => {
    expect(fits(selectorOf(), 135, 5)).toBe(true);
    expect(fits(selectorOf(), 135, 16)).toBe(false);
    expect(fits(selectorOf(), 6, 5)).toBe(false);
    expect(fits(selectorOf({ source: prefixOf('2001:db8:1::11') }), 135, 5)).toBe(false);
  });

  it('takes what is not said for any', () => {
    expect(fits(selectorOf({ type: undefined }), 135, 16)).toBe(true);
    expect(fits(selectorOf({ protocol: undefined, type: undefined }), 6, 0)).toBe(true);
    expect(fits(selectorOf({ source: prefixOf('::/0') }), 135, 5)).toBe(true);
  });

  it('does not look for message types in protocols without', () => {
    expect(fits(selectorOf({ protocol: 6, type: 5 }), 6, 0xc0)).toBe(true);
  });
});

describe('policies of key files', () => {
  function policy(fields: Partial<PolicyEntry> = {}): PolicyEntry {
    return {
      origin: { file: 'setkey.conf', line: 1 },
      direction: 'in',
      action: 'protect',
      selector: selectorOf(),
      priority: undefined,
      templates: [
        {
          protocol: 'esp',
          mode: 'transport',
          source: undefined,
          destination: undefined,
          requestId: undefined,
          level: 'require',
        },
      ],
      ...fields,
    };
  }
  const [template] = policy().templates;
  const update = {
    source: prefixOf('2001:db8:1::10').bytes,
    destination: prefixOf('2001:db8:1::1').bytes,
    protocol: 135,
    type: 5,
  };
  const tunnel = { homeAddress: update.source, homeAgent: update.destination };
  const lookup = (entry: PolicyEntry, packet: Parameters<PolicyDatabase['lookup']>[0]) =>
    new PolicyDatabase(keyFileEntries([entry])).lookup(packet);

  it('protect in the mode of their template', () => {
    expect(lookup(policy(), update)).toEqual({
      kind: 'protect',
      mode: 'transport',
      demand: 'must',
    });
    expect(lookup(policy(), { ...update, type: 6 })).toEqual({ kind: 'bypass' });
    if (template === undefined) throw new Error('no template');
    const inTunnel = policy({ templates: [{ ...template, mode: 'tunnel', level: 'use' }] });
    expect(lookup(inTunnel, update)).toEqual({ kind: 'bypass' });
    expect(lookup(inTunnel, { ...update, tunnel })).toEqual({
      kind: 'protect',
      mode: 'tunnel',
      demand: 'should',
    });
  });

  it('leave out what signalling of Mobile IPv6 cannot be', () => {
    const entries = keyFileEntries([
      policy({ selector: selectorOf({ destinationPort: 500 }) }),
      policy({
        selector: selectorOf({ source: prefixOf('192.0.2.1'), destination: prefixOf('192.0.2.2') }),
      }),
      policy({ templates: [] }),
      policy({ action: 'discard', templates: [] }),
    ]);
    expect(entries.map(({ verdict }) => verdict)).toEqual([{ kind: 'discard' }]);
  });
});
