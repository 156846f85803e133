/**
 * Options of UMIP's `mip6d.conf` that stand alone, and what becomes of them.
 */

/** What a value has to look like. */
export type UmipKind = 'boolean' | 'whole' | 'decimal' | 'text' | 'any';

/** An option. */
export interface UmipOption {
  readonly kind: UmipKind;
  /** Why it has no counterpart; undefined = it has one. */
  readonly note?: string;
}

const none = (kind: UmipKind, note: string): UmipOption => ({ kind, note });
const taken = (kind: UmipKind): UmipOption => ({ kind });

const MODULE = 'modules of UMIP are not loaded';
const PROXY = 'Proxy Mobile IPv6 (RFC 5213) is another protocol';
const PREFIX_TIMES = 'the times of RFC 6275 section 10.6 count';

const OPTIONS: Readonly<Record<string, UmipOption>> = {
  NodeConfig: taken('text'),
  DebugLevel: none('whole', 'mip6guard ha, mn and cn take --verbose'),
  DebugLogFile: none('text', 'log lines go to standard error; systemd keeps them'),
  NonVolatileBindingCache: none('boolean', 'UMIP ignores it; here state: does it'),
  UseMnHaIPsec: taken('boolean'),
  KeyMngMobCapability: none('boolean', 'nothing here negotiates keys: K is never set'),
  UseMovementModule: none('any', MODULE),
  UsePolicyModule: none('any', MODULE),
  PolicyModulePath: none('any', MODULE),
  DoRouteOptimizationCN: taken('boolean'),
  DoRouteOptimizationMN: taken('boolean'),
  UseCnBuAck: none('boolean', 'correspondents are always asked for an acknowledgement'),
  MnDiscardHaParamProb: taken('boolean'),
  MnMaxHaBindingLife: taken('whole'),
  MnMaxCnBindingLife: none('whole', 'MAX_RR_BINDING_LIFETIME counts, 420 seconds'),
  MnMaxHaConsecutiveResends: none('whole', 'RFC 6275 section 11.8: it never gives up'),
  MnMaxCnConsecutiveResends: none('whole', 'the limits of RFC 6275 section 11.8 count'),
  MnResetDhaadAtHome: none('boolean', 'the home agent stays until it is lost'),
  MnFlushAllAtHome: none('boolean', 'correspondents are told at home'),
  MnUseAllInterfaces: taken('boolean'),
  MnRouterProbes: none('whole', 'movement: and missedAdvertisements: say when a router is asked'),
  MnRouterProbeTimeout: none('decimal', 'see routerAnswerTime'),
  SendMobPfxSols: none('boolean', 'prefixes are asked for when their lifetimes run out'),
  OptimisticHandoff: taken('boolean'),
  NoHomeReturn: taken('boolean'),
  InitialBindackTimeoutFirstReg: taken('decimal'),
  InitialBindackTimeoutReReg: none('decimal', 'INITIAL_BINDACK_TIMEOUT counts, 1 second'),
  InitialSolicitTimer: none('decimal', 'INITIAL_SOLICIT_TIMER counts, 3 seconds'),
  InterfaceInitialInitDelay: none('decimal', 'links are used from the start'),
  MobRtrUseExplicitMode: taken('boolean'),
  SendMobPfxAdvs: taken('boolean'),
  SendUnsolMobPfxAdvs: none(
    'boolean',
    'RFC 6275 section 10.6.2: they are sent when prefixes change',
  ),
  MaxMobPfxAdvInterval: none('whole', PREFIX_TIMES),
  MinMobPfxAdvInterval: none('whole', PREFIX_TIMES),
  HaMaxBindingLife: taken('whole'),
  HaAcceptMobRtr: taken('boolean'),
  HaServedPrefix: none('any', 'give each mobile router its mobileNetworks'),
  DefaultBindingAclPolicy: taken('text'),
  ProxyMipLma: none('any', PROXY),
  ProxyMipMag: none('any', PROXY),
};

/** By name in lower case. */
export const UMIP_OPTIONS: ReadonlyMap<string, UmipOption> = new Map(
  Object.entries(OPTIONS).map(([option, value]) => [option.toLowerCase(), value] as const),
);

/** Statements with a reader of their own. */
export const UMIP_BLOCKS = [
  'Interface',
  'MnHomeLink',
  'IPsecPolicySet',
  'BindingAclPolicy',
  'CnBindingPolicySet',
  'include',
] as const;

/** Names of all, for suggestions. */
export const UMIP_NAMES: readonly string[] = [...UMIP_BLOCKS, ...Object.keys(OPTIONS)];

const WORDS: Readonly<Record<string, boolean>> = {
  enabled: true,
  disabled: false,
  yes: true,
  no: false,
  true: true,
  false: false,
  on: true,
  off: false,
  1: true,
  0: false,
};

/** A truth value as UMIP writes it. */
export function umipFlag(text: string): boolean | undefined {
  const word = text.toLowerCase();
  return Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
}
