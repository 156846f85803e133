import { describe, expect, it } from 'vitest';
import { MOBILITY_MESSAGES } from '../../dissectors/mobility/header.ts';
import { mobilityOptions } from '../../dissectors/mobility/options/index.ts';
import { referencePage } from './reference-page.ts';

describe('the reference of messages and options', () => {
  it('is the one in docs (write it anew with: npx vitest run test/docs/reference.test.ts -u)', async () => {
    await expect(referencePage()).toMatchFileSnapshot('../../docs/reference.md');
  });

  it('has every MH Type from 0 to 23 and every mobility option from 0 to 70', () => {
    const types = MOBILITY_MESSAGES.map(({ mhType }) => mhType).sort((a, b) => a - b);
    expect(types).toEqual(Array.from({ length: 24 }, (_, i) => i));
    // Pad1, type 0, has no Length and is no row.
    const options = [...mobilityOptions.definitions.keys()].sort((a, b) => a - b);
    expect(options).toEqual(Array.from({ length: 70 }, (_, i) => i + 1));
  });
});
