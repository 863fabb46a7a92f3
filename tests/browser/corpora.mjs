// Small corpora of our own: one like the news, one that is hostile.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Numbers that look like chance and are the same every time. */
function chance(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu".split(" ");

function words(next, count) {
  const word = () => Array.from({ length: 2 + next(3) }, () => SYLLABLES[next(SYLLABLES.length)]).join("");
  return Array.from({ length: count }, word);
}

function sentence(next) {
  const [first, ...rest] = words(next, 8 + next(12));
  return `${first[0].toUpperCase()}${first.slice(1)} ${rest.join(" ")}.`;
}

function article(next, paragraphs) {
  const paragraph = () => Array.from({ length: 3 }, () => sentence(next)).join(" ");
  return Array.from({ length: paragraphs }, paragraph).join("\n\n");
}

const OUTLETS = ["herald.example", "courier.example", "gazette.example", "tribune.example"];

/** Articles with chrome, copies with small changes, an excerpt, and one event in four outlets. */
export function news(folder) {
  const next = chance(7);
  const records = [];
  const add = (site, date, title, text) => {
    const url = `https://www.${site}/${records.length}`;
    records.push({ id: url, url, date, title, text: `${text}\n\nTerms of Use | Privacy Policy\n` });
  };
  for (let n = 0; n < 30; n += 1) {
    const text = article(next, 4);
    const day = `2018-07-${String(10 + (n % 9)).padStart(2, "0")}`;
    add(OUTLETS[n % 4], day, `Report number ${n}`, text);
    if (n % 3 === 0) add(OUTLETS[(n + 1) % 4], day, `Report number ${n}, reprinted`, text.replace(" ", " reprinted "));
    if (n % 5 === 0) add(OUTLETS[(n + 2) % 4], day, `Report number ${n}`, text);
    if (n === 1) add(OUTLETS[3], day, "In short", text.split(" ").slice(0, 90).join(" "));
  }
  const happening =
    "The suspension bridge at Vallorbe collapsed on 16 July 2018 after heavy rain, the mayor Anna Keller said.";
  const more = [
    "Rescue workers from Lausanne pulled eleven people out of the river Orbe before midnight.",
    "Engineers had warned the council of Vallorbe about rusted cables in March, a letter shows.",
    "The mayor Anna Keller promised that the suspension bridge would be rebuilt within two years.",
    "Heavy rain is forecast for Vallorbe until Thursday, and the river Orbe may rise again.",
  ];
  OUTLETS.forEach((site, n) => {
    const own = `${more[n]} ${more[(n + 1) % 4]}`;
    const text = `${happening} The bridge over the river Orbe was closed.\n\n${own}\n\n${sentence(next)}`;
    add(site, `2018-07-${17 + n}`, `Bridge at Vallorbe collapses (${n})`, text);
  });
  mkdirSync(folder, { recursive: true });
  const lines = records.map((record) => JSON.stringify(record));
  writeFileSync(join(folder, "news.jsonl"), `${lines.join("\n")}\n{"text": broken\n`);
}

export const RAN = "__ran";
const SCRIPT = `window.${RAN}=1;alert(1)`;
const HOSTILE = [
  `</script><script>${SCRIPT}</script>`,
  `"><img src=x onerror="${SCRIPT}">`,
  `'><svg onload='${SCRIPT}'><a href='javascript:${SCRIPT}'>x</a>`,
  `</title></style></select></option><iframe srcdoc="<script>parent.${RAN}=1</script>"></iframe>`,
  `<math><mtext></table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=${SCRIPT}&gt;">`,
  `{{constructor.constructor('${SCRIPT}')()}} \${${SCRIPT}} &lt;script&gt;${SCRIPT}&lt;/script&gt;`,
  "gpj.\u202eexe\u202c \u2066isolate\u2069 \u200bzero\u200b \u0007bell\u0000nul \u001b[31mred",
];

/** Documents of which every part is an attack: keys, folders, ids, addresses, titles, dates, languages, texts. */
export function hostile(folder) {
  const next = chance(3);
  const records = [];
  HOSTILE.forEach((attack, n) => {
    const text = `${attack}\n\n${article(next, 3)}\n\n${attack} ${sentence(next)}\n\nLire aussi : ${attack}\n`;
    const id = n % 2 ? `javascript:${SCRIPT}//${attack}` : `https://evil.example/${attack}`;
    const record = (text) => ({ id, url: id, title: attack, date: attack, lang: n % 2 ? attack : "fr", site: attack, text });
    records.push(record(text), record(text.replace(". ", `. ${attack} `)), record(text));
    const name = attack.replaceAll("/", "∕").replaceAll("\0", "").slice(0, 100);
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, `${name}.txt`), `${text}\n${sentence(next)}`);
  });
  const event = "The suspension bridge at Vallorbe collapsed after heavy rain, the mayor Anna Keller said on Monday.";
  for (const attack of HOSTILE.slice(0, 3)) {
    const text = `${event} ${attack}\n\nThe mayor Anna Keller of Vallorbe spoke of heavy rain. ${sentence(next)}`;
    records.push({ id: `http://a.example/${attack}`, title: attack, date: "2018-07-16", text });
  }
  const lines = records.map((record) => JSON.stringify(record));
  writeFileSync(join(folder, "records.jsonl"), `${lines.join("\n")}\n{"${HOSTILE[0]}\n`);
}
