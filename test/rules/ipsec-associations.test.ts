import { describe, expect, it } from 'vitest';
import type { IpsecEvent, IpsecFinding, TunnelEvent } from '../../engine/events.ts';
import mip61806 from '../../rules/ipsec/mip6-1806.ts';
import mip61809 from '../../rules/ipsec/mip6-1809.ts';
import mip61810 from '../../rules/ipsec/mip6-1810.ts';
import mip61813 from '../../rules/ipsec/mip6-1813.ts';
import mip61815 from '../../rules/ipsec/mip6-1815.ts';
import mip61816 from '../../rules/ipsec/mip6-1816.ts';
import mip61817 from '../../rules/ipsec/mip6-1817.ts';
import mip61818 from '../../rules/ipsec/mip6-1818.ts';
import mip61822 from '../../rules/ipsec/mip6-1822.ts';
import mip61823 from '../../rules/ipsec/mip6-1823.ts';
import {
  ATTACKER,
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_ADDRESS,
  HOME_AGENT,
  espEvent,
  only,
  makeBinding,
  packetAt,
  packetContext,
  underTest,
} from './event-builders.ts';

function ipsecEvent(finding: IpsecFinding): IpsecEvent {
  const context = packetContext({ homeAddressOption: HOME_ADDRESS });
  const layout = 'home-address-option';
  return { kind: 'ipsec', context, layout, spi: 0x1000, sequence: 7, finding };
}

function tunnelEvent(fields: Partial<TunnelEvent> = {}): TunnelEvent {
  return {
    kind: 'tunnel',
    context: packetContext({
      source: HOME_ADDRESS,
      destination: CORRESPONDENT,
      outer: packetContext(),
    }),
    direction: 'from',
    homeAddress: HOME_ADDRESS,
    homeAgent: HOME_AGENT,
    endpoint: CARE_OF_ADDRESS,
    relation: 'registered',
    careOfAddress: CARE_OF_ADDRESS,
    protocol: 17,
    ...fields,
  };
}

const owner = HOME_ADDRESS;

describe('MIP6-1806', () => {
  it('is certain when the keys fit and weighs less when they do not', () => {
    const finding = { kind: 'other-home-address', owner, used: ATTACKER } as const;
    const sure = only(underTest(mip61806).feed(ipsecEvent({ ...finding, isVerified: true })));
    expect([sure.confidence, sure.severity]).toEqual(['certain', undefined]);
    const weak = only(underTest(mip61806).feed(ipsecEvent({ ...finding, isVerified: false })));
    expect([weak.confidence, weak.severity]).toEqual(['partial', 'medium']);
  });
});

describe('MIP6-1809 and MIP6-1810', () => {
  const findings: readonly (readonly [IpsecFinding, number, number])[] = [
    [{ kind: 'copy', earlier: packetAt(1) }, 1, 0],
    [{ kind: 'behind', highest: 900 }, 1, 0],
    [{ kind: 'restart', highest: 900 }, 0, 1],
    [{ kind: 'ahead', highest: 900 }, 0, 1],
    [{ kind: 'integrity', verified: 1 }, 0, 0],
  ];

  it.each(findings)('share out %j', (finding, replays, counters) => {
    expect(underTest(mip61809).feed(ipsecEvent(finding))).toHaveLength(replays);
    expect(underTest(mip61810).feed(ipsecEvent(finding))).toHaveLength(counters);
  });

  it('are certain of a copy alone', () => {
    const copy = only(underTest(mip61809).feed(ipsecEvent({ kind: 'copy', earlier: packetAt(1) })));
    expect(copy.evidence.map(({ packet }) => packet.number)).toEqual([1, 1]);
    expect(copy.confidence).toBe('certain');
    const behind = only(underTest(mip61809).feed(ipsecEvent({ kind: 'behind', highest: 9 })));
    expect(behind.confidence).toBe('partial');
  });
});

describe('MIP6-1813', () => {
  it('reports a packet whose keys tell whose it is while no header does', () => {
    const draft = only(
      underTest(mip61813).feed(ipsecEvent({ kind: 'missing-home-address', owner })),
    );
    expect(draft.homeAddress).toBe(owner);
  });
});

describe('MIP6-1816', () => {
  it('judges only when the keys are said to be complete', () => {
    const event = ipsecEvent({ kind: 'unknown-spi' });
    expect(underTest(mip61816).feed(event)).toEqual([]);
    expect(underTest(mip61816, { params: { keysAreComplete: 1 } }).feed(event)).toHaveLength(1);
  });
});

describe('MIP6-1817', () => {
  it('says how many packets were right before', () => {
    const draft = only(underTest(mip61817).feed(ipsecEvent({ kind: 'integrity', verified: 12 })));
    expect(draft.evidence[0]?.text).toContain('12 packets');
  });
});

describe('MIP6-1815 and MIP6-1818', () => {
  const esp = { ...tunnelEvent().context, protection: 'esp-tunnel' } as const;

  it('take a tunnel in clear for the one and a strange endpoint for the other', () => {
    expect(underTest(mip61815).feed(tunnelEvent())).toHaveLength(1);
    expect(underTest(mip61818).feed(tunnelEvent())).toEqual([]);
    const strange = tunnelEvent({ context: esp, relation: 'unknown', endpoint: ATTACKER });
    expect(underTest(mip61815).feed(strange)).toEqual([]);
    const sent = tunnelEvent({ ...strange, direction: 'to' });
    // As long as the other end is silent, a Binding Update may have been missed.
    expect(only(underTest(mip61818).feed(strange)).severity).toBe('low');
    expect(only(underTest(mip61818).feed(sent)).severity).toBe('low');
    const time = strange.context.packet.time + 1e6;
    const disputed = makeBinding({
      firstSeen: time - 100e6,
      lastTunnelFrom: time,
      lastTunnelTo: time,
    });
    const bindings = [disputed];
    expect(only(underTest(mip61818, { bindings }).feed(strange)).severity).toBe('high');
    const both = underTest(mip61818, { bindings });
    expect(only(both.feed(sent)).severity).toBeUndefined();
    // Then the sender is there as well: both ends agree.
    expect(only(both.feed(strange)).severity).toBe('low');
  });

  it.each(['registered', 'announced', 'earlier', 'inactive'] as const)(
    'accept an endpoint that is %s',
    (relation) => {
      expect(underTest(mip61818).feed(tunnelEvent({ context: esp, relation }))).toEqual([]);
    },
  );

  it('do not count a tunnel under AH as clear', () => {
    const outer = packetContext({ hasAuthenticationHeader: true });
    const context = { ...tunnelEvent().context, outer };
    expect(underTest(mip61815).feed(tunnelEvent({ context }))).toEqual([]);
  });
});

describe('MIP6-1822', () => {
  const finding = {
    kind: 'outside-selector',
    expected: 'MH',
    protocol: 6,
    type: undefined,
  } as const;

  it('is certain by a selector and partial by what the association carried before', () => {
    const sure = only(underTest(mip61822).feed(ipsecEvent({ ...finding, isInferred: false })));
    expect([sure.confidence, sure.severity]).toEqual(['certain', undefined]);
    const weak = only(underTest(mip61822).feed(ipsecEvent({ ...finding, isInferred: true })));
    expect([weak.confidence, weak.severity]).toEqual(['partial', 'medium']);
    expect(weak.message).toContain('TCP');
  });
});

describe('MIP6-1823', () => {
  const at = (hours: number, fields: Partial<Parameters<typeof espEvent>[0]> = {}) =>
    espEvent({ ...fields, context: { packet: packetAt(hours + 1, hours * 3600) } });

  it('reports the same keys after more than a week, and not after less', () => {
    const tested = underTest(mip61823);
    expect(tested.feedAll([at(0), at(100), at(168)])).toEqual([]);
    expect(only(tested.feed(at(169))).message).toContain('169 hours');
  });

  it('accepts new keys, and judges no plain ESP', () => {
    const tested = underTest(mip61823);
    tested.feedAll([at(0), at(200, { spi: 0x2000 })]);
    tested.feedAll([at(0, { layout: 'plain' }), at(200, { layout: 'plain' })]);
    expect(tested.alerts).toEqual([]);
  });
});
