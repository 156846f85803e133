/**
 * What can be done with the packet and the field of the cursor.
 */
import { useRef } from 'react';
import type { FieldNode } from '../../dissectors/core/node.ts';
import type {
  ModelStatus,
  PacketDetail,
  PacketModel,
  PacketRow,
  SearchQuery,
} from '../../engine/views/model/index.ts';
import { treeText } from '../components/tree.tsx';
import type { TreeLine } from '../components/tree.tsx';
import { bindingFilter, excludeFilter, filterOfNode, joinFilters } from '../filter-text.ts';
import { reasonOf } from '../frame/frame-actions.ts';
import { useActions } from '../hooks/use-actions.ts';
import type { ActionCall } from '../hooks/use-actions.ts';
import type { Choice, ScreenActions } from '../screen.ts';
import { rowLine } from './row-text.ts';
import { checkSearch, searchQuery } from './search.ts';

/** What the cursor is on. */
export interface PacketPlace {
  readonly model: PacketModel;
  readonly status: ModelStatus;
  readonly actions: ScreenActions;
  readonly isActive: boolean;
  readonly row: PacketRow | undefined;
  /** Of the packet of the row, or of the one before while the answer is not there. */
  readonly detail: PacketDetail | undefined;
  readonly lines: readonly TreeLine[];
  /** Field of the cursor of the tree. */
  readonly field: FieldNode | undefined;
  /** Packets chosen for writing. */
  readonly selected: ReadonlySet<number>;
  /** Moves the cursor to a packet, or the next one that is shown. */
  readonly reveal: (packet: number) => Promise<void>;
}

/** Octets of a field as hexadecimal. */
function octetsText(detail: PacketDetail, { source, offset, length }: FieldNode): string {
  const bytes = detail.sources[source]?.bytes.subarray(offset, offset + length);
  return Array.from(bytes ?? [], (octet) => octet.toString(16).padStart(2, '0')).join('');
}

/** Answers to the actions on a packet. */
export function usePacketActions(place: PacketPlace): void {
  const { model, status, actions, isActive, row, detail, lines, field, selected, reveal } = place;
  const marks = useRef(new Map<string, number>());
  const query = useRef<SearchQuery | undefined>(undefined);
  const current = status.filter;

  const withFilter = (use: (filter: string) => void): void => {
    const filter = field === undefined ? undefined : filterOfNode(field, detail?.sources ?? []);
    if (filter === undefined) {
      const what =
        field === undefined ? 'there is no field' : 'this line is a group without a field';
      actions.say(`${what}; choose another in the fields`, 'warning');
    } else use(filter);
  };
  const withHomeAddress = (use: (homeAddress: string) => void): void => {
    const [homeAddress] = detail?.homeAddresses ?? [];
    if (detail === undefined) actions.say('the packet is not loaded yet');
    else if (homeAddress === undefined) {
      actions.say('this packet speaks of no home address', 'warning');
    } else use(homeAddress);
  };
  const guarded = (work: Promise<void>): void => {
    work.catch((error: unknown) => {
      actions.say(reasonOf(error), 'error');
    });
  };

  const look = async (isBackward: boolean): Promise<void> => {
    if (query.current === undefined) {
      actions.say('nothing was searched for yet: ctrl-f', 'warning');
      return;
    }
    const from = row?.packet ?? 0;
    const found = await model.search(query.current, from, isBackward);
    if (found === undefined) actions.say('not found in the packets shown', 'warning');
    else {
      await reveal(found);
      if (isBackward ? found >= from : found <= from) actions.say('search went around');
    }
  };
  const search = (text: string): void => {
    if (text === '') return;
    const wanted = searchQuery(text);
    if ('ok' in wanted) actions.say(wanted.message, 'error');
    else {
      query.current = wanted;
      guarded(look(false));
    }
  };

  const showAlerts = async (): Promise<void> => {
    if (detail === undefined) {
      actions.say('the packet is not loaded yet');
      return;
    }
    const ids = new Set(detail.alerts);
    if (ids.size === 0) {
      actions.say('no alert has this packet as evidence');
      return;
    }
    const incidents = await model.view('incidents');
    const choices = incidents.flatMap(({ id, title, severity, alerts }) => {
      const own = alerts.filter((alert) => ids.has(alert.id));
      return own.length === 0
        ? []
        : [
            { id, label: `${severity}: ${title}` },
            ...own.map((alert) => ({
              id,
              label: `  ${alert.rule} ${alert.severity}: ${alert.message}`,
            })),
          ];
    });
    const keyed = choices.slice(0, 26).map(({ id, label }, index) => ({
      id,
      key: String.fromCharCode(0x61 + index),
      label,
    }));
    const chosen = await actions.choose('Alerts of this packet', keyed);
    const incident = keyed.find(({ key }) => key === chosen?.key)?.id;
    if (incident !== undefined) actions.go('incidents', { kind: 'incident', incident });
  };

  const write = ({ argument }: ActionCall): void => {
    if (selected.size > 0) {
      const packets = [...selected].sort((a, b) => a - b);
      actions.write({ kind: 'packets', packets }, `${packets.length} selected packets`, argument);
    } else if (current !== '') {
      actions.write({ kind: 'shown' }, `the ${status.shown} packets shown`, argument);
    } else actions.write({ kind: 'all' }, `all ${status.packets} packets`, argument);
  };

  const copy = async (): Promise<void> => {
    const texts = new Map<string, string>();
    const choices: Choice[] = [];
    const add = (key: string, label: string, text: string | undefined): void => {
      if (text === undefined || text === '') return;
      texts.set(key, text);
      choices.push({ key, label: `${label}: ${text.split('\n')[0] ?? ''}` });
    };
    if (field !== undefined) {
      add('v', 'value', field.text);
      add('f', 'filter', filterOfNode(field, detail?.sources ?? []));
      add('n', 'name of the field', field.name);
      if (detail !== undefined) add('x', 'octets', octetsText(detail, field));
    }
    if (row !== undefined) add('l', 'line', rowLine(row));
    add('t', 'fields', lines.map(treeText).join('\n'));
    const chosen = await actions.choose('Copy', choices);
    const text = chosen === undefined ? undefined : texts.get(chosen.key);
    if (chosen !== undefined && text !== undefined) {
      actions.copy(text, chosen.label.slice(0, chosen.label.indexOf(':')));
    }
  };

  useActions(
    {
      filter: ({ argument }) => {
        if (argument === undefined) actions.prepareFilter(current);
        else actions.applyFilter(argument);
      },
      apply: () => {
        withFilter(actions.applyFilter);
      },
      prepare: () => {
        withFilter((filter) => {
          actions.prepareFilter(joinFilters(current, 'and', filter));
        });
      },
      exclude: () => {
        withFilter((filter) => {
          actions.applyFilter(excludeFilter(current, filter));
        });
      },
      'apply-and': () => {
        withFilter((filter) => {
          actions.applyFilter(joinFilters(current, 'and', filter));
        });
      },
      'apply-or': () => {
        withFilter((filter) => {
          actions.applyFilter(joinFilters(current, 'or', filter));
        });
      },
      follow: () => {
        withHomeAddress((homeAddress) => {
          actions.applyFilter(bindingFilter(homeAddress));
          actions.say(`binding of ${homeAddress}; esc shows all packets again`);
        });
      },
      'show-ladder': () => {
        withHomeAddress((homeAddress) => {
          actions.go('ladder', { kind: 'home-address', homeAddress });
        });
      },
      alerts: () => {
        guarded(showAlerts());
      },
      search: ({ argument }) => {
        if (argument !== undefined) search(argument);
        else {
          actions.prompt({
            label: 'search',
            history: 'search',
            check: checkSearch,
            submit: search,
          });
        }
      },
      'search-next': () => {
        guarded(look(false));
      },
      'search-previous': () => {
        guarded(look(true));
      },
      mark: ({ argument }) => {
        if (row === undefined || argument === undefined) return;
        marks.current.set(argument, row.packet);
        actions.say(`packet ${row.number} is '${argument}`);
      },
      'to-mark': ({ argument = '' }) => {
        const packet = marks.current.get(argument);
        if (packet === undefined) actions.say(`no packet is marked with ${argument}`, 'warning');
        else guarded(reveal(packet));
      },
      write,
      'write-all': ({ argument }) => {
        actions.write({ kind: 'all' }, `all ${status.packets} packets`, argument);
      },
      copy: () => {
        guarded(copy());
      },
    },
    isActive,
  );
}
