/**
 * What docs/nodes.md shows is what nodes take.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { NODE_COMMANDS } from '../../cli/nodes/node-control.ts';
import { parseNodeFile } from '../../cli/nodes/node-file.ts';
import { nodeJsonSchema } from '../../cli/nodes/node-schema.ts';
import { UMIP_NAMES } from '../../cli/nodes/umip/options.ts';
import { ROOT, blocksOf, pageText } from './pages.ts';

const PAGE = 'docs/nodes.md';
const shown = blocksOf(PAGE).filter(({ language }) => language === 'yml');

/** Names of all keys below a part of a schema. */
function keysOf(part: unknown): string[] {
  if (typeof part !== 'object' || part === null) return [];
  const { properties = {}, items } = part as {
    properties?: Readonly<Record<string, unknown>>;
    items?: unknown;
  };
  const own = Object.entries(properties).flatMap(([key, value]) => [key, ...keysOf(value)]);
  return [...own, ...keysOf(items)];
}

describe('the configurations shown', () => {
  it.each(shown)('at $place are accepted', async ({ lines, place }) => {
    await expect(parseNodeFile(lines.join('\n'), place)).resolves.toBeDefined();
  });

  it('have every key among them', () => {
    const keys = new Set(keysOf(nodeJsonSchema()));
    expect(keys.size).toBeGreaterThan(100);
    const text = shown.flatMap(({ lines }) => lines).join('\n');
    expect([...keys].filter((key) => !text.includes(`${key}:`))).toEqual([]);
  });
});

describe('the page of nodes', () => {
  it('names every command of the control socket', () => {
    const rows = Object.keys(NODE_COMMANDS).filter(
      (command) => !pageText(PAGE).includes(`| \`${command}`),
    );
    expect(rows).toEqual([]);
  });
});

describe('the page of UMIP', () => {
  it('names options that the import knows', () => {
    const table = pageText('docs/umip.md').matchAll(/^\| (`[^|]*) \|/gm);
    const named = [...table].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`(\w+)/g)].map((match) => match[1] ?? ''),
    );
    // Words within statements, which are no options.
    const within = ['MN', 'CN', 'MnIfPreference', 'HomeAddress', 'HomeAgentAddress', 'IsMobRtr'];
    const more = ['IPsecPolicy', 'Mh', 'ICMP', 'TunnelMh', 'UseAH'];
    const known = new Set([...UMIP_NAMES, ...within, ...more]);
    expect(named.length).toBeGreaterThan(25);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });
});

describe('the unit of systemd', () => {
  it('gives the privileges that a node asks for, and leaves it what it writes', () => {
    const unit = readFileSync(path.join(ROOT, 'docs/systemd/mip6guard-ha.service'), 'utf8');
    expect(unit).toContain('AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW');
    expect(unit).toContain('DeviceAllow=/dev/net/tun rw');
    expect(unit).not.toMatch(/^(?:ProtectKernelTunables|PrivateDevices|MemoryDenyWriteExecute)=/m);
  });
});
