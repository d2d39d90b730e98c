/** How the preview looks, and the one thing that it does by itself. Pure. */

/** Frames as high as what is in them; without it they have bars. */
export const script = [
  'const fit=()=>{for(const f of document.querySelectorAll("iframe")){const d=f.contentDocument?.documentElement;',
  'if(d){f.style.height="0";f.style.height=d.scrollHeight+2+"px"}}};',
  'addEventListener("load",fit);addEventListener("resize",fit);',
].join('');

export const style = [
  ':root{color-scheme:light dark;--line:#8885;--soft:#8881}*{box-sizing:border-box}',
  'body{font:1rem/1.5 system-ui,sans-serif;margin:0;padding:1rem}main{max-width:80rem;margin:0 auto}',
  'h1{font-size:1.5rem}h2{font-size:1.35rem;margin:3rem 0 0;border-top:3px solid var(--line);padding-top:1rem}h3{margin:2rem 0 .75rem}',
  'h4{margin:0 0 .5rem;font-size:1rem}small{font-weight:normal;opacity:.7}h1,h4,p,code{overflow-wrap:anywhere}',
  'nav{display:flex;flex-wrap:wrap;gap:.5rem}nav a{border:1px solid var(--line);border-radius:.5rem;padding:.5rem .75rem;color:inherit;text-decoration:none}nav small{display:block}',
  'article{border:1px solid var(--line);border-radius:.5rem;padding:.75rem;min-width:0}',
  '.wide,.narrow{display:grid;gap:1rem;align-items:start;grid-template-columns:minmax(0,1fr)}.both{display:grid;gap:1rem;grid-template-columns:minmax(0,1fr)}',
  '@media(min-width:60rem){.narrow{grid-template-columns:repeat(2,minmax(0,1fr))}.both{grid-template-columns:minmax(0,3fr) minmax(0,2fr)}}',
  'iframe{width:100%;height:32rem;border:1px solid var(--line);border-radius:.25rem;background:#fff;color-scheme:light}',
  'pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:.5rem 0 0;font:.875rem/1.45 ui-monospace,monospace;background:var(--soft);border-radius:.25rem;padding:.5rem .75rem}',
  '.subject{font-weight:bold;margin:0 0 .5rem}.quiet{opacity:.7;font-size:.875rem;margin:.25rem 0 0}summary{cursor:pointer;min-height:1.75rem}',
  '.bubble{font:inherit;border-radius:1rem;max-width:26rem}',
  '.slack{border-left:4px solid var(--line);padding-left:.75rem;font-size:.94rem}.slack p{margin:.4rem 0;white-space:pre-wrap}h5{font-size:1.1rem;margin:.25rem 0;overflow-wrap:anywhere}',
  '.fields{display:grid;grid-template-columns:repeat(auto-fill,minmax(11rem,1fr));gap:0 1rem}.context{font-size:.8rem;opacity:.7}',
  '.dot.red{color:#d7263d}.dot.orange{color:#e8871e}.dot.green{color:#2b9348}.dot.blue{color:#3a86ff}',
  '.slack .actions{display:flex;flex-wrap:wrap;gap:.5rem}.button{border:1px solid var(--line);border-radius:.25rem;padding:.2rem .7rem;font-weight:bold}',
  '.button.primary{background:#007a5a;color:#fff}.button.danger{background:#c01343;color:#fff}',
].join('');
