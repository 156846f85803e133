/**
 * A home agent over a host: registrations of mobile nodes, what follows from them on the network, and the correspondent that
 * every node is. RFC 6275 sections 8.1, 8.4 and 10.
 */
import { CorrespondentNode } from '../correspondent-node/correspondent-node.ts';
import type { CorrespondentNodeOptions } from '../correspondent-node/correspondent-node.ts';
import type { Host } from '../ip/host.ts';
import { receiveBindingUpdates } from '../mobility/binding-update.ts';
import { BindingEvents } from './binding-events.ts';
import type {
  HomeAgentContext,
  HomeAgentOptions,
  RegistrationExtension,
} from './home-agent-parts.ts';
import { HomePrefixes } from './home-prefixes.ts';
import { HomeNetwork } from './network/home-network.ts';
import { HomeRegistrations } from './registration/home-registrations.ts';

/** What a home agent is made of, with its correspondent. */
export interface HomeAgentNodeOptions extends HomeAgentOptions {
  readonly correspondent?: Omit<CorrespondentNodeOptions, 'host'>;
}

/** A home agent. Serves from its construction on; bindings of a store come back with `start`. */
export class HomeAgent {
  readonly host: Host;
  readonly prefixes: HomePrefixes;
  readonly events = new BindingEvents();
  readonly registrations: HomeRegistrations;
  readonly network: HomeNetwork;
  readonly correspondent: CorrespondentNode;

  constructor(options: HomeAgentNodeOptions) {
    const { host } = options;
    this.host = host;
    this.prefixes = new HomePrefixes(host.scheduler, options.prefixes);
    const extensions: RegistrationExtension[] = [];
    const context: HomeAgentContext = {
      host,
      options,
      extensions,
      prefixes: this.prefixes,
      mobileNodes: options.mobileNodes,
      events: this.events,
      alarm: (event, details) => {
        host.tell('alarm', event, details);
      },
    };
    this.registrations = new HomeRegistrations(context);
    this.network = new HomeNetwork(context);
    this.correspondent = new CorrespondentNode({
      tunnelFor: (packet) => this.network.tunnelForMessage(packet),
      ...options.correspondent,
      host,
    });
    const { registrar } = this.correspondent;
    receiveBindingUpdates(host, {
      home: this.registrations,
      correspondent: {
        handle: (update) => {
          if (!this.registrations.refuseMobileRouter(update)) registrar.handle(update);
        },
      },
    });
  }

  /** Takes up the bindings of the store. Once, before the first packet. */
  start(): void {
    this.registrations.restore();
  }

  /** Stops all timers; bindings stay in the store. The host is closed by whoever made it. */
  close(): void {
    this.registrations.close();
    this.network.close();
    this.correspondent.close();
  }
}
