/**
 * Makes a plan of what is queued from what is protected: pure.
 */
import { checkedOptions } from './plan-options.ts';
import { planGroups } from './plan-rules.ts';
import type { PortPair, QueuePlan, QueuePlanOptions } from './queue-plan.ts';

/**
 * Plans what is queued.
 * @throws HostError (ERR_HOST_OPTION) naming the value that is out of range, or the list that is missing
 */
export function queuePlan(options: QueuePlanOptions): QueuePlan {
  const checked = checkedOptions(options);
  const groups = planGroups(checked);
  const { id, place, hook, failMode, queues } = checked;
  return {
    ...{ id, place, hook, failMode, queues, groups },
    pairs: hook === 'local' ? [] : portPairs(checked),
    interfaces: hook === 'local' ? namesOf(checked.ports) : [],
    notes: notesOf(checked),
  };
}

function namesOf(ports: QueuePlanOptions['ports']): string[] {
  return ports === undefined ? [] : [...ports.outside, ...ports.inside];
}

/** Ways from one side to the other; on an access link also between two stations of the inside, who may attack each other. */
function portPairs({ ports, place }: QueuePlanOptions): PortPair[] {
  if (ports === undefined) return [];
  const { outside, inside } = ports;
  const across = outside.flatMap((out) =>
    inside.flatMap((within) => [
      { from: out, to: within },
      { from: within, to: out },
    ]),
  );
  if (!place.includes('access-link')) return across;
  const among = inside.flatMap((from) =>
    inside.filter((to) => to !== from).map((to) => ({ from, to })),
  );
  return [...across, ...among];
}

function notesOf({ place, hook, homePrefixes }: QueuePlanOptions): string[] {
  const notes: string[] = [];
  if (place.includes('access-link') && hook === 'routed') {
    notes.push(
      'Neighbor discovery is not forwarded by routers, so a routed gateway judges none: rogue Router Advertisements on the link pass beside it. A bridge sees them.',
    );
  }
  if (place.includes('access-link') && homePrefixes.length === 0) {
    notes.push(
      'No home prefixes are named: packets of home addresses in clear are not queued on this access link.',
    );
  }
  notes.push('Packets over IPv4 (RFC 5555) are not queued.');
  return notes;
}
