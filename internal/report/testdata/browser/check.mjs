// Opens pages in a headless Chromium and says what it finds, as JSON, for browser_test.go:
//   node check.mjs request.json
// {"chromium": path, "screenshots": folder, "pages": {name: {"address": …, "views": […]}}, "diagrams": {name: text}}
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import puppeteer from "puppeteer-core";

const request = JSON.parse(readFileSync(process.argv[2], "utf8"));
const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const mermaid = readFileSync(require.resolve("mermaid/dist/mermaid.min.js"), "utf8");

// What a page is looked at as. Jenkins' content security policy, which the
// server of ?jenkins sends, takes its style from it.
const looks = {
  light: { size: { width: 1200, height: 900 }, scheme: "light" },
  dark: { size: { width: 1200, height: 900 }, scheme: "dark" },
  narrow: { size: { width: 360, height: 740 }, scheme: "light" },
  jenkins: { size: { width: 1200, height: 900 }, scheme: "light", query: "?jenkins" },
};

const browser = await puppeteer.launch({
  executablePath: request.chromium, headless: true,
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});
const answer = { pages: {}, diagrams: {} };
try {
  for (const [name, { address, views }] of Object.entries(request.pages)) answer.pages[name] = await look(name, address, views);
  answer.diagrams = await draw(request.diagrams);
} finally {
  await browser.close();
}
console.log(JSON.stringify(answer));

// look opens a page in each of the ways.
async function look(name, address, views) {
  const found = { views: {} };
  for (const view of views) {
    const { size, scheme, query = "" } = looks[view];
    const page = await browser.newPage();
    const seen = { console: [], requests: [] };
    page.on("console", (m) => seen.console.push(m.text()));
    page.on("pageerror", (e) => seen.console.push(String(e)));
    page.on("request", (r) => seen.requests.push(r.url()));
    await page.setViewport(size);
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await page.goto(address + query);
    await page.screenshot({ path: join(request.screenshots, `${name}-${view}.png`), fullPage: true });
    seen.overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    seen.background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    seen.text = await page.evaluate(() => document.body.innerText);
    if (view === "light") {
      found.title = await page.title();
      found.attributes = await page.evaluate(() => [...new Set([...document.querySelectorAll("*")].flatMap((e) => e.getAttributeNames()))].sort());
      found.elements = await page.evaluate(() => [...new Set([...document.querySelectorAll("*")].map((e) => e.localName))].sort());
      found.keys = await keys(page);
    }
    const result = query ? { violations: [] } : await run(page); // no script runs in Jenkins' sandbox
    seen.violations = result.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200)).join(" | ")}`);
    found.views[view] = seen;
    await page.close();
  }
  return found;
}

async function run(page) {
  await page.evaluate(axe);
  return page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
}

// keys tabs through a page and says what has the focus, by its name.
async function keys(page) {
  const seen = [];
  for (let i = 0; i < 200; i++) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const e = document.activeElement;
      if (!e || e === document.body) return null;
      const style = getComputedStyle(e);
      const name = e.getAttribute("aria-label") ?? e.textContent.trim().slice(0, 80);
      return { what: e.localName, name, visible: style.outlineStyle !== "none", top: e.getBoundingClientRect().top + window.scrollY };
    });
    if (!at) break;
    seen.push(at);
  }
  return seen;
}

// draw has Mermaid draw diagrams, as strict as GitHub does, and gives the text of each.
async function draw(diagrams) {
  const page = await browser.newPage();
  await page.goto("about:blank");
  await page.setViewport({ width: 1000, height: 800 });
  await page.evaluate(mermaid);
  const drawn = await page.evaluate(async (diagrams) => {
    window.mermaid.initialize({ startOnLoad: false, securityLevel: "strict" });
    const out = {};
    let n = 0;
    for (const [name, text] of Object.entries(diagrams)) {
      try {
        const { svg } = await window.mermaid.render("g" + n++, text);
        const at = document.createElement("div");
        at.innerHTML = svg;
        const read = (selector) => [...at.querySelectorAll(selector)].map((e) => e.textContent);
        out[name] = {
          bars: at.querySelectorAll("rect.task").length,
          failed: at.querySelectorAll("rect[class*=crit]").length,
          tasks: read("text.taskText, text.taskTextOutsideRight, text.taskTextOutsideLeft"),
          sections: read("text.sectionTitle"),
          title: read("text.titleText").join(""),
          scripts: at.querySelectorAll("script, img, iframe, a").length,
        };
      } catch (e) {
        out[name] = { error: String(e) };
      }
    }
    return out;
  }, diagrams);
  await page.close();
  return drawn;
}
