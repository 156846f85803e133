/**
 * Tables of the SQLite store. A change of them raises `SCHEMA_VERSION`.
 *
 * Times are EVE timestamps (UTC, microseconds), which sort as text; lifetimes are seconds; addresses are text
 * (RFC 5952); lists are JSON. `input` is the position of the input within its run, `number` the 1-based packet
 * number in that input. Keys are never stored.
 */

/** Version in `PRAGMA user_version`. */
export const SCHEMA_VERSION = 1;

/** `PRAGMA application_id` of our files: `MIP6` in ASCII. */
export const APPLICATION_ID = 0x4d495036;

/** Creates the tables of an empty database. */
export const SCHEMA = `
CREATE TABLE runs (
  run_id INTEGER PRIMARY KEY,
  -- Clock of the machine, ISO 8601 UTC; finished_at is NULL for a run that did not come to its end.
  started_at TEXT NOT NULL,
  finished_at TEXT,
  version TEXT NOT NULL,
  site TEXT,
  key_files TEXT NOT NULL,
  fail_on TEXT NOT NULL,
  exit_code INTEGER,
  is_stopped INTEGER,
  first_packet TEXT,
  last_packet TEXT,
  packets INTEGER,
  octets INTEGER,
  -- Counters, links, security associations, faults and what could not be judged, as in the json format.
  details TEXT
) STRICT;

CREATE TABLE inputs (
  run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  input INTEGER NOT NULL,
  name TEXT NOT NULL,
  packets INTEGER,
  PRIMARY KEY (run_id, input)
) STRICT, WITHOUT ROWID;

-- Index of the packets that say something about mobility: signalling, ESP between mobile node and home agent,
-- bare traffic of home addresses, malformed mobility headers. Other packets are counted in runs.packets.
CREATE TABLE packets (
  run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  input INTEGER NOT NULL,
  number INTEGER NOT NULL,
  time TEXT NOT NULL,
  link TEXT,
  source TEXT,
  destination TEXT,
  -- Events of the packet, separated by commas: mobility, icmpv6, esp, relay, binding, ...
  kinds TEXT NOT NULL,
  -- Innermost message that could be read: binding-update, router-advertisement, ...
  message TEXT,
  PRIMARY KEY (run_id, input, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE bindings (
  run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  home_address TEXT NOT NULL,
  -- Home agent or correspondent node.
  peer TEXT NOT NULL,
  role TEXT NOT NULL,
  phase TEXT NOT NULL,
  care_of_address TEXT NOT NULL,
  sequence INTEGER,
  lifetime INTEGER,
  flags TEXT,
  known_by TEXT NOT NULL,
  first_seen TEXT NOT NULL,
  registered_at TEXT,
  expires_at TEXT,
  tunnel_packets INTEGER NOT NULL,
  PRIMARY KEY (run_id, home_address, peer)
) STRICT, WITHOUT ROWID;

CREATE TABLE binding_changes (
  change_id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  input INTEGER NOT NULL,
  number INTEGER NOT NULL,
  time TEXT NOT NULL,
  change TEXT NOT NULL,
  home_address TEXT NOT NULL,
  peer TEXT NOT NULL,
  role TEXT NOT NULL,
  phase TEXT NOT NULL,
  care_of_address TEXT NOT NULL,
  previous_care_of_address TEXT,
  sequence INTEGER,
  lifetime INTEGER,
  known_by TEXT NOT NULL
) STRICT;
CREATE INDEX binding_changes_of_home_address ON binding_changes (home_address, time);

CREATE TABLE alerts (
  run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  alert_id INTEGER NOT NULL,
  rule TEXT NOT NULL,
  signature_id INTEGER NOT NULL,
  signature TEXT NOT NULL,
  category TEXT NOT NULL,
  severity TEXT NOT NULL,
  confidence TEXT NOT NULL,
  stage TEXT,
  message TEXT NOT NULL,
  input INTEGER NOT NULL,
  number INTEGER NOT NULL,
  time TEXT NOT NULL,
  -- How often it was seen, and where last.
  count INTEGER NOT NULL,
  last_input INTEGER NOT NULL,
  last_number INTEGER NOT NULL,
  last_time TEXT NOT NULL,
  home_address TEXT,
  home_agent TEXT,
  attacker TEXT,
  home_prefix TEXT,
  "references" TEXT NOT NULL,
  incident_id INTEGER,
  PRIMARY KEY (run_id, alert_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX alerts_of_rule ON alerts (rule, time);

CREATE TABLE evidence (
  run_id INTEGER NOT NULL,
  alert_id INTEGER NOT NULL,
  position INTEGER NOT NULL,
  input INTEGER NOT NULL,
  number INTEGER NOT NULL,
  time TEXT NOT NULL,
  link TEXT,
  text TEXT NOT NULL,
  PRIMARY KEY (run_id, alert_id, position),
  FOREIGN KEY (run_id, alert_id) REFERENCES alerts ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE incidents (
  run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  incident_id INTEGER NOT NULL,
  title TEXT NOT NULL,
  severity TEXT NOT NULL,
  confidence TEXT NOT NULL,
  assessment TEXT,
  home_address TEXT,
  home_agent TEXT,
  attackers TEXT NOT NULL,
  first_time TEXT NOT NULL,
  last_time TEXT NOT NULL,
  stages TEXT NOT NULL,
  narrative TEXT NOT NULL,
  "references" TEXT NOT NULL,
  advice TEXT NOT NULL,
  PRIMARY KEY (run_id, incident_id)
) STRICT, WITHOUT ROWID;
`;

/** Columns of each table in the order its rows are given. */
export const COLUMNS = {
  inputs: ['run_id', 'input', 'name', 'packets'],
  packets: [
    'run_id',
    'input',
    'number',
    'time',
    'link',
    'source',
    'destination',
    'kinds',
    'message',
  ],
  bindings: [
    'run_id',
    'home_address',
    'peer',
    'role',
    'phase',
    'care_of_address',
    'sequence',
    'lifetime',
    'flags',
    'known_by',
    'first_seen',
    'registered_at',
    'expires_at',
    'tunnel_packets',
  ],
  binding_changes: [
    'run_id',
    'input',
    'number',
    'time',
    'change',
    'home_address',
    'peer',
    'role',
    'phase',
    'care_of_address',
    'previous_care_of_address',
    'sequence',
    'lifetime',
    'known_by',
  ],
  alerts: [
    'run_id',
    'alert_id',
    'rule',
    'signature_id',
    'signature',
    'category',
    'severity',
    'confidence',
    'stage',
    'message',
    'input',
    'number',
    'time',
    'count',
    'last_input',
    'last_number',
    'last_time',
    'home_address',
    'home_agent',
    'attacker',
    'home_prefix',
    'references',
    'incident_id',
  ],
  evidence: ['run_id', 'alert_id', 'position', 'input', 'number', 'time', 'link', 'text'],
  incidents: [
    'run_id',
    'incident_id',
    'title',
    'severity',
    'confidence',
    'assessment',
    'home_address',
    'home_agent',
    'attackers',
    'first_time',
    'last_time',
    'stages',
    'narrative',
    'references',
    'advice',
  ],
} as const;

/** A table that rows are appended to. */
export type TableName = keyof typeof COLUMNS;
