// Made from page/report.css and page/pair-browser.js by test/report/assets.test.ts; edit those.

export const style = `:root {
  color-scheme: light dark;
  --paper: #faf9f6;
  --sheet: #ffffff;
  --ink: #1c2127;
  --quiet: #59626d;
  --line: #e1ded7;
  --chosen: #1d5c9e;
  --chosen-soft: #dbe8f6;
  --rejected: #97460f;
  --rejected-soft: #f8e3d3;
  --stream: #1d5c9e38;
  --lost: #97460f40;
  --wrong: #b3261e;
  --serif: Charter, "Bitstream Charter", "Sitka Text", Cambria, "Liberation Serif", serif;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif;
  --mono: ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace;
}

@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a;
    --sheet: #1b1f24;
    --ink: #e5e7ea;
    --quiet: #9ea8b3;
    --line: #30363d;
    --chosen: #84b6ef;
    --chosen-soft: #1f3d5e;
    --rejected: #eda270;
    --rejected-soft: #5a3118;
    --stream: #84b6ef3d;
    --lost: #eda27045;
    --wrong: #ff8a80;
  }
}

* {
  box-sizing: border-box;
}

html {
  scroll-padding-top: 3.5rem;
  -webkit-text-size-adjust: 100%;
}

body {
  margin: 0;
  background: var(--paper);
  color: var(--ink);
  font: 1rem / 1.55 var(--sans);
  overflow-wrap: anywhere;
}

main {
  max-width: 74rem;
  margin: 0 auto;
  padding: 0 1.5rem 4rem;
}

h1,
h2,
h3,
h4,
p,
figure,
dl,
dd,
ul {
  margin: 0;
}

h1,
h2 {
  font-family: var(--serif);
  font-weight: 600;
  line-height: 1.15;
  letter-spacing: -0.01em;
  text-wrap: balance;
}

h1 {
  font-size: clamp(1.9rem, 5vw, 2.9rem);
}

h2 {
  font-size: 1.6rem;
}

h3 {
  font-size: 1rem;
  font-weight: 650;
  line-height: 1.35;
}

a {
  color: var(--chosen);
  text-underline-offset: 0.2em;
}

:focus-visible {
  outline: 2px solid var(--chosen);
  outline-offset: 2px;
  border-radius: 2px;
}

code,
.path {
  font: 0.86em / 1.5 var(--mono);
}

bdi,
code {
  unicode-bidi: isolate;
}

.quiet {
  color: var(--quiet);
  font-weight: 400;
}

.lede {
  max-width: 46rem;
  margin-top: 0.6rem;
  color: var(--quiet);
  text-wrap: pretty;
}

.lede code {
  color: var(--ink);
}

.unseen:not(:focus) {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}

.skip {
  position: absolute;
  left: -100vw;
}

.skip:focus {
  left: 1rem;
  top: 0.5rem;
  z-index: 3;
  padding: 0.3rem 0.7rem;
  background: var(--sheet);
}

/* Navigation and masthead */

nav {
  position: sticky;
  top: 0;
  z-index: 2;
  background: var(--paper);
  border-bottom: 1px solid var(--line);
}

nav ul {
  display: flex;
  gap: 0.25rem 1.5rem;
  max-width: 74rem;
  margin: 0 auto;
  padding: 0.55rem 1.5rem;
  list-style: none;
  font-size: 0.9rem;
}

nav a {
  display: inline-block;
  padding: 0.15rem 0;
  color: var(--quiet);
  text-decoration: none;
}

nav a:hover {
  color: var(--ink);
  text-decoration: underline;
}

.masthead {
  padding: 3.5rem 0 1rem;
}

.kicker {
  margin-bottom: 0.5rem;
  color: var(--quiet);
  font-size: 0.9rem;
}

.masthead .lede {
  font-size: 1.08rem;
}

.tiles {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 13rem), 1fr));
  gap: 1.25rem 2rem;
  margin-top: 2.25rem;
  padding-top: 1.25rem;
  border-top: 2px solid var(--ink);
}

.tiles dt {
  font-size: 0.9rem;
}

.tiles .big {
  display: block;
  font: 600 2.3rem / 1.2 var(--serif);
  font-variant-numeric: lining-nums;
  letter-spacing: -0.02em;
}

.tiles .quiet {
  font-size: 0.88rem;
}

.warnings {
  margin-top: 2rem;
  padding: 1rem 1.25rem;
  background: var(--sheet);
  border: 1px solid var(--rejected);
  border-radius: 6px;
}

.warnings h2 {
  font: 650 1rem var(--sans);
  color: var(--rejected);
}

.warnings ul {
  margin-top: 0.4rem;
  padding-left: 1.2rem;
}

section[id] {
  margin-top: 4.5rem;
}

.empty {
  margin-top: 1.5rem;
  padding: 2rem;
  background: var(--sheet);
  border: 1px solid var(--line);
  border-radius: 6px;
  color: var(--quiet);
  text-align: center;
}

/* Figures */

.figures {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr));
  gap: 3rem 3.5rem;
  margin-top: 2rem;
}

figure {
  display: flex;
  flex-direction: column;
  min-width: 0;
  container-type: inline-size;
}

figcaption p {
  min-height: 3.1em;
  margin-top: 0.2rem;
  color: var(--quiet);
  font-size: 0.92rem;
  text-wrap: pretty;
}

.callout {
  display: flex;
  gap: 0.6rem;
  align-items: baseline;
  color: var(--ink);
}

.callout strong {
  flex: none;
  white-space: nowrap;
  font: 600 1.9rem / 1.3 var(--serif);
  font-variant-numeric: lining-nums;
}

.picture {
  margin: 0.75rem 0 0.5rem;
}

.picture.narrow {
  display: none;
}

@container (max-width: 27rem) {
  .picture.wide {
    display: none;
  }

  .picture.narrow {
    display: block;
  }
}

svg {
  display: block;
  width: 100%;
  height: auto;
  overflow: visible;
  font-family: var(--sans);
}

.tick,
.axis-title,
.note,
.flow-label {
  fill: var(--quiet);
  font-size: 12px;
  font-variant-numeric: tabular-nums;
}

.note {
  font-style: italic;
}

.axis-title {
  fill: var(--ink);
}

.flow-label {
  fill: var(--ink);
  font-size: 13.5px;
  paint-order: stroke;
  stroke: var(--paper);
  stroke-width: 4px;
  stroke-linejoin: round;
}

.flow-count {
  font-weight: 650;
}

.grid {
  stroke: var(--line);
  stroke-width: 1;
}

.axis {
  stroke: var(--quiet);
  stroke-width: 1;
}

.bar,
.node,
.dot.solid {
  fill: var(--chosen);
}

.node.lost {
  fill: var(--rejected);
}

.stream {
  fill: none;
  stroke: var(--stream);
}

.stream.lost {
  stroke: var(--lost);
}

.dot {
  fill: var(--chosen);
  fill-opacity: 0.45;
  stroke: var(--chosen);
  stroke-width: 0.75;
}

.dot.solid {
  fill-opacity: 1;
}

.longer {
  fill: var(--chosen-soft);
  fill-opacity: 0.45;
}

.diagonal {
  stroke: var(--quiet);
  stroke-dasharray: 3 4;
}

.whisker {
  stroke: var(--chosen);
  stroke-opacity: 0.55;
  stroke-width: 2;
}

.band {
  fill: var(--stream);
}

.line {
  fill: none;
  stroke: var(--chosen);
  stroke-width: 2;
}

/* Tables */

.scroller {
  max-width: 100%;
  margin-top: 0.5rem;
  overflow-x: auto;
}

table {
  width: 100%;
  border-collapse: collapse;
  font-size: 0.88rem;
}

th,
td {
  padding: 0.32rem 1rem 0.32rem 0;
  border-bottom: 1px solid var(--line);
  text-align: left;
  vertical-align: baseline;
  font-weight: 400;
}

thead th {
  color: var(--quiet);
  font-size: 0.82rem;
}

.number {
  padding-right: 0;
  padding-left: 1rem;
  text-align: right;
  font-variant-numeric: tabular-nums;
  white-space: nowrap;
}

th.number:first-child {
  width: 1%;
  padding-left: 0;
}

summary {
  width: fit-content;
  cursor: pointer;
}

.as-table {
  margin-top: auto;
  color: var(--quiet);
  font-size: 0.85rem;
}

.as-table .scroller {
  color: var(--ink);
}

.halves {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr));
  gap: 2rem 3.5rem;
  margin-top: 2rem;
}

.halves > div {
  min-width: 0;
}

.halves h3:not(:first-child) {
  margin-top: 2rem;
}

/* The flow and its ledger */

.flow-picture {
  margin-top: 1.5rem;
}

.flow-picture svg {
  max-height: 34rem;
}

.flow-picture p {
  font-size: 0.85rem;
}

.ledgers {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr));
  gap: 2rem 2.5rem;
  margin-top: 2rem;
}

.ledger h3 {
  display: flex;
  justify-content: space-between;
  padding-bottom: 0.35rem;
  border-bottom: 1px solid var(--ink);
}

.ledger .none {
  color: var(--quiet);
}

.ledger .kept th {
  color: var(--chosen);
  font-weight: 600;
}

.ledger .lost th {
  color: var(--rejected);
}

.ledger .share {
  width: 4.5rem;
  color: var(--quiet);
}

.verdict {
  margin-top: 0.5rem;
  color: var(--quiet);
  font-size: 0.85rem;
}

.verdict.wrong {
  color: var(--wrong);
  font-weight: 600;
}

/* The pair browser */

#filters {
  display: flex;
  flex-wrap: wrap;
  gap: 0.8rem 1rem;
  align-items: end;
  margin-top: 1.5rem;
}

.field {
  flex: 1 1 9rem;
  min-width: 0;
}

.field.search {
  flex: 3 1 16rem;
}

.field.short {
  flex: 1 1 6.5rem;
}

.field.button {
  flex: none;
}

label {
  display: block;
  margin-bottom: 0.2rem;
  color: var(--quiet);
  font-size: 0.82rem;
}

input,
select,
button {
  width: 100%;
  min-height: 2.4rem;
  padding: 0.3rem 0.6rem;
  background: var(--sheet);
  color: var(--ink);
  border: 1px solid var(--quiet);
  border-radius: 5px;
  font: inherit;
  font-size: 0.95rem;
}

input::placeholder {
  color: var(--quiet);
  opacity: 1;
}

button {
  width: auto;
  padding-inline: 1.1rem;
  cursor: pointer;
}

button:hover {
  border-color: var(--ink);
}

#found {
  margin: 1rem 0 0.5rem;
  color: var(--quiet);
  font-size: 0.9rem;
}

.pair {
  margin-bottom: 1.5rem;
  background: var(--sheet);
  border: 1px solid var(--line);
  border-radius: 8px;
}

.pair > * {
  padding: 0.8rem 1.25rem;
}

.pair > header {
  display: flex;
  flex-wrap: wrap;
  gap: 0.3rem 1rem;
  align-items: baseline;
}

.pair h3 {
  flex: 1 1 15rem;
  min-width: 0;
}

.kinds,
.scores {
  display: flex;
  flex-wrap: wrap;
  gap: 0 0.9rem;
  padding: 0;
  list-style: none;
  font-size: 0.85rem;
}

.kinds {
  color: var(--quiet);
}

.scores div {
  display: flex;
  gap: 0.35rem;
}

.scores dt {
  color: var(--quiet);
}

.scores dd {
  font-weight: 650;
  font-variant-numeric: tabular-nums;
}

.prompt {
  border-top: 1px solid var(--line);
  font-size: 0.9rem;
}

.prompt summary {
  color: var(--quiet);
}

.about,
.cut,
.pair footer {
  color: var(--quiet);
  font-size: 0.82rem;
}

.pair footer bdi {
  font: 0.92em var(--mono);
}

.cut {
  margin-top: 0.4rem;
  font-style: italic;
}

.message {
  display: grid;
  grid-template-columns: 5.5rem minmax(0, 1fr);
  gap: 0 1rem;
  margin-top: 0.6rem;
}

.message .cut {
  grid-column: 2;
}

.role {
  color: var(--quiet);
}

.text {
  max-height: 26rem;
  overflow: auto;
  font: 0.86rem / 1.6 var(--mono);
  white-space: pre-wrap;
  overflow-wrap: anywhere;
  tab-size: 2;
  unicode-bidi: isolate;
}

.message .text {
  max-height: 12rem;
}

/* The script makes a text that has to be scrolled focusable: its end is then drawn, as more follows. */
.text[tabindex] {
  border-bottom: 1px dashed var(--quiet);
}

.sides {
  display: grid;
  grid-template-columns: repeat(2, minmax(0, 1fr));
  padding: 0;
  border-block: 1px solid var(--line);
}

.side {
  min-width: 0;
  padding: 0.8rem 1.25rem 1rem;
  border-top: 3px solid var(--side);
}

.side.chosen {
  --side: var(--chosen);
  --soft: var(--chosen-soft);
}

.side.rejected {
  --side: var(--rejected);
  --soft: var(--rejected-soft);
  border-left: 1px solid var(--line);
}

.side-head {
  display: flex;
  flex-wrap: wrap;
  gap: 0 0.8rem;
  align-items: baseline;
  margin-bottom: 0.5rem;
}

.side h4 {
  color: var(--side);
  font-size: 0.95rem;
}

mark {
  padding: 0.05em 0;
  background: var(--soft);
  color: inherit;
  text-decoration: underline;
  text-decoration-color: var(--side);
  text-decoration-thickness: 1.5px;
  text-underline-offset: 0.22em;
}

.side.rejected mark {
  text-decoration-style: dashed;
}

@media (max-width: 44rem) {
  main,
  nav ul {
    padding-inline: 1rem;
  }

  .masthead {
    padding-top: 2rem;
  }

  .tiles {
    grid-template-columns: repeat(2, minmax(0, 1fr));
    gap: 1.25rem 1rem;
  }

  .tiles .big {
    font-size: 1.8rem;
  }

  section[id] {
    margin-top: 3.5rem;
  }

  /* Too small to read; the ledger below it says the same. */
  .flow-picture {
    display: none;
  }

  figcaption p {
    min-height: 0;
  }

  .sides,
  .message {
    grid-template-columns: minmax(0, 1fr);
  }

  .message .cut {
    grid-column: 1;
  }

  .side.rejected {
    border-left: 0;
  }

  .pair > *,
  .side {
    padding-inline: 0.9rem;
  }

  .pair > .sides {
    padding-inline: 0;
  }
}

@media (forced-colors: active) {
  .bar,
  .node,
  .dot {
    fill: CanvasText;
  }
}

@media print {
  :root {
    color-scheme: light;
    --paper: #ffffff;
    --sheet: #ffffff;
    --ink: #000000;
    --quiet: #444444;
    --line: #cccccc;
    --chosen: #1d5c9e;
    --chosen-soft: #dbe8f6;
    --rejected: #97460f;
    --rejected-soft: #f8e3d3;
    --stream: #1d5c9e38;
    --lost: #97460f40;
  }

  body {
    font-size: 10pt;
    print-color-adjust: exact;
    -webkit-print-color-adjust: exact;
  }

  nav,
  .skip,
  #filters,
  #more,
  .as-table {
    display: none;
  }

  main {
    max-width: none;
    padding: 0;
  }

  .masthead {
    padding-top: 0;
  }

  section[id] {
    margin-top: 2rem;
  }

  .figures {
    grid-template-columns: 1fr 1fr;
    gap: 1.5rem;
  }

  .tiles {
    grid-template-columns: repeat(4, 1fr);
  }

  .text[tabindex] {
    border-bottom: 0;
  }

  h2,
  h3,
  .lede {
    break-after: avoid;
  }

  figure,
  .ledger,
  .flow-picture,
  .side-head,
  .pair > header {
    break-inside: avoid;
  }

  .text,
  .message .text {
    max-height: none;
    overflow: visible;
  }

  .scroller {
    overflow: visible;
  }
}
`;

export const pairBrowser = `/*! With parts of jsdiff (npm: diff), which comes under this licence:

BSD 3-Clause License

Copyright (c) 2009-2015, Kevin Decker <kpdecker@gmail.com>
All rights reserved.

Redistribution and use in source and binary forms, with or without
modification, are permitted provided that the following conditions are met:

1. Redistributions of source code must retain the above copyright notice, this
   list of conditions and the following disclaimer.

2. Redistributions in binary form must reproduce the above copyright notice,
   this list of conditions and the following disclaimer in the documentation
   and/or other materials provided with the distribution.

3. Neither the name of the copyright holder nor the names of its
   contributors may be used to endorse or promote products derived from
   this software without specific prior written permission.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS"
AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE
IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE
FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER
CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY,
OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
*/
"use strict";(()=>{var D=class{diff(e,t,n={}){let s;typeof n=="function"?(s=n,n={}):"callback"in n&&(s=n.callback);let r=this.castInput(e,n),l=this.castInput(t,n),h=this.removeEmpty(this.tokenize(r,n)),f=this.removeEmpty(this.tokenize(l,n));return this.diffWithOptionsObj(h,f,n,s)}diffWithOptionsObj(e,t,n,s){var r;let l=g=>{if(g=this.postProcess(g,n),s){setTimeout(function(){s(g)},0);return}else return g},h=t.length,f=e.length,a=1,d=h+f;n.maxEditLength!=null&&(d=Math.min(d,n.maxEditLength));let j=(r=n.timeout)!==null&&r!==void 0?r:1/0,_=Date.now()+j,C=[{oldPos:-1,lastComponent:void 0}],x=this.extractCommon(C[0],t,e,0,n);if(C[0].oldPos+1>=f&&x+1>=h)return l(this.buildValues(C[0].lastComponent,t,e));let $=-1/0,k=1/0,q=()=>{for(let g=Math.max($,-a);g<=Math.min(k,a);g+=2){let y,b=C[g-1],T=C[g+1];b&&(C[g-1]=void 0);let M=!1;if(T){let c=T.oldPos-g;M=T&&0<=c&&c<h}let O=b&&b.oldPos+1<f;if(!M&&!O){C[g]=void 0;continue}if(!O||M&&b.oldPos<T.oldPos?y=this.addToPath(T,!0,!1,0,n):y=this.addToPath(b,!1,!0,1,n),x=this.extractCommon(y,t,e,g,n),y.oldPos+1>=f&&x+1>=h)return l(this.buildValues(y.lastComponent,t,e))||!0;C[g]=y,y.oldPos+1>=f&&(k=Math.min(k,g-1)),x+1>=h&&($=Math.max($,g+1))}a++};if(s)(function g(){setTimeout(function(){if(a>d||Date.now()>_)return s(void 0);q()||g()},0)})();else for(;a<=d&&Date.now()<=_;){let g=q();if(g)return g}}addToPath(e,t,n,s,r){let l=e.lastComponent;return l&&!r.oneChangePerToken&&l.added===t&&l.removed===n?{oldPos:e.oldPos+s,lastComponent:{count:l.count+1,added:t,removed:n,previousComponent:l.previousComponent}}:{oldPos:e.oldPos+s,lastComponent:{count:1,added:t,removed:n,previousComponent:l}}}extractCommon(e,t,n,s,r){let l=t.length,h=n.length,f=e.oldPos,a=f-s,d=0;for(;a+1<l&&f+1<h&&this.equals(n[f+1],t[a+1],r);)a++,f++,d++,r.oneChangePerToken&&(e.lastComponent={count:1,previousComponent:e.lastComponent,added:!1,removed:!1});return d&&!r.oneChangePerToken&&(e.lastComponent={count:d,previousComponent:e.lastComponent,added:!1,removed:!1}),e.oldPos=f,a}equals(e,t,n){return n.comparator?n.comparator(e,t):e===t||!!n.ignoreCase&&e.toLowerCase()===t.toLowerCase()}removeEmpty(e){let t=[];for(let n=0;n<e.length;n++)e[n]&&t.push(e[n]);return t}castInput(e,t){return e}tokenize(e,t){return Array.from(e)}join(e){return e.join("")}postProcess(e,t){return e}get useLongestToken(){return!1}buildValues(e,t,n){let s=[],r;for(;e;)s.push(e),r=e.previousComponent,delete e.previousComponent,e=r;s.reverse();let l=s.length,h=0,f=0,a=0;for(;h<l;h++){let d=s[h];if(d.removed)d.value=this.join(n.slice(a,a+d.count)),a+=d.count;else{if(!d.added&&this.useLongestToken){let j=t.slice(f,f+d.count);j=j.map(function(_,C){let x=n[a+C];return x.length>_.length?x:_}),d.value=this.join(j)}else d.value=this.join(t.slice(f,f+d.count));f+=d.count,d.added||(a+=d.count)}}return s}};function Z(o,e){let t;for(t=0;t<o.length&&t<e.length;t++)if(o[t]!=e[t])return o.slice(0,t);return o.slice(0,t)}function Q(o,e){let t;if(!o||!e||o[o.length-1]!=e[e.length-1])return"";for(t=0;t<o.length&&t<e.length;t++)if(o[o.length-(t+1)]!=e[e.length-(t+1)])return o.slice(-t);return o.slice(-t)}function V(o,e,t){if(o.slice(0,e.length)!=e)throw Error(\`string \${JSON.stringify(o)} doesn't start with prefix \${JSON.stringify(e)}; this is a bug\`);return t+o.slice(e.length)}function G(o,e,t){if(!e)return o+t;if(o.slice(-e.length)!=e)throw Error(\`string \${JSON.stringify(o)} doesn't end with suffix \${JSON.stringify(e)}; this is a bug\`);return o.slice(0,-e.length)+t}function I(o,e){return V(o,e,"")}function z(o,e){return G(o,e,"")}function K(o,e){return e.slice(0,pe(o,e))}function pe(o,e){let t=0;o.length>e.length&&(t=o.length-e.length);let n=e.length;o.length<e.length&&(n=o.length);let s=Array(n),r=0;s[0]=0;for(let l=1;l<n;l++){for(e[l]==e[r]?s[l]=s[r]:s[l]=r;r>0&&e[l]!=e[r];)r=s[r];e[l]==e[r]&&r++}r=0;for(let l=t;l<o.length;l++){for(;r>0&&o[l]!=e[r];)r=s[r];o[l]==e[r]&&r++}return r}function ee(o,e){let t=[];for(let n of Array.from(e.segment(o))){let s=n.segment;t.length&&/\\s/.test(t[t.length-1])&&/\\s/.test(s)?t[t.length-1]+=s:t.push(s)}return t}function U(o,e){if(e)return H(o,e)[1];let t;for(t=o.length-1;t>=0&&o[t].match(/\\s/);t--);return o.substring(t+1)}function A(o,e){if(e)return H(o,e)[0];let t=o.match(/^\\s*/);return t?t[0]:""}function H(o,e){if(!e)return[A(o),U(o)];if(e.resolvedOptions().granularity!="word")throw new Error('The segmenter passed must have a granularity of "word"');let t=ee(o,e),n=t[0],s=t[t.length-1],r=/\\s/.test(n)?n:"",l=/\\s/.test(s)?s:"";return[r,l]}var X="a-zA-Z0-9_\\\\u{AD}\\\\u{C0}-\\\\u{D6}\\\\u{D8}-\\\\u{F6}\\\\u{F8}-\\\\u{2C6}\\\\u{2C8}-\\\\u{2D7}\\\\u{2DE}-\\\\u{2FF}\\\\u{1E00}-\\\\u{1EFF}",ge=new RegExp(\`[\${X}]+|\\\\s+|[^\${X}]\`,"ug"),te=class extends D{equals(e,t,n){return n.ignoreCase&&(e=e.toLowerCase(),t=t.toLowerCase()),e.trim()===t.trim()}tokenize(e,t={}){let n;if(t.intlSegmenter){let l=t.intlSegmenter;if(l.resolvedOptions().granularity!="word")throw new Error('The segmenter passed must have a granularity of "word"');n=ee(e,l)}else n=e.match(ge)||[];let s=[],r=null;return n.forEach(l=>{/\\s/.test(l)?r==null?s.push(l):s.push(s.pop()+l):r!=null&&/\\s/.test(r)?s[s.length-1]==r?s.push(s.pop()+l):s.push(r+l):s.push(l),r=l}),s}join(e){return e.map((t,n)=>n==0?t:t.replace(/^\\s+/,"")).join("")}postProcess(e,t){if(!e||t.oneChangePerToken)return e;let n=null,s=null,r=null;return e.forEach(l=>{l.added?s=l:l.removed?r=l:((s||r)&&le(n,r,s,l,t.intlSegmenter),n=l,s=null,r=null)}),(s||r)&&le(n,r,s,null,t.intlSegmenter),e}},ve=new te;function le(o,e,t,n,s){if(e&&t){let[r,l]=H(e.value,s),[h,f]=H(t.value,s);if(o){let a=Z(r,h);o.value=G(o.value,h,a),e.value=I(e.value,a),t.value=I(t.value,a)}if(n){let a=Q(l,f);n.value=V(n.value,f,a),e.value=z(e.value,a),t.value=z(t.value,a)}}else if(t){if(o){let r=A(t.value,s);t.value=t.value.substring(r.length)}if(n){let r=A(n.value,s);n.value=n.value.substring(r.length)}}else if(o&&n){let r=A(n.value,s),[l,h]=H(e.value,s),f=Z(r,l);e.value=I(e.value,f);let a=Q(I(r,f),h);e.value=z(e.value,a),n.value=V(n.value,r,a),o.value=G(o.value,r,r.slice(0,r.length-a.length))}else if(n){let r=A(n.value,s),l=U(e.value,s),h=K(l,r);e.value=z(e.value,h)}else if(o){let r=U(o.value,s),l=A(e.value,s),h=K(r,l);e.value=I(e.value,h)}}var ne=class extends D{tokenize(e){let t=new RegExp(\`(\\\\r?\\\\n)|[\${X}]+|[^\\\\S\\\\n\\\\r]+|[^\${X}]\`,"ug");return e.match(t)||[]}},ae=new ne;function oe(o,e,t){return ae.diff(o,e,t)}var re=class extends D{tokenize(e){return e.slice()}join(e){return e}removeEmpty(e){return e}},ue=new re;function se(o,e,t){return ue.diff(o,e,t)}function me(o,e){let t=oe(o,e,{maxEditLength:ce});if(t&&we(t))return{runs:de(t),by:"words"};let s=se(fe(o),fe(e),{maxEditLength:ce})?.map(r=>({...r,value:r.value.join("")}));return s?.some(r=>he(r)&&r.value.trim()!=="")?{runs:de(s),by:"sentences"}:{runs:["",o,e],by:"nothing"}}var ce=400,xe=80,he=({added:o,removed:e})=>!o&&!e;function we(o){let e=o.filter(he);if(o.length-e.length<=xe)return!0;let t=n=>n.reduce((s,{value:r})=>s+r.length,0);return t(e)*2>=t(o)-t(e)}var fe=o=>o.split(/(?<=[.!?]\\s|[。！？\\n])/);function de(o){let e=[],t=["","",""];for(let{value:n,added:s,removed:r}of o)!s&&!r&&n===" "&&t[1]!==""&&t[2]!==""?(t[1]+=n,t[2]+=n):!s&&!r?(t.some(l=>l!=="")&&e.push(...t),t=[n,"",""]):t[s?2:1]+=n;return e.push(...t),e}(()=>{let e={words:"",sentences:"Whole sentences are marked: the two differ in too many words.",nothing:"Nothing is marked: the two have no sentence in common."},{prompts:t,pairs:n}=JSON.parse(P("pairs-json",HTMLScriptElement).text),s=P("search",HTMLInputElement),r=P("kind",HTMLSelectElement),l=P("example",HTMLSelectElement),h=P("least",HTMLInputElement),f=P("greatest",HTMLInputElement),a=P("filters",HTMLFormElement),d=P("list",HTMLDivElement),j=P("more",HTMLButtonElement),_=P("found",HTMLParagraphElement),C=n.map(i=>[i.example_id,i.turn_id,i.lineage.key,i.lineage.chosen_uuid??"",i.lineage.rejected_uuid??"",...t[i.prompt]?.messages.map(({body:m})=>m.text)??[],i.chosen,i.rejected].join(\`
\`).toLowerCase()),x=[];for(let i of[...new Set(n.map(m=>m.example_id))].sort())l.append(new Option(i.length>60?\`\${i.slice(0,59)}\\u2026\`:i,i));if(n.length>0){let i=n.map(m=>m.margin);h.placeholder=M(Math.min(...i)),f.placeholder=M(Math.max(...i))}a.addEventListener("submit",i=>i.preventDefault()),a.addEventListener("input",$),a.addEventListener("reset",()=>setTimeout($)),j.addEventListener("click",()=>{let i=d.childElementCount;k();let m=d.children[i];m instanceof HTMLElement&&m.focus()}),P("browser",HTMLDivElement).hidden=!1,$();function $(){let i=s.value.toLowerCase().split(/\\s+/).filter(Boolean),m=h.value===""?-1/0:Number(h.value),p=f.value===""?1/0:Number(f.value);x=n.filter((u,v)=>i.every(E=>C[v]?.includes(E))&&(r.value===""||u.kinds.some(E=>E===r.value))&&(l.value===""||u.example_id===l.value)&&u.margin>=m&&u.margin<=p),r.value==="narrowest"&&x.sort((u,v)=>u.margin-v.margin),r.value==="longest"&&x.sort((u,v)=>T(v)-T(u)),d.replaceChildren(),k()}function k(){let i=d.childElementCount;d.append(...x.slice(i,i+10).map((u,v)=>q(u,i+v)));for(let u of d.querySelectorAll(".text"))u instanceof HTMLElement&&u.scrollHeight>u.clientHeight+1&&(u.tabIndex=0);let m=d.childElementCount,p=x.length===n.length?"":\` of \${n.length} sampled\`;_.textContent=x.length===0?"No sampled pair matches.":\`\${x.length}\${p} \${x.length===1?"pair":"pairs"}, \${m} shown.\`,j.hidden=m===x.length}function q(i,m){let{lineage:p}=i,u=c("article","pair");u.tabIndex=-1;let v=c("h3");v.id=\`pair-\${m}\`,v.append("Example ",O(i.example_id),c("span","quiet"," turn "),O(i.turn_id)),u.setAttribute("aria-labelledby",v.id);let E=c("ul","kinds");E.append(...i.kinds.map(F=>c("li","",F)));let w=c("dl","scores");for(let[F,W]of[["margin",i.margin],["reward",i.reward]]){let R=c("div");R.append(c("dt","",F),c("dd","",M(W))),w.append(R)}let L=c("header");L.append(v,E,w);let S=c("div","sides"),N=me(i.chosen,i.rejected);S.append(y(i,1,N),y(i,2,N));let J=c("footer");return J.append(c("p","",e[N.by]),O(p.key),\` at byte \${p.offset}\`,...p.chosen_uuid===null?[]:["; chosen ",O(p.chosen_uuid)],...p.rejected_uuid===null?[]:["; rejected ",O(p.rejected_uuid)]),u.append(L,g(i),S,J),u}function g(i){let{messages:m,earlier:p}=t[i.prompt]??{messages:[],earlier:0},u=c("details","prompt");u.open=!0;let v=m.length+p;u.append(c("summary","",\`Prompt, \${v} \${v===1?"message":"messages"}\`)),p>0&&u.append(c("p","cut",\`\${p} earlier not shown\`));for(let{role:E,body:w}of m){let L=c("div","message"),S=c("div","text");S.dir="auto",S.setAttribute("role","group"),S.setAttribute("aria-label",\`Message of \${E}\`),S.append(w.text),L.append(c("p","role",E),S),w.text.length<w.length&&L.append(b(w.text.length,w.length)),u.append(L)}return u}function y(i,m,{runs:p,by:u}){let v=m===1,E=v?"Chosen":"Rejected",w=v?i.chosen_length:i.rejected_length,L=c("div",v?"side chosen":"side rejected"),S=c("h4","",E),N=M(v?i.chosen_score:i.rejected_score),J=v?i.chosen_index:i.rejected_index,F=c("p","about",\`score \${N} \\xB7 candidate \${J} \\xB7 \${w} characters\`),W=c("div","text");W.dir="auto",W.setAttribute("role","group"),W.setAttribute("aria-label",\`\${E} answer\`);for(let B=0;B<p.length;B+=3){W.append(p[B]??"");let Y=p[B+m]??"";Y!==""&&W.append(u==="nothing"?Y:c("mark","",Y))}let R=c("div","side-head");R.append(S,F),L.append(R,W);let ie=(v?i.chosen:i.rejected).length;return w===0&&W.append(c("span","quiet","(empty)")),ie<w&&L.append(b(ie,w)),L}function b(i,m){return c("p","cut",\`Cut: the first \${i} of \${m} characters.\`)}function T(i){return i.chosen_length+i.rejected_length}function M(i){return String(Number(i.toPrecision(4)))}function O(i){return c("bdi","",i)}function c(i,m="",p=""){let u=document.createElement(i);return m!==""&&(u.className=m),p!==""&&(u.textContent=p),u}function P(i,m){let p=document.getElementById(i);if(!(p instanceof m))throw new TypeError(\`The page has no \${m.name} "\${i}".\`);return p}})();})();
`;
