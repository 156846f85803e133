/**
 * What associations, policies and IKE keys are, in words and as records. Keys have no place here.
 */
import { formatSelector } from '../../engine/state/security-association.ts';
import { formatTrafficSelector, formatUpperLayer } from '../../engine/state/traffic-selector.ts';
import type {
  AssociationEntry,
  IkeKey,
  ListedChild,
  PolicyEntry,
  PolicyTemplate,
} from '../../engine/keys/key-file.ts';
import type { KeyProblem } from '../../engine/keys/key-problem.ts';
import { KeyMaterial } from '../../engine/keys/key-material.ts';
import {
  formatPolicyAction,
  formatPolicyAddress,
  formatPolicyCondition,
} from '../../engine/ipsec/policy-writer.ts';
import { isIkev1, type AnyIkeSecret } from '../../engine/ike/secret.ts';
import type { PolicySection } from '../../engine/ipsec/policy.ts';
import { addressText, spiText } from '../../engine/keys/write-parts.ts';

/** A transform name without its reference. */
export function bareName(name: string): string {
  return name.replace(/ \[[^\]]*\]$/, '');
}

/** `0x00000100`, `*`. */
export function spiOf(spi: number | undefined): string {
  return spi === undefined ? '*' : spiText(spi);
}

/** `2001:db8:1::10 > 2001:db8:1::1`. */
export function endsOf({ association }: AssociationEntry): string {
  return `${formatSelector(association.source)} > ${formatSelector(association.destination)}`;
}

/** `AES-CBC (128 bits) + HMAC-SHA-1-96`. */
export function transformsOf({ association, encryptionKey }: AssociationEntry): string {
  const { encryption, integrity } = association.esp;
  const bits = 8 * (encryptionKey.length - encryption.saltLength);
  const cipher = `${bareName(encryption.name)}${encryption.keyLengths.length > 1 ? ` (${bits} bits)` : ''}`;
  if (encryption.icvLength > 0) return cipher;
  return `${cipher} + ${integrity.icvLength === 0 ? 'no integrity' : bareName(integrity.name)}`;
}

/** One line without keys. */
export function associationText(entry: AssociationEntry): string {
  const { association, name, replayWindow, careOfAddress, requestId, encapsulation } = entry;
  const { spi, mode, selector, extendedSequence } = association;
  return [
    spiOf(spi),
    endsOf(entry),
    mode === 'any' ? '' : mode,
    transformsOf(entry),
    selector === undefined
      ? ''
      : `for ${formatUpperLayer(selector) || formatTrafficSelector(selector)}`,
    replayWindow === undefined ? '' : `window ${replayWindow}`,
    extendedSequence ? 'ESN' : '',
    careOfAddress === undefined ? '' : `care-of ${addressText(careOfAddress)}`,
    requestId === undefined ? '' : `reqid ${requestId}`,
    encapsulation === undefined ? '' : 'in UDP',
    name === undefined ? '' : JSON.stringify(name),
  ]
    .filter((part) => part !== '')
    .join('  ');
}

/** `policy out 2001:db8:1::10 > 2001:db8:1::1 MH 5: esp transport`. */
export function policyText({ direction, action, selector, templates }: PolicyEntry): string {
  const how = action === 'protect' ? templates.map(templateText).join(', ') : action;
  const on = selector.interface === undefined ? '' : ` on ${selector.interface}`;
  return `policy ${direction}  ${formatTrafficSelector(selector)}${on}: ${how}`;
}

function templateText({ protocol, mode, source, destination }: PolicyTemplate): string {
  const hasEnds =
    source !== undefined && destination !== undefined && source.length + destination.length > 0;
  const ends = hasEnds ? ` ${formatSelector(source)} > ${formatSelector(destination)}` : '';
  return `${protocol} ${mode}${ends}`;
}

/** `IKEv2 0102030405060708 1112131415161718  AES-CBC-128 + HMAC_SHA1_96`. */
export function ikeKeyText(key: IkeKey): string {
  if (key.version === 1) return `IKEv1 ${hexOf(key.initiatorCookie)}`;
  const { initiatorSpi, responderSpi, encryption, integrity } = key;
  return `IKEv2 ${hexOf(initiatorSpi)} ${hexOf(responderSpi)}  ${bareName(encryption)} + ${bareName(integrity)}`;
}

/** `listed mh in  0xc0000001  transport  AES_CBC-128/HMAC_SHA1_96`. */
export function childText({ name, direction, spi, mode, algorithms }: ListedChild): string {
  return `listed without keys: ${name} ${direction}  ${spiText(spi)}  ${mode}  ${algorithms}`;
}

/** SPI or cookie as hexadecimal digits. They are no secret: they are in every packet. */
export function hexOf(octets: Uint8Array): string {
  return new KeyMaterial(octets).hex();
}

/** An association as a record. */
export function associationFields(entry: AssociationEntry): Record<string, unknown> {
  const { association, careOfAddress, encapsulation } = entry;
  const { spi, mode, selector, esp } = association;
  return {
    line: association.origin.line,
    ...(entry.name === undefined ? {} : { name: entry.name }),
    ...(spi === undefined ? {} : { spi }),
    source: formatSelector(association.source),
    destination: formatSelector(association.destination),
    mode,
    encryption: esp.encryption.name,
    encryption_key_octets: entry.encryptionKey.length,
    integrity: esp.integrity.name,
    integrity_key_octets: entry.integrityKey.length,
    icv_octets: esp.encryption.icvLength + esp.integrity.icvLength,
    extended_sequence: association.extendedSequence,
    ...(entry.replayWindow === undefined ? {} : { replay_window: entry.replayWindow }),
    ...(entry.requestId === undefined ? {} : { request_id: entry.requestId }),
    ...(careOfAddress === undefined ? {} : { care_of_address: addressText(careOfAddress) }),
    ...(encapsulation === undefined ? {} : { in_udp: true }),
    ...(selector === undefined ? {} : { selector: formatTrafficSelector(selector) }),
  };
}

/** A policy as a record. */
export function policyFields(policy: PolicyEntry): Record<string, unknown> {
  const { origin, direction, action, selector, templates, priority } = policy;
  return {
    line: origin.line,
    direction,
    action,
    selector: formatTrafficSelector(selector),
    ...(selector.interface === undefined ? {} : { interface: selector.interface }),
    ...(priority === undefined ? {} : { priority }),
    templates: templates.map(templateText),
  };
}

/** What a section of the notation holds: a line of text and a record for each entry, without keys. */
export function sectionItems(
  section: PolicySection,
): { readonly line: number; readonly text: string; readonly fields: Record<string, unknown> }[] {
  const { node, database } = section;
  const where = `${node === '' ? '' : `${node} `}${database}`;
  const common = { ...(node === '' ? {} : { node }), database };
  if (section.database === 'SAD') {
    return section.associations.map(
      ({ line, name, direction, spi, destination, mode, selector }) => {
        const id = typeof spi === 'number' ? spiText(spi) : spi;
        const to = formatPolicyAddress(destination);
        const traffic = formatPolicyCondition(selector);
        const text = `${where}  ${name} ${direction}  ${id}  > ${to}  ${mode}  for ${traffic}`;
        const fields = { name, direction, spi, destination: to, mode, selector: traffic };
        return { line, text, fields: { line, ...common, ...fields } };
      },
    );
  }
  if (section.database === 'PAD') {
    return section.peers.map(({ line, identity, methods, address }) => {
      const to = formatPolicyAddress(address);
      const text = `${where}  ${identity} (${methods.join('/')}) for ${to}`;
      return { line, text, fields: { line, ...common, identity, methods, address: to } };
    });
  }
  const isSymmetric = section.database === 'SPD-S';
  return section.rules.map(({ line, condition, action }) => {
    const traffic = formatPolicyCondition(condition, isSymmetric);
    const what = formatPolicyAction(action);
    const text = `${where}  ${traffic}: ${what}`;
    return { line, text, fields: { line, ...common, condition: traffic, action: what } };
  });
}

/** What a secret of IKE has, as RFC 2409 and RFC 7296 call it. */
function partsOf(secret: AnyIkeSecret): string[] {
  const named: readonly (readonly [string, unknown])[] = isIkev1(secret)
    ? [
        ['encryption key', secret.encryptionKey],
        ['SKEYID_d', secret.derivation],
      ]
    : [
        ['SKEYSEED', secret.skeyseed],
        ['SK_d', secret.derivation],
        ['SK_ei', secret.initiatorEncryption],
        ['SK_er', secret.responderEncryption],
        ['SK_ai', secret.initiatorIntegrity],
        ['SK_ar', secret.responderIntegrity],
      ];
  const { length } = secret.sharedSecrets ?? [];
  return [
    ...named.flatMap(([name, part]) => (part === undefined ? [] : [name])),
    ...(length === 0 ? [] : [`${length} Diffie-Hellman secret${length === 1 ? '' : 's'}`]),
  ];
}

/** `IKEv1 0102030405060708  encryption key, SKEYID_d`. */
export function ikeSecretText(secret: AnyIkeSecret): string {
  const parts = partsOf(secret).join(', ');
  if (isIkev1(secret)) return `IKEv1 ${hexOf(secret.initiatorCookie)}  ${parts}`;
  const { initiatorSpi, responderSpi } = secret;
  const responder = responderSpi === undefined ? '' : ` ${hexOf(responderSpi)}`;
  return `IKEv2 ${hexOf(initiatorSpi)}${responder}  ${parts}`;
}

/** A secret of IKE as a record. */
export function ikeSecretFields(secret: AnyIkeSecret): Record<string, unknown> {
  const has = partsOf(secret);
  const { line } = secret.origin;
  if (isIkev1(secret)) {
    return { line, version: 1, initiator: hexOf(secret.initiatorCookie), has };
  }
  const { initiatorSpi, responderSpi } = secret;
  return {
    line,
    version: 2,
    initiator: hexOf(initiatorSpi),
    ...(responderSpi === undefined ? {} : { responder: hexOf(responderSpi) }),
    has,
  };
}

/** An IKE key as a record. */
export function ikeKeyFields(key: IkeKey): Record<string, unknown> {
  if (key.version === 1) {
    return { line: key.origin.line, version: 1, initiator: hexOf(key.initiatorCookie) };
  }
  return {
    line: key.origin.line,
    version: 2,
    initiator: hexOf(key.initiatorSpi),
    responder: hexOf(key.responderSpi),
    encryption: key.encryption,
    integrity: key.integrity,
  };
}

/** A child of a listing as a record. */
export function childFields(child: ListedChild): Record<string, unknown> {
  const { origin, name, direction, spi, mode, algorithms } = child;
  return { line: origin.line, name, direction, spi, mode, algorithms };
}

/** A problem as a record. */
export function problemFields(problem: KeyProblem): Record<string, unknown> {
  const { severity, code, line, column, field, message } = problem;
  return { severity, code, line, column, ...(field === undefined ? {} : { field }), message };
}
