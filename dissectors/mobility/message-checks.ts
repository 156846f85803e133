/**
 * Rules that hold between the fields and the options of a message: order, presence, flags that exclude each other.
 * Rules of one option alone are in its row.
 */
import { u8 } from '../core/bytes.ts';
import type { DiagnosticList } from '../core/diagnostic.ts';
import { bindingChecks } from './checks/binding.ts';
import { OptionList, check } from './checks/check.ts';
import type { MessageCheck, ReportFinding } from './checks/check.ts';
import { fastHandoverChecks } from './checks/fast-handover.ts';
import { proxyChecks } from './checks/proxy.ts';
import type { KnownMessage } from './messages/index.ts';
import type { MobilityOption } from './options/index.ts';

const MOBILE_NODE_IDENTIFIER = 8;

/** Messages about one mobile node: which of two identifiers counts would differ between receivers. */
const ABOUT_ONE_NODE = [
  'binding-update',
  'binding-acknowledgement',
  'fast-binding-update',
  'fast-binding-acknowledgment',
  'handover-initiate',
  'handover-acknowledge',
] as const;

const oneIdentifier = ABOUT_ONE_NODE.map((kind) =>
  check(kind, (_, list, report) => {
    const first = list.indexOf(MOBILE_NODE_IDENTIFIER);
    const second = first < 0 ? -1 : list.indexOf(MOBILE_NODE_IDENTIFIER, first);
    if (second >= 0) report('OPTION_DUPLICATE', 'Mobile Node Identifier', second);
  }),
);

const CHECKS = new Map<KnownMessage['kind'], MessageCheck[]>();
for (const item of [...bindingChecks, ...fastHandoverChecks, ...proxyChecks, ...oneIdentifier]) {
  CHECKS.set(item.kind, [...(CHECKS.get(item.kind) ?? []), item]);
}

/**
 * Holds a decoded message against the rules of its kind.
 * @param offset of the message data in `bytes`; `octets` its length without options.
 * @param offsets of the options' Type octets in `bytes`.
 */
export function checkMessage(
  message: KnownMessage,
  options: readonly MobilityOption[],
  offsets: readonly number[],
  bytes: Uint8Array,
  offset: number,
  octets: number,
  diagnostics: DiagnosticList,
): void {
  const checks = CHECKS.get(message.kind);
  if (checks === undefined) return;
  const types: number[] = [];
  for (const at of offsets) types.push(u8(bytes, at));
  const list = new OptionList(options, types);
  const report: ReportFinding = (code, detail, option) => {
    const at = option === undefined ? undefined : offsets[option];
    if (at === undefined) diagnostics.add(code, offset, octets, detail);
    else
      diagnostics.add(code, at, list.types[option ?? 0] === 0 ? 1 : 2 + u8(bytes, at + 1), detail);
  };
  for (const item of checks) item.run(message, list, report);
}
