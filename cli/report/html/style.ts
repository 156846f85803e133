/**
 * Style of the page: one neutral scale, one accent, a colour for each severity; the same in light, dark and print.
 */

const LIGHT = `
--ground:#fbfbfa;--surface:#fff;--ink:#1b1f24;--soft:#57606a;--line:#d9dde2;--faint:#eef0f2;--accent:#0b5cad;
--critical:#a40e26;--critical-tint:#fdecee;--high:#b3470b;--high-tint:#fdf0e6;--medium:#7d5b00;--medium-tint:#faf3d8;
--low:#2f6b3a;--low-tint:#e9f4ea;--info:#57606a;--info-tint:#eef0f2;
--p0:#2f6fb0;--p1:#7a4fa3;--p2:#a3542c;--p3:#2a7f78;--p4:#8b6b14;--p5:#a33d6b;--home:#8a939c;
--m-link:#dfe3e8;--m-address:#cfe3f7;--m-home:#e6d8f5;--m-esp:#fbe0c8;--m-message:#d3eed8;`;

const DARK = `
--ground:#14171a;--surface:#1b1f23;--ink:#e4e7ea;--soft:#9aa4ad;--line:#353b42;--faint:#252a2f;--accent:#6cb2f5;
--critical:#ff8a94;--critical-tint:#3d1c21;--high:#ffab70;--high-tint:#3a2617;--medium:#e8c65a;--medium-tint:#332b12;
--low:#86d197;--low-tint:#1b3121;--info:#9aa4ad;--info-tint:#252a2f;
--p0:#4c8ed0;--p1:#9c74c6;--p2:#c57a4f;--p3:#4aa69e;--p4:#b0903a;--p5:#c7618f;--home:#737d87;
--m-link:#3a4048;--m-address:#1f466b;--m-home:#47305f;--m-esp:#5a3a1c;--m-message:#1f4a2a;`;

const LANES = Array.from({ length: 5 }, (_, i) => {
  const lanes = i + 1;
  return `.lanes-${lanes} .heads{grid-template-columns:repeat(${lanes},1fr)}.lanes-${lanes} .track{grid-template-columns:repeat(${lanes * 2},1fr)}`;
}).join('');

/** Grounds of white text, in light and dark. */
const BARS = ['#2f6fb0', '#7a4fa3', '#a3542c', '#237770', '#806210', '#a33d6b'];

const PLACES = BARS.map((colour, i) => `.place-${i}{background:${colour}}`).join('');

const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info']
  .map(
    (name) =>
      `.badge.${name}{color:var(--${name});background:var(--${name}-tint);border-color:var(--${name})}` +
      `.card.${name}{border-left-color:var(--${name})}.series.${name}{fill:var(--${name})}`,
  )
  .join('');

const MARKS = ['link', 'address', 'home', 'esp', 'message']
  .map((name) => `.m-${name}{background:var(--m-${name})}`)
  .join('');

/** The style sheet. */
export const STYLE = `
:root{color-scheme:light;${LIGHT}}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){color-scheme:dark;${DARK}}}
:root[data-theme=dark]{color-scheme:dark;${DARK}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.page{max-width:1120px;margin:0 auto;padding:0 20px 64px}
a{color:var(--accent);text-underline-offset:2px}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:2px}
.skip{position:absolute;left:-999px;top:0;background:var(--surface);padding:8px 12px;z-index:9}
.skip:focus{left:8px;top:8px}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
h1{font-size:1.5rem;line-height:1.25;margin:0;font-weight:650;letter-spacing:-.01em}
h2{font-size:1.25rem;margin:48px 0 12px;font-weight:650;letter-spacing:-.005em}
h3{font-size:1.0625rem;margin:24px 0 8px;font-weight:650;line-height:1.35}
h4{font-size:.8125rem;margin:22px 0 6px;font-weight:650;color:var(--soft);text-transform:uppercase;letter-spacing:.05em}
h4 .address{text-transform:none;letter-spacing:0}
p{margin:0 0 8px}
ul,ol{margin:0 0 8px;padding-left:1.25em}
li{margin:2px 0}
.plain{list-style:none;padding:0}
code,pre,.layout,.packet,.address,.addresses,.offset,.link{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.875em}
.note,.meta,.when time,.what .addresses,.axis{color:var(--soft);font-size:.8125rem}
.top{border-bottom:1px solid var(--line);padding:28px 0 18px;display:flex;gap:12px 24px;flex-wrap:wrap;justify-content:space-between;align-items:flex-start}
.top p{color:var(--soft);margin:2px 0 0}
.theme{font:inherit;font-size:.875rem;color:var(--ink);background:var(--surface);border:1px solid var(--line);border-radius:6px;padding:5px 12px;cursor:pointer}
.verdict{margin:20px 0 0;padding:14px 16px;border:1px solid var(--line);border-left:4px solid var(--info);border-radius:6px;background:var(--surface);font-weight:600}
.verdict.bad{border-left-color:var(--critical)}.verdict.warning{border-left-color:var(--medium)}.verdict.good{border-left-color:var(--low)}
.contents ul{display:flex;flex-wrap:wrap;gap:4px 20px;list-style:none;padding:0;margin:16px 0 0;font-size:.9375rem}
.card{background:var(--surface);border:1px solid var(--line);border-radius:8px;padding:16px 20px;margin:0 0 16px}
.card.incident,.card.finding{border-left-width:4px}
.card>header{display:flex;gap:10px;align-items:baseline}
.card>header h3,.card>h3{margin:0 0 8px}
.badge{display:inline-block;font-size:.6875rem;font-weight:700;line-height:1.5;text-transform:uppercase;letter-spacing:.04em;border:1px solid;border-radius:4px;padding:0 6px;white-space:nowrap}
.facts{margin:0 0 12px;display:grid;gap:2px 16px}
.facts>div{display:grid;grid-template-columns:150px 1fr;gap:16px}
.facts dt{color:var(--soft)}.facts dd{margin:0}
.toc{list-style:none;padding:0;margin:0 0 16px}.toc li{display:flex;gap:10px;align-items:baseline;margin:4px 0}
.chain{list-style:none;padding:0;margin:0}
.chain>li{border-left:2px solid var(--line);padding:0 0 10px 18px;margin:0;position:relative}
.chain>li::before{content:"";position:absolute;left:-6px;top:8px;width:10px;height:10px;border-radius:50%;background:var(--surface);border:2px solid var(--soft)}
.chain ul,.steps{list-style:none;padding:0}
details>summary{cursor:pointer;color:var(--soft);font-size:.9375rem}
details.card>summary{color:inherit}
details[open]>summary{margin-bottom:6px}
.scroll{overflow-x:auto;margin:0 0 8px;max-width:100%}
table{border-collapse:collapse;width:100%;font-size:.875rem;overflow-wrap:normal}
caption{text-align:left;font-weight:600;padding:8px 0 4px}
th,td{text-align:left;vertical-align:top;padding:5px 14px 5px 0;border-bottom:1px solid var(--faint)}
td .packet,td .place,td time,td code{white-space:nowrap}
th{color:var(--soft);font-weight:600;border-bottom-color:var(--line);white-space:nowrap}
.layout{display:inline-block;background:var(--faint);border-radius:4px;padding:0 6px}
.packet{font-weight:600}.link{color:var(--soft)}
.ladder{border:1px solid var(--line);border-radius:6px;margin:0 0 8px;overflow:hidden}
.heads{display:grid;text-align:center;border-bottom:1px solid var(--line);background:var(--faint);padding:6px 0;font-size:.8125rem}
.heads b,.heads i{display:block;font-style:normal}.heads i{color:var(--soft);font-size:.75rem}
.ladder ol{list-style:none;margin:0;padding:0}
.ladder li{margin:0;padding:8px 0 6px;border-bottom:1px solid var(--faint)}
.ladder li:last-child{border-bottom:0}
.ladder li.proof{box-shadow:inset 3px 0 var(--critical)}
.ladder p{margin:0 14px}
.ladder .what{font-size:.875rem}
.track{display:grid;height:20px;position:relative}
.track i{grid-row:1;justify-self:center;width:1px;background:var(--line)}
.arrow{grid-row:1;align-self:center;height:0;border-top:2px solid var(--ink);position:relative;min-width:0}
.arrow::after,.arrow::before{content:"";position:absolute;top:-6px;width:0;height:0;border:5px solid transparent}
.arrow.right::after,.arrow.everyone::after{right:-1px;border-left:8px solid;border-right:0}
.arrow.left::after,.arrow.everyone::before{left:-1px;border-right:8px solid;border-left:0}
.arrow.everyone{border-top-style:dashed}
.arrow.own{justify-self:start;margin:0 0 0 -5px;width:10px;height:10px;border:2px solid;border-radius:50%}
.arrow.own::after{display:none}
.arrow{border-color:currentColor}.lane-attacker{color:var(--critical)}
.lane-node{color:var(--p0)}.lane-agent{color:var(--p3)}.lane-correspondent{color:var(--p1)}.lane-other{color:var(--soft)}
.heads span{color:inherit}
.evidence{list-style:none;padding:0}
.evidence>li{padding:8px 0;border-bottom:1px solid var(--faint)}
.evidence>li:target{background:var(--faint)}
.evidence .when{margin:0 0 2px}
.octets>summary span{font-size:.8125rem}
.fields{display:grid;grid-template-columns:repeat(auto-fill,minmax(400px,1fr));gap:3px 24px;margin:6px 0 10px;font-size:.875rem}
.fields>div{display:grid;grid-template-columns:150px 1fr;gap:10px;align-items:baseline}.fields dd{margin:0}.fields code{color:var(--soft);font-size:.75rem;margin-left:4px}
.mark{border-radius:2px;padding:0 1px}
.fields .mark,.legend .mark{padding:0 5px;color:var(--ink)}
.hex{margin:0 0 8px}.hex figcaption{color:var(--soft);font-size:.8125rem}
.hex pre{margin:2px 0 0;padding:8px 10px;background:var(--faint);border-radius:6px;overflow-x:auto;font-size:.8125rem;line-height:1.55}
.hex .offset,.hex .ascii{color:var(--soft);font-size:1em}
.bar{position:relative;height:26px;background:var(--faint);border-radius:4px;overflow:hidden;margin:4px 0 6px}
.bar span{position:absolute;top:0;bottom:0;overflow:hidden;white-space:nowrap;border-right:1px solid var(--surface);color:#fff;font-size:.75rem;line-height:26px;padding:0 6px}
.bar span b{font-weight:500}
.bar .none{background:repeating-linear-gradient(135deg,var(--faint) 0 6px,var(--line) 6px 7px);color:var(--soft)}
.swatch.home,.bar .home{background:#646d76}
.swatch{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:6px}
.axis{display:flex;justify-content:space-between;margin:0 0 8px}
.plot{margin:0}.plot figcaption{display:flex;justify-content:space-between;flex-wrap:wrap;gap:0 16px;font-size:.875rem}.plot figcaption span{color:var(--soft)}
.plot svg{display:block;width:100%;height:72px;margin-top:4px}
.plot .base{stroke:var(--line);stroke-width:1;vector-effect:non-scaling-stroke}
.series.packets{fill:var(--home)}.series.signalling{fill:var(--p0)}
${LANES}${PLACES}${SEVERITIES}${MARKS}
footer{margin-top:48px;border-top:1px solid var(--line);padding-top:14px;color:var(--soft);font-size:.875rem}
@media (max-width:640px){
.page{padding:0 12px 48px}.card{padding:12px}.facts>div{grid-template-columns:1fr;gap:0}.facts dt{font-size:.8125rem}
.heads i{display:none}.card>header{flex-direction:column;gap:4px}.fields{grid-template-columns:1fr}.ladder p{margin:0 8px}.hex pre{font-size:.6875rem}
}
@media print{
:root,:root:not([data-theme=light]),:root[data-theme=dark]{color-scheme:light;${LIGHT}--ground:#fff}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
body{font-size:10pt}.page{max-width:none;padding:0}.theme,.skip,.contents{display:none}
td .packet,td .place,td code{white-space:normal}td{padding-right:6px}.scroll{overflow:visible}table{overflow-wrap:anywhere}.hex pre{overflow:visible;white-space:pre-wrap;font-size:7.5pt}table{font-size:8pt}
h2,h3,h4,figcaption,.heads{break-after:avoid}.ladder li,.evidence>li,.hex,tr,.plot,.chain>li{break-inside:avoid}
a{color:inherit;text-decoration:none}
}
`;
