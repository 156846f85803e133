/**
 * Puts verdicts on authenticators and signatures behind the options that carry them.
 */
import type { FieldNode } from './core/node.ts';
import { generatedNode, report } from './layer.ts';
import type { LayerContext } from './layer.ts';
import type { Verification } from './verification.ts';

/** Values of a verdict, as Wireshark has them for checksums. */
export const VERDICT_VALUES = [
  { value: 0, name: 'wrong' },
  { value: 1, name: 'right' },
  { value: 2, name: 'not verified' },
] as const;

const VALUES = { wrong: 0, right: 1, 'not-verified': 2 } as const;

/** Addresses of the IPv6 header, whatever options and routing headers say. */
export function wireAddresses(
  context: LayerContext,
): { readonly source: Uint8Array; readonly destination: Uint8Array } | undefined {
  const fields = context.ip?.node.children;
  const source = fields?.find(({ name }) => name === 'ipv6.src')?.value;
  const destination = fields?.find(({ name }) => name === 'ipv6.dst')?.value;
  return source instanceof Uint8Array && destination instanceof Uint8Array
    ? { source, destination }
    : undefined;
}

/** The node of an option: the innermost group that starts at its Type octet. */
function optionNode(node: FieldNode, offset: number): FieldNode | undefined {
  for (const child of node.children) {
    if (child.offset > offset || child.offset + child.length <= offset) continue;
    const inner = optionNode(child, offset);
    if (inner !== undefined) return inner;
    if (child.offset === offset && child.children.length > 0) return child;
  }
  return undefined;
}

/** Adds a line for each verdict to the option it is about, and reports what is wrong. */
export function addVerdicts(
  context: LayerContext,
  node: FieldNode,
  verdicts: readonly Verification[],
): void {
  for (const { offset, label, name, status, detail, code } of verdicts) {
    const option = optionNode(node, offset) ?? node;
    const text = `${status === 'not-verified' ? 'not verified' : status} (${detail})`;
    const line = { label, name, text, value: VALUES[status], offset };
    option.children.push(generatedNode(context, line));
    if (status === 'wrong') report(context, code, offset, option.length, detail);
  }
}
