/**
 * Where gateways stand in the lab: transparent bridges of two ports, each in a wire that is cut for it. Nobody in the lab
 * sees them, nor that they come and go.
 */
import { CliError, EXIT } from '../exit-codes.ts';
import { endProcesses, ip, processesIn, silence } from './ip-tool.ts';
import { GATEWAY_NAMESPACES, GATEWAY_PLACES, SWITCH, WIRES, namespaceOf } from './plan.ts';
import type { ForeignLink, GatewayPlace, LabInterface, LabLink } from './plan.ts';

/** A wire with a gateway in it. */
export interface Cut {
  readonly place: GatewayPlace;
  readonly link: LabLink;
  readonly wire: LabInterface;
  /** Ports of the bridge: towards the link, and towards the station. */
  readonly outside: string;
  readonly inside: string;
}

const cut = (place: GatewayPlace, link: LabLink, wire: LabInterface): Cut => ({
  ...{ place, link, wire },
  outside: `${link}-out`,
  inside: `${link}-in`,
});

/** Every wire that a gateway can stand in. */
export const CUTS: readonly Cut[] = [
  cut('home-agent', 'core', WIRES.haCore),
  cut('home-agent', 'home', WIRES.haHome),
  cut('access-link', 'foreign1', WIRES.mn),
  cut('access-link', 'foreign2', WIRES.mn),
];

/** Cuts of a place. */
export function cutsOf(place: GatewayPlace): readonly Cut[] {
  return CUTS.filter((each) => each.place === place);
}

/** Bridge of the switch that a station behind a gateway is plugged into. */
export function nearBridge(link: LabLink): string {
  return `${link}-near`;
}

const BRIDGE = 'type bridge mcast_snooping 0 forward_delay 0 stp_state 0';

/** Namespace of the gateway of a place. */
export function gatewayNamespace(prefix: string, place: GatewayPlace): string {
  return namespaceOf(prefix, GATEWAY_NAMESPACES[place]);
}

/** Makes the bridges of a place; stations are plugged in by `connectGateway`. @throws CliError (4) */
export function buildGateway(prefix: string, place: GatewayPlace): void {
  const own = gatewayNamespace(prefix, place);
  ip(['netns', 'add', own]);
  silence(own);
  ip(['-n', own, 'link', 'set', 'dev', 'lo', 'up']);
  const inSwitch: string[] = [];
  const inOwn: string[] = [];
  for (const { link, outside, inside } of cutsOf(place)) {
    const near = nearBridge(link);
    const bridge = `br-${link}`;
    inSwitch.push(`link add name ${near} ${BRIDGE}`, `link set dev ${near} up`);
    inOwn.push(`link add name ${bridge} ${BRIDGE}`, `link set dev ${bridge} up`);
    for (const [port, master] of [
      [outside, link],
      [inside, near],
    ] as const) {
      inSwitch.push(
        `link add name g-${port} type veth peer name ${port} netns ${own}`,
        `link set dev g-${port} master ${master} up`,
      );
      inOwn.push(`link set dev ${port} master ${bridge} up`);
    }
  }
  ip(['-n', namespaceOf(prefix, SWITCH), '-batch', '-'], `${inSwitch.join('\n')}\n`);
  ip(['-n', own, '-batch', '-'], `${inOwn.join('\n')}\n`);
}

/** Stations go behind the gateway; no cable is pulled for it. */
export function connectGateway(prefix: string, place: GatewayPlace): void {
  for (const { link, wire } of cutsOf(place)) replug(prefix, wire, link, nearBridge(link));
}

function replug(prefix: string, { port }: LabInterface, from: string, to: string): void {
  const hub = namespaceOf(prefix, SWITCH);
  if (masterOf(prefix, port) !== from) return;
  ip(['-n', hub, 'link', 'set', 'dev', port, 'master', to]);
}

/** Bridge of the switch that a port is in. */
export function masterOf(prefix: string, port: string): string | undefined {
  const text = ip(['-n', namespaceOf(prefix, SWITCH), '-o', 'link', 'show', 'dev', port]);
  return / master (\S+) /.exec(text)?.[1];
}

/** Takes a gateway away, with its processes, and joins the wires again. What is not there is left alone. */
export async function removeGateway(prefix: string, place: GatewayPlace): Promise<void> {
  const hub = namespaceOf(prefix, SWITCH);
  const names = new Set(linksIn(hub));
  for (const { link, wire, outside, inside } of cutsOf(place)) {
    const near = nearBridge(link);
    if (!names.has(near)) continue;
    replug(prefix, wire, near, link);
    for (const name of [`g-${outside}`, `g-${inside}`, near]) {
      if (names.has(name)) ip(['-n', hub, 'link', 'del', 'dev', name]);
    }
  }
  const own = gatewayNamespace(prefix, place);
  if (
    !ip(['netns', 'list'])
      .split('\n')
      .some((line) => line.split(' ')[0] === own)
  )
    return;
  const left = await endProcesses(processesIn(own));
  ip(['netns', 'del', own]);
  if (left.length > 0) {
    throw new CliError(EXIT.environment, `processes do not end: ${left.join(', ')}`);
  }
}

/** Gateways that stations are behind. */
export function standingGateways(prefix: string): readonly GatewayPlace[] {
  const names = new Set(linksIn(namespaceOf(prefix, SWITCH)));
  return GATEWAY_PLACES.filter((place) =>
    cutsOf(place).some(({ link }) => names.has(nearBridge(link))),
  );
}

/** Bridge that a mobile node is plugged into to be on a link. */
export function bridgeFor(prefix: string, wire: LabInterface, link: LabLink): string {
  const isCut = CUTS.some((each) => each.wire === wire && each.link === link);
  if (!isCut) return link;
  const near = nearBridge(link);
  return linksIn(namespaceOf(prefix, SWITCH)).includes(near) ? near : link;
}

function linksIn(namespace: string): string[] {
  return ip(['-n', namespace, '-o', 'link', 'show'])
    .split('\n')
    .map((line) => /^\d+: ([^:@]+)/.exec(line)?.[1] ?? '');
}

/** Interfaces of a gateway that the rest of the lab is behind, by link: for a site file. */
export function portsOf(place: GatewayPlace): readonly { link: LabLink; ports: string[] }[] {
  return cutsOf(place).map(({ link, outside, inside }) => ({ link, ports: [outside, inside] }));
}

/** Whether a link is foreign to mobile nodes. */
export function isForeign(link: LabLink | undefined): link is ForeignLink {
  return link === 'foreign1' || link === 'foreign2';
}
