/**
 * A home agent as a process, for the mobile node of `WiredMobileNode`, with nobody of the test around it.
 */
import { formatAddress as text } from '../../dissectors/core/address.ts';
import { spiOf } from '../nodes/ipsec/protected-pair.ts';
import { AGENT, HOME } from '../nodes/mobile-node/bench.ts';
import { rowsFor } from './wired-home-agent.ts';
import { WiredNode } from './wired-node.ts';

const NUMBER = 1;
const PROTECTION = {
  bindingUpdates: 'esp-transport',
  prefixDiscovery: 'esp',
  homeTests: 'esp',
  payload: 'esp',
} as const;

/** SPI of the mobile node's updates. */
export const UPDATE_SPI = spiOf('binding', NUMBER);

/** Makes it; its links are `home` and `upstream`, and its router there is fe80::1. */
export function plainHomeAgent(): WiredNode {
  const rows = rowsFor({ homeAddress: HOME, homeAgent: AGENT, ...PROTECTION }, NUMBER);
  const spis = Object.fromEntries(
    (['binding', 'home-tests', 'prefix-discovery', 'payload'] as const).map((purpose) => {
      const toHomeAgent = spiOf(purpose, NUMBER);
      return [purpose, { toHomeAgent, toMobileNode: toHomeAgent + 1 }];
    }),
  );
  const agentAddress = text(AGENT);
  return new WiredNode({
    role: 'home-agent',
    links: ['home', 'upstream'],
    files: {
      'keys.yaml': `associations:\n${rows.map((row) => `  - ${JSON.stringify(row)}\n`).join('')}`,
    },
    configuration: {
      links: [
        { interface: 'home', addresses: [`${agentAddress}/64`] },
        { interface: 'upstream', addresses: ['2001:db8:9::2/64'], router: 'fe80::1' },
      ],
      keys: ['keys.yaml'],
      ipsec: PROTECTION,
      homeAgent: {
        prefixes: [{ prefix: '2001:db8:a::/64', interface: 'home', agentAddress }],
        mobileNodes: [{ homeAddress: text(HOME), spis }],
      },
    },
  });
}
