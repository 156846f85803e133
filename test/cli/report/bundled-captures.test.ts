import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { auditDocument } from '../../../cli/report/document.ts';
import { faultRecords } from '../../../cli/report/faults.ts';
import { plainPaint } from '../../../cli/report/palette.ts';
import { RunFollower } from '../../../cli/report/run-follower.ts';
import { textReport } from '../../../cli/report/text-report.ts';
import { loadRules } from '../../../cli/rules-directory.ts';
import { readSiteFile } from '../../../cli/site-file.ts';
import { parseKeyText } from '../../../engine/keys/key-text.ts';
import { Engine } from '../../../engine/pipeline.ts';
import { UNKNOWN_SITE } from '../../../engine/site.ts';
import { openCaptures } from '../../../io/capture/file.ts';
import { EveWriter } from '../../../io/export/eve.ts';
import { jsonText } from '../../../io/export/json-text.ts';
import type { AuditDocument } from '../../../io/export/records.ts';
import { loadKeyFiles } from '../../../io/keys.ts';
import { MemorySink } from '../../io/export/memory-sink.ts';
import { IS_ENDURANCE } from '../../endurance.ts';
import { badValues, schemaCheck } from '../../schema-check.ts';
import { makeRun } from './audit-builders.ts';

const FIXTURES = path.join(import.meta.dirname, '../../../fixtures');

const captures = readdirSync(FIXTURES, { recursive: true })
  .map(String)
  .filter((name) => /\.pcap(ng)?$/.test(name))
  .sort();

/** Every fourth; all with `npm run endurance`. */
const audited = captures.filter((_, i) => IS_ENDURANCE || i % 4 === 0);

const rules = await loadRules();
const checkLine = schemaCheck('eve.schema.json');
const checkDocument = schemaCheck('audit.schema.json');

/** Audits a capture with what lies beside it under the same name. */
async function audit(name: string): Promise<{ lines: string[]; document: AuditDocument }> {
  const base = path.join(FIXTURES, name.replace(/\.pcap(ng)?$/, ''));
  const [siteFile, keyFile] = [`${base}.site.yaml`, `${base}.esp_sa`];
  const site = existsSync(siteFile) ? await readSiteFile(siteFile, rules) : UNKNOWN_SITE;
  const keyFiles = existsSync(keyFile) ? [keyFile] : [];
  const { associations } = await loadKeyFiles(keyFiles, parseKeyText);
  const { source, errors } = await openCaptures([path.join(FIXTURES, name)]);
  const { inputs, interfaces } = source;
  const sink = new MemorySink();
  const follower = new RunFollower(inputs, { eve: new EveWriter(sink), store: undefined });
  const engine = new Engine({ site, rules, associations, inputs, interfaces, observer: follower });
  await source.run((record) => {
    engine.feed(record);
  });
  const summary = engine.finish();
  const faults = faultRecords(source, errors);
  const document = auditDocument(summary, makeRun({ inputs, faults, keyFiles }));
  follower.end(document, summary.lastTime);
  return { lines: sink.lines, document };
}

describe('what an audit gives for a bundled capture', () => {
  it('is tested for some', () => {
    expect(captures.length).toBeGreaterThan(20);
  });

  it.each(audited)('fits the schemas and the page: %s', async (name) => {
    const { lines, document } = await audit(name);
    for (const line of lines) {
      const value: unknown = JSON.parse(line);
      expect(checkLine(value), line).toEqual([]);
      expect(badValues(value), line).toEqual([]);
    }
    expect(lines.at(-1)).toContain('"event_type":"stats"');
    const shown: unknown = JSON.parse(jsonText(document));
    expect(checkDocument(shown)).toEqual([]);
    expect(document.internal_errors).toEqual([]);

    const text = textReport(document, { paint: plainPaint, width: 100 });
    expect(/\p{Cc}/u.exec(text.replaceAll('\n', ''))).toBeNull();
    // Only what cannot be broken may be longer: two long addresses, the name of a file.
    const long = text.split('\n').filter((line) => line.length > 110 && !line.includes('.pcap'));
    expect(long).toEqual([]);
    // Every alert is in the stream once, and in the report.
    const alerts = lines.filter((line) => line.includes('"event_type":"alert"'));
    expect(alerts).toHaveLength(document.alerts.length);
    for (const { rule } of document.alerts) expect(text).toContain(rule);
  });
});
