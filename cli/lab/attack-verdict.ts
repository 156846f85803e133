/**
 * What came of an attack.
 */
import { auditCommand } from './audit.ts';
import type { LabAudit } from './audit.ts';
import type { GatewayReport } from './gateway-report.ts';
import type { ForeignLink, GatewayPlace } from './plan.ts';
import type { AttackName } from './attacker.ts';

/** What came of an attack. */
export interface AttackVerdict {
  readonly attack: AttackName;
  readonly link: ForeignLink;
  readonly hasSucceeded: boolean;
  readonly mobileNode: { readonly believesAtHome: boolean; readonly state: string };
  readonly homeAgent: { readonly hasBinding: boolean };
  /** Packets of the home address that left without tunnel on the foreign link. */
  readonly unprotectedPackets: number;
  /** Alarms since the attack began, by node. */
  readonly alarms: Readonly<Record<'mn' | 'ha', Readonly<Record<string, number>>>>;
  readonly gateways: readonly GatewayReport[];
  /** Empty when they are gone with the lab. */
  readonly captures: readonly string[];
  /** Site and key file for an audit of them. */
  readonly site: string;
  readonly keys: string;
  readonly audit: LabAudit;
}

const STANDS: Readonly<Record<GatewayPlace, string>> = {
  'home-agent': 'in front of the home agent',
  'access-link': 'between the mobile node and the foreign link',
};

/** Several lines. */
export function verdictText(verdict: AttackVerdict): string {
  const { attack, link, hasSucceeded, mobileNode, homeAgent, audit } = verdict;
  const { unprotectedPackets, captures, gateways } = verdict;
  const told = Object.entries(verdict.alarms).flatMap(([node, events]) =>
    Object.entries(events).map(([event, count]) => `${node}: ${event} ${count}`),
  );
  return [
    `${attack} on ${link} ${hasSucceeded ? 'SUCCEEDED' : 'failed'}`,
    `  mobile node   ${mobileNode.believesAtHome ? 'believes it is at home' : 'knows that it is not at home'} (${mobileNode.state})`,
    `  home agent    ${homeAgent.hasBinding ? 'has its binding' : 'has no binding any more'}`,
    `  on the wire   ${unprotectedPackets === 0 ? 'no payload without protection' : `${unprotectedPackets} packets of payload without protection`}`,
    `  alarms        ${told.length === 0 ? 'none' : told.join(', ')}`,
    ...gateways.flatMap(gatewayLines),
    audit.incidents.length === 0 ? 'The analyzer: no incident' : 'The analyzer:',
    ...audit.incidents.map(incidentLine),
    captures.length === 0
      ? 'The lab is gone, and its captures with it; --write DIR keeps them.'
      : auditCommand(verdict, captures),
  ].join('\n');
}

interface Told {
  readonly title: string;
  readonly severity: string;
  readonly assessment?: string | undefined;
  readonly confidence: string;
}

function incidentLine({ severity, title, assessment, confidence }: Told): string {
  const found = [assessment, confidence].filter((each) => each !== undefined).join(', ');
  return `  ${severity.toUpperCase()} ${title}: ${found}`;
}

function gatewayLines({
  place,
  mode,
  drops,
  judged,
  unjudged,
  incidents,
}: GatewayReport): string[] {
  const verb = mode === 'enforce' ? 'dropped' : 'would have dropped';
  const sum = drops.reduce((total, { count }) => total + count, 0);
  const told = incidents.map((each) => incidentLine({ ...each, severity: each.severity_name }));
  return [
    `The gateway ${STANDS[place]} (${mode}): ${judged} judged, ${sum} ${verb}, ${unjudged} unjudged`,
    ...drops.map(
      ({ rule, message, count, stage }) =>
        `  ${rule} ${verb} ${count}${stage === undefined ? '' : ` (${stage.replaceAll('-', ' ')})`}: ${message}`,
    ),
    ...told,
  ];
}
