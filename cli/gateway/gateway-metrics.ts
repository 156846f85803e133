/**
 * Numbers of a gateway for Prometheus.
 */
import type { HistogramFamily, MetricFamily, Sample } from '../../io/metrics.ts';
import { many, one, watchFamilies } from '../sensor/metric-families.ts';
import { queueStatus, troublesOf } from './gateway-status.ts';
import type { QueueStatus } from './gateway-status.ts';
import type { Gateway } from './gateway.ts';

/** Everything that is served but distributions. */
export function gatewayFamilies(gateway: Gateway): readonly MetricFamily[] {
  return [
    ...queueFamilies(gateway),
    ...ruleFamilies(gateway),
    ...stateFamilies(gateway),
    ...watchFamilies(gateway.sensor),
  ];
}

/** Distributions. */
export function gatewayHistograms(gateway: Gateway): readonly HistogramFamily[] {
  return [
    {
      name: 'mip6_gateway_judging_microseconds',
      help: 'How long packets were judged.',
      observed: () => gateway.latency(),
    },
  ];
}

function queueFamilies(gateway: Gateway): MetricFamily[] {
  const each = (samples: (queue: QueueStatus) => readonly Sample[]) => (): Sample[] =>
    queueStatus(gateway).flatMap(samples);
  return [
    many(
      'counter',
      'mip6_gateway_judged_packets_total',
      'Packets that got a verdict.',
      ['queue', 'verdict'],
      each(({ name, passed, dropped }) => [
        { labels: { queue: name, verdict: 'passed' }, value: passed },
        { labels: { queue: name, verdict: 'dropped' }, value: dropped },
      ]),
    ),
    many(
      'counter',
      'mip6_gateway_unjudged_packets_total',
      'Packets that nobody looked at: the queue was full, or they had waited too long.',
      ['queue', 'fate'],
      each(({ name, passed_unjudged, dropped_unjudged }) => [
        { labels: { queue: name, fate: 'passed' }, value: passed_unjudged },
        { labels: { queue: name, fate: 'dropped' }, value: dropped_unjudged },
      ]),
    ),
    many(
      'gauge',
      'mip6_gateway_waiting_packets',
      'Packets that wait for a verdict.',
      ['queue'],
      each(({ name, waiting }) => [{ labels: { queue: name }, value: waiting }]),
    ),
    many(
      'gauge',
      'mip6_gateway_queue_ready',
      '1 while a process owns the queue.',
      ['queue'],
      each(({ name, is_ready }) => [{ labels: { queue: name }, value: is_ready ? 1 : 0 }]),
    ),
  ];
}

function ruleFamilies(gateway: Gateway): MetricFamily[] {
  const byRule = (
    name: string,
    help: string,
    value: (drops: { dropped: number; wouldDrop: number; rateLimited: number }) => number,
  ): MetricFamily =>
    many('counter', name, help, ['rule'], () =>
      [...gateway.dropsByRule()].map(([rule, drops]) => ({
        labels: { rule },
        value: value(drops),
      })),
    );
  return [
    byRule('mip6_gateway_dropped_packets_total', 'Packets dropped.', ({ dropped }) => dropped),
    byRule(
      'mip6_gateway_would_drop_packets_total',
      'Packets that monitor mode let pass and enforce mode drops.',
      ({ wouldDrop }) => wouldDrop,
    ),
    byRule(
      'mip6_gateway_rate_limited_packets_total',
      'Of both, those over the rate of the rule.',
      ({ rateLimited }) => rateLimited,
    ),
    many(
      'counter',
      'mip6_gateway_filter_packets_total',
      'Packets that a rule of the packet filter queued, read every ten seconds.',
      ['number', 'reason'],
      () =>
        (gateway.path.counters?.rules ?? []).map(({ number, reason, packets }) => ({
          labels: { number: String(number), reason },
          value: packets,
        })),
    ),
  ];
}

function stateFamilies(gateway: Gateway): MetricFamily[] {
  const flag = (name: string, help: string, value: () => boolean): MetricFamily =>
    one('gauge', name, help, () => (value() ? 1 : 0));
  const { keeper, state } = gateway.parts;
  return [
    flag('mip6_gateway_enforcing', '1 in mode enforce.', () => gateway.mode === 'enforce'),
    flag(
      'mip6_gateway_fails_closed',
      '1 with failMode closed.',
      () => gateway.settings.failMode === 'closed',
    ),
    flag('mip6_gateway_rules_present', '1 while the rules of the packet filter stand.', () => {
      return gateway.path.isRulePresent;
    }),
    flag('mip6_gateway_healthy', '1 while packets are judged as they should be.', () => {
      return troublesOf(gateway).length === 0;
    }),
    one(
      'counter',
      'mip6_gateway_process_restarts_total',
      'Processes of further queues started again.',
      () => gateway.workers?.restarts ?? 0,
    ),
    one(
      'counter',
      'mip6_gateway_lost_copies_total',
      'Copies of packets that a process of a further queue did not get.',
      () => gateway.workers?.copiesLost ?? 0,
    ),
    one(
      'counter',
      'mip6_gateway_kept_packets_total',
      'Dropped packets that were written to files.',
      () => keeper?.kept ?? 0,
    ),
    one(
      'counter',
      'mip6_gateway_lost_kept_packets_total',
      'Dropped packets that could not be written.',
      () => keeper?.lost ?? 0,
    ),
    one(
      'counter',
      'mip6_gateway_state_failures_total',
      'Times that the state could not be saved.',
      () => state?.failures ?? 0,
    ),
  ];
}
