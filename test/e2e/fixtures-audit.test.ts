import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mip6guard } from './command.ts';
import type { Outcome } from './command.ts';

const CAPTURES = 'fixtures/captures/';

/** Arguments for a capture with the files that belong to it. */
function withFiles(site: string, keys: string | undefined, ...captures: readonly string[]) {
  return [
    ...['--config', `${CAPTURES}${site}.site.yaml`],
    ...(keys === undefined ? [] : ['--keys', `${CAPTURES}${keys}.esp_sa`]),
    ...captures.map((name) => CAPTURES + name),
  ];
}

function audit(...args: readonly string[]): Outcome {
  return mip6guard(['audit', ...args]);
}

const document = z.object({
  alerts: z.array(z.object({ rule: z.object({ id: z.string() }).or(z.string()) }).loose()),
  incidents: z.array(z.object({ assessment: z.string() }).loose()),
});

function resultOf({ stdout }: Outcome): z.infer<typeof document> {
  return document.parse(JSON.parse(stdout));
}

describe('an audit of a normal life', () => {
  it.each([
    ['with keys', withFiles('normal-life', 'normal-life', 'normal-life.pcapng')],
    ['without keys', withFiles('normal-life', undefined, 'normal-life.pcapng')],
    ['without any help', [`${CAPTURES}normal-life.pcapng`]],
  ])('finds nothing and ends with 0, %s', (_, args) => {
    const run = audit('--fail-on', 'low', ...args);
    expect(run.stdout).toContain('No findings.');
    expect(run.code).toBe(0);
  });

  it('reads all that was protected', () => {
    const run = audit(...withFiles('normal-life', 'normal-life', 'normal-life.pcapng'));
    expect(run.stdout).toMatch(/ESP +(\d+) packets, \1 opened with a key/);
  });
});

describe('an audit of the attack of draft-ebalard-mext-hld-security-00 section 5.3', () => {
  it.each([
    ['with keys', withFiles('relay-attack', 'relay-attack', 'relay-attack.pcapng')],
    ['without keys', withFiles('relay-attack', undefined, 'relay-attack.pcapng')],
    [
      'from two captures whose clocks differ',
      withFiles(
        'relay-attack-files',
        'relay-attack',
        'relay-attack-home.pcap',
        'relay-attack-foreign.pcap',
      ),
    ],
    ['without any help', [`${CAPTURES}relay-attack.pcapng`]],
  ])('tells one incident that succeeded on both sides and ends with 1, %s', (_, args) => {
    const run = audit('--format', 'json', ...args);
    expect(run.code).toBe(1);
    const { incidents } = resultOf(run);
    expect(incidents.map(({ assessment }) => assessment)).toEqual(['succeeded on both']);
  });

  it('says the same with more than one thread', () => {
    const args = withFiles(
      'relay-attack-files',
      'relay-attack',
      'relay-attack-home.pcap',
      'relay-attack-foreign.pcap',
    );
    const one = audit('--format', 'json', '--workers', '1', ...args);
    const two = audit('--format', 'json', '--workers', '2', ...args);
    expect(two.stdout).toBe(one.stdout);
    expect(two.code).toBe(1);
  });
});

describe('reading the samples', () => {
  const SAMPLES = `${CAPTURES}samples/`;
  const LINKS = ['ethernet', 'vlan', 'qinq', 'sll', 'sll2', 'raw', 'ipv6', 'null', 'loop'];

  it.each(LINKS)('shows every mobility message behind link type %s', (link) => {
    const run = mip6guard(['read', `${SAMPLES}link-${link}.pcap`]);
    expect(run.stderr).toBe('');
    expect(run.stdout.split('\n').slice(0, -1)).toHaveLength(9);
    for (const name of ['Binding Update', 'Home Test Init', 'Care-of Test', 'Binding Error']) {
      expect(run.stdout).toContain(name);
    }
    expect(run.code).toBe(0);
  });

  it('shows the packets in front of where a file is broken, and ends with 3', () => {
    for (const name of ['broken-truncated.pcap', 'broken-corrupted.pcapng']) {
      const run = mip6guard(['read', SAMPLES + name]);
      expect(run.code).toBe(3);
      expect(run.stdout).toContain('Home Test Init');
      expect(run.stderr).toContain(name);
    }
  });

  it('says of a file that is no capture that it is none, and ends with 3', () => {
    const run = mip6guard(['read', `${SAMPLES}broken-no-capture.pcap`]);
    expect(run.code).toBe(3);
    expect(run.stdout).toBe('');
    expect(run.stderr).toContain('broken-no-capture.pcap');
  });
});
