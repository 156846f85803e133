/**
 * A proxy at work, as its control socket and its metrics see it.
 */
import type { PacketLink } from '../../../io/inline/index.ts';
import type { MetricFamily, Sample } from '../../../io/metrics.ts';
import { formatAddress, parseAddress } from '../../../dissectors/core/address.ts';
import type { Scheduler } from '../../../engine/ports.ts';
import type { ComposedProxy } from './compose-proxy.ts';
import type { ProxyDocument } from './proxy-schema.ts';

/** Bindings or associations told at once. */
const MAX_ROWS = 10_000;

/** A proxy with what it stands on. */
export interface RunningProxy {
  readonly settings: ProxyDocument;
  readonly composed: ComposedProxy;
  readonly links: readonly Pick<PacketLink, 'name' | 'isUp' | 'counts'>[];
  /** Alarms told so far, by event. */
  readonly alarms: ReadonlyMap<string, number>;
  readonly scheduler: Pick<Scheduler, 'now'>;
}

interface Request {
  readonly command: string;
  readonly [name: string]: unknown;
}

type Command = (running: RunningProxy, request: Request) => object;

/** What can be asked. */
const COMMANDS: Readonly<Record<string, Command>> = {
  status,
  bindings,
  associations,
  drops,
  remove,
};

function isRequest(value: unknown): value is Request {
  return (
    typeof value === 'object' &&
    value !== null &&
    'command' in value &&
    typeof value.command === 'string'
  );
}

/** Answers a line of the control socket. Never throws. */
export function proxyAnswer(running: RunningProxy, line: string): object {
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch {
    return { ok: false, error: 'expected a JSON object' };
  }
  if (!isRequest(request)) return { ok: false, error: 'expected an object with command' };
  const command = Object.hasOwn(COMMANDS, request.command) ? COMMANDS[request.command] : undefined;
  if (command === undefined) {
    const known = Object.keys(COMMANDS).join(', ');
    return { ok: false, error: `unknown command; known: ${known}` };
  }
  return { ok: true, ...command(running, request) };
}

function status({ settings, composed, links, alarms, scheduler }: RunningProxy): object {
  const { proxy } = composed;
  const { registrations, acknowledgements, exchanges } = proxy;
  const { answeredAt } = acknowledgements;
  return {
    as: 'proxy',
    homeAgent: formatAddress(settings.proxy.homeAgent),
    links: links.map((link) => ({ interface: link.name, isUp: link.isUp, ...link.counts() })),
    sizes: proxy.sizes,
    passed: proxy.passed,
    updates: {
      forwarded: registrations.forwarded,
      discarded: Object.fromEntries(registrations.discarded),
      refused: Object.fromEntries(registrations.refused),
      unanswered: exchanges.unanswered,
    },
    acknowledgements: Object.fromEntries(acknowledgements.passed),
    legacyAnswered: answeredAt === 0 ? null : Math.round((scheduler.now - answeredAt) / 1000),
    alarms: Object.fromEntries(alarms),
  };
}

function bindings({ composed, scheduler }: RunningProxy): object {
  const list: object[] = [];
  for (const entry of composed.proxy.bindings.all()) {
    if (list.length >= MAX_ROWS) break;
    list.push({
      homeAddress: formatAddress(entry.homeAddress),
      careOfAddress: formatAddress(entry.careOfAddress),
      sequence: entry.sequence,
      lifetime: entry.lifetime,
      remaining: Math.max(0, Math.floor((entry.expiresAt - scheduler.now) / 1000)),
    });
  }
  return { bindings: list, total: composed.proxy.bindings.size };
}

function associations({ composed }: RunningProxy, { home }: Request): object {
  const address = typeof home === 'string' ? parseAddress(home) : undefined;
  if (home !== undefined && address?.length !== 16) {
    return { ok: false, error: 'expected home=ADDRESS' };
  }
  const wanted = address === undefined ? undefined : formatAddress(address);
  const all = composed
    .describe()
    .filter(({ homeAddress }) => wanted === undefined || homeAddress === wanted);
  return { associations: all.slice(0, MAX_ROWS), total: all.length };
}

function drops({ composed }: RunningProxy): object {
  return { drops: Object.fromEntries(composed.proxy.drops) };
}

function remove({ composed }: RunningProxy, { home }: Request): object {
  const address = typeof home === 'string' ? parseAddress(home) : undefined;
  if (address?.length !== 16) return { ok: false, error: 'expected home=ADDRESS' };
  return composed.proxy.bindings.remove(address)
    ? {}
    : { ok: false, error: 'no binding of this home address' };
}

function* labelled(
  label: string,
  numbers: Iterable<readonly [string | number, number]>,
): Iterable<Sample> {
  for (const [name, value] of numbers) yield { labels: { [label]: String(name) }, value };
}

/** The families of a proxy for Prometheus. */
export function proxyMetrics({ composed, links, alarms }: RunningProxy): readonly MetricFamily[] {
  const { proxy } = composed;
  return [
    {
      name: 'mip6_proxy_bindings',
      help: 'Bindings that the legacy home agent has confirmed',
      type: 'gauge',
      samples: () => [{ value: proxy.bindings.size }],
    },
    {
      name: 'mip6_proxy_updates_forwarded_total',
      help: 'Binding Updates passed on to the legacy home agent',
      type: 'counter',
      samples: () => [{ value: proxy.registrations.forwarded }],
    },
    {
      name: 'mip6_proxy_updates_discarded_total',
      help: 'Binding Updates thrown away without an answer, by reason',
      type: 'counter',
      labels: ['reason'],
      samples: () => labelled('reason', proxy.registrations.discarded),
    },
    {
      name: 'mip6_proxy_updates_refused_total',
      help: 'Binding Updates answered by the proxy, by status',
      type: 'counter',
      labels: ['status'],
      samples: () => labelled('status', proxy.registrations.refused),
    },
    {
      name: 'mip6_proxy_updates_unanswered_total',
      help: 'Binding Updates that the legacy home agent has not answered',
      type: 'counter',
      samples: () => [{ value: proxy.exchanges.unanswered }],
    },
    {
      name: 'mip6_proxy_acknowledgements_total',
      help: 'Binding Acknowledgements of the legacy home agent passed on, by status',
      type: 'counter',
      labels: ['status'],
      samples: () => labelled('status', proxy.acknowledgements.passed),
    },
    {
      name: 'mip6_proxy_frames_passed_total',
      help: 'Frames that passed as they are',
      type: 'counter',
      labels: ['way'],
      samples: () => labelled('way', Object.entries(proxy.passed)),
    },
    {
      name: 'mip6_proxy_packets_dropped_total',
      help: 'Packets thrown away, by reason',
      type: 'counter',
      labels: ['reason'],
      samples: () => labelled('reason', proxy.drops),
    },
    {
      name: 'mip6_proxy_frames_lost_total',
      help: 'Frames lost because the proxy was busy',
      type: 'counter',
      labels: ['interface'],
      samples: () =>
        labelled(
          'interface',
          links.map((link) => [link.name, link.counts().lostUnread] as const),
        ),
    },
    {
      name: 'mip6_proxy_alarms_total',
      help: 'Alarms, by event',
      type: 'counter',
      labels: ['event'],
      samples: () => labelled('event', alarms),
    },
  ];
}
