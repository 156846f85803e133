/**
 * Writes policies in the notation that `policy-notation.ts` reads. What is written reads back the same.
 */
import { formatPrefix } from '../../dissectors/core/address.ts';
import { ICMPV6, MOBILITY_HEADER } from '../state/traffic-selector.ts';
import { ICMPV6_TYPE_NAMES, MOBILITY_TYPE_NAMES, PROTOCOL_NAMES } from './policy.ts';
import type {
  PolicyAction,
  PolicyAddress,
  PolicyCondition,
  PolicyDocument,
  PolicySection,
} from './policy.ts';

const ROW = { indent: '      ', and: ' &\n         ' };

/** Text of a document; names that stand for addresses are defined above the first section. */
export function writePolicies({ sections }: PolicyDocument): string {
  const names = new Map<string, PolicyAddress>();
  for (const section of sections) {
    for (const address of addressesOf(section)) {
      const { name, prefix } = address;
      const isDefined = name !== '' && name !== 'any' && prefix !== undefined;
      if (isDefined && !names.has(name)) names.set(name, address);
    }
  }
  const lines = [...names.values()].map(
    ({ name, prefix }) => `${name} = ${formatPolicyAddress({ name: '', prefix })}\n`,
  );
  const parts = [...(lines.length === 0 ? [] : [lines.join('')]), ...sections.map(writeSection)];
  return parts.join('\n');
}

/** All addresses of a section, in its order. */
export function addressesOf(section: PolicySection): PolicyAddress[] {
  const found: (PolicyAddress | undefined)[] = [];
  const add = (condition: PolicyCondition): void => {
    found.push(condition.interface?.address, condition.source, condition.destination);
  };
  switch (section.database) {
    case 'SAD':
      for (const { destination, selector } of section.associations) {
        found.push(destination);
        add(selector);
      }
      break;
    case 'PAD':
      for (const { address } of section.peers) found.push(address);
      break;
    default:
      for (const { condition, action } of section.rules) {
        add(condition);
        if (action.kind === 'dynamic') {
          found.push(action.outerDestination, action.initiate?.address);
        }
      }
  }
  return found.filter((address) => address !== undefined);
}

function writeSection(section: PolicySection): string {
  const head = `${section.node === '' ? '' : `${section.node} `}${section.database}:`;
  return `${[head, ...entriesOf(section)].join('\n')}\n`;
}

function entriesOf(section: PolicySection): string[] {
  switch (section.database) {
    case 'SAD':
      return section.associations.map(({ name, direction, spi, destination, mode, selector }) => {
        const id = typeof spi === 'number' ? `0x${spi.toString(16).padStart(8, '0')}` : quoted(spi);
        const parts = [direction.toUpperCase(), id, formatPolicyAddress(destination), 'ESP'];
        const row = [...parts, mode.toUpperCase()].join(', ');
        return `  - ${quoted(name)}(${row}):\n${ROW.indent}${fieldsOf(selector, false).join(ROW.and)}`;
      });
    case 'PAD':
      return section.peers.map(
        ({ identity, methods, address }) =>
          `  - IF remote_identity = ${quoted(identity)}\n    THEN authenticate (${methods.join('/')})\n    and authorize CHILD_SAs for remote address ${formatPolicyAddress(address)}`,
      );
    default: {
      const isSymmetric = section.database === 'SPD-S';
      return section.rules.map(
        ({ condition, action }) =>
          `  - IF ${fieldsOf(condition, isSymmetric).join(ROW.and)}\n    THEN ${actionText(action)}`,
      );
    }
  }
}

/** One line about a condition: `interface = IPv6 tunnel to any & proto = MH & mh_type = HoTI`. */
export function formatPolicyCondition(condition: PolicyCondition, isSymmetric = false): string {
  return fieldsOf(condition, isSymmetric).join(' & ');
}

function fieldsOf(condition: PolicyCondition, isSymmetric: boolean): string[] {
  const { interface: tunnel, source, destination, protocol, type, remoteType, code } = condition;
  const local = isSymmetric ? 'local_' : '';
  const kind = protocol === MOBILITY_HEADER ? 'mh_type' : 'icmp6_type';
  return [
    ...(tunnel === undefined
      ? []
      : [`interface = IPv6 tunnel ${tunnel.direction} ${formatPolicyAddress(tunnel.address)}`]),
    ...(source === undefined
      ? []
      : [`${isSymmetric ? 'local_address' : 'source'} = ${formatPolicyAddress(source)}`]),
    ...(destination === undefined
      ? []
      : [
          `${isSymmetric ? 'remote_address' : 'destination'} = ${formatPolicyAddress(destination)}`,
        ]),
    `proto = ${protocolText(protocol)}`,
    ...(type === undefined ? [] : [`${local}${kind} = ${typeText(protocol, type)}`]),
    ...(remoteType === undefined ? [] : [`remote_${kind} = ${typeText(protocol, remoteType)}`]),
    ...(code === undefined ? [] : [`icmp6_code = ${code}`]),
  ];
}

/** One line about an action: `USE SA ESP TRANSPORT`. */
export function formatPolicyAction(action: PolicyAction): string {
  return actionText(action).replace(/\s+/g, ' ');
}

function actionText(action: PolicyAction): string {
  switch (action.kind) {
    case 'association':
      return `USE SA ${action.name.toUpperCase() === 'ESP' ? `"${action.name}"` : quoted(action.name)}`;
    case 'dynamic': {
      const { mode, outerDestination, identity, initiate } = action;
      const pattern = [
        ...(outerDestination === undefined
          ? []
          : [`outer destination = ${formatPolicyAddress(outerDestination)}`]),
        ...(identity === undefined
          ? []
          : [`${identity.of} phase 1 identity = ${quoted(identity.value)}`]),
      ].join(' & ');
      const start =
        initiate === undefined
          ? ''
          : `\n    INITIATE USING IDi = ${quoted(initiate.identity)} TO ADDRESS ${formatPolicyAddress(initiate.address)}`;
      return `USE SA ESP ${mode.toUpperCase()}${pattern === '' ? '' : `: ${pattern}`}${start}`;
    }
    default:
      return action.kind.toUpperCase();
  }
}

/** Text of an address: its name, `any`, an address or a prefix. */
export function formatPolicyAddress({ name, prefix }: PolicyAddress): string {
  if (name !== '' || prefix === undefined) return name === '' ? 'any' : quoted(name);
  const text = formatPrefix(prefix);
  return prefix.length === 8 * prefix.bytes.length ? text.slice(0, text.indexOf('/')) : text;
}

function protocolText(protocol: number | undefined): string {
  if (protocol === undefined) return 'any';
  if (protocol === MOBILITY_HEADER) return 'MH';
  if (protocol === ICMPV6) return 'ICMPv6';
  return (nameOf(PROTOCOL_NAMES, protocol) ?? `${protocol}`).toUpperCase();
}

const MOBILITY_SPELLING: ReadonlyMap<number, string> = new Map([
  [1, 'HoTI'],
  [2, 'CoTI'],
  [3, 'HoT'],
  [4, 'CoT'],
  [6, 'BAck'],
]);

function typeText(protocol: number | undefined, type: number): string {
  const isMobility = protocol === MOBILITY_HEADER;
  const name = nameOf(isMobility ? MOBILITY_TYPE_NAMES : ICMPV6_TYPE_NAMES, type)?.toUpperCase();
  return (isMobility ? MOBILITY_SPELLING.get(type) : undefined) ?? name ?? `${type}`;
}

function nameOf(names: ReadonlyMap<string, number>, value: number): string | undefined {
  for (const [name, number] of names) if (number === value) return name;
  return undefined;
}

/** What is no plain word is quoted. */
function quoted(value: string): string {
  const isWord = /^[0-9A-Za-z_](?:[0-9A-Za-z_@.-]*[0-9A-Za-z_@-])?$/.test(value);
  return isWord ? value : `"${value.replaceAll('"', '')}"`;
}
