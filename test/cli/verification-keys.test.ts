import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readVerificationKeys } from '../../cli/verification-keys.ts';
import { parseAddress } from '../../dissectors/index.ts';
import type { ReadVerificationKeys } from '../../cli/verification-keys.ts';
import { formatKeyProblem } from '../../engine/keys/key-problem.ts';

const SECRET = '00112233445566778899aabbccddeeff';
const pem = String(
  generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({
    format: 'pem',
    type: 'spki',
  }),
);

function parse(text: string): Promise<ReadVerificationKeys> {
  return readVerificationKeys(text, '/etc/mip6/keys.yaml', (name) =>
    name === '/etc/mip6/router.pem'
      ? Promise.resolve(pem)
      : Promise.reject(new Error('no such file')),
  );
}

async function problemsOf(text: string): Promise<string> {
  const { problems } = await parse(text);
  return problems.map(formatKeyProblem).join('\n');
}

describe('the YAML key file', () => {
  it('gives keys for authentication options, bindings and signatures', async () => {
    const { keys } = await parse(`
mobility:
  - use: mn-ha
    spi: 300
    homeAddress: 2001:db8:1::10
    key: "0x${SECRET}"
  - use: binding-management
    homeAddress: 2001:db8:1::10
    correspondent: 2001:db8:3::1
    key: "0x${SECRET}01234567"
publicKeys: [router.pem]
`);
    expect(keys.mobility.map(({ kind }) => kind)).toEqual(['mn-ha', 'binding-management']);
    expect(keys.mobility[0]).toMatchObject({
      spi: 300,
      homeAddress: parseAddress('2001:db8:1::10'),
    });
    expect(keys.publicKeys.map((key) => key[0])).toEqual([0x30]);
  });

  it('is empty when there is nothing in it', async () => {
    await expect(parse('')).resolves.toEqual({
      keys: { mobility: [], publicKeys: [] },
      problems: [],
    });
  });

  it.each([
    ['mobility:\n  - use: mn-ha\n    spi: 1\n    kay: "0x00"\n', ['4:5', 'did you mean key?']],
    ['mobility:\n  - use: mn-aa\n    spi: 1\n', ['expected use: one of mn-ha']],
    ['mobility:\n  - use: mn-ha\n    spi: -1\n    key: "0x00"\n', ['3:10', 'expected an SPI']],
    ['publicKeys: [other.pem]\n', ['1:14', 'no such file']],
    ['mobility: 5\n', ['1:11', 'expected a list']],
  ])('says where a mistake is and what was expected: %j', async (text, parts) => {
    const message = await problemsOf(text);
    for (const part of parts) expect(message).toContain(part);
  });

  it('counts its good rows although another is wrong', async () => {
    const row = (spi: number) => `  - { use: mn-ha, spi: ${spi}, key: "0x${SECRET}" }\n`;
    const { keys, problems } = await parse(
      `mobility:\n${row(-1)}${row(300)}publicKeys: [no.pem]\n`,
    );
    expect(keys.mobility).toMatchObject([{ spi: 300 }]);
    expect(problems.map(({ line }) => line)).toEqual([2, 4]);
  });

  it('never repeats a key in what it says', async () => {
    const text = `mobility:\n  - use: binding-management\n    homeAddress: "${SECRET}"\n    correspondent: 1\n    key: "0x${SECRET}"\n`;
    const message = await problemsOf(text);
    expect(message).toContain('40 hexadecimal digits');
    expect(message).not.toContain(SECRET);
  });
});
