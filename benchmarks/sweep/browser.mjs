// Opens pages in Chromium and says what they did: node browser.mjs PLAN.json, with playwright-core and axe-core beside it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const plan = JSON.parse(readFileSync(process.argv[2], "utf8"));
const require = createRequire(join(dirname(process.argv[2]), "here.js"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const SIZES = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };
const SETTLE = 250; // milliseconds in which what is to act has acted

async function opened(browser, file, size, scheme) {
  const page = await browser.newPage({ viewport: SIZES[size], colorScheme: scheme, javaScriptEnabled: true });
  const seen = { scripts: [], requests: [], console: [] };
  const url = pathToFileURL(file).href;
  page.on("dialog", (dialog) => { seen.scripts.push(dialog.message()); dialog.dismiss(); });
  const own = [url, new URL("view.css", url).href];
  page.on("request", (request) => { if (!own.includes(request.url())) seen.requests.push(request.url()); });
  page.on("popup", (popup) => seen.requests.push(popup.url()));
  page.on("console", (said) => { if (["error", "warning"].includes(said.type())) seen.console.push(said.text()); });
  page.on("pageerror", (error) => seen.console.push(String(error)));
  await page.goto(url);
  return [page, seen];
}

// Every part that only shows when it is asked for.
const unfold = (page) => page.evaluate(() => {
  for (const one of document.querySelectorAll("details")) one.open = true;
});

async function acted(browser, file) {
  const [page, seen] = await opened(browser, file, "phone", "light");
  await page.waitForTimeout(SETTLE);
  await unfold(page);
  await page.evaluate(() => {
    const page = /^([a-z0-9][a-z0-9_~.-]*\.html)?(#|$)/;
    for (const one of document.querySelectorAll("a, [onfocus]"))
      if (!page.test(one.getAttribute("href") ?? "x")) { one.focus(); one.click(); }
  });
  await page.waitForTimeout(SETTLE);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  await page.close();
  return { ...seen, wide };
}

async function accessible(browser, file, size, scheme) {
  const [page] = await opened(browser, file, size, scheme);
  await unfold(page);
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run());
  await page.close();
  return found.violations.map(({ id, impact, nodes }) => ({
    id, impact, size, scheme, times: nodes.length, first: nodes[0].html.slice(0, 160), why: nodes[0].failureSummary,
  }));
}

// The kind of each page that shows: a flagged patch of the picture on the home page, and from it a clause, a suite and a
// run, going back each time; home and to the search by key; then how many rows a filter leaves.
async function followed(browser, file) {
  const [page] = await opened(browser, file, "desktop", "light");
  const kinds = [];
  const kind = async () => kinds.push(await page.locator("header > .kicker").first().textContent());
  const go = async (link) => {
    await page.click(link, { timeout: 5000 });
    await kind();
  };
  await go("main a.mark.accused >> nth=0");
  for (const other of ["clause", "suite", "run"]) {
    await go(`main a[href^="${other}-"]:visible >> nth=0`);
    await page.goBack();
    await kind();
  }
  await page.keyboard.press("h");
  await page.waitForURL("**/index.html");
  await kind();
  await page.keyboard.press("/");
  await page.waitForURL("**/search.html");
  await kind();
  await page.keyboard.type("SD101");
  kinds.push(String(await page.locator("tbody tr:visible").count()));
  await page.close();
  return kinds;
}

const browser = await chromium.launch({ executablePath: plan.chromium, args: ["--no-sandbox", "--disable-gpu"] });
const answer = { acted: {}, accessible: {}, followed: {} };
for (const file of plan.hostile) answer.acted[file] = await acted(browser, file);
for (const file of plan.plain) {
  answer.accessible[file] = [];
  for (const size of Object.keys(SIZES))
    for (const scheme of ["light", "dark"]) answer.accessible[file].push(...(await accessible(browser, file, size, scheme)));
}
for (const file of plan.follow) answer.followed[file] = await followed(browser, file);
await browser.close();
console.log(JSON.stringify(answer));
