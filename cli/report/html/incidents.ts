/**
 * Sections about attacks: incidents, and findings that belong to none.
 */
import { SEVERITIES } from '../../../engine/rule-api.ts';
import type { AlertLink, AlertRecord, IncidentRecord } from '../../../io/export/records.ts';
import { STAGES } from '../findings-section.ts';
import { countText, plural } from '../numbers.ts';
import { ladderOf } from './ladder.ts';
import { LIMITS } from './limits.ts';
import { NOTHING, markup } from './markup.ts';
import type { Markup } from './markup.ts';
import { decidingPackets, evidenceList, markLegend } from './packets.ts';
import type { ShownPackets } from './packets.ts';
import { badge, factList, packetLink, referenceList, restNote } from './parts.ts';
import type { PageFacts } from './parts.ts';

/** Section "Incidents". */
export function incidentsSection(facts: PageFacts, shown: ShownPackets): Markup {
  const { incidents } = facts.document;
  if (incidents.length === 0) {
    return markup`<section id="incidents" aria-labelledby="incidents-h">
      <h2 id="incidents-h">Incidents</h2>
      <p>
        No
        incident${
          facts.document.run.baseline === undefined ? '' : ' besides those of the baseline'
        }.
        What was looked at and what could not be judged: <a href="#coverage">Coverage</a>.
      </p>
    </section>`;
  }
  const list = incidents.slice(0, LIMITS.incidents);
  return markup`<section id="incidents" aria-labelledby="incidents-h">
    <h2 id="incidents-h">Incidents</h2>
    ${
      list.length > 1
        ? markup`<ol class="toc">
            ${list.map(
              ({ incident_id: id, title, severity }) =>
                markup`<li>${badge(severity)} <a href="#incident-${id}">${title}</a></li>`,
            )}
          </ol>`
        : NOTHING
    }
    ${list.map((incident) => incidentArticle(incident, facts, shown))}
    ${restNote(incidents.length, LIMITS.incidents, 'incidents')}
  </section>`;
}

function incidentArticle(incident: IncidentRecord, facts: PageFacts, shown: ShownPackets): Markup {
  const { incident_id: id, severity, title, first, last, narrative, advice } = incident;
  const span = markup`${facts.references.time(first.timestamp)} (${packetLink(first, facts)}) to
  ${facts.references.time(last.timestamp)} (${packetLink(last, facts)})`;
  const farText = [incident.assessment ?? '', incident.confidence]
    .filter((t) => t !== '')
    .join(', ');
  return markup`<article
    class="card incident ${severity}"
    id="incident-${id}"
    aria-labelledby="incident-${id}-h"
  >
    <header>
      ${badge(severity)}
      <h3 id="incident-${id}-h">${id}. ${title}</h3>
    </header>
    ${factList([
      ['How far', farText],
      ['Home address', incident.home_address],
      ['Home agent', incident.home_agent],
      ['By', incident.attackers.join(', ')],
      ['When', span],
    ])}
    ${
      narrative.length === 0
        ? NOTHING
        : markup`<h4>What happened</h4>
            <ul>
              ${narrative.map((text) => markup`<li>${text}</li>`)}
            </ul>`
    }
    ${stagesOf(incident, facts)} ${ladderOf(incident, facts)}
    ${
      incident.evidence.length === 0
        ? NOTHING
        : markup`<h4>Evidence</h4>
            ${evidenceList(incident.evidence, facts, shown)}${decidingPackets(incident.alerts, facts, shown)}${markLegend()}`
    }
    ${
      advice.length === 0
        ? NOTHING
        : markup`<h4>What to do</h4>
            <ul>
              ${advice.map((text) => markup`<li>${text}</li>`)}
            </ul>`
    }
    ${
      incident.references.length === 0
        ? NOTHING
        : markup`<h4>Read</h4>
            ${referenceList(incident.references)}`
    }
  </article>`;
}

/** The chain of steps, then findings that are no step. */
function stagesOf(incident: IncidentRecord, facts: PageFacts): Markup {
  const staged = new Set(incident.stages.flatMap(({ alerts }) => alerts.map((a) => a.alert_id)));
  const others = incident.alerts.filter(({ alert_id }) => !staged.has(alert_id));
  const chain =
    incident.stages.length === 0
      ? NOTHING
      : markup`<h4>Steps of the attack</h4>
          <ol class="chain">
            ${incident.stages.map(
              ({ stage, alerts }) =>
                markup`<li>
                  <b>${STAGES[stage]}</b>
                  <ul>
                    ${alerts.slice(0, LIMITS.steps).map((alert) => step(alert, facts))}
                    ${restItem(alerts.length)}
                  </ul>
                </li>`,
            )}
          </ol>`;
  const rest =
    others.length === 0
      ? NOTHING
      : markup`<h4>${staged.size > 0 ? 'Further findings' : 'Findings'}</h4>
          <ul class="steps">
            ${others.slice(0, LIMITS.steps).map((alert) => step(alert, facts))}
          </ul>
          ${restNote(others.length, LIMITS.steps, 'findings')}`;
  return markup`${chain}${rest}`;
}

function restItem(total: number): Markup {
  const left = total - LIMITS.steps;
  return left > 0 ? markup`<li class="meta">… and ${countText(left)} more</li>` : NOTHING;
}

function step(alert: AlertLink, facts: PageFacts): Markup {
  const full = facts.document.alerts.find(({ alert_id }) => alert_id === alert.alert_id);
  const times = full !== undefined && full.count > 1 ? `, ${countText(full.count)} times` : '';
  const rule = full?.rule ?? `MIP6-${alert.signature_id}`;
  return markup`<li>
    ${badge(alert.severity)} <b>${rule}</b> ${alert.signature}
    <span class="meta"
      >${packetLink(alert, facts)} ${facts.references.time(alert.timestamp)}${times}</span
    >${full === undefined ? NOTHING : whyOf(full)}
  </li>`;
}

/** What the rule is about, for who does not know it. */
function whyOf({ message, explanation, references }: AlertRecord): Markup {
  return markup`<details>
    <summary>${message}</summary>
    <p>${explanation}</p>
    ${referenceList(references)}
  </details>`;
}

/** Section "Other findings": alerts that belong to no incident, worst first. */
export function findingsSection(facts: PageFacts, shown: ShownPackets): Markup {
  const { document } = facts;
  const others = document.alerts
    .filter(({ incident_id: id }) => id === undefined)
    .sort((a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity));
  if (others.length === 0) return NOTHING;
  const title = document.incidents.length > 0 ? 'Other findings' : 'Findings';
  return markup`<section id="findings" aria-labelledby="findings-h">
    <h2 id="findings-h">${title}</h2>
    <p>
      ${plural(others.length, 'finding')} that ${others.length === 1 ? 'belongs' : 'belong'} to no
      incident.
    </p>
    ${others.slice(0, LIMITS.findings).map((alert) => findingCard(alert, facts, shown))}
    ${restNote(others.length, LIMITS.findings, 'findings')}
  </section>`;
}

function findingCard(alert: AlertRecord, facts: PageFacts, shown: ShownPackets): Markup {
  const partial = alert.confidence === 'partial' ? ', partial evidence' : '';
  const times = alert.count > 1 ? `, ${countText(alert.count)} times` : '';
  return markup`<article class="card finding ${alert.severity}">
    <header>
      ${badge(alert.severity)}
      <h3>${alert.rule} ${alert.signature}</h3>
    </header>
    <p>${alert.message}</p>
    <p class="meta">
      ${packetLink(alert.packet, facts)}
      ${facts.references.time(alert.packet.timestamp)}${times}${partial}
    </p>
    ${alert.evidence.length === 0 ? NOTHING : evidenceList(alert.evidence, facts, shown)}${decidingPackets([alert.packet], facts, shown)}
    ${alert.related.map(({ rule, message }) => markup`<p class="meta">also ${rule}: ${message}</p>`)}
    <p><b>What to do</b> ${alert.advice}</p>
    <details>
      <summary>What the rule is about</summary>
      <p>${alert.explanation}</p>
      ${referenceList(alert.references)}
    </details>
  </article>`;
}
