import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { OTHER_SECTIONS, SECTIONS } from '../dissectors/oracle/known/index.ts';
import { oraclePage } from './oracle-page.ts';
import { ROOT } from './pages.ts';

const RFC_TEXTS = path.join(ROOT, '../shared/rfc');
const sections = [...SECTIONS, ...OTHER_SECTIONS];

/** Documents and sections of `RFC 5568 6.2.2, 6.4.2, RFC 7077 4.1 to 4.3`. */
function citations(rfc: string): [number: string, section: string][] {
  return rfc
    .split(/(?:, )?RFC /)
    .slice(1)
    .flatMap((text) => {
      const [number = '', ...rest] = text.split(/,? /);
      return rest
        .filter((word) => word !== 'to')
        .map((section): [string, string] => [number, section]);
    });
}

function hasSection(number: string, section: string): boolean {
  const file = path.join(RFC_TEXTS, `rfc${number}.txt`);
  // Not all texts are there.
  if (!existsSync(file)) return true;
  const title = new RegExp(`^ {0,3}${section.replaceAll('.', String.raw`\.`)}\\.? +\\S`, 'm');
  return title.test(readFileSync(file, 'latin1'));
}

describe('the page of the comparison with other dissectors', () => {
  it('is the one in docs (write it anew with: npx vitest run test/docs/oracle.test.ts -u)', async () => {
    await expect(oraclePage(sections)).toMatchFileSnapshot('../../docs/oracle.md');
  });

  it('names a document and a section wherever it says that ours is right', () => {
    const entries = sections.flatMap(([, list]) => list);
    const right = entries.filter(({ verdict }) => verdict === 'ours right');
    expect(right.length).toBeGreaterThan(40);
    for (const { rfc = '', reason } of right) {
      expect(citations(rfc).length, reason).toBeGreaterThan(0);
    }
  });

  it.skipIf(!existsSync(RFC_TEXTS))(
    'cites sections that the documents have (needs the texts of the RFCs)',
    () => {
      const missing = sections
        .flatMap(([, list]) => list.flatMap(({ rfc = '' }) => citations(rfc)))
        .filter(([number, section]) => !hasSection(number, section));
      expect(missing).toEqual([]);
    },
  );
});
