/**
 * DHCPv6 and DNS messages that tell nodes their home agents. RFC 6610, RFC 6611, RFC 5026 section 5.1.
 *
 * Every UDP datagram comes by: two ports are compared, and nothing is made before a message of a server is found.
 */
import { addressKey } from '../dissectors/core/address.ts';
import { u16 } from '../dissectors/core/bytes.ts';
import { readHomeNetworks, tellsHomeNetwork } from '../dissectors/dhcpv6/home-networks.ts';
import { isServiceAnswer, readServiceAnswer } from '../dissectors/dns/service-answer.ts';
import type { HomeAgentOffer } from './home-agent-offer.ts';
import type { EngineEvent } from './events.ts';
import { EventLimit } from './ipsec/event-limit.ts';
import type { Level, PacketState } from './packet-state.ts';

const UDP_OCTETS = 8;
/** Port of DHCPv6 servers and of DNS servers. RFC 8415 section 7.2, RFC 1035 section 4.2.1. */
const DHCPV6_SERVER = 547;
const DNS = 53;

/** Finds home agents in answers of servers. */
export class BootstrappingStage {
  readonly #packet: PacketState;
  readonly #emit: (event: EngineEvent) => void;
  readonly #limit = new EventLimit();

  constructor(parts: { packet: PacketState; emit: (event: EngineEvent) => void }) {
    this.#packet = parts.packet;
    this.#emit = parts.emit;
  }

  /** The upper layer of `level` is UDP. */
  udp(level: Level): void {
    const { upperBytes: bytes, upperOffset: offset, upperEnd: end } = level.view;
    const port = u16(bytes, offset);
    if (port !== DNS && port !== DHCPV6_SERVER) return;
    const at = offset + UDP_OCTETS;
    if (port === DNS ? !isServiceAnswer(bytes, at, end) : !tellsHomeNetwork(bytes, at, end)) return;
    const context = this.#packet.contextOf(level);
    const key = `${context.link.id}/${addressKey(context.source)}${addressKey(context.destination)}`;
    if (!this.#limit.isDue(key, this.#packet.time)) return;
    const offers: HomeAgentOffer[] = [];
    let question: string | undefined;
    if (port === DNS) {
      const answer = readServiceAnswer(bytes, at, end);
      question = answer?.name;
      for (const { name, addresses } of answer?.targets ?? []) {
        offers.push({ network: 'service', homeAgents: addresses, prefixes: [], name });
      }
    } else {
      for (const { kind, homeAgents, prefixes } of readHomeNetworks(bytes, at, end)) {
        offers.push({ network: kind, homeAgents, prefixes, name: undefined });
      }
    }
    if (offers.length === 0) return;
    const protocol = port === DNS ? 'dns' : 'dhcpv6';
    this.#emit({ kind: 'bootstrapping', context, protocol, question, offers });
  }
}
