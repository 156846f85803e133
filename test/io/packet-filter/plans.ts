/**
 * Plans that tests look at, one for each hook.
 */
import { queuePlan } from '../../../io/packet-filter/index.ts';
import type { QueuePlan, QueuePlanOptions } from '../../../io/packet-filter/index.ts';

/** In front of a home agent and correspondents, on a router, with three queues. */
export const ROUTED: QueuePlanOptions = {
  id: 'gw1',
  place: ['home-agent', 'correspondent'],
  protectedAgents: ['2001:db8:1::1'],
  homePrefixes: ['2001:db8:1::/64'],
  correspondents: ['2001:db8:9::/64'],
  hook: 'routed',
  ports: { outside: ['eth0'], inside: ['eth1'] },
  queues: { first: 600, count: 3 },
  failMode: 'open',
};

/** On an access link, as a bridge with two stations inside, closed. */
export const BRIDGED: QueuePlanOptions = {
  id: 'link',
  place: ['access-link'],
  protectedAgents: ['2001:db8:1::1'],
  homePrefixes: ['2001:db8:1::/64'],
  hook: 'bridge',
  ports: { outside: ['eth0'], inside: ['eth1', 'eth2'] },
  queues: { first: 10, count: 1 },
  failMode: 'closed',
};

/** On the machine of a home agent, on all its interfaces. */
export const LOCAL: QueuePlanOptions = {
  id: 'own',
  place: ['home-agent'],
  protectedAgents: ['2001:db8:1::1'],
  homePrefixes: [],
  hook: 'local',
  queues: { first: 0, count: 2 },
  failMode: 'open',
};

/** Plans by the name of their golden texts. */
export const PLANS: Readonly<Record<string, QueuePlan>> = {
  routed: queuePlan(ROUTED),
  bridge: queuePlan(BRIDGED),
  local: queuePlan(LOCAL),
};
