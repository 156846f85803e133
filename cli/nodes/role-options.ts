/**
 * Sections of a configuration as the options of the roles: every key has its option, in the unit of the option.
 */
import type { CorrespondentNodeOptions } from '../../nodes/correspondent-node/correspondent-node.ts';
import type {
  HomeAgentOptions,
  MobileNodePolicy,
  RegistrationOptions,
} from '../../nodes/home-agent/home-agent-parts.ts';
import { MobileNodeTable } from '../../nodes/home-agent/mobile-node-directory.ts';
import type {
  HomeAdvertisementOptions,
  HomeNetworkOptions,
} from '../../nodes/home-agent/network/network-options.ts';
import type { NetworkInterface } from '../../nodes/interface/network-interface.ts';
import type { AdvertisementSigner } from '../../nodes/interface/router-advertiser.ts';
import type {
  HomeLinkVerifier,
  MobileNodeConfiguration,
} from '../../nodes/mobile-node/mobile-node-parts.ts';
import { protectionOf } from './declarations.ts';
import type {
  CorrespondentSettings,
  HomeAgentSettings,
  MobileNodeSettings,
  NodeDocument,
} from './node-schema.ts';

const MILLISECONDS = 1000;

/** What is there, without what is not: options that are absent mean their default. */
function present<T extends object>(
  values: T,
): {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as ReturnType<typeof present<T>>;
}

const milliseconds = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : Math.round(seconds * MILLISECONDS);

/** Correspondent, of whatever role. */
export function correspondentOptions({
  routeOptimisation,
  replayMemory,
  refreshRequests,
  limits,
}: CorrespondentSettings): Omit<CorrespondentNodeOptions, 'host'> {
  return {
    isRouteOptimisationEnabled: routeOptimisation,
    sendsRefreshRequests: refreshRequests,
    limits,
    ...present({ replayCapacity: replayMemory }),
  };
}

function advertisementOptions({
  advertisements: given,
}: HomeAgentSettings): HomeAdvertisementOptions | false {
  if (!given.enabled) return false;
  return {
    maxInterval: given.maximumInterval,
    sendsInterval: given.interval,
    isUnsolicited: given.unsolicited,
    answers: given.answers,
    sendsFinal: given.farewell,
    ...present({
      minInterval: given.minimumInterval,
      minDelayBetweenRas: given.minimumDelay,
      lifetime: given.routerLifetime,
      currentHopLimit: given.hopLimit,
      isManaged: given.managed,
      isOther: given.other,
      reachableTime: milliseconds(given.reachableTime),
      retransTimer: milliseconds(given.retransmissionTimer),
      mtu: given.mtu,
    }),
  };
}

function networkOptions(
  settings: HomeAgentSettings,
  signer: AdvertisementSigner | undefined,
): HomeNetworkOptions {
  const { multicast, homeAgentLifetime } = settings;
  const { groupsPerMobileNode, queryInterval } = multicast;
  return {
    preference: settings.preference,
    supportsMobileRouters: settings.mobileRouters,
    advertisements: advertisementOptions(settings),
    prefixDiscovery: settings.prefixDiscovery,
    addressDiscovery: settings.addressDiscovery,
    hasDhcpv6: settings.dhcpv6,
    multicast: multicast.enabled ? { groupsPerMobileNode, queryInterval } : false,
    maximumCareOfAddresses: settings.maximumCareOfAddresses,
    refreshRequestLead: settings.refreshRequestLead,
    revocation: settings.revocation,
    ...present({ homeAgentLifetime, signer }),
  };
}

function registrationOptions(settings: HomeAgentSettings): RegistrationOptions {
  return {
    deregistration: settings.deregistration,
    ingress: settings.deregistrationIngress,
    maximumLifetime: settings.maximumLifetime,
    advisesRefresh: settings.refreshAdvice,
    careOfAtHome: settings.careOfAtHome,
    alternateCareOfAddress: settings.alternateCareOfAddress,
    duplicateAddressDetectionTransmits: settings.duplicateAddressDetection,
    pendingCapacity: settings.pendingRegistrations,
    advertisements: settings.neighborAdvertisements,
    ...present({ refreshInterval: settings.refreshInterval }),
  };
}

/**
 * Home agent.
 * @param interfaces by name, those of the home links among them
 * @param signer of `advertisements.send`
 */
export function homeAgentOptions(
  settings: HomeAgentSettings,
  ipsec: NodeDocument['ipsec'],
  interfaces: ReadonlyMap<string, NetworkInterface>,
  signer?: AdvertisementSigner,
): Omit<HomeAgentOptions, 'host' | 'store'> {
  return {
    registration: registrationOptions(settings),
    network: networkOptions(settings, signer),
    prefixes: settings.prefixes.map(
      ({ interface: on, onLink: isOnLink, autonomous: isAutonomous, ...home }) => ({
        ...home,
        isOnLink,
        isAutonomous,
        interface: on === undefined ? undefined : interfaces.get(on),
      }),
    ),
    mobileNodes: new MobileNodeTable(
      settings.mobileNodes.map((node): MobileNodePolicy => ({
        homeAddress: node.homeAddress,
        isAllowed: node.allowed,
        isMobileRouter: node.mobileRouter,
        mobileNetworks: node.mobileNetworks,
        mayUseSeveralCareOfAddresses: node.severalCareOfAddresses,
        // What comes out of the tunnel without the protection that was agreed on is not from the mobile node.
        isPayloadProtected: protectionOf(ipsec, node).payload === 'esp',
        ...present({
          name: node.name,
          deregistration: node.deregistration,
          maximumLifetime: node.maximumLifetime,
        }),
      })),
    ),
  };
}

/** Mobile node. @param verifier of `homeLink: send` */
export function mobileNodeOptions(
  settings: MobileNodeSettings,
  verifier: HomeLinkVerifier | undefined,
): MobileNodeConfiguration {
  const { mobileNetworks, mobileRouter } = settings;
  const isRouter = mobileRouter !== undefined || mobileNetworks.length > 0;
  return {
    homeAddresses: settings.homeAddresses.map(({ address, homeAgents, temporary }) => ({
      address: address.address,
      prefixLength: address.length,
      homeAgents,
      isTemporary: temporary,
    })),
    homeLink: settings.homeLink,
    homeRouters: settings.homeRouters,
    keepIpsecAtHome: settings.keepIpsecAtHome,
    isOptimistic: settings.optimistic,
    lifetime: settings.lifetime,
    routeOptimisation: settings.routeOptimisation,
    initialBindackTimeoutFirstReg: settings.firstRegistrationTimeout * MILLISECONDS,
    interfacePreferences: settings.interfacePreferences,
    movement: {
      strategy: settings.movement,
      missedAdvertisements: settings.missedAdvertisements,
      answerWait: settings.routerAnswerTime * MILLISECONDS,
    },
    careOfIdentifiers: settings.careOfIdentifiers,
    duplicateDetection: settings.duplicateDetection,
    onStop: settings.onStop,
    followsRenumbering: settings.followsRenumbering,
    ignoresHomeAgentErrors: settings.ignoresHomeAgentErrors,
    ...(verifier === undefined ? {} : { homeLinkVerifier: verifier }),
    ...(isRouter
      ? { mobileRouter: { prefixes: mobileRouter === 'implicit' ? [] : mobileNetworks } }
      : {}),
  };
}
