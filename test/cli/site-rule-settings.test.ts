import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../cli/configuration-error.ts';
import { loadRules } from '../../cli/rules-directory.ts';
import { parseSite } from '../../cli/site-file.ts';
import { prefix } from '../rules/site.ts';

const rules = await loadRules();

const site = (text: string) => parseSite(`version: 1\n${text}`, 'site.yaml', rules);

async function problem(text: string): Promise<string> {
  const error: unknown = await site(text).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConfigurationError)) throw new Error('no ConfigurationError');
  return error.message;
}

const AGENT = 'homeAgents: [{ name: ha1, addresses: [2001:db8:1::1] }]\n';

describe('what a site file says about rules', () => {
  it('becomes overrides, thresholds, rate filters and suppressions', async () => {
    const { overrides, thresholds, rateFilters, suppressions } = await site(`${AGENT}
overrides:
  - { rules: [MIP6-1101], homeAgent: ha1, enabled: false, reason: two home links }
  - { rules: all, address: 2001:db8:9::/48, severity: low }
  - { rules: [MIP6-1106], address: 2001:db8:9::5, params: { confirmSeconds: 20 } }
thresholds:
  - { rules: [MIP6-1003], type: limit, track: by_src, count: 1, seconds: 3600 }
rateFilters:
  - { rules: all, track: by_dst, count: 5, seconds: 10, timeout: 60, severity: high, verdict: drop }
suppressions:
  - { rules: [MIP6-1003], track: by_src, addresses: [2001:db8:66::1], until: 2026-12-31 }
`);
    expect(overrides).toEqual([
      { rules: ['MIP6-1101'], homeAgent: 'ha1', enabled: false, reason: 'two home links' },
      { rules: 'all', address: prefix('2001:db8:9::/48'), severity: 'low' },
      {
        rules: ['MIP6-1106'],
        address: prefix('2001:db8:9::5/128'),
        params: { confirmSeconds: 20 },
      },
    ]);
    expect(thresholds).toEqual([
      { rules: ['MIP6-1003'], type: 'limit', track: 'by_src', count: 1, seconds: 3600 },
    ]);
    expect(rateFilters).toEqual([
      {
        rules: 'all',
        track: 'by_dst',
        count: 5,
        seconds: 10,
        timeout: 60,
        severity: 'high',
        verdict: 'drop',
      },
    ]);
    expect(suppressions).toEqual([
      {
        rules: ['MIP6-1003'],
        track: 'by_src',
        addresses: [prefix('2001:db8:66::1/128')],
        until: '2026-12-31',
      },
    ]);
  });

  it.each<[string, string, string]>([
    [
      'a rule that is none',
      'suppressions: [{ rules: [MIP6-11066] }]',
      'site.yaml:2:26: suppressions[0].rules[0]: expected the id of a rule (rules of your own are loaded with --rules DIR); found "MIP6-11066"; did you mean MIP6-1106?',
    ],
    [
      'no rules at all',
      'suppressions: [{ until: 2026-12-31 }]',
      'site.yaml:2:16: suppressions[0].rules: missing: expected all, or a list of rule ids',
    ],
    [
      'a day that is none',
      'suppressions: [{ rules: all, until: 2026-02-30 }]',
      'suppressions[0].until: expected a day like 2026-12-31; found "2026-02-30"',
    ],
    [
      'a track without addresses',
      'suppressions: [{ rules: all, track: by_src }]',
      'suppressions[0]: expected both track and addresses, or neither',
    ],
    [
      'an unknown track',
      'thresholds: [{ rules: all, type: limit, track: by_source, count: 1, seconds: 1 }]',
      'found "by_source"; did you mean by_src?',
    ],
    [
      'a period of nothing',
      'thresholds: [{ rules: all, type: limit, track: by_src, count: 1, seconds: 0 }]',
      'thresholds[0].seconds: expected a whole number from 1 to 604800 (seconds); found 0',
    ],
    [
      'a rate filter that changes nothing',
      'rateFilters: [{ rules: all, track: by_src, count: 1, seconds: 1, timeout: 1 }]',
      'rateFilters[0]: expected something that changes: severity or verdict',
    ],
    [
      'an override everywhere',
      'overrides: [{ rules: all, enabled: false }]',
      'overrides[0]: expected either homeAgent or address',
    ],
    [
      'an override of nothing',
      'overrides: [{ rules: all, address: 2001:db8::1 }]',
      'overrides[0]: expected something that changes: enabled, severity, verdict or params',
    ],
    [
      'a home agent that is none',
      `${AGENT}overrides: [{ rules: all, homeAgent: ha2, enabled: false }]`,
      'overrides[0].homeAgent: no home agent of this file has this name; did you mean ha1?',
    ],
    [
      'a parameter that the rules do not have',
      'overrides: [{ rules: [MIP6-1106], address: 2001:db8::1, params: { confirmSecond: 5 } }]',
      'overrides[0].params.confirmSecond: expected a parameter of these rules: confirmSeconds; found 5',
    ],
    [
      'a parameter out of its range',
      'overrides: [{ rules: [MIP6-1106], address: 2001:db8::1, params: { confirmSeconds: 5000 } }]',
      'overrides[0].params.confirmSeconds: expected a number from 2 to 60 (seconds) for MIP6-1106; found 5000',
    ],
    ['an unknown key', 'suppressions: [{ rules: all, ips: [] }]', 'unknown key; known here: rules'],
  ])('with %s is refused with its place', async (_name, text, message) => {
    expect(await problem(text)).toContain(message);
  });
});
