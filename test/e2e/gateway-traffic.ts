/**
 * Packets for a gateway: numbered ESP of a tunnel, which has to pass, and among it packets that no state is needed to drop.
 */
import { putU32, u8 } from '../../dissectors/core/bytes.ts';
import { ethernetFrame, ipv6Packet, type2RoutingHeader } from '../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import { address } from '../rules/event-builders.ts';
import type { GatewayBox } from './gateway-box.ts';

export const HOME_AGENT = '2001:db8:1::1';
export const HOME_PREFIX = '2001:db8:1::/64';
/** What a gateway in front of that home agent is configured with in every test. */
export const IN_FRONT_OF_AGENT = {
  failMode: 'open',
  place: 'home-agent',
  homeAgents: [HOME_AGENT],
  homePrefixes: [HOME_PREFIX],
  homeLink: 'elsewhere',
  deadline: '5s',
} as const;
const SENDER = address('2001:db8:2::77');
const AGENT = address(HOME_AGENT);
const HOME_ADDRESS = address('2001:db8:1::10');
const FRAME = {
  source: Uint8Array.of(2, 0, 0, 0, 0, 1),
  destination: Uint8Array.of(2, 0, 0, 0, 0, 2),
};
const ESP_OCTETS = 64;
const SPI = 0x7001;
/** Of so many packets one is an attack. */
const ATTACK_EVERY = 10;
/** Packets without a pause, when they come as fast as it goes. */
const IN_A_ROW = 4096;
const NEXT_HEADER_AT = 14 + 6;

let sequence = 0;

/** Ordinary: ESP to the home agent. Sequence numbers go on, over all gateways of a test. */
export function benignFrame(): Uint8Array {
  const payload = new Uint8Array(ESP_OCTETS);
  putU32(payload, 0, SPI);
  putU32(payload, 4, ++sequence);
  return ethernetFrame({
    ...FRAME,
    payload: ipv6Packet({
      source: SENDER,
      destination: AGENT,
      protocol: NEXT_HEADER.esp,
      payload,
    }),
  });
}

/** A type 2 routing header with two segments left: MIP6-1009. */
export function attackFrame(): Uint8Array {
  return ethernetFrame({
    ...FRAME,
    payload: ipv6Packet({
      source: SENDER,
      destination: AGENT,
      headers: [type2RoutingHeader(HOME_ADDRESS, 2)],
    }),
  });
}

/** Frames of both kinds. */
export interface Tally {
  benign: number;
  attack: number;
}

/** What has been sent, and what has come out. */
export interface Measured {
  readonly sent: Tally;
  readonly passed: Tally;
}

/** Counts what comes out of a link of a box from now on. */
export function tallyOf(box: GatewayBox, link: string): Tally {
  const passed: Tally = { benign: 0, attack: 0 };
  box.wire(link).inside.onFrame = (frame) => {
    const nextHeader = u8(frame, NEXT_HEADER_AT);
    if (nextHeader === NEXT_HEADER.esp) passed.benign++;
    else if (nextHeader === NEXT_HEADER.routing) passed.attack++;
  };
  return passed;
}

/**
 * Sends at a steady rate, one attack among ten packets, while other things of the test process have their turn.
 * @param perSecond packets; undefined = as fast as it goes
 */
export async function send(
  box: GatewayBox,
  link: string,
  count: number,
  perSecond: number | undefined,
  sent: Tally,
): Promise<void> {
  const { outside, inside } = box.wire(link);
  const start = performance.now();
  for (let index = 0; index < count;) {
    const due =
      perSecond === undefined
        ? index + IN_A_ROW
        : Math.ceil(((performance.now() - start) * perSecond) / 1000);
    for (; index < Math.min(due, count); index++) {
      const isAttack = index % ATTACK_EVERY === ATTACK_EVERY - 1;
      outside.send(isAttack ? attackFrame() : benignFrame());
      if (isAttack) sent.attack++;
      else sent.benign++;
    }
    inside.collect();
    await new Promise((resolve) => {
      if (perSecond === undefined) setImmediate(resolve);
      else setTimeout(resolve, 1);
    });
  }
}
