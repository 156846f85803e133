/**
 * The attacker as a process, for the lab and for nothing else: it runs in the lab's namespace of that name only, where nobody
 * is but the lab's own stations.
 */
import { openPacketLink, systemScheduler } from '../../../io/inline/index.ts';
import { CliError, EXIT } from '../../exit-codes.ts';
import type { Terminal } from '../../terminal.ts';
import { Attacker } from '../attacker.ts';
import type { AttackName } from '../attacker.ts';
import { frameKind } from '../frame-kind.ts';
import { isInNamespace } from '../ip-tool.ts';
import type { LabPlace } from '../lab-state.ts';
import {
  ADDRESSES,
  WIRES,
  attackerAddress,
  linkLayerOctets,
  namespaceOf,
  octetsOf,
} from '../plan.ts';
import type { ForeignLink } from '../plan.ts';

/** Starts an attack on the mobile node of a link. @returns its end */
export function startAttacker(
  place: LabPlace,
  attack: AttackName,
  link: ForeignLink,
  terminal: Terminal,
): () => void {
  if (!isInNamespace(namespaceOf(place.prefix, 'attacker'))) {
    throw new CliError(EXIT.usage, 'the attacker runs in the namespace of a lab only', {
      hint: 'mip6guard lab attack NAME',
    });
  }
  const port = openPacketLink(WIRES.attacker.name);
  const attacker = new Attacker({
    attack,
    port,
    scheduler: systemScheduler,
    address: octetsOf(attackerAddress(link)),
    homeAgent: octetsOf(ADDRESSES.homeAgent),
    homeAddress: octetsOf(ADDRESSES.homeAddress),
    mobile: linkLayerOctets(WIRES.mn),
    router: linkLayerOctets(link === 'foreign1' ? WIRES.routerForeign1 : WIRES.routerForeign2),
    kindOf: frameKind,
    onDone: (what) => {
      terminal.say(`${new Date(systemScheduler.wallClock * 1000).toISOString()} ${what}`);
    },
  });
  return () => {
    attacker.close();
    port.close();
  };
}
