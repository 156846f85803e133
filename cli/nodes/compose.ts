/**
 * A node out of its configuration: host, links, IPsec and role. No I/O: links, programs, time and chance are handed in.
 */
import { isSameAddress } from '../../dissectors/core/address.ts';
import type { Certificate } from '../../engine/crypto/certificate.ts';
import type { LinkPort, LocalStack, RandomSource, Scheduler } from '../../engine/ports.ts';
import { CorrespondentNode } from '../../nodes/correspondent-node/correspondent-node.ts';
import type { BindingStore } from '../../nodes/home-agent/binding-store.ts';
import { HomeAgent } from '../../nodes/home-agent/home-agent.ts';
import type { NetworkInterface } from '../../nodes/interface/network-interface.ts';
import { Host } from '../../nodes/ip/host.ts';
import type { AssociationDeclaration } from '../../nodes/ipsec/associations.ts';
import type { NodeAssociationParameters } from '../../nodes/ipsec/association-parameters.ts';
import { NodeIpsec } from '../../nodes/ipsec/node-ipsec.ts';
import { receiveBindingUpdates } from '../../nodes/mobility/binding-update.ts';
import { MobileNode } from '../../nodes/mobile-node/mobile-node.ts';
import {
  installRouteOptimisation,
  messageTunnel,
} from '../../nodes/mobile-node/route-optimisation/install.ts';
import type { NodeLog } from '../../nodes/node-log.ts';
import { SendVerifier } from '../../nodes/send/send-verifier.ts';
import { declarationsOf } from './declarations.ts';
import type { NodeDocument } from './node-schema.ts';
import { correspondentOptions, homeAgentOptions, mobileNodeOptions } from './role-options.ts';
import { SendComposition } from './send-composition.ts';
import type { SendSigning } from './send-files.ts';

/** What a node is handed. */
export interface NodeSurroundings {
  readonly scheduler: Scheduler;
  readonly random: RandomSource;
  readonly log: NodeLog;
  /** The port of an interface of the configuration. */
  readonly port: (name: string) => LinkPort;
  readonly localStack?: LocalStack | undefined;
  /** Where a home agent keeps its bindings. */
  readonly store?: BindingStore | undefined;
  /** What a home agent signs its advertisements with. */
  readonly signing?: SendSigning | undefined;
  /** Whom `homeLink: send` trusts. */
  readonly trustAnchors?: readonly Certificate[] | undefined;
  /** Called when sequence numbers of associations should be written down again. */
  readonly onSnapshotDue?: (() => void) | undefined;
}

/** A node that is put together. */
export interface ComposedNode {
  readonly host: Host;
  readonly ipsec: NodeIpsec | undefined;
  readonly homeAgent: HomeAgent | undefined;
  readonly mobileNode: MobileNode | undefined;
  readonly correspondent: CorrespondentNode | undefined;
  /** Takes up what was kept, and starts to send. */
  start(): void;
  /** Takes its leave: a mobile node de-registers, which takes seconds when nobody answers. */
  stop(): Promise<void>;
  close(): void;
}

function ipsecOf(
  declarations: readonly AssociationDeclaration[],
  associations: readonly NodeAssociationParameters[],
  { random, log, onSnapshotDue }: NodeSurroundings,
): NodeIpsec | undefined {
  if (declarations.length === 0) return undefined;
  const ipsec = new NodeIpsec({ random, log, onSnapshotDue });
  for (const { policies } of declarations) ipsec.addPolicies(policies);
  for (const association of associations) ipsec.add(association);
  return ipsec;
}

/** Puts a node together. @throws RangeError when associations do not fit */
export function composeNode(
  settings: NodeDocument,
  associations: readonly NodeAssociationParameters[],
  surroundings: NodeSurroundings,
): ComposedNode {
  const { scheduler, random, log, localStack } = surroundings;
  const { homeAgent: agentSettings, correspondent: asCorrespondent } = settings;
  const ipsec = ipsecOf(declarationsOf(settings), associations, surroundings);
  const host = new Host({
    ...{ scheduler, random, log, localStack, ipsec },
    isRouter: agentSettings !== undefined,
    bindings: {
      correspondentCapacity: asCorrespondent.maximumBindings,
      ...(agentSettings === undefined ? {} : { homeCapacity: agentSettings.maximumBindings }),
    },
  });
  const { signing } = surroundings;
  const send =
    agentSettings === undefined || signing === undefined
      ? undefined
      : new SendComposition(agentSettings, signing, host);
  const interfaces = new Map<string, NetworkInterface>();
  for (const link of settings.links) {
    const named = link.interface;
    const added = host.addInterface(surroundings.port(named), send?.interfaceOptions(named));
    interfaces.set(link.interface, added);
    for (const { address, length } of link.addresses) {
      added.addAddress(address, { prefixLength: length });
    }
    if (link.router !== undefined) added.setStaticRouter(link.router);
    for (const { prefix, via } of link.routes) {
      host.routes.add({ prefix, interface: added, nextHop: via });
    }
  }
  // On a virtual home link nobody asks for the home agent's address: routers send it here.
  for (const { interface: on, agentAddress } of agentSettings?.prefixes ?? []) {
    if (on === undefined && !isOnLink(settings, agentAddress)) host.addLocalAddress(agentAddress);
  }
  send?.answer(interfaces);
  const correspondent = correspondentOptions(asCorrespondent);
  const homeAgent =
    agentSettings === undefined
      ? undefined
      : new HomeAgent({
          ...homeAgentOptions(agentSettings, settings.ipsec, interfaces, send?.signer),
          host,
          correspondent,
          ...(surroundings.store === undefined ? {} : { store: surroundings.store }),
        });
  const plain =
    settings.role === 'correspondent-node'
      ? new CorrespondentNode({ host, ...correspondent })
      : undefined;
  if (plain !== undefined) {
    receiveBindingUpdates(host, { home: undefined, correspondent: plain.registrar });
  }
  const { trustAnchors = [] } = surroundings;
  const verifier =
    settings.mobileNode?.homeLink === 'send' ? new SendVerifier({ host, trustAnchors }) : undefined;
  const mobileNode =
    settings.mobileNode === undefined
      ? undefined
      : new MobileNode({
          host,
          configuration: mobileNodeOptions(settings.mobileNode, verifier),
        });
  const asMobile =
    mobileNode === undefined
      ? undefined
      : new CorrespondentNode({
          host,
          ...correspondent,
          installsPath: false,
          tunnelFor: messageTunnel(mobileNode),
        });
  const routeOptimisation =
    mobileNode === undefined
      ? undefined
      : installRouteOptimisation(mobileNode, { correspondent: asMobile });
  if (asMobile !== undefined) {
    receiveBindingUpdates(host, { home: undefined, correspondent: asMobile.registrar });
  }
  return {
    host,
    ipsec,
    homeAgent,
    mobileNode,
    correspondent: homeAgent?.correspondent ?? plain ?? asMobile,
    start: () => {
      homeAgent?.start();
      mobileNode?.start();
    },
    stop: () =>
      new Promise((resolve) => {
        if (mobileNode === undefined) resolve();
        else mobileNode.stop(resolve);
      }),
    close: () => {
      homeAgent?.close();
      mobileNode?.close();
      verifier?.close();
      send?.close();
      routeOptimisation?.close();
      plain?.close();
      asMobile?.close();
      host.close();
    },
  };
}

function isOnLink({ links }: NodeDocument, given: Uint8Array): boolean {
  return links.some(({ addresses }) =>
    addresses.some(({ address }) => isSameAddress(address, given)),
  );
}
