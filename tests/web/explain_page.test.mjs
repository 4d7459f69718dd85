// explain_page.test.mjs ENCAPSULATE SOURCE WORK: makes pages with --explain --format html and uses them as people do, in
// a browser: by keyboard, by pointer, in the dark, on paper, on a telephone, without scripts. Exit 77: skipped.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { openBrowser } from "./browser.mjs";
import { weakContrasts } from "./contrast.mjs";

const [encapsulate, source, work] = process.argv.slice(2);
mkdirSync(work, { recursive: true });

const { browser, reason } = await openBrowser();
if (reason !== undefined) {
  console.log(`skipped: ${reason}`);
  process.exit(77);
}

function makePage(name, table, ...options) {
  const text = execFileSync(encapsulate, [table, "-q", "--format", "html", ...options], { maxBuffer: 1 << 28 });
  const file = join(work, `${name}.html`);
  writeFileSync(file, text);
  return pathToFileURL(file).href;
}
function makeTable(name, text) {
  const file = join(work, `${name}.csv`);
  writeFileSync(file, text);
  return file;
}

const golden = makePage("golden", makeTable("golden",
  "msg_id,src_app,dst_app,src_ip,dst_ip,src_port,dst_port,message\n" +
  "17,client,server,127.0.0.1,127.0.0.1,5074,12345,GET /blog HTTP/1.1\n"),
  "--mode", "segments", "--payload", "verbatim", "--explain", "17");
const basic = makePage("basic", join(source, "samples/http_basic.csv"), "--explain", "1-3,12");
const long = makePage("long", join(source, "samples/long_messages.csv"), "--explain", "2-4");
const hostile = makePage("hostile", makeTable("hostile",
  "msg_id,src_app,dst_app,message\n" +
  "</title><script>alert(1)</script>,<img src=x onerror=alert(1)>,\"a\"\"b'&\u202e\"," +
  "\"</pre></bdi><script>alert(2)</script> {{x}} \u202egnp.exe\x1b]0;title\x07\"\n"), "--explain",
  "</title><script>alert(1)</script>");

const windows = new Map();  // that are used again: each new one takes the browser a process

/// A window of its own for each set of options, and what went wrong in it.
async function windowOf(options) {
  const kind = JSON.stringify(options);
  if (windows.has(kind)) return windows.get(kind);
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, ...options });
  context.setDefaultTimeout(60_000);  // machines may be busy
  const page = await context.newPage();
  const made = { page, problems: [], requests: [] };
  page.on("request", (request) => made.requests.push(request.url()));
  page.on("console", (message) => made.problems.push(message.text()));
  page.on("pageerror", (error) => made.problems.push(error.message));
  page.on("dialog", (dialog) => {
    made.problems.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  windows.set(kind, made);
  return made;
}

/// A page that is open, with nothing left of the one before it: neither a pointer over it nor a medium.
async function open(url, { colorScheme = "light", ...options } = {}) {
  const made = await windowOf(options);
  await made.page.goto("about:blank");
  await made.page.mouse.move(0, 0);
  await made.page.emulateMedia({ media: null, colorScheme });
  made.problems = [];
  made.requests = [];
  await made.page.goto(url);
  return made;
}

let failed = 0;
async function check(name, url, use, options) {
  try {
    const opened = await open(url, options);
    await use(opened.page, opened);
    assert.deepEqual(opened.problems, []);
    console.log(`ok: ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED: ${name}\n${error.stack}`);
  }
}

const marked = (page) => page.$$eval(".b.on", (bytes) => bytes.map((byte) => `${byte.dataset.i}:${byte.textContent}`));
// Names may be broken at their dots, which XPath does not see.
const row = (name, within = "main") => `xpath=//*[@id="${within}"]//table[@class="fields"]//tr[th/code="${name}"]`;

for (const [name, url] of Object.entries({ golden, basic, long, hostile })) {
  await check(`${name}: nothing is fetched`, url, async (page, { requests }) => {
    await page.waitForLoadState("networkidle");
    assert.deepEqual(requests.filter((asked) => !asked.startsWith("data:")), [url]);
  });

  await check(`${name}: has a title, headings, captions and heads of tables`, url, async (page) => {
    assert.match(await page.title(), /wrapped/);
    assert.equal(await page.locator("html").getAttribute("lang"), "en");
    assert.equal(await page.locator("h1").count(), 1);
    assert.ok((await page.locator("h2").count()) >= 1);
    const tables = await page.$$eval("table", (all) =>
      all.map((table) => [table.caption?.textContent.trim().length > 0, table.querySelectorAll("th[scope=col]").length > 1]));
    assert.ok(tables.length > 0);
    assert.ok(tables.every(([caption, head]) => caption && head));
    const ids = await page.$$eval("[id]", (all) => all.map((element) => element.id));
    assert.equal(new Set(ids).size, ids.length, "an id is there once");
  });

  await check(`${name}: every place of a field is in a dump`, url, async (page) => {
    const lost = await page.$$eval("[data-at]", (fields) => fields.flatMap((field) =>
      field.dataset.at.split(" ").filter((place) => {
        const [dump, range] = place.split(":");
        const first = Number(range.split("-")[0]);
        const box = document.getElementById(dump);
        return box === null || (box.querySelector(".more") === null && box.querySelector(`.b[data-i="${first}"]`) === null);
      })));
    assert.deepEqual(lost, []);
  });

  for (const colorScheme of ["light", "dark"]) {
    await check(`${name}: contrast is AA when ${colorScheme}`, url, async (page) => {
      await page.$$eval("details", (all) => all.forEach((details) => { details.open = true; }));
      await page.locator(".fields tr[tabindex]").first().focus();  // marked text counts as well
      assert.deepEqual(await weakContrasts(page), []);
    }, { colorScheme });
  }

  await check(`${name}: a narrow window is not left sideways`, url, async (page) => {
    const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide <= room, `${wide} > ${room}`);
  }, { viewport: { width: 360, height: 700 } });
}

await check("dark and light differ", golden, async (page) => {
  const back = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await back();
  await page.emulateMedia({ colorScheme: "dark" });
  assert.notEqual(await back(), light);
});

await check("a field that has the focus marks its bytes", golden, async (page) => {
  await page.locator(row("tcp.srcport")).focus();
  assert.deepEqual(await marked(page), ["24:13", "25:d2"]);
  await page.keyboard.press("Tab");
  assert.deepEqual(await marked(page), ["26:30", "27:39"]);
  assert.equal(await page.locator(".c.on").count(), 2);
});

await check("a field that is pointed at marks its bytes, and only then", golden, async (page) => {
  await page.locator(row("ip.checksum")).hover();
  assert.deepEqual(await marked(page), ["14:7c", "15:bb"]);
  await page.locator("h1").hover();
  assert.deepEqual(await marked(page), []);
});

await check("a byte marks its field: the pointer's and the arrow keys'", golden, async (page) => {
  await page.locator('.b[data-i="12"]').hover();  // time to live
  assert.deepEqual(await page.$$eval(".fields tr.on code", (names) => names.map((name) => name.textContent)), ["ip.ttl"]);
  await page.locator(".b[data-i='0']").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.evaluate(() => document.activeElement.dataset.i), "17");
  assert.deepEqual(await page.$$eval(".fields tr.on code", (names) => names.map((name) => name.textContent)), ["ip.src"]);
  assert.deepEqual(await marked(page), ["16:7f", "17:00", "18:00", "19:01"]);
  await page.keyboard.press("End");
  assert.equal(await page.evaluate(() => document.activeElement.dataset.i), "61");
});

await check("the Tab key reaches every field once, in order, and every layer", golden, async (page) => {
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  const reached = [];
  for (let i = 0; i < 200; ++i) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const focused = document.activeElement;
      if (focused === document.body) return "";
      return focused.tagName + " " + (focused.querySelector("code")?.textContent ?? focused.textContent.slice(0, 20));
    });
    if (at === "" || at.startsWith("A ")) break;
    reached.push(at);
  }
  const rows = reached.filter((at) => at.startsWith("TR "));
  const wanted = await page.$$eval(".fields tr[tabindex]", (all) =>
    all.map((row) => "TR " + row.querySelector("code").textContent));
  assert.deepEqual(rows, wanted);
  const summaries = await page.locator("summary").count();
  assert.equal(reached.filter((at) => at.startsWith("SUMMARY ")).length, summaries);
  assert.equal(reached.filter((at) => /^SPAN/.test(at)).length, 1, "the bytes are one stop");
});

await check("a layer can be closed and opened with the keyboard", golden, async (page) => {
  const summary = page.locator("details.transport > summary");
  await summary.focus();
  await page.keyboard.press("Enter");
  assert.equal(await page.locator(row("tcp.srcport")).isVisible(), false);
  await page.keyboard.press("Enter");
  assert.equal(await page.locator(row("tcp.srcport")).isVisible(), true);
});

await check("the checksum is worked out, word by word, beside its bytes", golden, async (page) => {
  const sum = page.locator("details.transport details.sum");
  await sum.locator("summary").click();
  assert.match(await sum.textContent(), /0xffff - 0x4ab1 = 0xb54e/);
  await sum.locator("tbody tr").nth(6).hover();
  assert.deepEqual(await marked(page), ["24:13", "25:d2"]);
  assert.match(await page.locator("details.network details.sum").textContent(), /0x7cbb: that is what comes out/);
});

await check("the list of messages leads to each", basic, async (page) => {
  const links = page.locator("nav a");
  assert.equal(await links.count(), 4);
  await links.nth(3).focus();
  await page.keyboard.press("Enter");
  assert.match(page.url(), /#m3$/);
  assert.ok((await page.locator("#m3").boundingBox()).y < 200);
});

await check("fields of later messages mark the bytes of their own frame", basic, async (page) => {
  await page.locator(row("tcp.srcport", "m1")).focus();
  assert.equal(await page.locator("#m0 .b.on").count(), 0);
  assert.deepEqual(await marked(page), ["24:00", "25:50"]);
});

await check("fragments and segments: a header's bytes are marked where they are", long, async (page) => {
  assert.match(await page.locator("#m0").textContent(), /Segment 3 of 7.*frame/);
  await page.locator(row("udp.length", "m2")).focus();
  assert.equal((await marked(page)).length, 2);
  assert.equal(await page.locator("#m2 .dump").count(), 3);
});

await check("without scripts everything is there to read", golden, async (page) => {
  assert.equal(await page.locator(row("tcp.checksum")).isVisible(), true);
  await page.locator("details.transport details.sum summary").click();
  assert.equal(await page.locator("details.transport .verdict").isVisible(), true);
}, { javaScriptEnabled: false });

await check("on paper everything is open and nothing is cut off", golden, async (page) => {
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  assert.equal(await page.locator("details:not([open])").count(), 0);
  assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector(".octets")).maxHeight), "none");
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  assert.equal(await page.locator("details:not([open])").count(), 2);
});

await check("hostile text is shown, not obeyed", hostile, async (page) => {
  assert.equal(await page.locator("script").count(), 1);
  assert.equal(await page.locator("img").count(), 0);
  assert.match(await page.locator("pre.text").textContent(), /<script>alert\(2\)<\/script>/);
  assert.match(await page.locator("h2").textContent(), /<\/title><script>alert\(1\)/);
});

await browser.close();
console.log(failed === 0 ? "every use of the pages works" : `${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
