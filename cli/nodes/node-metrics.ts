/**
 * Numbers of a node for Prometheus.
 */
import type { MetricFamily, Sample } from '../../io/metrics.ts';
import type { RunningNode } from './running-node.ts';

/** Numbers of names. */
function* labelled(label: string, numbers: Iterable<readonly [string, number]>): Iterable<Sample> {
  for (const [name, value] of numbers) yield { labels: { [label]: name }, value };
}

/** How many there are of each state. */
function statesOf(homes: readonly { readonly state: string }[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { state } of homes) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
}

/** The families of a node. */
export function nodeMetrics({ node, links, alarms }: RunningNode): readonly MetricFamily[] {
  const { host, ipsec, mobileNode } = node;
  const ofLinks = (name: 'received' | 'sent' | 'notSent' | 'lostUnread'): Iterable<Sample> =>
    labelled(
      'interface',
      links.map((link) => [link.name, link.counts()[name]] as const),
    );
  return [
    {
      name: 'mip6_node_bindings',
      help: 'Bindings in the cache',
      type: 'gauge',
      labels: ['kind'],
      samples: () =>
        labelled('kind', [
          ['home', host.bindings.homeRegistrations],
          ['correspondent', host.bindings.correspondents],
        ]),
    },
    {
      name: 'mip6_node_frames_received_total',
      help: 'Frames taken from links',
      type: 'counter',
      labels: ['interface'],
      samples: () => ofLinks('received'),
    },
    {
      name: 'mip6_node_frames_sent_total',
      help: 'Frames put on links',
      type: 'counter',
      labels: ['interface'],
      samples: () => ofLinks('sent'),
    },
    {
      name: 'mip6_node_frames_not_sent_total',
      help: 'Frames that the kernel did not take',
      type: 'counter',
      labels: ['interface'],
      samples: () => ofLinks('notSent'),
    },
    {
      name: 'mip6_node_frames_lost_total',
      help: 'Frames lost because the node was busy',
      type: 'counter',
      labels: ['interface'],
      samples: () => ofLinks('lostUnread'),
    },
    {
      name: 'mip6_node_packets_dropped_total',
      help: 'Packets thrown away, by reason',
      type: 'counter',
      labels: ['reason'],
      samples: () => labelled('reason', host.drops),
    },
    {
      name: 'mip6_node_alarms_total',
      help: 'Alarms, by event',
      type: 'counter',
      labels: ['event'],
      samples: () => labelled('event', alarms),
    },
    {
      name: 'mip6_node_errors_suppressed_total',
      help: 'Errors not sent because of their limit',
      type: 'counter',
      labels: ['kind'],
      samples: () =>
        labelled('kind', [
          ['icmpv6', host.icmpv6.suppressedErrors],
          ['binding-error', host.mobility.suppressedErrors],
        ]),
    },
    {
      name: 'mip6_node_home_addresses',
      help: 'Home addresses of a mobile node, by how they stand',
      type: 'gauge',
      labels: ['state'],
      samples: () => labelled('state', statesOf(mobileNode?.homeAddresses ?? [])),
    },
    {
      name: 'mip6_node_associations',
      help: 'Security associations',
      type: 'gauge',
      samples: () => [{ value: ipsec?.size ?? 0 }],
    },
  ];
}
