// The report in a browser: it can be searched, filtered, opened and walked with the keyboard alone, loads nothing, is
// accessible in light, dark and print, and stays inert whatever the documents hold.
//
// usage: node report.mjs [TAMIS]      TAMIS: the program (default: the release build)
// CHROMIUM: the browser; SHARED: the evaluation material, if it is there; SHOTS: a folder for screenshots

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { RAN, hostile, news } from "./corpora.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const tamis = resolve(process.argv[2] ?? join(here, "../../target/release/tamis"));
const shared = resolve(process.env.SHARED ?? join(here, "../../../shared"));
const shots = process.env.SHOTS;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };

let failed = 0;
function check(promise, holds, detail = "") {
  if (!holds) failed += 1;
  console.log(`${holds ? "ok    " : "FAILED"} ${promise}${holds || !detail ? "" : `: ${detail}`}`);
}

const work = mkdtempSync(join(tmpdir(), "tamis-browser-"));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
  ],
});

/** The report on what `make` puts into a folder, or on a file. */
function report(name, input, ...options) {
  const out = join(work, `${name}-out`);
  execFileSync(tamis, ["clean", input, "-o", out, "-q", "--progress", "none", "--rejects", "ok", ...options], {
    stdio: "inherit",
  });
  return join(out, "report.html");
}

/** Opens a page and notes all that must not happen. */
async function open(file, viewport = DESKTOP, scheme = "light") {
  const page = await browser.newPage({ viewport, colorScheme: scheme });
  const wrong = [];
  const address = pathToFileURL(file).href;
  page.on("request", (request) => {
    if (request.url().split("#")[0] !== address) wrong.push(`request ${request.url()}`);
  });
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") wrong.push(`console ${message.text()}`);
  });
  page.on("pageerror", (error) => wrong.push(`error ${error}`));
  page.on("dialog", (dialog) => {
    wrong.push(`dialog ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("popup", () => wrong.push("popup"));
  await page.goto(address);
  return { page, wrong };
}

async function accessible(page, what) {
  const { violations, passes } = await page.evaluate(`${axe}; axe.run(document, { resultTypes: ["violations"] })`);
  const grave = violations.filter((rule) => ["serious", "critical"].includes(rule.impact));
  const said = grave.map((rule) => `${rule.id} (${rule.nodes.length}): ${rule.nodes[0].html.slice(0, 160)}`);
  check(`${what}: nothing serious or critical by axe-core`, grave.length === 0, said.join("; "));
  const slight = violations.filter((rule) => !grave.includes(rule)).map((rule) => rule.id);
  console.log(`       ${passes.length} rules passed; slighter findings: ${slight.join(", ") || "none"}`);
}

async function shot(page, name) {
  if (!shots) return;
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: name.includes("full") });
}

const shown = (page) => page.locator("details.cluster:visible").count();

/** Types into the search and waits for the answer; milliseconds. */
async function search(page, words) {
  return page.evaluate(async (words) => {
    const [query, found] = ["q", "found"].map((id) => document.getElementById(id));
    query.value = words;
    const start = performance.now();
    const answered = new Promise((done) => {
      new MutationObserver(done).observe(found, { childList: true, characterData: true, subtree: true });
    });
    query.dispatchEvent(new Event("input"));
    await Promise.race([answered, new Promise((done) => setTimeout(done, 3000))]);
    return performance.now() - start;
  }, words);
}

async function loads(page) {
  const timing = await page.evaluate(() => {
    const [entry] = performance.getEntriesByType("navigation");
    return [entry.domContentLoadedEventEnd, entry.loadEventEnd];
  });
  return timing.map(Math.round);
}

async function walk(file) {
  const { page, wrong } = await open(file);
  const [ready] = await loads(page);
  console.log(`       ${statSync(file).size} bytes, DOMContentLoaded after ${ready} ms`);
  const all = await shown(page);
  check("clusters are shown", all > 5, String(all));

  await search(page, "Vallorbe");
  const events = await shown(page);
  check("a search narrows the clusters to those with the word", events > 0 && events < all, `${events} of ${all}`);
  check("the answer is said", (await page.textContent("#found")).startsWith(`${events} of ${all} clusters`));
  await search(page, "");
  await page.selectOption("#relation", "copies");
  const copies = await page.locator("#copies details.cluster").count();
  check("a relation narrows", (await shown(page)) === copies && copies < all);
  await page.selectOption("#relation", "");
  const site = await page.locator("#site option").nth(1);
  const clusters = Number((await site.textContent()).match(/\((\d+)\)$/)[1]);
  await page.selectOption("#site", await site.getAttribute("value"));
  check("a site narrows to as many clusters as it says", (await shown(page)) === clusters);
  await page.selectOption("#site", "");
  await page.fill("#from", "2018-07-20");
  await page.locator("#from").dispatchEvent("change");
  const late = await shown(page);
  check("a date narrows", late > 0 && late < all, String(late));
  await page.click("#clear");
  check("clear shows all again", (await shown(page)) === all);

  const copy = page.locator("#copies details.cluster").first();
  await copy.locator("summary").first().click();
  await copy.scrollIntoViewIfNeeded();
  check("a cluster opens to a comparison with marks", (await copy.locator("table.cmp mark").count()) > 0);
  await shot(page, "copy-light");
  const event = page.locator("#events details.cluster").first();
  await event.locator("summary").first().click();
  check("an event has a time line with a text alternative", /Time line of \d+ articles/.test(
    await event.locator("svg.plot").getAttribute("aria-label"),
  ));
  check("an event has its shared terms", (await event.locator(".terms li").count()) > 0);
  check("an event says what each article adds", (await event.locator(".adds blockquote").count()) > 0);
  await event.scrollIntoViewIfNeeded();
  await shot(page, "event-light");
  await accessible(page, "light, opened");

  const id = await event.getAttribute("id");
  await page.reload();
  await page.goto(`${page.url().split("#")[0]}#${id}`);
  await page.reload();
  check("an address with an id opens the cluster", await page.locator("#events details.cluster").first().evaluate((d) => d.open));
  check("nothing else was loaded, said or asked", wrong.length === 0, wrong.join("; "));
  await page.close();
}

async function keyboard(file) {
  const { page, wrong } = await open(file);
  const focused = (attribute) => page.evaluate((name) => document.activeElement[name], attribute);
  await page.keyboard.press("Tab");
  check("the first key leads to the skip link", (await focused("className")) === "skip");
  const visible = await page.evaluate(() => {
    const style = getComputedStyle(document.activeElement);
    return style.outlineStyle !== "none" && document.activeElement.getBoundingClientRect().x >= 0;
  });
  check("the focus is seen", visible);
  await page.keyboard.press("Enter");
  for (let n = 0; n < 60 && (await focused("id")) !== "q"; n += 1) await page.keyboard.press("Tab");
  check("the search is reached by keys", (await focused("id")) === "q");
  await page.keyboard.type("Vallorbe");
  await page.waitForFunction(() => document.getElementById("found").textContent !== "");
  for (let n = 0; n < 20 && (await focused("tagName")) !== "SUMMARY"; n += 1) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  check("a cluster is opened by keys", await page.evaluate(() => document.activeElement.parentElement.open));
  await page.keyboard.press("Enter");
  check("and closed", await page.evaluate(() => !document.activeElement.parentElement.open));
  for (let n = 0; n < 20 && (await focused("id")) !== "q"; n += 1) await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Escape");
  check("escape clears the search", (await page.inputValue("#q")) === "");
  check("nothing else was loaded, said or asked", wrong.length === 0, wrong.join("; "));
  await page.close();
}

const LOOKS = { desktop: [DESKTOP, ["light", "dark"]], phone: [PHONE, ["light", "dark"]] };
const FEWER_LOOKS = { desktop: [DESKTOP, ["light"]], phone: [PHONE, ["dark"]] };

async function looks(file, name, chosen = LOOKS) {
  const grounds = [];
  for (const [size, [viewport, schemes]] of Object.entries(chosen)) {
    for (const scheme of schemes) {
      const { page, wrong } = await open(file, viewport, scheme);
      grounds.push(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor));
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      check(`${name}, ${size}, ${scheme}: nothing stands out of the page`, wide <= 0, `${wide} pixels`);
      await shot(page, `${name}-${size}-${scheme}-full`);
      for (const section of ["copies", "events"]) {
        const first = page.locator(`#${section} details.cluster > summary`).first();
        if (await first.count()) await first.click();
      }
      await page.evaluate(() => document.querySelector("details.rule")?.setAttribute("open", ""));
      await accessible(page, `${name}, ${size}, ${scheme}`);
      for (const section of ["copies", "events", "cuts"]) {
        await page.evaluate((id) => document.getElementById(id).scrollIntoView(), section);
        await shot(page, `${name}-${size}-${scheme}-${section}`);
      }
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      check(`${name}, ${size}, ${scheme}: nor when clusters are open`, wider <= 0, `${wider} pixels`);
      check(`${name}, ${size}, ${scheme}: nothing else was loaded`, wrong.length === 0, wrong.join("; "));
      await page.close();
    }
  }
  check(`${name}: dark is dark and light is light`, new Set(grounds).size === 2, grounds.join(" "));
}

async function printed(file) {
  const { page, wrong } = await open(file, DESKTOP, "dark");
  await page.emulateMedia({ media: "print" });
  check("print has no search and no navigation", !(await page.isVisible("nav")) && !(await page.isVisible("#search")));
  check("print is dark on white", (await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)) === "rgb(255, 255, 255)");
  const pdf = await page.pdf({ format: "A4" });
  check("it prints", pdf.length > 10000 && pdf.subarray(0, 5).toString() === "%PDF-");
  await shot(page, "print-full");
  check("nothing else was loaded", wrong.length === 0, wrong.join("; "));
  await page.close();
}

/** Elements that the page is made of; anything else came from a document. */
const KNOWN = new Set(
  ("html head meta title style body a header h1 h2 h3 h4 p nav main section ul ol li b i bdi figure figcaption svg polygon " +
    "rect text line polyline circle details summary div table thead tbody tfoot tr th td search label input select option " +
    "button span mark del blockquote code dl dt dd footer script").split(" "),
);

async function inert(file) {
  const { page, wrong } = await open(file);
  await page.evaluate(() => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
  await search(page, "script");
  const found = await page.evaluate(
    ([known, ran]) => {
      const all = Array.from(document.querySelectorAll("*"));
      const foreign = all.filter((e) => !known.includes(e.localName)).map((e) => e.localName);
      const attributes = all.flatMap((e) => Array.from(e.attributes)).map((a) => a.name);
      const links = Array.from(document.querySelectorAll("a")).map((a) => a.getAttribute("href"));
      const hidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
      return {
        foreign,
        handlers: attributes.filter((name) => name.startsWith("on") || name === "style" || name === "src"),
        scripts: document.scripts.length,
        bad: links.filter((href) => !/^(#|https?:)/.test(href)),
        hidden: hidden.test(document.documentElement.textContent),
        named: document.querySelectorAll("code.u").length,
        ran: window[ran],
      };
    },
    [Array.from(KNOWN), RAN],
  );
  check("hostile: no element that is not ours", found.foreign.length === 0, found.foreign.join(" "));
  check("hostile: no handler, style or source", found.handlers.length === 0, found.handlers.join(" "));
  check("hostile: one script, ours", found.scripts === 1);
  check("hostile: links lead to http(s) or inside", found.bad.length === 0, found.bad.join(" "));
  check("hostile: control and bidi characters are shown, not obeyed", !found.hidden && found.named > 0);
  for (const link of await page.locator("a[href^='#']").all()) {
    if (await link.isVisible()) await link.click({ timeout: 1000 }).catch(() => {});
  }
  check("hostile: no script ran", found.ran === undefined && (await page.evaluate((ran) => window[ran], RAN)) === undefined);
  check("hostile: no request, dialog or error", wrong.length === 0, wrong.join("; "));
  await accessible(page, "hostile");
  await page.close();
}

/** Load and search of a real report. */
async function measure(file, name, word) {
  const { page, wrong } = await open(file);
  const [ready, loaded] = await loads(page);
  const first = await search(page, word);
  const matches = await page.textContent("#found");
  const second = await search(page, `${word} a`);
  const bytes = statSync(file).size;
  check(`${name}: at most 5 MB`, bytes <= 5_000_000, String(bytes));
  check(`${name}: a search answers`, first < 3000 && second < 3000, `${first} ms`);
  check(`${name}: nothing else was loaded, said or asked`, wrong.length === 0, wrong.join("; "));
  console.log(
    `       ${bytes} bytes; DOMContentLoaded ${ready} ms, loaded ${loaded} ms; the search answers after ` +
      `${Math.round(first)} ms, then ${Math.round(second)} ms (120 of them waiting for more keys): ${matches}`,
  );
  await page.close();
}

try {
  news(join(work, "news"));
  const page = report("news", join(work, "news"));
  await walk(page);
  await keyboard(page);
  await looks(page, "news");
  await printed(page);
  hostile(join(work, "hostile"));
  await inert(report("hostile", join(work, "hostile"), "--copies", "tag"));
  await inert(report("hostile-removed", join(work, "hostile")));
  const helsinki = join(shared, "data/copies/helsinki.jsonl.gz");
  if (existsSync(helsinki)) {
    const real = report("helsinki", helsinki);
    await measure(real, "helsinki", "Helsinki");
    await looks(real, "helsinki", FEWER_LOOKS);
  } else {
    console.log("skipped: the evaluation material is not here");
  }
  for (const other of process.argv.slice(3)) {
    await measure(other, other, "president");
    if (shots) await looks(other, "other", FEWER_LOOKS);
  }
} finally {
  await browser.close();
  rmSync(work, { recursive: true, force: true });
}
console.log(failed ? `${failed} failed` : "all hold");
process.exit(failed ? 1 : 0);
