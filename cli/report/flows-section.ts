/**
 * Section of the text report about security associations that no key file told of: SPIs between two addresses, and
 * what their packets give away.
 */
import type { AuditDocument, EspFlowRecord } from '../../io/export/records.ts';
import { countText, plural } from './numbers.ts';
import type { Page } from './page.ts';

/** Most rows; who needs all takes the json format. */
const MAX_ROWS = 40;

const ROLES: Readonly<Record<EspFlowRecord['role'], string>> = {
  binding: 'binding',
  'prefix-discovery': 'prefix discovery',
  'return-routability': 'return routability',
  payload: 'payload',
  unknown: 'not known',
};

/** How many packets were read without a key, and why that is believed. */
function nullText({ null_encryption: found, packets }: EspFlowRecord): string | undefined {
  if (found === undefined) return undefined;
  const { packets: read, misfits, proof, iv_octets: iv, icv_octets: icv } = found;
  const layout =
    icv === 0 ? 'no integrity check value' : `integrity check value of ${icv} octets, not verified`;
  const vector = iv === 0 ? '' : `, initialization vector of ${iv}`;
  const others = misfits === 0 ? '' : `; ${plural(misfits, 'later packet')} did not fit`;
  return (
    `ESP with NULL encryption, recognised by the checksum of the ${proof} (inferred): ` +
    `${countText(read)} of ${plural(packets, 'packet')} read, ${layout}${vector}${others}`
  );
}

/** Section "Security associations seen": those of which packets were not opened with a key. */
export function writeFlows(page: Page, document: AuditDocument): void {
  const flows = document.esp_flows.filter((flow) => flow.opened_with_key < flow.packets);
  if (flows.length === 0) return;
  page.heading('Security associations seen, without keys');
  for (const flow of flows.slice(0, MAX_ROWS)) {
    const spi = `0x${flow.spi.toString(16).padStart(8, '0')}`;
    page.line(2, { text: spi, style: 'name' }, `  ${flow.source} → ${flow.destination}`);
    const mark = flow.basis === 'inferred' ? ' (inferred)' : '';
    const role = `${ROLES[flow.role]}${mark}: ${flow.reason}`;
    page.paragraph(4, `${plural(flow.packets, 'packet')}, role ${role}`);
    const text = nullText(flow);
    if (text !== undefined) page.paragraph(4, text);
  }
  if (flows.length > MAX_ROWS) {
    const more = countText(flows.length - MAX_ROWS);
    page.paragraph(2, `… and ${more} more: --format json has all of them.`);
  }
}
