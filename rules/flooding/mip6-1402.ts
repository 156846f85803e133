import {
  defineRule,
  formatAddress,
  isBindingValid,
  isSameAddress,
  registrationKey,
} from '../../engine/rule-api.ts';
import type { PacketReference } from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 8192, ttlSeconds: 60 };
/** After a change packets are still under way on the old path, microseconds. */
const IN_FLIGHT = 3e6;

/** Acknowledgements that came past the care-of address. */
interface Flow {
  readonly careOfAddress: Uint8Array;
  /** Events with such acknowledgements and without any packet from the care-of address. */
  seconds: number;
  bare: number;
  ahead: number;
  first: PacketReference;
}

export default defineRule({
  id: 'MIP6-1402',
  title: 'Acknowledgements that do not come from where the data goes',
  severity: 'high',
  category: 'flooding',
  references: ['RFC 4225 section 3.2.1'],
  needs: [],
  verdict: 'alert',
  explanation:
    'A server slows down when nobody acknowledges its data. To keep a redirected download going, the attacker sends the ' +
    'acknowledgements himself: bare from the home address, although the data goes to the care-of address and answers to ' +
    'a binding carry a Home Address option, or for data that was not even sent. A node with several ways out may send ' +
    'some packets bare, but then others come from the care-of address. Acknowledgements inside UDP (RTCP) are not seen.',
  advice:
    'Find where these acknowledgements come from, by the link-layer source or by ingress filters on the way. Delete the ' +
    'binding.',
  on: ['binding-traffic'],
  params: {
    acknowledgements: {
      default: 10,
      min: 1,
      max: 100_000,
      unit: 'acknowledgements',
      doc: 'acknowledgements past the care-of address before they are reported',
    },
    seconds: {
      default: 3,
      min: 1,
      max: 60,
      unit: 'seconds',
      doc: 'different seconds in which they have to come',
    },
  },
  evaluate({ binding, traffic }, context) {
    const { homeAddress, peer, careOfAddress, role, lastChange } = binding;
    if (role !== 'correspondent' || !isBindingValid(binding, context.now)) return undefined;
    const { fromByOption, fromByTunnel, fromCareOf, toByRouting } = traffic;
    const { bareAcknowledgements: bare, aheadAcknowledgements: ahead, lastBare } = traffic;
    const isFromNode = fromByOption + fromByTunnel + fromCareOf > 0;
    if (isFromNode && ahead === 0) {
      const flows = context.table<Flow>('flows', BOUNDS);
      if (flows.size > 0) flows.delete(registrationKey(homeAddress, peer));
      return undefined;
    }
    if (lastBare === undefined || toByRouting === 0) return undefined;
    if (lastBare.time - lastChange.time < IN_FLIGHT) return undefined;
    const flows = context.table<Flow>('flows', BOUNDS);
    const key = registrationKey(homeAddress, peer);
    let flow = flows.get(key);
    if (flow === undefined || !isSameAddress(flow.careOfAddress, careOfAddress)) {
      flow = { careOfAddress, seconds: 0, bare: 0, ahead: 0, first: lastBare };
    }
    flows.set(key, flow);
    flow.seconds++;
    flow.ahead += ahead;
    if (!isFromNode) flow.bare += bare;
    const { acknowledgements, seconds } = context.params;
    if (Math.max(flow.bare, flow.ahead) < acknowledgements || flow.seconds < seconds) {
      return undefined;
    }
    const isAhead = flow.ahead >= acknowledgements;
    const careOf = formatAddress(careOfAddress);
    return {
      object: key,
      message: isAhead
        ? `${formatAddress(peer)} gets acknowledgements for data that it has not sent to ${careOf}, care-of address of ${formatAddress(homeAddress)}`
        : `${formatAddress(peer)} sends to ${careOf} and gets acknowledgements from bare ${formatAddress(homeAddress)}`,
      packet: lastBare,
      evidence: [
        { packet: flow.first, text: 'the first acknowledgement of this kind' },
        {
          packet: lastBare,
          text: isAhead
            ? `${flow.ahead} TCP acknowledgements more than 64 KiB ahead of all data seen`
            : `${flow.bare} TCP acknowledgements from the bare home address, no packet from ${careOf}`,
        },
      ],
      confidence: 'partial',
      stage: 'denial-of-service',
      homeAddress,
    };
  },
});
