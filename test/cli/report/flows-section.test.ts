import { describe, expect, it } from 'vitest';
import { auditDocument } from '../../../cli/report/document.ts';
import { plainPaint } from '../../../cli/report/palette.ts';
import { textReport } from '../../../cli/report/text-report.ts';
import type { EngineSummary } from '../../../engine/engine.ts';
import { schemaCheck } from '../../schema-check.ts';
import { makeFlows, makeRun, makeSummary } from './audit-builders.ts';

const HEADING = 'Security associations seen, without keys';

function report(espFlows: EngineSummary['espFlows']): string {
  const document = auditDocument(makeSummary({ espFlows }), makeRun());
  return textReport(document, { paint: plainPaint, width: 400 });
}

describe('the report of security associations that no key file told of', () => {
  it('names SPI, addresses, packets and role, and marks what is inferred', () => {
    const text = report(makeFlows());
    expect(text).toContain(HEADING);
    expect(text).toContain('0x00001000  2001:db8:1::10 → 2001:db8:1::1');
    expect(text).toContain(
      '3 packets, role binding (inferred): behind a Home Address option; 84 octets fit Binding Updates only',
    );
    expect(text).toContain('3 packets, role return routability: 3 with home tests read');
    expect(text).toContain(
      'ESP with NULL encryption, recognised by the checksum of the Mobility Header (inferred): ' +
        '3 of 3 packets read, integrity check value of 16 octets, not verified, initialization vector of 8; ' +
        '1 later packet did not fit',
    );
  });

  it('leaves out those that keys opened', () => {
    const opened = makeFlows().map((flow) => ({ ...flow, openedWithKey: flow.packets }));
    expect(report(opened)).not.toContain(HEADING);
  });

  it('shows forty, and says where the others are', () => {
    const [flow] = makeFlows();
    const many = Array.from({ length: 50 }, () => flow).filter((item) => item !== undefined);
    const text = report(many);
    expect(text.match(/3 packets, role binding/g)).toHaveLength(40);
    expect(text).toContain('… and 10 more: --format json has all of them.');
  });

  it('is in the document as the schema has it', () => {
    const document = auditDocument(makeSummary(), makeRun());
    const plain: unknown = JSON.parse(JSON.stringify(document));
    expect(schemaCheck('audit.schema.json')(plain)).toEqual([]);
    expect(document.esp_flows[1]).toMatchObject({
      spi: 0x2000,
      role: 'return-routability',
      basis: 'content',
      null_encryption: { proof: 'Mobility Header', iv_octets: 8, icv_octets: 16, misfits: 1 },
    });
  });
});
