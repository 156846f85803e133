/**
 * The router of the lab: joins the foreign links to the core, advertises prefixes to mobile nodes, and makes links as long as
 * is wished. An IPv6 router in user space, for the kernel forwards nothing here.
 */
import type { LinkPort, Scheduler } from '../../../engine/ports.ts';
import {
  HostConfiguration,
  openPacketLink,
  systemRandom,
  systemScheduler,
} from '../../../io/inline/index.ts';
import { RouterAdvertiser } from '../../../nodes/interface/router-advertiser.ts';
import { Host } from '../../../nodes/ip/host.ts';
import type { NodeLog } from '../../../nodes/node-log.ts';
import { logLine } from '../../nodes/node-log-line.ts';
import type { Terminal } from '../../terminal.ts';
import { ADVERTISEMENT } from '../lab-files.ts';
import type { LabPlace, LabState } from '../lab-state.ts';
import { ADDRESSES, PREFIXES, WIRES, linkLocalText, octetsOf } from '../plan.ts';
import type { LabInterface, LabLink } from '../plan.ts';

/** A port over a long link: frames take their time both ways, and keep their order. */
class DistantPort implements LinkPort {
  onStateChange: ((isUp: boolean) => void) | undefined;
  onFrame: ((frame: Uint8Array) => void) | undefined;
  readonly #port: LinkPort;
  readonly #scheduler: Scheduler;
  readonly #delay: number;

  constructor(port: LinkPort, scheduler: Scheduler, delay: number) {
    this.#port = port;
    this.#scheduler = scheduler;
    this.#delay = delay;
    port.onStateChange = (isUp) => {
      this.onStateChange?.(isUp);
    };
    port.onFrame = (frame) => {
      const copy = frame.slice();
      scheduler.after(delay, () => {
        this.onFrame?.(copy);
      });
    };
  }

  get name(): string {
    return this.#port.name;
  }

  get linkLayerAddress(): Uint8Array {
    return this.#port.linkLayerAddress;
  }

  get mtu(): number {
    return this.#port.mtu;
  }

  get isUp(): boolean {
    return this.#port.isUp;
  }

  send(frame: Uint8Array): void {
    this.#scheduler.after(this.#delay, () => {
      this.#port.send(frame);
    });
  }
}

/** Starts the router. @returns its end */
export function startRouter(place: LabPlace, state: LabState, terminal: Terminal): () => void {
  const scheduler = systemScheduler;
  const configuration = new HostConfiguration({
    journal: place.file('run', 'router', 'router.journal'),
  });
  const log: NodeLog = (entry) => {
    if (entry.level === 'debug') return;
    terminal.say(logLine(entry, scheduler.wallClock, 'text'));
  };
  const host = new Host({ scheduler, random: systemRandom, log, isRouter: true });
  const closers: (() => void)[] = [];
  const join = (wire: LabInterface, link: LabLink, address: string) => {
    const port = openPacketLink(wire.name, { host: configuration });
    closers.push(() => {
      port.close();
    });
    const distant = state.delay > 0 ? new DistantPort(port, scheduler, state.delay) : port;
    const added = host.addInterface(distant);
    added.addAddress(octetsOf(address), { prefixLength: 64 });
    return { link, added };
  };
  const core = join(WIRES.routerCore, 'core', ADDRESSES.router);
  const visited = [
    join(WIRES.routerForeign1, 'foreign1', `${PREFIXES.foreign1}1`),
    join(WIRES.routerForeign2, 'foreign2', `${PREFIXES.foreign2}1`),
  ];
  host.routes.add({
    prefix: { bytes: octetsOf(PREFIXES.home), length: 64 },
    interface: core.added,
    nextHop: octetsOf(linkLocalText(WIRES.haCore)),
  });
  const { minimum, maximum, lifetime } = ADVERTISEMENT;
  const advertisers = visited.map(
    ({ link, added }) =>
      new RouterAdvertiser({
        interface: added,
        scheduler,
        random: systemRandom,
        log,
        configuration: {
          maxInterval: maximum,
          minInterval: minimum,
          minDelayBetweenRas: 0.03,
          lifetime,
          sendsInterval: true,
          prefixes: [
            {
              address: octetsOf(PREFIXES[link]),
              prefixLength: 64,
              isOnLink: true,
              isAutonomous: true,
              isRouterAddress: false,
              preferredLifetime: 600,
              validLifetime: 1200,
            },
          ],
        },
      }),
  );
  return () => {
    for (const advertiser of advertisers) advertiser.close();
    host.close();
    for (const close of closers) close();
    configuration.close();
  };
}
