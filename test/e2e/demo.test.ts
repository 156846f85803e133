import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { schemaCheck } from '../schema-check.ts';
import { ROOT, bash, mip6guard } from './command.ts';

const FIXTURE = path.join(ROOT, 'fixtures/captures/relay-attack');

describe('the demonstration', () => {
  const demo = mip6guard(['demo']);

  it('reports the attack and ends with 0', () => {
    expect(demo.code, demo.stderr).toBe(0);
    expect(demo.stdout).toContain('MIP6-1106');
    expect(demo.stdout).toContain('CRITICAL');
    expect(demo.stdout).toContain('succeeded on');
  });

  it('shows commands that work as they are written, wherever it is started', () => {
    for (const cwd of [ROOT, path.join(ROOT, 'docs')]) {
      const { stdout } = mip6guard(['demo'], { cwd });
      const commands = stdout
        .slice(stdout.indexOf('What to try next'))
        .split('\n')
        .filter((line) => line.startsWith('    node ') && !line.includes('your-capture'));
      expect(commands.length).toBeGreaterThan(4);
      for (const command of commands) {
        const { code, stderr } = bash(`${command.trim()} >/dev/null`, cwd);
        const isAudit = command.includes(' audit ') && !command.includes('--help');
        expect({ command, code, stderr }).toEqual({ command, code: isAudit ? 1 : 0, stderr: '' });
      }
    }
  });

  it('has nothing on standard error', () => {
    expect(demo.stderr).toBe('');
  });

  it('gives EVE lines that fit the schema', () => {
    const check = schemaCheck('eve.schema.json');
    const { stdout } = mip6guard([
      'audit',
      '--format',
      'eve',
      '--config',
      `${FIXTURE}.site.yaml`,
      '--keys',
      `${FIXTURE}.esp_sa`,
      `${FIXTURE}.pcapng`,
    ]);
    for (const line of stdout.trimEnd().split('\n')) {
      expect(check(JSON.parse(line)), line).toEqual([]);
    }
    expect(stdout).toContain('"signature_id":1106');
  });
});
