/**
 * What docs/gateway.md shows is what gateways take.
 */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { GATEWAY_COMMANDS } from '../../cli/gateway/gateway-control.ts';
import { checkedGateway, gatewayText } from '../../cli/gateway/gateway-file.ts';
import type { GatewaySettings } from '../../cli/gateway/gateway-file.ts';
import { gatewayJsonSchema } from '../../cli/gateway/gateway-schema.ts';
import { loadRules } from '../../cli/rules-directory.ts';
import { ROOT, blocksOf, pageText } from './pages.ts';

const PAGE = 'docs/gateway.md';
const EXAMPLES = path.join(ROOT, 'docs/examples');
const rules = await loadRules();
const shown = blocksOf(PAGE).filter(({ language }) => language === 'yml');

async function accepted(text: string, place: string): Promise<GatewaySettings> {
  return checkedGateway(await gatewayText(text, place), rules);
}

/** Keys of a part of a schema, without those of the site, which has a page of its own. */
function keysOf(part: unknown, isTop = true): string[] {
  if (typeof part !== 'object' || part === null) return [];
  const { properties = {} } = part as { properties?: Readonly<Record<string, unknown>> };
  return Object.entries(properties).flatMap(([key, value]) => {
    const isOpaque = isTop && (key === 'site' || key === 'verdicts');
    return isOpaque ? [key] : [key, ...keysOf(value, false)];
  });
}

describe('the configurations shown', () => {
  it.each(shown)('at $place are accepted', async ({ lines, place }) => {
    const indent = /^ */.exec(lines[0] ?? '')?.[0].length ?? 0;
    const text = lines.map((line) => line.slice(indent)).join('\n');
    await expect(accepted(text, place)).resolves.toBeDefined();
  });

  it('have every key among them', () => {
    const keys = new Set(keysOf(gatewayJsonSchema(rules)));
    expect(keys.size).toBeGreaterThan(40);
    const text = shown.flatMap(({ lines }) => lines).join('\n');
    expect([...keys].filter((key) => !text.includes(`${key}:`))).toEqual([]);
  });

  const files = readdirSync(EXAMPLES).filter((name) => /^gateway-[a-z-]+\.yaml$/.test(name));
  it.each(files)('in %s are accepted', async (name) => {
    const text = readFileSync(path.join(EXAMPLES, name), 'utf8');
    if (/^as: (?!inline)/m.test(text)) return;
    await expect(accepted(text, name)).resolves.toBeDefined();
  });
});

describe('the page of the gateway', () => {
  it('names every command of the control socket', () => {
    const text = pageText(PAGE);
    const missing = Object.keys(GATEWAY_COMMANDS).filter(
      (command) => !new RegExp(`\`${command}[\` ]`).test(text),
    );
    expect(missing).toEqual([]);
  });
});
