import { describe, expect, test } from 'vitest';
import { UNKNOWN_SITE } from '../../../engine/site.ts';
import type { Site, SiteLink } from '../../../engine/site.ts';
import { Links, globMatches } from '../../../engine/state/links.ts';

const inputs = [{ name: 'captures/foreign-2026.pcapng', packets: 0 }];
const capture = (name: string | undefined) => ({
  inputIndex: 0,
  name,
  description: undefined,
  linkType: 1,
  snapLength: 0,
});
const siteLink = (link: Partial<SiteLink>): SiteLink => ({
  name: 'visited',
  role: 'foreign',
  interfaces: [],
  files: [],
  vlans: [],
  ...link,
});
const site = (...links: SiteLink[]): Site => ({ ...UNKNOWN_SITE, links });

describe('links', () => {
  test('take name and role from the site file by interface, file and VLAN', () => {
    const byInterface = new Links(site(siteLink({ interfaces: ['wlan0'] })), inputs, [
      capture('wlan0'),
      capture('eth0'),
    ]);
    expect(byInterface.of(0, -1)).toMatchObject({ name: 'visited', effectiveRole: 'foreign' });
    expect(byInterface.of(1, -1)).toMatchObject({ name: 'eth0', roleKnownBy: 'none' });
    const byFile = new Links(site(siteLink({ files: ['foreign-*'] })), inputs, [
      capture(undefined),
    ]);
    expect(byFile.of(0, -1).role).toBe('foreign');
    const byVlan = new Links(site(siteLink({ vlans: [7] })), inputs, [capture('eth0')]);
    expect(byVlan.of(0, 7).role).toBe('foreign');
    expect(byVlan.of(0, 8).role).toBe('unknown');
  });

  test('one link of the site seen through two interfaces is one link', () => {
    const links = new Links(site(siteLink({ interfaces: ['a', 'b'] })), inputs, [
      capture('a'),
      capture('b'),
    ]);
    expect(links.of(0, -1)).toBe(links.of(1, -1));
  });

  test('stay bounded whatever interfaces and VLANs a capture invents', () => {
    const interfaces = Array.from({ length: 8 }, (_, i) => capture(`eth${i}`));
    const links = new Links(UNKNOWN_SITE, inputs, interfaces);
    for (let i = 0; i < interfaces.length; i++) {
      for (let vlan = 0; vlan < 4096; vlan++) links.of(i, vlan);
    }
    expect(links.all).toHaveLength(4097);
    expect(links.of(7, 4095)).toMatchObject({ name: 'other links', effectiveRole: 'unknown' });
    expect(links.of(0, 1).name).toBe('eth0 vlan 1');
  });

  test('glob patterns match whole names in linear time', () => {
    expect(globMatches('a*c?', 'abbbcd')).toBe(true);
    expect(globMatches('a*c', 'abbbcd')).toBe(false);
    expect(globMatches(`${'*a'.repeat(50)}b`, 'a'.repeat(5000))).toBe(false);
  });
});
