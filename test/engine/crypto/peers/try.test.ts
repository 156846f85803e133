import { it } from 'vitest';
import { TRANSFORM_ROWS } from './rows.ts';
import { linuxColumn } from './linux.ts';
it('x', async () => {
  const t = Date.now();
  for (const c of [await linuxColumn(TRANSFORM_ROWS)]) {
    const n = new Map<string, number>();
    for (const [i, o] of c.outcomes.entries()) { const k = o.kind + ('reason' in o ? ' ' + o.reason.slice(0, 150) : ''); n.set(k, (n.get(k) ?? 0) + 1); if (o.kind==='failed') console.log(TRANSFORM_ROWS[i]?.cells, o.reason.slice(0,200)); }
    console.log(c.title, c.version, [...n]);
  }
  console.log(Date.now() - t, 'ms', TRANSFORM_ROWS.length);
}, 500_000);
