import { it } from 'vitest';
import { readSiteFile } from '/work/main/cli/site-file.ts';
import { loadRules } from '/work/main/cli/rules-directory.ts';
it('x', async () => { const r = await loadRules(); for (const f of (process.env.F??'').split(',')) { const t=Date.now(); try { console.log(await readSiteFile(f, r)); } catch (e) { console.log(e.message.slice(0,5000)); } console.log(f, Date.now()-t,'ms'); } });
