import { describe, expect, it } from 'vitest';
import { conflicts, queuePlan } from '../../../io/packet-filter/index.ts';
import type { QueuePlanOptions } from '../../../io/packet-filter/index.ts';
import type { ConflictOptions } from '../../../io/packet-filter/index.ts';
import { FakeMachine } from './fake-machine.ts';
import type { FakeMachineOptions } from './fake-machine.ts';
import { BRIDGED, LOCAL, ROUTED } from './plans.ts';

/** Conflicts as `kind: sentence`. */
function told(
  machine: FakeMachineOptions,
  plan: QueuePlanOptions = ROUTED,
  options: ConflictOptions = {},
): string[] {
  const { commands } = new FakeMachine({ legacy: '', usual: 'legacy', ...machine });
  return conflicts(queuePlan(plan), {
    rowOf: () => undefined,
    holderOf: (port) => `process ${port} (other)`,
    ...options,
    commands,
  }).map(({ kind, sentence }) => `${kind}: ${sentence}`);
}

const row = { number: 600, port: 77, waiting: 0, dropped: 0, notTaken: 0, lastId: 0 };

describe('conflicts', () => {
  it('are none on a machine without rules', () => {
    expect(told({})).toEqual([]);
    expect(told({ ruleset: '', hasQueue: true })).toEqual([]);
  });

  it('name who holds a queue, unless it is this process', () => {
    const rowOf = (queue: number) => (queue === 601 ? { ...row, number: 601 } : undefined);
    expect(told({}, ROUTED, { rowOf })).toEqual([
      'queue: Queue 601 is held by process 77 (other): give this gateway other numbers.',
    ]);
    expect(told({}, ROUTED, { rowOf, ownPorts: [77] })).toEqual([]);
  });

  it('name another gateway of the same name, when it runs', () => {
    const legacy = '*mangle\n:MIP6GUARD-gw1 - [0:0]\n-A FORWARD -j MIP6GUARD-gw1\nCOMMIT\n';
    expect(told({ legacy })).toEqual([]);
    expect(
      told({ legacy }, ROUTED, { rowOf: (queue) => (queue === 600 ? row : undefined) }),
    ).toEqual([
      'instance: A gateway named gw1 has rules here, and queue 600 is held by process 77 (other): stop it, or give this one another name.',
    ]);
  });

  it('name rules that send other packets to the same queues', () => {
    const legacy =
      '*filter\n-A INPUT -p tcp -j NFQUEUE --queue-balance 590:600\n-A INPUT -j NFQUEUE\nCOMMIT\n';
    expect(told({ legacy })).toEqual([
      'queue: Queue 600 gets packets of another rule in ip6tables (legacy), table filter: -A INPUT -p tcp -j NFQUEUE --queue-balance 590:600',
    ]);
    const ruleset =
      'table inet x {\n\tchain c {\n\t\tqueue flags bypass to 602-610\n\t\tqueue num 5\n\t}\n}\n';
    expect(told({ ruleset })).toEqual([
      'queue: Queue 602 gets packets of another rule in nftables, table inet x, chain c: queue flags bypass to 602-610',
    ]);
    // Without a number it is queue 0.
    expect(told({ legacy: '*filter\n-A INPUT -j NFQUEUE\nCOMMIT\n' }, LOCAL)).toHaveLength(1);
  });

  it('name rules that drop packets before they are queued, also by way of other chains', () => {
    const legacy = [
      '*raw',
      ':PREROUTING DROP [0:0]',
      ':mine - [0:0]',
      '-A PREROUTING -p tcp -j DROP',
      '-A PREROUTING -p udp -m udp --dport 53 -j DROP',
      '-A PREROUTING -j mine',
      '-A mine -p udp -m multiport --dports 500,53 -j DROP',
      '-A mine -m rpfilter --invert -j DROP',
      '-A mine -p ipv6-icmp -m comment --comment "-p tcp" -j DROP',
      '-A lonely -j DROP',
      'COMMIT',
      '*filter',
      '-A FORWARD -j DROP',
      'COMMIT',
    ].join('\n');
    const dropped = told({ legacy }).map((sentence) => sentence.replace(/^.*: -/, '-'));
    expect(dropped).toEqual([
      '-A mine -p udp -m multiport --dports 500,53 -j DROP',
      '-A mine -m rpfilter --invert -j DROP',
      '-A mine -p ipv6-icmp -m comment --comment "-p tcp" -j DROP',
      '-P PREROUTING DROP',
    ]);
  });

  it('name rules that no longer hold for queued packets', () => {
    const legacy =
      '*mangle\n-A FORWARD -p tcp -j TCPMSS --clamp-mss-to-pmtu\n-A FORWARD -j MARK --set-mark 7\n-A INPUT -j MARK --set-mark 8\nCOMMIT\n';
    expect(told({ legacy })).toEqual([
      'skipped: Queued packets go on behind the table mangle, so this rule in ip6tables (legacy) no longer holds for them: -A FORWARD -j MARK --set-mark 7',
    ]);
    expect(told({ legacy }, LOCAL).join()).toContain('-A INPUT -j MARK --set-mark 8');
    // With nftables none is skipped.
    expect(told({ legacy, ruleset: '', hasQueue: true })).toEqual([]);
  });

  const RULESET = `table inet early {
	set bad {
		type ipv6_addr
		elements = { 2001:db8::1,
			     2001:db8::2 }
	}
	chain pre {
		type filter hook prerouting priority raw; policy accept;
		ip6 saddr @bad drop
		ip saddr 192.0.2.1 drop
		tcp dport 22 drop
		meta l4proto { tcp, udp } jump more
	}
	chain more {
		comment "a drop"
		exthdr rt exists drop comment "no routing headers"
		accept comment "no drop"
	}
	chain fwd {
		type filter hook forward priority mangle - 2; policy drop;
	}
	chain late {
		type filter hook forward priority filter; policy drop;
	}
}
table bridge b {
	chain fwd {
		type filter hook forward priority filter; policy accept;
		ether type arp drop
		ip6 nexthdr 135 drop
	}
}
table netdev n {
	chain in {
		type filter hook ingress device "eth0" priority 0; policy accept;
		meta mark 7 drop
	}
}
`;

  it('name chains of nftables that come before and drop', () => {
    const found = told({ ruleset: RULESET }).map((sentence) => sentence.replace(/^.*: /, ''));
    expect(found).toEqual([
      'ip6 saddr @bad drop',
      'exthdr rt exists drop comment "no routing headers"',
      'policy drop',
      'meta mark 7 drop',
    ]);
    expect(told({ ruleset: RULESET }, LOCAL).join()).not.toContain('policy drop');
  });

  it('name chains of bridges for bridged packets', () => {
    const found = told({ ruleset: RULESET }, BRIDGED).join('\n');
    expect(found).toContain(
      'table bridge b, chain fwd, priority -200 drops are never judged: ip6 nexthdr 135 drop',
    );
    expect(found).not.toContain('ether type arp');
    // Those of nftables stand in front of it.
    expect(told({ ruleset: RULESET, hasQueue: true }, BRIDGED).join()).not.toContain('nexthdr 135');
  });

  it.each([
    ['-A INPUT -m conntrack --ctstate INVALID -j DROP', 'filter'],
    ['-A POSTROUTING -j MASQUERADE', 'nat'],
  ])('say what connection tracking means: %s', (rule, table) => {
    const found = told({ legacy: `*${table}\n${rule}\nCOMMIT\n` });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^tracking: Connection tracking is on, .* judged whole/);
    expect(found[0]).toContain(rule);
  });

  it('find connection tracking in nftables, of IPv6 only', () => {
    const chain = (family: string): string =>
      `table ${family} f {\n\tchain c {\n\t\tct state established accept\n\t}\n}\n`;
    expect(told({ ruleset: chain('inet') }).join()).toContain('tracking: ');
    expect(told({ ruleset: chain('ip') })).toEqual([]);
  });

  it('name flow tables on an access link, where home addresses must be seen', () => {
    const ruleset = 'table inet f {\n\tchain c {\n\t\tmeta l4proto tcp flow add @f\n\t}\n}\n';
    expect(told({ ruleset }, BRIDGED).join()).toContain('offload: Connections that this rule');
    expect(told({ ruleset }).join()).not.toContain('offload: ');
  });
});
