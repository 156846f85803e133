/**
 * `mip6guard lab status`.
 */
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { askAssociations, askBindings, askStatus } from './ask.ts';
import type { Binding } from './ask.ts';
import { gatewayNumbers } from './gateway-report.ts';
import type { GatewayNumbers } from './gateway-report.ts';
import { LabPlace } from './lab-state.ts';
import type { LabState } from './lab-state.ts';
import { ADDRESSES, namespaceOf } from './plan.ts';
import type { LabLink } from './plan.ts';
import { registration } from './whereabouts.ts';

/** What a lab looks like. */
export interface LabStatus extends LabState {
  readonly directory: string;
  readonly namespaces: { readonly mn: string; readonly cn: string };
  readonly mobileNode: {
    readonly link: LabLink | 'nowhere';
    readonly state: string;
    readonly isAtHome: boolean;
    readonly careOfAddress: string | null;
    readonly alarms: Readonly<Record<string, number>>;
  };
  readonly homeAgent: {
    readonly bindings: readonly Binding[];
    readonly associations: number;
    readonly alarms: Readonly<Record<string, number>>;
  };
  readonly correspondent: { readonly bindings: readonly Binding[] };
  readonly gateways: readonly GatewayNumbers[];
}

/** Asks everybody. @throws CliError when there is no lab, or one of its processes does not answer */
export async function labStatus(place: LabPlace): Promise<LabStatus> {
  const state = place.load();
  const [mn, ha, agentBindings, associations, correspondentBindings, where, gateways] =
    await Promise.all([
      askStatus(place, 'mn'),
      askStatus(place, 'ha'),
      askBindings(place, 'ha'),
      askAssociations(place, 'ha'),
      askBindings(place, 'cn'),
      registration(place),
      gatewayNumbers(place),
    ]);
  return {
    ...state,
    directory: place.directory,
    namespaces: { mn: namespaceOf(place.prefix, 'mn'), cn: namespaceOf(place.prefix, 'cn') },
    mobileNode: {
      link: where.link ?? 'nowhere',
      state: where.state,
      isAtHome: where.isAtHome,
      careOfAddress: where.careOfAddress ?? null,
      alarms: mn.alarms,
    },
    homeAgent: {
      bindings: agentBindings,
      associations: associations.length,
      alarms: ha.alarms,
    },
    correspondent: { bindings: correspondentBindings },
    gateways,
  };
}

/** Writes it for people, or for programs. */
export function writeStatus(status: LabStatus, isJson: boolean, terminal: Terminal): void {
  const text = isJson ? JSON.stringify(status, undefined, 2) : statusText(status);
  terminal.output.write(`${text}\n`);
}

/** The command. */
export async function runStatus(
  directory: string,
  isJson: boolean,
  terminal: Terminal,
): Promise<ExitCode> {
  writeStatus(await labStatus(new LabPlace(directory)), isJson, terminal);
  return EXIT.clean;
}

function statusText(status: LabStatus): string {
  const { mobileNode, homeAgent, correspondent, namespaces } = status;
  const { isPermissive, homeLink, routeOptimisation, delay } = status;
  const place = mobileNode.isAtHome
    ? 'says it is at home'
    : `care-of ${mobileNode.careOfAddress ?? 'none'}`;
  return [
    `Lab in ${status.directory}: ${isPermissive ? 'permissive, as UMIP: attacks succeed' : 'as configured by default: attacks fail'}`,
    `  home link ${homeLink}, route optimisation ${routeOptimisation ? 'on' : 'off'}, links of the router ${delay} ms`,
    ...gatewayText(status),
    `Mobile node ${ADDRESSES.homeAddress} on ${mobileNode.link}: ${mobileNode.state}, ${place}${alarmText(mobileNode.alarms)}`,
    `Home agent ${ADDRESSES.homeAgent}: ${homeAgent.associations} associations${alarmText(homeAgent.alarms)}`,
    ...bindingLines(homeAgent.bindings),
    `Correspondent ${ADDRESSES.correspondent}`,
    ...bindingLines(correspondent.bindings),
    `Try: ip netns exec ${namespaces.mn} ping -c 3 ${ADDRESSES.correspondent}`,
  ].join('\n');
}

function gatewayText({ gateway, gateways, homeAgentCommand }: LabStatus): string[] {
  return [
    ...gateways.map(
      ({ place, mode, judged, dropped, unjudged }) =>
        `  gateway ${place}: ${mode}, fail ${gateway?.failMode ?? 'open'}; ${judged} judged, ${dropped} ${mode === 'enforce' ? 'dropped' : 'would be dropped'}, ${unjudged} unjudged`,
    ),
    ...(homeAgentCommand === undefined ? [] : [`  home agent: ${homeAgentCommand}`]),
  ];
}

function bindingLines(bindings: readonly Binding[]): string[] {
  if (bindings.length === 0) return ['  no bindings'];
  return bindings.map(
    ({ homeAddress, careOfAddress, sequence, remaining }) =>
      `  ${homeAddress} is at ${careOfAddress}, sequence ${sequence}, ${remaining} s left`,
  );
}

function alarmText(alarms: Readonly<Record<string, number>>): string {
  const told = Object.entries(alarms).map(([name, count]) => `${name} ${count}`);
  return told.length === 0 ? '' : `; alarms: ${told.join(', ')}`;
}
