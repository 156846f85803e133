import { describe, expect, it } from 'vitest';
import { alertFingerprint } from '../../../cli/report/fingerprint.ts';
import { makeLink, packetAt } from '../../rules/event-builders.ts';
import { makeAlert, makeRule } from './audit-builders.ts';

function onLink(id: number, name: string, object: string): string {
  const link = { ...makeLink('foreign'), id, name };
  const evidence = [{ packet: packetAt(id), link, text: `number ${id}` }];
  return alertFingerprint(makeAlert({ draft: { object, evidence } }));
}

describe('the fingerprint of an alert', () => {
  it('does not depend on packets, counts, confidence or incident', () => {
    const one = alertFingerprint(makeAlert());
    const other = makeAlert({
      id: 77,
      count: 9,
      confidence: 'partial',
      incidentId: 4,
      lastPacket: packetAt(99),
      draft: { packet: packetAt(98), message: 'in other words' },
    });
    expect(alertFingerprint(other)).toBe(one);
    expect(one).toMatch(/^[0-9a-f]{32}$/);
  });

  it('differs for another rule and for another object', () => {
    const prints = [
      makeAlert(),
      makeAlert({ rule: makeRule({ id: 'MIP6-1108' }) }),
      makeAlert({ draft: { object: 'another binding' } }),
      // Halves of surrogate pairs, as keys of addresses may hold them.
      makeAlert({ draft: { object: '\ud800' } }),
      makeAlert({ draft: { object: '\ud801' } }),
    ].map(alertFingerprint);
    expect(new Set(prints).size).toBe(prints.length);
  });

  it.each([
    ['first', '1/router', '2/router'],
    ['last', 'home/1', 'home/2'],
    ['in words', 'link 1', 'link 2'],
  ])('goes by the name of a link that comes %s in the object, not by its number', (_, a, b) => {
    expect(onLink(2, 'eth0', b)).toBe(onLink(1, 'eth0', a));
    expect(onLink(1, 'eth1', a)).not.toBe(onLink(1, 'eth0', a));
  });

  it('does not depend on the folder of a capture that stands for a link', () => {
    expect(onLink(1, 'there/a.pcap', '1/router')).toBe(onLink(1, 'here/a.pcap', '1/router'));
  });
});
