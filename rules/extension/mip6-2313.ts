import {
  addressKey,
  defineRule,
  domainRole,
  evidenceOf,
  findOption,
  formatAddress,
  tellsDomain,
} from '../../engine/rule-api.ts';

/** Flags of a Heartbeat: response, and unsolicited. RFC 5847 section 3.3. */
const RESPONSE = 1;
const UNSOLICITED = 2;
const BOUNDS = { maxEntries: 4096, ttlSeconds: 86_400 };
const REQUEST_BOUNDS = { maxEntries: 8192, ttlSeconds: 120 };
/** Counters this far apart have wrapped around. */
const HALF = 2 ** 31;

export default defineRule({
  id: 'MIP6-2313',
  title: 'Heartbeat that does not fit the heartbeats before',
  severity: 'low',
  category: 'extension',
  references: ['RFC 5847 sections 3.1 to 3.3 and 7'],
  needs: [],
  verdict: 'alert',
  explanation:
    'Gateways and anchors ask each other whether they are alive, and a counter in the answer says how often the other ' +
    'has restarted, whereupon bindings are given up. A forged answer makes a dead node look alive, or a healthy one ' +
    'look restarted. Reported are answers to no question while questions of that node are seen, restart counters that ' +
    'go back, and heartbeats of nodes that the site file does not name. A counter that goes up by a restart is normal.',
  advice:
    'Protect heartbeats with IPsec as the other signalling (RFC 5847 section 7), and compare the counter with that of ' +
    'the node itself.',
  on: ['mobility'],
  messages: ['heartbeat'],
  params: {},
  evaluate(event, context) {
    const { message, options } = event.header;
    if (message.kind !== 'heartbeat' || event.checksum === 'wrong') return undefined;
    const { source, destination, packet } = event.context;
    const who = formatAddress(source);
    const isResponse = (message.flags & RESPONSE) !== 0;
    const requests = context.table<true>('requests', REQUEST_BOUNDS);
    const asking = context.table<true>('asking', BOUNDS);
    const about = { packet, attacker: source } as const;
    if (tellsDomain(context.site) && domainRole(source, context) !== 'site') {
      return {
        ...about,
        object: `${who}: unknown`,
        message: `${who}, which is no node of the domain, sends heartbeats to ${formatAddress(destination)}`,
        evidence: [
          evidenceOf(
            event.context,
            `Heartbeat ${isResponse ? 'response' : 'request'}, sequence ${message.sequence}`,
          ),
        ],
        confidence: 'certain',
      };
    }
    const pair = addressKey(source) + addressKey(destination);
    if (!isResponse) {
      asking.set(pair, true);
      requests.set(`${pair}${message.sequence}`, true);
      return undefined;
    }
    const drafts = [];
    const back = addressKey(destination) + addressKey(source);
    const isAsked = requests.get(`${back}${message.sequence}`) !== undefined;
    const isUnsolicited = (message.flags & UNSOLICITED) !== 0;
    if (!isAsked && !isUnsolicited && asking.get(back) !== undefined) {
      drafts.push({
        ...about,
        object: `${who}: unasked`,
        message: `${who} answers a heartbeat that ${formatAddress(destination)} did not send`,
        evidence: [
          evidenceOf(
            event.context,
            `Heartbeat response without U flag, sequence ${message.sequence}; no request with that number`,
          ),
        ],
        confidence: 'partial',
      } as const);
    }
    const counter = findOption(options, 'restart-counter')?.restartCounter;
    if (counter === undefined) return drafts;
    const counters = context.table<number>('counters', BOUNDS);
    const last = counters.get(addressKey(source));
    const isBack =
      last !== undefined && counter !== last && (last - counter + 2 ** 32) % 2 ** 32 < HALF;
    if (!isBack) {
      counters.set(addressKey(source), counter);
      return drafts;
    }
    drafts.push({
      ...about,
      object: `${who}: counter`,
      message: `restart counter of ${who} goes back from ${last} to ${counter}: one of the two was not its own`,
      evidence: [
        evidenceOf(
          event.context,
          `Heartbeat response, sequence ${message.sequence}, Restart Counter ${counter}; ${last} before`,
        ),
      ],
      confidence: 'certain',
    } as const);
    return drafts;
  },
});
