/**
 * What a node answers on its control socket.
 */
import { formatAddress, parseAddress } from '../../dissectors/core/address.ts';
import type { BindingCacheEntry } from '../../nodes/binding-cache.ts';
import type { MobileNode } from '../../nodes/mobile-node/mobile-node.ts';
import type { RunningNode } from './running-node.ts';

/** Bindings or associations told at once; a home agent may have a hundred thousand and eight times as many. */
const MAX_ROWS = 10_000;

/** A request: the command, and what it is about. */
interface Request {
  readonly command: string;
  readonly [name: string]: unknown;
}

type Command = (running: RunningNode, request: Request) => object;

/** What can be asked; help and answers are made of this. */
export const NODE_COMMANDS: Readonly<
  Record<string, { readonly help: string; readonly run: Command }>
> = {
  status: { help: 'role, links, counts', run: status },
  bindings: { help: 'bindings in the cache', run: bindings },
  associations: {
    help: 'home=ADDRESS: security associations, without keys; all without home',
    run: associations,
  },
  drops: {
    help: 'packets thrown away, by reason',
    run: ({ node }) => ({ drops: Object.fromEntries(node.host.drops) }),
  },
  remove: { help: 'home=ADDRESS: ends a binding', run: remove },
  handover: {
    help: 'interface=NAME: a mobile node goes there; any = as configured',
    run: handover,
  },
  refresh: { help: 'a mobile node registers again now', run: refresh },
};

function isRequest(value: unknown): value is Request {
  return (
    typeof value === 'object' &&
    value !== null &&
    'command' in value &&
    typeof value.command === 'string'
  );
}

/** Answers a line. Never throws. */
export function nodeAnswer(running: RunningNode, line: string): object {
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch {
    return { ok: false, error: 'expected a JSON object' };
  }
  if (!isRequest(request)) return { ok: false, error: 'expected an object with command' };
  const command = Object.hasOwn(NODE_COMMANDS, request.command)
    ? NODE_COMMANDS[request.command]
    : undefined;
  if (command === undefined) {
    const known = Object.keys(NODE_COMMANDS).join(', ');
    return { ok: false, error: `unknown command; known: ${known}` };
  }
  return { ok: true, ...command.run(running, request) };
}

function status({ settings, node, links, alarms }: RunningNode): object {
  const { host } = node;
  return {
    role: settings.role,
    ...(settings.name === undefined ? {} : { name: settings.name }),
    links: links.map((link) => ({
      interface: link.name,
      isUp: link.isUp,
      ...link.counts(),
      addresses: host.interfaces
        .filter((each) => each.port === link)
        .flatMap((each) =>
          each.addresses.map(({ address, state }) => ({ address: formatAddress(address), state })),
        ),
    })),
    bindings: {
      home: host.bindings.homeRegistrations,
      correspondent: host.bindings.correspondents,
    },
    alarms: Object.fromEntries(alarms),
    ...(node.mobileNode === undefined ? {} : mobility(node.mobileNode)),
  };
}

function bindings({ node }: RunningNode): object {
  const { scheduler, bindings: cache } = node.host;
  const shown = (entry: BindingCacheEntry): object => ({
    homeAddress: formatAddress(entry.homeAddress),
    careOfAddress: formatAddress(entry.careOfAddress),
    localAddress: formatAddress(entry.localAddress),
    isHomeRegistration: entry.isHomeRegistration,
    sequence: entry.sequence,
    lifetime: entry.lifetime,
    remaining: Math.max(0, Math.floor((entry.expiresAt - scheduler.now) / 1000)),
  });
  const list: object[] = [];
  for (const entry of cache.entries()) {
    if (list.length >= MAX_ROWS) break;
    list.push(shown(entry));
  }
  const total = cache.homeRegistrations + cache.correspondents;
  return { bindings: list, total };
}

function associations({ node }: RunningNode, { home }: Request): object {
  const { ipsec } = node;
  const address = typeof home === 'string' ? parseAddress(home) : undefined;
  if (home !== undefined && address?.length !== 16) {
    return { ok: false, error: 'expected home=ADDRESS' };
  }
  const wanted = address === undefined ? undefined : formatAddress(address);
  const all = (ipsec?.describe() ?? []).filter(
    ({ homeAddress }) => wanted === undefined || homeAddress === wanted,
  );
  const missing = ipsec?.missing().length ?? 0;
  return { associations: all.slice(0, MAX_ROWS), total: all.length, missing };
}

function handover({ node, settings }: RunningNode, request: Request): object {
  if (node.mobileNode === undefined) {
    return { ok: false, error: `a ${settings.role} does not move` };
  }
  const { interface: name } = request;
  if (typeof name !== 'string') return { ok: false, error: 'expected interface=NAME' };
  if (node.mobileNode.movement.prefer(name === 'any' ? undefined : name)) return {};
  const known = settings.links.map((link) => link.interface).join(', ');
  return { ok: false, error: `no interface ${name}; known: ${known}, any` };
}

function remove({ node }: RunningNode, { home }: Request): object {
  const address = typeof home === 'string' ? parseAddress(home) : undefined;
  if (address?.length !== 16) return { ok: false, error: 'expected home=ADDRESS' };
  if (node.host.bindings.find(address) === undefined) {
    return { ok: false, error: 'no binding of this home address' };
  }
  node.host.bindings.remove(address, 'revoked');
  return {};
}

function refresh({ node, settings }: RunningNode): object {
  if (node.mobileNode === undefined) {
    return { ok: false, error: `a ${settings.role} registers with nobody` };
  }
  node.mobileNode.refresh();
  return {};
}

function mobility({ movement, homeAddresses }: MobileNode): object {
  const { interface: link, isAtHome, careOfAddresses } = movement;
  return {
    attachment: {
      interface: link?.name ?? null,
      isAtHome,
      careOfAddresses: careOfAddresses.map((each) => formatAddress(each)),
    },
    homeAddresses: homeAddresses.map(({ address, state, homeAgent }) => ({
      address: formatAddress(address),
      state,
      homeAgent: homeAgent === undefined ? null : formatAddress(homeAgent),
    })),
  };
}
