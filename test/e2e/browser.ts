/**
 * A headless Chromium, driven over its debugging pipe: JSON messages, each ended by a zero octet.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { hasProgram } from './command.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Name of the browser; undefined when there is none. */
export const CHROMIUM = NAMES.find(hasProgram);

type JsonObject = Readonly<Record<string, unknown>>;

interface Waiting {
  readonly resolve: (result: JsonObject) => void;
  readonly reject: (error: Error) => void;
}

/** How a page is shown. */
export interface Shown {
  readonly width: number;
  readonly height?: number;
  readonly scheme?: 'light' | 'dark';
  readonly media?: 'screen' | 'print';
}

/** A browser with one page. */
export class Browser {
  /** What the page wanted to load, and what it complained about. */
  readonly requests: string[] = [];
  readonly errors: string[] = [];
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-browser-'));
  readonly #process: ChildProcess;
  readonly #commands: Writable;
  readonly #waiting = new Map<number, Waiting>();
  #events: { readonly name: string; readonly resolve: () => void }[] = [];
  #received = '';
  #last = 0;
  #session = '';

  private constructor(program: string) {
    const args = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--hide-scrollbars',
      '--no-first-run',
      `--user-data-dir=${this.#folder}`,
      '--remote-debugging-pipe',
    ];
    this.#process = spawn(program, args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    const [, , , commands, answers] = this.#process.stdio;
    if (!(commands instanceof Writable) || !(answers instanceof Readable)) {
      throw new Error('the browser has no debugging pipe');
    }
    this.#commands = commands;
    answers.setEncoding('utf8');
    answers.on('data', (text: string) => {
      this.#receive(text);
    });
  }

  /** Starts the browser and shows a file. */
  static async open(file: string): Promise<Browser> {
    if (CHROMIUM === undefined) throw new Error('there is no browser');
    const browser = new Browser(CHROMIUM);
    const { targetId } = await browser.#send('Target.createTarget', { url: 'about:blank' });
    const attached = await browser.#send('Target.attachToTarget', { targetId, flatten: true });
    browser.#session = String(attached['sessionId']);
    for (const domain of ['Page', 'Network', 'Runtime', 'Log']) {
      await browser.#send(`${domain}.enable`);
    }
    await browser.#go(pathToFileURL(file).href);
    return browser;
  }

  /** Sets size, colour scheme and medium. */
  async show({ width, height = 900, scheme = 'light', media = 'screen' }: Shown): Promise<void> {
    const size = { width, height, deviceScaleFactor: 1, mobile: false };
    await this.#send('Emulation.setDeviceMetricsOverride', size);
    const features = [{ name: 'prefers-color-scheme', value: scheme }];
    await this.#send('Emulation.setEmulatedMedia', { media, features });
  }

  /** Value of an expression in the page. */
  async evaluate(expression: string): Promise<unknown> {
    const options = { expression, returnByValue: true, awaitPromise: true };
    const { result, exceptionDetails: failure } = await this.#send('Runtime.evaluate', options);
    if (failure !== undefined) throw new Error(JSON.stringify(failure));
    return isObject(result) ? result['value'] : undefined;
  }

  /** Presses and releases a key: `Tab`, `Enter`. */
  async press(key: string): Promise<void> {
    const code = { Tab: 9, Enter: 13 }[key] ?? 0;
    const options = { key, code: key, windowsVirtualKeyCode: code };
    const text = key === 'Enter' ? { text: '\r' } : {};
    await this.#send('Input.dispatchKeyEvent', { type: 'keyDown', ...options, ...text });
    await this.#send('Input.dispatchKeyEvent', { type: 'keyUp', ...options });
  }

  /** PNG of the window, or of the whole page. */
  async screenshot(isWhole = false): Promise<Buffer> {
    const options = { format: 'png', captureBeyondViewport: isWhole };
    const { data } = await this.#send('Page.captureScreenshot', options);
    return Buffer.from(String(data), 'base64');
  }

  /** The page as PDF. */
  async pdf(): Promise<Buffer> {
    const { data } = await this.#send('Page.printToPDF', { printBackground: false });
    return Buffer.from(String(data), 'base64');
  }

  /** Ends the browser. */
  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await ended;
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #go(url: string): Promise<void> {
    const loaded = new Promise<void>((resolve) => {
      this.#events.push({ name: 'Page.loadEventFired', resolve });
    });
    await this.#send('Page.navigate', { url });
    await loaded;
  }

  #send(method: string, params: JsonObject = {}): Promise<JsonObject> {
    const id = ++this.#last;
    const session = this.#session === '' ? {} : { sessionId: this.#session };
    this.#commands.write(`${JSON.stringify({ id, method, params, ...session })}\0`);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #receive(text: string): void {
    const messages = (this.#received + text).split('\0');
    this.#received = messages.pop() ?? '';
    for (const message of messages) {
      const value: unknown = JSON.parse(message);
      if (isObject(value)) this.#take(value);
    }
  }

  #take({ id, result, error, method, params }: JsonObject): void {
    if (typeof id === 'number') {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (isObject(result)) waiting?.resolve(result);
      else waiting?.reject(new Error(JSON.stringify(error)));
      return;
    }
    if (method === 'Network.requestWillBeSent' && isObject(params) && isObject(params['request'])) {
      this.requests.push(String(params['request']['url']));
    }
    if (method === 'Runtime.exceptionThrown' || method === 'Log.entryAdded') {
      this.errors.push(JSON.stringify(params));
    }
    const due = this.#events.filter(({ name }) => name === method);
    this.#events = this.#events.filter(({ name }) => name !== method);
    for (const { resolve } of due) resolve();
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null;
}
