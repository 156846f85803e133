import { Box } from 'ink';
import { afterEach, describe, expect, it } from 'vitest';
import { enduranceRuns } from '../../endurance.ts';
import { useActions } from '../../../ui/hooks/use-actions.ts';
import { commandText, footerRows, keyGroups, keyRows, keysPage } from '../../../ui/keymap.ts';
import type { ScreenDefinition } from '../../../ui/screen.ts';
import { PACKETS_SCREEN } from '../../../ui/screens/packets.tsx';
import { SCREENS } from '../../../ui/screens/index.ts';
import { textWidth } from '../../../ui/text.ts';
import { FakeModel } from '../fake-model.ts';
import { HOSTILE } from '../fake-state.ts';
import { openApp, SIZES } from '../harness.tsx';
import type { AppOptions, TestApp } from '../harness.tsx';

let app: TestApp;
afterEach(() => {
  app.close();
});
async function open(options?: AppOptions): Promise<TestApp> {
  app = await openApp(options);
  return app;
}

describe.each(SCREENS.map((screen) => ({ screen, id: screen.id })))(
  'the table of $id',
  ({ screen }) => {
    const rows = keyRows(screen, SCREENS);

    it('has each key and each action once', async () => {
      await open();
      const keys = rows.flatMap((row) => row.keys);
      expect(keys.filter((key, i) => keys.indexOf(key) !== i)).toEqual([]);
      const actions = rows.map(({ action }) => action);
      expect(actions.filter((action, i) => actions.indexOf(action) !== i)).toEqual([]);
    });

    it('describes every row in words, and names its command', async () => {
      await open();
      for (const { action, description } of rows) {
        expect(action).toMatch(/^[a-z]+(-[a-z]+)*$/);
        expect(description.length).toBeGreaterThan(5);
      }
    });

    it('has at most six keys in the footer, which all have their place at 80 columns', async () => {
      await open({ start: { screen: screen.id } });
      const shown = footerRows(screen, SCREENS);
      expect(shown.length).toBeLessThanOrEqual(6);
      const footer = app.lines().at(-1) ?? '';
      for (const row of shown) expect(footer).toContain(row.footer);
    });

    it('is what help shows, all of it and nothing else', async () => {
      await open({ start: { screen: screen.id }, size: { columns: 200, rows: 100 } });
      await app.press('?');
      const shown = app
        .lines()
        .slice(2, -4)
        .map((line) => line.replace(/^[> ] {2}?/, '').trim())
        .filter((line) => line !== '');
      const expected = keyGroups(screen, SCREENS).flatMap((group) => [
        group.title,
        ...group.rows.map(
          (row) =>
            `${row.keys.join(' ').padEnd(16)}:${commandText(row).padEnd(26)}${row.description}`,
        ),
      ]);
      const squeezed = (line: string): string => line.replace(/\s+/g, '');
      expect(shown.map(squeezed)).toEqual(expected.map(squeezed));
    });
  },
);

describe('help', () => {
  it('finds rows while one types, and does what the chosen one says', async () => {
    await open();
    await app.press('?');
    await app.type('octets');
    expect(app.frame()).toContain('search: octets');
    expect(app.frame()).not.toContain('ladder of this binding');
    await app.press('down', 'up', 'enter');
    expect(app.frame()).not.toContain('Keys of');
  });

  it('shows the whole description where the line has no room for it', async () => {
    await open();
    await app.press('?');
    expect(app.frame()).toContain('earlier ones');
  });

  it('closes with esc, after the search is cleared', async () => {
    await open();
    await app.press('?');
    await app.type('zzz');
    expect(app.frame()).toContain('nothing found');
    await app.press('esc');
    expect(app.frame()).toContain('Keys of Packets');
    await app.press('esc');
    expect(app.frame()).not.toContain('Keys of Packets');
  });

  it.each(SIZES)('moves over all rows at $columns x $rows', async (size) => {
    await open({ size });
    await app.press('?', 'end');
    const last = SCREENS.at(-1);
    expect(app.cursorLines()[0]).toContain(`screen ${last?.title ?? ''}`);
    await app.press('home', 'pgdn', 'ctrl-u', 'down');
    expect(app.cursorLines()).toHaveLength(1);
    for (const line of app.lines()) expect(textWidth(line)).toBeLessThanOrEqual(size.columns);
  });
});

describe('the page of keys in docs', () => {
  it('is the table (write it anew with: npx vitest run test/ui/frame/frame.test.tsx -u)', async () => {
    await open();
    const head = [
      '# Keys of the screens',
      '',
      'Every key is a row of one table in the program; `?` shows the rows of the screen at hand. Each is also a command:',
      'press `:`, type its name, tab completes.',
      '',
      '',
    ].join('\n');
    await expect(head + keysPage(SCREENS)).toMatchFileSnapshot('../../../docs/tui-keys.md');
  });
});

describe('the prompt', () => {
  it('says while one types whether a filter will do, where it is wrong, and what may be meant', async () => {
    await open();
    await app.press('/');
    await app.type('mip6.bu.lifetme == 3');
    expect(app.frame()).toContain('filter: mip6.bu.lifetme == 3▏  no');
    expect(app.lines().at(-1)).toMatch(/^ {8}\^{15}/);
    expect(app.frame().replace(/\s+/g, ' ')).toContain('did you mean mip6.bu.lifetime');
    await app.press('enter');
    expect(app.model.calls.some(({ call }) => call === 'setFilter')).toBe(false);
    await app.press('ctrl-u');
    await app.type('mip6.bu.lifetime == 3');
    expect(app.frame()).toContain('  ok');
  });

  it('has the message in a line of its own when there is no room behind the carets', async () => {
    await open();
    await app.press('/');
    await app.type('mip6 and esp and ipv6 and nosuchprotocol');
    const lines = app.lines();
    expect(lines.at(-1)?.trim()).toMatch(/^\^+$/);
    expect(lines.at(-3)).toContain('neither a field nor a protocol');
  });

  it('completes with tab, and goes through what there is', async () => {
    await open();
    await app.press('/');
    await app.type('mip6.bu.li');
    await app.press('tab');
    expect(app.frame()).toContain('filter: mip6.bu.lifetime▏');
    await app.press('ctrl-u');
    await app.type('ipv6.src == ');
    await app.press('tab');
    expect(app.frame()).toContain('ipv6.src == 2001:db8:2::5▏');
    await app.press('tab');
    expect(app.frame()).toContain('ipv6.src == 2001:db8:1::1▏');
    await app.press('shift-tab');
    expect(app.frame()).toContain('ipv6.src == 2001:db8:2::5▏');
  });

  it('finds what was typed before, and keeps what is being typed', async () => {
    await open();
    await app.press('/');
    await app.type('mip6\r');
    await app.press('/');
    await app.press('ctrl-u');
    await app.type('esp\r');
    await app.press('/', 'ctrl-u');
    await app.type('ipv');
    await app.press('up');
    expect(app.frame()).toContain('filter: esp▏');
    await app.press('up', 'up');
    expect(app.frame()).toContain('filter: mip6▏');
    await app.press('down', 'down');
    expect(app.frame()).toContain('filter: ipv▏');
  });

  it('finds filters of earlier sessions, and gives those that were applied to later ones', async () => {
    const kept: string[] = [];
    const history = { filters: ['mip6', 'esp'], add: (filter: string) => kept.push(filter) };
    await open({ history });
    await app.press('/', 'up', 'up');
    expect(app.frame()).toContain('filter: mip6▏');
    await app.press('enter', '/', 'ctrl-u');
    await app.type('nosuchfield');
    await app.press('enter', 'esc', '/', 'up', 'ctrl-u');
    await app.type('icmpv6');
    await app.press('enter');
    expect(kept).toEqual(['mip6', 'icmpv6']);
  });

  it('is edited like a line of a shell', async () => {
    await open();
    await app.press('/');
    await app.type('one two 漢');
    await app.press('backspace', 'ctrl-w', 'left');
    await app.type('X');
    expect(app.frame()).toContain('filter: oneX▏ ');
    await app.press('home', 'ctrl-d', 'right', 'ctrl-k');
    expect(app.frame()).toContain('filter: n▏');
    await app.press('ctrl-a', 'ctrl-e', 'end');
    expect(app.frame()).toContain('filter: n▏');
  });

  it('leaves everything as it was with esc', async () => {
    await open();
    await app.press('/');
    await app.type('mip6');
    await app.press('esc');
    expect(app.model.status.filter).toBe('');
    expect(app.frame()).not.toContain('filter: mip6');
  });

  it('shows long text around its cursor', async () => {
    await open();
    await app.press('/');
    await app.type(`mip6 ${'and mip6 '.repeat(100)}`);
    expect(app.frame()).toContain('▏');
    for (const line of app.lines()) expect(textWidth(line)).toBeLessThanOrEqual(80);
    await app.type('x'.repeat(5000));
    expect(app.lines()).toHaveLength(23);
  });
});

describe('the : line', () => {
  it('does every action by its name, completed with tab', async () => {
    await open();
    await app.press(':');
    await app.type('inci');
    await app.press('tab', 'enter');
    expect(app.frame()).toContain('[5 Incidents]');
  });

  it('does not take a name that there is not', async () => {
    await open();
    await app.press(':');
    await app.type('folow');
    expect(app.frame()).toContain('did you mean follow?');
    await app.press('enter');
    expect(app.frame()).toContain(':folow▏');
  });
});

describe('the status', () => {
  it('says how far loading is', async () => {
    await open({ model: new FakeModel({ phase: 'loading' }) });
    expect(app.frame()).toContain('loading  [####......] 43 %');
    app.model.change({ phase: 'complete', progress: undefined });
    await app.settle();
    expect(app.frame()).not.toContain('loading');
  });

  it('always shows dropped packets of a live capture, and what was not judged', async () => {
    const model = new FakeModel({ phase: 'following', packets: 7 });
    await open({ model });
    expect(app.frame()).toContain('* live  7 packets  dropped 0');
    const inputs = [{ name: 'eth0', packets: 7, dropped: 12_345, fault: 'the interface is down' }];
    model.change({ inputs, shed: 3 });
    await app.settle();
    expect(app.frame()).toContain('! dropped 12 345');
    expect(app.frame()).toContain('! eth0: the interface is down');
  });

  it('says why a run failed', async () => {
    const model = new FakeModel();
    await open({ model });
    model.change({ phase: 'failed', failure: `cut short ${HOSTILE}` });
    await app.settle();
    expect(app.frame()).toContain('! failed  cut short evil\\x1b');
  });

  it('is shown again after something was said', async () => {
    await open();
    await app.press('n');
    expect(app.frame()).toContain('! nothing was searched for yet');
    await app.press('j');
    expect(app.frame()).toContain('sample.pcapng');
    await app.press('n');
    await app.elapse();
    expect(app.frame()).toContain('sample.pcapng');
  });
});

describe('leaving', () => {
  it('asks when captured packets are in no file', async () => {
    await open({ model: new FakeModel({ phase: 'following', packets: 1234 }) });
    await app.press('q');
    expect(app.frame()).toContain('1 234 captured packets are not in a file');
    await app.press('n');
    expect(app.asked).toEqual([]);
    await app.press('q', 'y');
    expect(app.asked).toEqual(['quit']);
  });

  it('does not ask when they are', async () => {
    await open({ model: new FakeModel({ phase: 'stopped', packets: 10 }) });
    await app.press(':');
    await app.type('write-all all.pcapng\r');
    await app.press('q');
    expect(app.asked).toEqual(['quit']);
  });

  it('takes ctrl-c twice from anywhere, and not once now and once much later', async () => {
    await open();
    await app.press('/', 'ctrl-c');
    await app.elapse();
    await app.press('ctrl-c');
    expect(app.asked).toEqual([]);
    await app.press('ctrl-c');
    expect(app.asked).toEqual(['quit']);
  });
});

describe('a terminal', () => {
  it('that is too small gets a notice, and everything back as it was when it is enlarged', async () => {
    await open();
    await app.press('j', 'j', 'tab');
    for (const size of [
      { columns: 79, rows: 24 },
      { columns: 80, rows: 23 },
      { columns: 20, rows: 3 },
      { columns: 1, rows: 1 },
    ]) {
      await app.resize(size);
      expect(app.lines().length).toBeLessThan(Math.max(2, size.rows));
      expect(app.frame()).not.toContain('filter:');
    }
    await app.resize({ columns: 79, rows: 24 });
    expect(app.frame()).toContain('80 x 24 at least, this one is 79 x 24');
    await app.resize({ columns: 120, rows: 40 });
    expect(app.frame()).toContain('══ Fields of packet 3');
  });

  it('may change its size as often as it wants', async () => {
    await open();
    for (let i = 0; i < enduranceRuns(60); i++) {
      const size = { columns: 60 + ((i * 37) % 160), rows: 10 + ((i * 23) % 60) };
      await app.resize(size);
      expect(app.lines().length).toBeLessThan(size.rows);
    }
    await app.resize({ columns: 80, rows: 24 });
    expect(app.lines()).toHaveLength(23);
  });
});

describe('dialogs', () => {
  /** A screen whose keys open each dialog. */
  const results: unknown[] = [];
  const probe: ScreenDefinition = {
    ...PACKETS_SCREEN,
    keys: [
      { action: 'probe-ask', keys: ['K'], description: 'asks a question' },
      { action: 'probe-choose', keys: ['C'], description: 'lets choose' },
      { action: 'probe-show', keys: ['S'], description: 'shows a text' },
    ],
    component: ({ actions, isActive, size }) => {
      useActions(
        {
          'probe-ask': () => actions.ask(`Sure of ${HOSTILE}?`).then((yes) => results.push(yes)),
          'probe-choose': () =>
            actions
              .choose('Which', [
                { key: 'a', label: 'first' },
                { key: 'b', label: HOSTILE },
                { key: 'j', label: 'third' },
              ])
              .then((choice) => results.push(choice?.key)),
          'probe-show': () => {
            actions.show(
              'Text',
              Array.from({ length: 100 }, (_, i) => `line ${i} ${HOSTILE}`),
            );
          },
        },
        isActive,
      );
      return <Box height={size.rows} />;
    },
  };
  const start = async (): Promise<void> => {
    results.length = 0;
    await open({ screens: [probe] });
  };

  it('ask yes or no', async () => {
    await start();
    for (const key of ['y', 'n', 'esc', 'q']) await app.press('K', key);
    expect(results).toEqual([true, false, false, false]);
    await app.press('K', 'x', 'enter');
    expect(app.frame()).toContain('y yes, n no');
    expect(app.frame()).not.toContain('\x07');
  });

  it('let choose by key, and with the cursor', async () => {
    await start();
    await app.press('C', 'a', 'C', 'down', 'enter', 'C', 'up', 'enter', 'C', 'j', 'C', 'esc');
    expect(results).toEqual(['a', 'b', 'j', 'j', undefined]);
  });

  it('show long text with movement', async () => {
    await start();
    await app.press('S');
    expect(app.frame()).toContain('line 0 ');
    await app.press('G');
    expect(app.frame()).toContain('line 99 ');
    await app.press('ctrl-u', 'pgup', 'k', 'home');
    expect(app.frame()).toContain('line 0 ');
    expect(app.frame()).not.toMatch(/[^\P{Cc}\n]/u);
    await app.press('esc');
    expect(app.frame()).not.toContain('line 0');
  });

  it('wait for each other', async () => {
    await start();
    await app.type('KC');
    expect(app.frame()).toContain('Sure?');
    await app.press('y');
    expect(app.frame()).not.toContain('Which');
    expect(results).toEqual([true]);
  });
});

it('a screen that is not shown is not rendered and asks the model for nothing', async () => {
  const model = new FakeModel();
  await open({ model, start: { screen: 'bindings' } });
  await app.press('1');
  const asked = (): number => model.calls.filter(({ call }) => call === 'view').length;
  const before = asked();
  for (let i = 0; i < 5; i++) {
    model.setView('bindings', []);
    await app.settle();
  }
  expect(asked()).toBe(before);
  await app.press('2');
  expect(asked()).toBe(before + 1);
});
