/**
 * What an operator changes about rules besides switching them off: in part of the network, and how often they speak.
 * Plain values; `cli/` reads them from the site file. The words of thresholds are Suricata's
 * (https://docs.suricata.io, "Global-Thresholds").
 */

/** Rules by id; `all` = every rule. */
export type RuleSelection = readonly string[] | 'all';

/** Severity of a finding, least first as in `SEVERITIES`. */
type SeverityName = 'info' | 'low' | 'medium' | 'high' | 'critical';

/** What a gateway does with a packet that a rule objects to. */
type VerdictName = 'drop' | 'alert' | 'rate-limit';

/** IPv6 prefix: 16 octets and a length of 0..128. */
export interface ScopePrefix {
  readonly prefix: Uint8Array;
  readonly length: number;
}

/**
 * Settings of rules for one home agent or for some addresses. Of several that fit a finding the first counts, and of
 * what it does not say the settings of the whole site.
 */
export interface RuleOverride {
  readonly rules: RuleSelection;
  /** Name of a home agent of the site file; either this or `address`. */
  readonly homeAgent?: string;
  /** What a finding must concern: home address, home agent, acting address, source or destination of its packet. */
  readonly address?: ScopePrefix;
  readonly enabled?: boolean;
  readonly severity?: SeverityName;
  readonly verdict?: VerdictName;
  readonly params?: Readonly<Record<string, number>>;
  readonly reason?: string;
}

/** What findings are counted by: addresses of the deciding packet, the rule alone, or the home address concerned. */
export type Track = 'by_src' | 'by_dst' | 'by_both' | 'by_rule' | 'by_home_address';

/** How often rules speak. */
export interface RuleThreshold {
  readonly rules: RuleSelection;
  /**
   * `threshold`: every `count`-th finding within `seconds`; `limit`: the first `count` within `seconds`; `both`: one
   * within `seconds`, once there were `count`.
   */
  readonly type: 'threshold' | 'limit' | 'both';
  readonly track: Track;
  /** 1 or more. */
  readonly count: number;
  /** 1 or more. */
  readonly seconds: number;
  readonly reason?: string;
}

/** What rules become that speak too often. */
export interface RateFilter {
  readonly rules: RuleSelection;
  readonly track: Track;
  /** Findings within `seconds` that stay as they are; the next one changes. */
  readonly count: number;
  readonly seconds: number;
  /** How long the change holds, seconds. */
  readonly timeout: number;
  readonly severity?: SeverityName;
  readonly verdict?: VerdictName;
  readonly reason?: string;
}

/** Findings that nobody wants to see. */
export interface Suppression {
  readonly rules: RuleSelection;
  /** Whose address is in `addresses`; without it every finding of the rules is hidden. */
  readonly track?: 'by_src' | 'by_dst' | 'by_either' | 'by_home_address';
  readonly addresses?: readonly ScopePrefix[];
  /** Last day it holds, `2026-12-31`; judged against the day of the run, not of the packets. */
  readonly until?: string;
  readonly reason?: string;
}

/** Whether a rule is one of a selection. */
export function isSelected(rules: RuleSelection, ruleId: string): boolean {
  return rules === 'all' || rules.includes(ruleId);
}

/** Whether two settings, which are plain values, say the same. */
export function isAlike(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
