/**
 * Incidents: what is wrong, worst first, and each of them told from its first packet to what to do.
 */
import { useMemo, useState } from 'react';
import type { FC } from 'react';
import type { IncidentRow } from '../../engine/views/model/index.ts';
import { emptyText, ListAndDetail } from '../components/detail-pane.tsx';
import { SECTION_KEYS, useDocument } from '../components/document.tsx';
import { Table } from '../components/table.tsx';
import type { Column } from '../components/table.tsx';
import { bindingFilter } from '../filter-text.ts';
import { useActions } from '../hooks/use-actions.ts';
import { hasNeedle, NARROW_KEY, useNarrow } from '../hooks/use-narrow.ts';
import { useRowList, useSubject } from '../hooks/use-row-list.ts';
import { useSplit } from '../hooks/use-split.ts';
import { useView } from '../hooks/use-view.ts';
import { incidentText } from '../incidents/incident-text.ts';
import { muting } from '../incidents/use-mute.ts';
import { PANE_KEYS } from '../keymap.ts';
import type { KeyBinding } from '../keymap.ts';
import type { ScreenDefinition, ScreenProps } from '../screen.ts';
import { countText, safeText } from '../text.ts';
import { SEVERITY_LETTERS, SEVERITY_TONES } from '../theme.ts';
import { secondsText } from '../time-text.ts';

const KEYS: readonly KeyBinding[] = [
  {
    action: 'open',
    keys: ['enter'],
    description: 'read it; in the text: the packet of this line, or open an explanation',
    footer: 'read, packet',
  },
  { action: 'show-ladder', keys: ['L'], description: 'its messages as a ladder', footer: 'ladder' },
  {
    action: 'write',
    keys: ['w'],
    description: 'write its packets to a pcapng file, findings as comments',
    footer: 'write packets',
    argument: { name: 'file', kind: 'text', isOptional: true },
  },
  {
    action: 'mute',
    keys: ['m'],
    description: 'hide it for some time: 1h, 2d, 1w, or until a time (UTC); again: show it',
    footer: 'mute',
    argument: { name: 'time', kind: 'text', isOptional: true },
  },
  { action: 'follow', keys: ['f'], description: 'filter for all packets of its home address' },
  { action: 'open-all', keys: ['a'], description: 'open or close all explanations' },
  { action: 'copy', keys: ['y'], description: 'copy the text of the incident' },
  NARROW_KEY,
  ...SECTION_KEYS,
  ...PANE_KEYS,
];

/** Cells by which a drawing moves at a key. */
const SHIFT = 8;

const COLUMNS: readonly Column<IncidentRow>[] = [
  { title: '#', width: 3, isRight: true, cell: ({ id }) => `${id}` },
  {
    title: 'Severity',
    width: 10,
    cell: ({ severity }) => ({
      text: `${SEVERITY_LETTERS[severity]} ${severity}`,
      tone: SEVERITY_TONES[severity],
    }),
  },
  {
    title: 'What',
    width: 30,
    share: 1,
    cell: ({ title, mutedUntil }) =>
      mutedUntil !== undefined && mutedUntil > Date.now()
        ? { text: `(muted) ${title}`, tone: 'dim' }
        : title,
  },
  { title: 'Sure', width: 7, from: 90, cell: ({ confidence }) => confidence },
  {
    title: 'Steps',
    width: 5,
    isRight: true,
    from: 100,
    cell: ({ stages }) => `${stages.length}`,
  },
  {
    title: 'Alerts',
    width: 6,
    isRight: true,
    from: 80,
    cell: ({ alerts }) => countText(alerts.length),
  },
  { title: 'Begin s', width: 10, isRight: true, cell: ({ first }) => secondsText(first) },
];

function keyOf({ id }: IncidentRow): string {
  return `${id}`;
}

const Incidents: FC<ScreenProps> = ({ model, status, size, actions, isActive, subject }) => {
  const view = useView(model, status, 'incidents', isActive);
  const count = view?.length ?? 0;
  const split = useSplit({
    size,
    isActive,
    listRows: count + 1,
    share: 0.25,
    // With one incident there is nothing to choose.
    start: count === 1 ? 'detail' : 'list',
  });
  const isListed = isActive && split.focus === 'list';
  const isRead = isActive && split.focus === 'detail';
  const needle = useNarrow(actions, isListed);
  const rows = useMemo(
    () =>
      (view ?? []).filter(({ title, severity, homeAddress, homeAgent, attackers, alerts }) =>
        hasNeedle(needle, [
          title,
          severity,
          homeAddress,
          homeAgent,
          ...attackers,
          ...alerts.map(({ rule }) => rule),
        ]),
      ),
    [view, needle],
  );
  const list = useRowList({ rows, keyOf, height: split.list.rows - 1, isActive: isListed });
  const row = list.selected;
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const [shift, setShift] = useState(0);
  const mute = useMemo(() => muting(model, actions), [model, actions]);
  const text = useMemo(
    () =>
      row === undefined
        ? []
        : incidentText(row, { width: size.columns - 2, open, shift, now: Date.now() }),
    [row, size.columns, open, shift],
  );
  const reading = useDocument(text, split.detail.rows, isRead, row === undefined ? '' : keyOf(row));

  useSubject(subject, view !== undefined, (wanted) => {
    const found = rows.findIndex(({ id, homeAddress, evidence }) => {
      if (wanted.kind === 'incident') return id === wanted.incident;
      if (wanted.kind === 'home-address') return homeAddress === wanted.homeAddress;
      return evidence.some(({ packet }) => packet === wanted.packet);
    });
    if (found < 0) {
      actions.say('that incident is not here any more', 'warning');
      return;
    }
    list.select(found);
    split.focusOn('detail');
  });

  const withRow = (then: (incident: IncidentRow) => void): void => {
    if (row === undefined) actions.say('there is no incident here', 'warning');
    else then(row);
  };
  const target = isRead ? text[reading.cursor]?.target : undefined;
  const toggle = (alert: number, isOpen: boolean): void => {
    const next = new Set(open);
    if (isOpen) next.add(alert);
    else next.delete(alert);
    setOpen(next);
    // Folded from within: back to its line.
    const head = text.findIndex(
      (line) => line.target?.kind === 'alert' && line.target.alert === alert,
    );
    if (head >= 0) reading.select(head);
  };
  useActions(
    {
      open: () => {
        if (row === undefined) actions.say('there is no incident here', 'warning');
        else if (!isRead) split.focusOn('detail');
        else if (target === undefined)
          actions.say('enter works on lines with #packet, + and -', 'warning');
        else if (target.kind !== 'packet') toggle(target.alert, !open.has(target.alert));
        else if (target.packet === undefined)
          actions.say('that packet is not kept any more', 'warning');
        else actions.go('packets', { kind: 'packet', packet: target.packet });
      },
      left: () => {
        if (target?.kind === 'drawing' && shift > 0) setShift(Math.max(0, shift - SHIFT));
        else if (target !== undefined && target.kind !== 'packet') toggle(target.alert, false);
        else return false;
        return true;
      },
      right: () => {
        if (target?.kind === 'drawing') setShift(Math.min(target.hidden, shift + SHIFT));
        else if (target?.kind === 'alert') toggle(target.alert, true);
        else return false;
        return true;
      },
      'show-ladder': () => {
        withRow(({ id }) => {
          actions.go('ladder', { kind: 'incident', incident: id });
        });
      },
      write: ({ argument }) => {
        withRow(({ id }) => {
          actions.write({ kind: 'incident', incident: id }, `packets of incident ${id}`, argument);
        });
      },
      mute: ({ argument }) => {
        withRow((incident) => {
          mute.ask(incident, argument);
        });
      },
      follow: () => {
        withRow(({ homeAddress }) => {
          if (homeAddress === undefined)
            actions.say('this incident names no home address', 'warning');
          else actions.applyFilter(bindingFilter(homeAddress));
        });
      },
      'open-all': () => {
        withRow(({ alerts }) => {
          const isAllOpen = alerts.every(({ id }) => open.has(id));
          setOpen(isAllOpen ? new Set() : new Set([...open, ...alerts.map(({ id }) => id)]));
        });
      },
      copy: () => {
        withRow(({ id }) => {
          const lines = text.map(({ segments }) =>
            segments
              .map((segment) => segment.text)
              .join('')
              .trimEnd(),
          );
          actions.copy(lines.join('\n'), `incident ${id}`);
        });
      },
    },
    isActive,
  );

  return (
    <ListAndDetail
      size={size}
      title={
        row === undefined ? 'Incident' : `Incident ${row.id}: } next part, enter opens packets`
      }
      lines={text}
      reading={reading}
      split={split}
      needle={needle}
      list={list}
      count={rows.length}
    >
      <Table
        columns={COLUMNS}
        rows={rows}
        list={list}
        size={split.list}
        isFocused={split.focus === 'list'}
        empty={safeText(
          emptyText(
            view === undefined,
            needle,
            'no incidents: no rule found anything wrong so far',
          ),
        )}
      />
    </ListAndDetail>
  );
};

/** The screen. */
export const INCIDENTS_SCREEN: ScreenDefinition = {
  id: 'incidents',
  title: 'Incidents',
  short: 'Incidents',
  key: '5',
  component: Incidents,
  keys: KEYS,
};
