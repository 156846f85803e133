import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser, CHROMIUM } from './browser.ts';
import type { Shown } from './browser.ts';
import { ATTACK, ROOT, capture, mip6guard } from './command.ts';

const CAPTURES = path.join(ROOT, 'fixtures/captures');
const ATTACK_CAPTURE = path.join(CAPTURES, 'relay-attack.pcapng');
const WITH_KEYS = [
  ...['--config', path.join(CAPTURES, 'relay-attack.site.yaml')],
  ...['--keys', path.join(CAPTURES, 'relay-attack.esp_sa')],
];
/** Set to a folder to keep the screenshots and look at them. */
const KEPT = process.env['MIP6GUARD_SCREENSHOTS'];

let folder = '';
let report = '';

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-html-'));
  report = path.join(folder, 'report.html');
  const args = ['audit', '--format', 'html', '--output', report, ...WITH_KEYS, ATTACK_CAPTURE];
  const run = mip6guard(args);
  expect(run).toMatchObject({ code: 1, stdout: '', stderr: '' });
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the page of an attack', () => {
  it('shows who sent what to whom, with the layout of headers', () => {
    const text = readFileSync(report, 'utf8');
    for (const layout of ['HAO | ESP(BU)', 'ESP(BU)', 'RH2 | ESP(BA)', 'ESP(BA)', 'RA', 'UDP']) {
      expect(text).toContain(`<span class="layout">${layout}</span>`);
    }
    expect(text).toContain('Attacker to Home agent: ');
    expect(text).toContain('Mobile node to Attacker: ');
  });

  it('shows the octets that were decrypted, with the lifetime marked', () => {
    const text = readFileSync(report, 'utf8');
    expect(text).toContain('<dt><span class="mark m-esp">SPI</span></dt>');
    expect(text).toContain('Decrypted ESP, 48 octets');
  });

  it('shows where the node was', () => {
    const text = readFileSync(report, 'utf8');
    expect(text).toMatch(/class="away place-0"\s+style="left:\d/);
    expect(text).toContain('title="deregistered"');
  });

  it('says that a capture from a pipe cannot be read twice', () => {
    const run = mip6guard(['audit', '--format', 'html', '-'], { input: capture([ATTACK]) });
    expect(run.code).toBe(1);
    expect(run.stdout).toContain('an input can be read only once');
    expect(run.stdout.endsWith('</html>\n')).toBe(true);
  });

  it('escapes the name of the capture', () => {
    const file = path.join(folder, '<script>alert(1)<\u2215script>.pcap');
    writeFileSync(file, capture([ATTACK]));
    const { stdout } = mip6guard(['audit', '--format', 'html', file]);
    expect(stdout).toContain('&lt;script&gt;alert(1)');
    expect(stdout.match(/<script/g)).toHaveLength(1);
  });
});

/** Runs in the page: texts whose contrast is below 4.5, with what they say. */
const FAINT_TEXTS = `(() => {
  const parse = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const part = (v) => (v <= 10.3 ? v / 3294.6 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const groundOf = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if ((colour[3] ?? 1) > 0.99) return colour;
    }
    return [255, 255, 255];
  };
  const found = new Set();
  for (const element of document.querySelectorAll('body *')) {
    const texts = [...element.childNodes].filter((node) => node.nodeType === 3);
    if (!texts.some((node) => node.textContent.trim() !== '')) continue;
    if (element.tagName === 'SCRIPT' || element.closest('.sr, .bar .none')) continue;
    const a = luminance(parse(getComputedStyle(element).color));
    const b = luminance(groundOf(element));
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) {
      found.add(element.className + ' ' + contrast.toFixed(2) + ': ' + element.textContent.slice(0, 30));
    }
  }
  return [...found];
})()`;

const VIEWS: readonly (readonly [name: string, view: Shown])[] = [
  ['light-1280', { width: 1280 }],
  ['dark-1280', { width: 1280, scheme: 'dark' }],
  ['light-380', { width: 380 }],
  ['dark-380', { width: 380, scheme: 'dark' }],
  ['print-794', { width: 794, scheme: 'dark', media: 'print' }],
];

describe.skipIf(CHROMIUM === undefined)('the page in a browser (needs chromium)', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await Browser.open(report);
  });
  afterAll(async () => {
    if (KEPT !== undefined) {
      // The picture of the README: docs/images/report.png.
      await browser.show({ width: 1000, height: 640 });
      await browser.evaluate(
        `document.querySelector('.ladder').previousElementSibling.scrollIntoView({ behavior: 'instant' })`,
      );
      writeFileSync(path.join(KEPT, 'report.png'), await browser.screenshot());
    }
    await browser.close();
  });

  it.each(VIEWS)('fits its window without scrolling sideways: %s', async (name, view) => {
    await browser.show(view);
    const wide = await browser.evaluate('document.documentElement.scrollWidth');
    expect(wide).toBeLessThanOrEqual(view.width);
    const image = await browser.screenshot(true);
    // Width in the header of the PNG.
    expect(image.readUInt32BE(16)).toBe(view.width);
    if (KEPT !== undefined) writeFileSync(path.join(KEPT, `report-${name}.png`), image);
  });

  it.each(VIEWS)(
    'has text that stands out from its ground, 4.5 to 1 (WCAG 1.4.3): %s',
    async (_, view) => {
      await browser.show(view);
      const faint = await browser.evaluate(FAINT_TEXTS);
      expect(faint).toEqual([]);
    },
  );

  it('loads nothing and complains about nothing', () => {
    expect(browser.requests).toEqual([pathToFileURL(report).href]);
    expect(browser.errors).toEqual([]);
  });

  it('switches its theme by keyboard', async () => {
    await browser.show({ width: 1280 });
    const ground = `getComputedStyle(document.body).backgroundColor`;
    const light = await browser.evaluate(ground);
    await browser.evaluate(`document.querySelector('.theme').focus()`);
    await browser.press('Enter');
    expect(await browser.evaluate(ground)).not.toBe(light);
    expect(await browser.evaluate(`document.querySelector('.theme').textContent`)).toBe(
      'Light theme',
    );
    await browser.press('Enter');
    expect(await browser.evaluate(ground)).toBe(light);
  });

  it('goes from the first Tab to the findings, and from a link to its packet, which opens', async () => {
    await browser.evaluate(
      `(document.activeElement?.blur(), scrollTo(0, 0), getSelection().removeAllRanges())`,
    );
    await browser.evaluate(`document.querySelector('.skip').focus()`);
    await browser.press('Enter');
    expect(await browser.evaluate('document.activeElement.id')).toBe('main');
    const link = 'a.packet[href="#packet-0-70"]';
    await browser.evaluate(`document.querySelector('${link}').focus()`);
    await browser.press('Enter');
    const open = `new Promise((done) => setTimeout(() => done([document.activeElement.id, document.querySelector('#packet-0-70 details').open])))`;
    expect(await browser.evaluate(open)).toEqual(['packet-0-70', true]);
  });

  it('can be reached by Tab wherever something can be done or scrolls', async () => {
    const count = await browser.evaluate(
      `[...document.querySelectorAll('summary, a[href], button, .scroll, pre')].filter((item) => item.tabIndex < 0).length`,
    );
    expect(count).toBe(0);
  });

  it('prints with every packet open, whatever the theme', async () => {
    const pdf = await browser.pdf();
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    if (KEPT !== undefined) writeFileSync(path.join(KEPT, 'report.pdf'), pdf);
    await browser.evaluate(`dispatchEvent(new Event('beforeprint'))`);
    expect(await browser.evaluate(`document.querySelectorAll('details:not([open])').length`)).toBe(
      0,
    );
    await browser.evaluate(`dispatchEvent(new Event('afterprint'))`);
  });
});
