/**
 * Between the two ways in which key files hold policies: statements with templates (`setkey`, `ip xfrm policy`) and the
 * notation of RFC 3776 section 5 and RFC 4877 section 7.
 */
import type { Prefix } from '../../dissectors/core/address.ts';
import { keyFileEntry } from '../ipsec/policy-database.ts';
import { ANY_CONDITION } from '../ipsec/policy-entry.ts';
import type {
  PolicyAction,
  PolicyAddress,
  PolicyAssociation,
  PolicyCondition,
  PolicyMode,
  PolicyRule,
} from '../ipsec/policy.ts';
import type { TrafficSelector } from '../state/traffic-selector.ts';
import type { AssociationEntry, PolicyEntry } from './key-file.ts';

/** Something in the other way, with what got lost in words; or why it cannot be. */
export type Converted<T> =
  | { readonly value: T; readonly lost: readonly string[] }
  | { readonly impossible: string };

const ANY: Prefix = { bytes: new Uint8Array(16), length: 0 };

function addressOf(prefix: Prefix | undefined): PolicyAddress | undefined {
  if (prefix?.bytes.length !== 16) return undefined;
  return { name: prefix.length === 0 ? 'any' : '', prefix };
}

/** A statement as a rule of the notation. */
export function ruleOfPolicy(policy: PolicyEntry): Converted<PolicyRule> {
  const { origin, direction, action, selector, templates, priority } = policy;
  const entry = keyFileEntry(policy);
  if (direction === 'forward') return { impossible: 'forwarding policies' };
  if (entry === undefined) {
    const isIpv4 = selector.source.bytes.length !== 16;
    return { impossible: isIpv4 ? 'IPv4' : 'ports, or policies without ESP' };
  }
  const [template] = templates.filter(({ protocol }) => protocol !== 'ipcomp');
  if (template !== undefined && template.protocol !== 'esp') {
    return { impossible: 'policies without ESP' };
  }
  const { source, destination } = entry.condition;
  const to = template?.mode === 'tunnel' ? addressOf(template.destination) : undefined;
  const end = direction === 'out' ? to : addressOf(template?.source);
  const value: PolicyRule = {
    condition: {
      ...entry.condition,
      interface:
        entry.condition.interface === undefined
          ? undefined
          : {
              direction: direction === 'out' ? 'to' : 'from',
              address: { name: 'any', prefix: ANY },
            },
      source: addressOf(source?.prefix),
      destination: addressOf(destination?.prefix),
    },
    action:
      action === 'protect'
        ? dynamicAction(template?.mode ?? 'transport', direction === 'out' ? end : undefined)
        : { kind: action },
    line: origin.line,
  };
  const lost = [
    ...(template?.level === 'use' ? ['level'] : []),
    ...(template?.requestId === undefined ? [] : ['request id']),
    ...((template?.source?.length ?? 0) > 0 ? ['tunnel source'] : []),
    ...(direction === 'in' && (to?.prefix?.length ?? 0) > 0 ? ['tunnel destination'] : []),
    ...(templates.length > 1 ? ['further templates'] : []),
    ...(priority === undefined || priority === 0 ? [] : ['priority']),
  ];
  return { value, lost };
}

function dynamicAction(
  mode: PolicyMode,
  outerDestination: PolicyAddress | undefined,
): PolicyAction {
  const isAny = (outerDestination?.prefix?.length ?? 0) === 0;
  return {
    kind: 'dynamic',
    mode,
    outerDestination: isAny ? undefined : outerDestination,
    identity: undefined,
    initiate: undefined,
  };
}

/**
 * An association as a row of a SAD, which holds no keys.
 * @param number of the row, for its name.
 */
export function sadRowOf(entry: AssociationEntry, number: number): Converted<PolicyAssociation> {
  const { association, name } = entry;
  const { spi, destination, source, mode, selector, origin, addressLength } = association;
  if (spi === undefined) return { impossible: 'rows for any SPI' };
  if (addressLength !== 16) return { impossible: 'IPv4' };
  const hasPorts = selector?.sourcePort !== undefined || selector?.destinationPort !== undefined;
  const isWord = name !== undefined && /^[A-Za-z_][0-9A-Za-z_]{0,39}$/.test(name);
  const row = conditionOf(selector, source, destination);
  const value: PolicyAssociation = {
    name: isWord && !/[0-9A-Fa-f]{9}/.test(name) ? name : `SA${number}`,
    // Rows are named by who receives: SPI and destination (RFC 4301 section 4.1).
    direction: 'in',
    spi,
    destination: addressOf(destination) ?? { name: 'any', prefix: ANY },
    mode: mode === 'tunnel' ? 'tunnel' : 'transport',
    selector: row,
    line: origin.line,
  };
  const lost = [
    'keys and algorithms',
    ...(hasPorts ? ['ports'] : []),
    ...(mode === 'any' ? ['that the mode is not known'] : []),
  ];
  return { value, lost };
}

function conditionOf(
  selector: TrafficSelector | undefined,
  source: Prefix,
  destination: Prefix,
): PolicyCondition {
  return {
    ...ANY_CONDITION,
    source: addressOf(selector?.source ?? source),
    destination: addressOf(selector?.destination ?? destination),
    protocol: selector?.protocol,
    type: selector?.type,
    code: selector?.code,
  };
}

/** A rule of the notation as statements: one, or two where it is for both directions (SPD-S). */
export function policiesOfRule(
  rule: PolicyRule,
  database: 'SPD OUT' | 'SPD IN' | 'SPD-S',
  mode: PolicyMode | undefined,
  file: string,
): Converted<readonly PolicyEntry[]> {
  const { condition, action, line } = rule;
  const from = prefixOf(condition.source);
  const to = prefixOf(condition.destination);
  if (from === undefined || to === undefined) return { impossible: 'a name without an address' };
  const isProtected = action.kind === 'association' || action.kind === 'dynamic';
  const isTunnel = (action.kind === 'dynamic' ? action.mode : mode) === 'tunnel';
  if (isProtected && isTunnel) return { impossible: 'a tunnel whose ends are not both said' };
  const entry = (isOut: boolean, isSwapped: boolean): PolicyEntry => ({
    origin: { file, line },
    direction: isOut ? 'out' : 'in',
    action: isProtected ? 'protect' : action.kind,
    selector: {
      source: isSwapped ? to : from,
      destination: isSwapped ? from : to,
      protocol: condition.protocol,
      sourcePort: undefined,
      destinationPort: undefined,
      type: isSwapped ? (condition.remoteType ?? condition.type) : condition.type,
      code: condition.code,
      interface: undefined,
    },
    priority: undefined,
    templates: isProtected
      ? [
          {
            protocol: 'esp',
            mode: 'transport',
            source: undefined,
            destination: undefined,
            requestId: undefined,
            level: 'require',
          },
        ]
      : [],
  });
  const value =
    database === 'SPD-S'
      ? [entry(true, false), entry(false, true)]
      : [entry(database === 'SPD OUT', false)];
  const lost = [
    ...(condition.interface === undefined ? [] : ['interface']),
    ...(action.kind === 'association' ? ['name of the association'] : []),
    ...(action.kind === 'dynamic' && (action.identity ?? action.initiate) !== undefined
      ? ['identity']
      : []),
  ];
  return { value, lost };
}

/** Prefix of an address; any when it is not said, undefined for a name that stands for none. */
function prefixOf(address: PolicyAddress | undefined): Prefix | undefined {
  return address === undefined ? ANY : address.prefix;
}
