// chat_page.test.mjs CHAT_SERVER [WORDS]: uses the page of the chat, and the page of who runs it, as people do, several at
// a time, in a browser. With WORDS only the checks with these in their names. Exit 77: skipped.
import assert from "node:assert/strict";
import { openBrowser } from "./browser.mjs";
import { adminToken, openPage, Person, startServer } from "./chat.mjs";
import { weakContrasts } from "./contrast.mjs";

const [program, words = ""] = process.argv.slice(2);
const { browser, reason } = await openBrowser();
if (reason !== undefined) {
  console.log(`skipped: ${reason}`);
  process.exit(77);
}
const server = await startServer(program);

let failed = 0;
let opened = []; // of the check that runs
let allowed = /^$/; // problems that a check means to have
let round = 0;

/// What a page shows, in a line.
async function shown(page) {
  const text = await page.evaluate(() => document.body.innerText).catch((error) => error.message);
  return text.replace(/\s+/g, " ").slice(0, 500);
}

async function check(name, use) {
  if (!name.includes(words)) return;
  ++round;
  opened = [];
  allowed = /^$/;
  try {
    await use();
    assert.deepEqual(opened.flatMap(({ problems }) => problems).filter((problem) => !allowed.test(problem)), []);
    console.log(`ok: ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED: ${name}\n${error.stack}`);
    for (const { page } of opened) console.log(`  a page then: ${await shown(page)}`);
  } finally {
    await Promise.all(opened.map(({ close }) => close()));
  }
}

async function open(path, options) {
  const page = await openPage(browser, server.url + path, options);
  opened.push(page);
  return page;
}
/// Names of one check, which those of others do not meet.
const named = (name) => `${name}${round}`;
/// Somebody whose page is open, and who has no name yet.
async function visitor(name, options) {
  return new Person(named(name), await open("/", options));
}
/// Somebody who has entered.
async function person(name, options) {
  const who = await visitor(name, options);
  await who.logIn();
  await who.person(who.name).waitFor();
  return who;
}
const people = (...names) => Promise.all(names.map((name) => person(name)));

/// Somebody without a page: a WebSocket of lines, kept in the page of `who`. Gives say(line) and events().
async function speaker(who, name) {
  const key = `speaker${Math.random()}`;
  await who.page.evaluate(([key, name]) => new Promise((done, fail) => {
    const socket = new WebSocket(`ws://${location.host}/chat`);
    const events = [];
    window[key] = { events, say: (line) => socket.send(JSON.stringify({ line })), end: () => socket.close() };
    socket.onopen = () => socket.send(JSON.stringify({ line: name }));
    socket.onerror = fail;
    socket.onmessage = ({ data }) => {
      events.push(JSON.parse(data));
      if (events.at(-1).event === "named") done();
    };
  }), [key, name]);
  return {
    name,
    say: (...lines) => who.page.evaluate(([key, lines]) => lines.forEach(window[key].say), [key, lines]),
    events: () => who.page.evaluate((key) => window[key].events, key),
    end: () => who.page.evaluate((key) => window[key].end(), key),
  };
}

/// Waits until a function gives what is wanted; says what it gave where it does not.
async function becomes(wanted, get) {
  const end = Date.now() + 60_000;
  let got;
  do {
    got = await get();
    if (got === wanted) return;
    await new Promise((later) => setTimeout(later, 20));
  } while (Date.now() < end);
  assert.equal(got, wanted);
}
const focused = (page, selector) => page.evaluate((wanted) => document.activeElement.matches(wanted), selector);

/// The page's connection, to be held up and cut. The functions may keep what goes by: they return whether it goes on.
function meddle() {
  const line = { ups: [], toServer: () => true, toPage: () => true };
  line.prepare = (page) => page.routeWebSocket(/\/chat$/, (socket) => {
    const up = socket.connectToServer();
    line.ups.push({ socket, up });
    socket.onMessage((data) => { if (line.toServer(JSON.parse(data))) up.send(data); });
    up.onMessage((data) => { if (line.toPage(JSON.parse(data))) socket.send(data); });
  });
  line.cut = async () => {
    const { socket, up } = line.ups.at(-1);
    await Promise.all([up.close(), socket.close({ code: 3001 })]);
  };
  return line;
}

await check("the pages come under a policy that allows no script or style of their own", async () => {
  for (const path of ["/", `/admin?token=${adminToken}`]) {
    const answer = await fetch(server.url + path);
    assert.match(answer.headers.get("content-type"), /^text\/html; *charset=utf-8$/i);
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
    const policy = answer.headers.get("content-security-policy");
    assert.match(policy, /default-src 'none'|default-src 'self'/);
    assert.doesNotMatch(policy, /unsafe/);
  }
});

await check("a name that is missing or taken is refused beside the field", async () => {
  const alice = await person("alice");
  const other = await visitor("other");
  const field = other.page.getByLabel("Your name");
  assert.ok(await focused(other.page, "#name"), "the field has the focus");
  await other.logIn("");
  await other.page.locator("#name-error", { hasText: "name" }).waitFor();
  await other.logIn(alice.name.toUpperCase());
  await other.page.locator("#name-error", { hasText: "taken" }).waitFor();
  assert.equal(await field.getAttribute("aria-invalid"), "true");
  assert.match(await field.getAttribute("aria-describedby"), /name-error/);
  assert.ok(await focused(other.page, "#name"), "the field has the focus again");
  const [box, error] = [await field.boundingBox(), await other.page.locator("#name-error").boundingBox()];
  assert.ok(error.y - (box.y + box.height) < 30, "the sentence is at the field");
  await other.logIn();
  await alice.person(other.name).waitFor();
  await alice.notice(`${other.name} came`).waitFor();
});

await check("a name given before there is a connection is asked for when there is one", async () => {
  let connect;
  const wanted = new Promise((done) => { connect = done; });
  const alice = await visitor("alice", { prepare: (page) => page.routeWebSocket(/\/chat$/, async (socket) => {
    await wanted;
    socket.connectToServer();
  }) });
  await alice.logIn();
  await alice.page.locator("#name-error", { hasText: "no connection yet" }).waitFor();
  connect();
  await alice.person(alice.name).waitFor();
});

await check("a line to everybody, and one to two people that a third does not get", async () => {
  const [alice, bob, carol, dave] = await people("alice", "bob", "carol", "dave");
  assert.equal(await alice.panel.locator("label").textContent(), "To everybody");
  await alice.say("hello all");
  for (const who of [bob, carol, dave]) await who.messages("hello all").waitFor();
  await alice.messages("hello all").locator(".state", { hasText: "stored" }).waitFor();

  await alice.tick(bob.name, carol.name);
  assert.equal(await alice.panel.locator("label").textContent(), `To ${bob.name}, ${carol.name} only`);
  await alice.say("for you two");
  await bob.messages("for you two").locator(".scope", { hasText: `to you and ${carol.name} only` }).waitFor();
  await carol.messages("for you two").locator(".scope", { hasText: `to you and ${bob.name} only` }).waitFor();
  await alice.messages("for you two").locator(".state", { hasText: "stored" }).waitFor();

  await alice.person(carol.name).getByRole("checkbox").uncheck();
  await alice.say("for you");
  await bob.messages("for you").locator(".scope", { hasText: "to you only" }).waitFor();
  await alice.person(bob.name).getByRole("checkbox").uncheck();
  assert.equal(await alice.panel.locator("label").textContent(), "To everybody");
  await alice.say("all again");
  await dave.messages("all again").waitFor();
  const daves = await dave.panel.locator(".message .text").allTextContents();
  assert.deepEqual(daves.filter((text) => text.startsWith("for you")), []);
  assert.equal(await carol.messages("for you").count(), 0);
});

await check("a line is shown at once, and marked when it is delivered and when it is stored", async () => {
  const line = meddle();
  const alice = await person("alice", { prepare: line.prepare });
  const held = [];
  line.toPage = (event) => !["message", "stored"].includes(event.event) || !held.push(event);
  await alice.say("is this there?");
  const state = alice.messages("is this there?").locator(".state");
  await state.getByText("sending").waitFor();
  await becomes(2, () => held.length);
  const release = () => line.ups.at(-1).socket.send(JSON.stringify(held.shift()));
  release();
  await state.getByText("✓ delivered").waitFor();
  const refused = { event: "refused", code: "not_stored", text: "not stored: the disk is full; it is tried again" };
  line.ups.at(-1).socket.send(JSON.stringify({ ...refused, ref: held[0].ref }));
  await state.getByText("✗ delivered, but not stored: the disk is full; it is tried again").waitFor();
  assert.equal(await state.getByRole("button").count(), 0, "what was delivered is not sent again");
  release();
  await state.getByText("✓✓ stored").waitFor();
  assert.equal(await alice.messages("is this there?").count(), 1);
});

await check("what cannot be sent says why where it was written, and goes to nobody else", async () => {
  const [alice, bob, carol] = await people("alice", "bob", "carol");
  await alice.say("");
  await alice.panel.locator(".compose .error", { hasText: "nothing to send" }).waitFor();
  assert.equal(await alice.field.getAttribute("aria-invalid"), "true");
  await alice.say("\u{1f600}".repeat(1100));
  await alice.panel.locator(".compose .error", { hasText: "4096" }).waitFor();
  await alice.say('"'.repeat(4090)); // as JSON it is twice as long
  await alice.panel.locator(".compose .error", { hasText: "too long" }).waitFor();

  await alice.field.evaluate((field) => { field.value = "half \ud83d"; });
  await alice.field.press("Enter");
  await carol.messages("half \ufffd").waitFor();

  await alice.tick(bob.name);
  await bob.close();
  await alice.person(bob.name).getByText("(left)").waitFor(); // and stays ticked
  await alice.say("only for bob");
  const failedLine = alice.messages("only for bob");
  await failedLine.locator(".state", { hasText: bob.name }).waitFor();
  assert.match(await failedLine.getAttribute("class"), /failed/);
  await alice.person(bob.name).getByRole("checkbox").click();
  await becomes(0, () => alice.person(bob.name).count());
  await alice.say("for all");
  await carol.messages("for all").waitFor();
  assert.equal(await carol.messages("only for bob").count(), 0);

  const again = await visitor("bob");
  await again.logIn();
  await failedLine.getByRole("button", { name: "Send again" }).click();
  await again.messages("only for bob").waitFor();
  await failedLine.locator(".state", { hasText: "stored" }).waitFor();
});

await check("a private chat: asked, accepted, unread, left", async () => {
  const [alice, bob] = await people("alice", "bob");
  await alice.person(bob.name).getByRole("button", { name: "Chat" }).click();
  await alice.person(bob.name).getByText("Asked").waitFor();
  await bob.request(alice.name).getByRole("button", { name: "Accept" }).click();
  await bob.notice("The private chat is open").waitFor();
  assert.ok(await bob.field.evaluate((field) => field === document.activeElement), "who accepts can write at once");
  assert.equal(await bob.request(alice.name).count(), 0);
  await bob.say("between us");
  await alice.tab(`${bob.name} 1 unread`).waitFor();
  assert.match(await alice.page.title(), /^\(1\)/);
  await alice.tab(bob.name).click();
  await alice.messages("between us").waitFor();
  assert.equal(await alice.tab(bob.name).textContent(), bob.name);
  assert.equal(await alice.page.title(), "Chat");
  await alice.say("yes");
  await bob.messages("yes").waitFor();
  await alice.messages("yes").locator(".state", { hasText: "stored" }).waitFor();

  await bob.panel.getByRole("button", { name: "Leave" }).click();
  await becomes(0, () => bob.tab(alice.name).count());
  await alice.notice(`${bob.name} left the private chat`).waitFor();
  assert.equal(await alice.field.count(), 0, "nothing can be written any more");
  assert.ok(await alice.panel.getByRole("log").evaluate((log) => log === document.activeElement), "the focus is not lost");
  await alice.panel.getByRole("button", { name: "Ask again" }).click();
  await bob.request(alice.name).getByRole("button", { name: "Reject" }).click();
  await alice.tab("Lobby").click();
  await alice.notice(`${bob.name} does not want to chat now`).waitFor();
  assert.equal(await bob.notice("does not want").count(), 0);
  await alice.tab(bob.name).click();
  await alice.panel.getByRole("button", { name: "Close" }).click();
  await becomes(0, () => alice.tab(bob.name).count());
});

await check("a group: refused, joined, with its history, seen to come and go", async () => {
  const [alice, bob, carol] = await people("alice", "bob", "carol");
  const id = await alice.createGroup("open sesame");
  await alice.say("first");
  await alice.messages("first").locator(".state", { hasText: "stored" }).waitFor();

  await bob.joinGroup(id, "open barley");
  const error = bob.page.locator("#join-error");
  await error.filter({ hasText: /./ }).waitFor();
  const wrong = await error.textContent();
  assert.equal(await bob.page.locator("#join-password").getAttribute("aria-invalid"), "true");
  assert.equal(await bob.tab("Group").count(), 0);
  await bob.joinGroup("987654", "open sesame");
  await becomes(wrong, () => error.textContent()); // which of the two is wrong is not told

  await bob.joinGroup(id, "open sesame");
  await bob.messages("first").waitFor();
  await becomes("", () => error.textContent());
  await alice.notice(`${bob.name} joined the group`).waitFor();
  assert.equal(await alice.panel.locator(".about p").textContent(), `Group ${id}: ${alice.name}, ${bob.name}`);
  await bob.say("second");
  await alice.messages("second").waitFor();
  await bob.tab("Lobby").click();
  await alice.say("third");
  await bob.tab(`Group ${id} 1 unread`).waitFor();
  assert.equal(await carol.page.getByText("second").count(), 0);

  await bob.tab("Group").click();
  await bob.panel.getByRole("button", { name: "Leave" }).click();
  await alice.notice(`${bob.name} left the group`).waitFor();
  await becomes(0, () => bob.tab("Group").count());
});

await check("who leaves is seen to leave", async () => {
  const [alice, bob] = await people("alice", "bob");
  await alice.person(bob.name).waitFor();
  await bob.page.getByRole("button", { name: "Log out" }).click();
  await alice.notice(`${bob.name} left`).waitFor();
  await becomes(0, () => alice.person(bob.name).count());
  await bob.page.getByLabel("Your name").waitFor(); // and may come back
  await bob.logIn();
  await alice.person(bob.name).waitFor();
});

await check("many people are counted, and found by name", async () => {
  const [alice, bob] = await people("alice", "bob");
  assert.equal(await alice.page.getByLabel("Find a name").isVisible(), false);
  const crowd = await Promise.all(Array.from({ length: 12 }, (_, i) => speaker(bob, named(`extra${i}-`))));
  for (const { name } of crowd) await alice.person(name).waitFor();
  await alice.page.getByLabel("Find a name").fill("EXTRA7");
  assert.equal(await alice.page.locator(".person:visible").count(), 1);
  await alice.tick(crowd[7].name);
  await alice.page.getByLabel("Find a name").fill("");
  assert.equal(await alice.page.locator(".person:visible").count(), 14);
  const names = await alice.page.locator(".person label bdi").allTextContents();
  assert.deepEqual(names.slice(0, 4), [alice.name, bob.name, crowd[0].name, crowd[1].name], "one comes first, 2 before 10");
  await bob.close(); // and the crowd with it
  await alice.notice("people left").waitFor();
  await becomes(2, () => alice.page.locator(".person").count()); // who is ticked stays
});

await check("emoji, and text from right to left", async () => {
  const alice = await person("alice");
  const dana = await visitor("דנה");
  await dana.logIn();
  await alice.person(dana.name).waitFor();
  await dana.say("שלום, world! 123");
  await dana.say("👩‍👩‍👧‍👦 🇳🇴 مرحبا");
  await dana.say("hello \u202egnp.exe");
  const text = alice.messages("שלום, world! 123").locator(".text");
  assert.equal(await text.evaluate((p) => getComputedStyle(p).direction), "rtl");
  assert.equal(await text.evaluate((p) => getComputedStyle(p).unicodeBidi), "isolate");
  assert.equal(await alice.messages("👩‍👩‍👧‍👦 🇳🇴 مرحبا").locator(".text").textContent(), "👩‍👩‍👧‍👦 🇳🇴 مرحبا");
  assert.equal(await alice.messages("שלום, world! 123").locator(".from").evaluate((name) => name.tagName), "BDI");
  // A text that turns what follows it stays on its own line: the state behind it reads from left to right.
  const box = await alice.panel.locator(".text", { hasText: "gnp.exe" }).locator("..").evaluate((message) => {
    const place = (element) => element.getBoundingClientRect();
    return [place(message.querySelector(".from")).left < place(message.querySelector("time")).left,
      getComputedStyle(message).direction];
  });
  assert.deepEqual(box, [true, "ltr"]);
  await alice.field.fill("مرحبا");
  assert.equal(await alice.field.evaluate((field) => getComputedStyle(field).direction), "rtl");
});

await check("what looks like markup stays text, everywhere", async () => {
  const alice = await person("alice");
  const admin = await open(`/admin?token=${adminToken}`);
  const name = `<img src=x onerror=alert(${round})>`;
  const mallory = await speaker(alice, name);
  const text = "<script>alert(2)</script><img src=x onerror=alert(3)><b>bold</b>&lt;";
  await alice.person(name).waitFor();
  await alice.notice(`${name} came`).waitFor();
  const id = await alice.createGroup("p");
  await mallory.say(`all: ${text}`, `${alice.name}: ${text}!`, `/join ${id} p`, `#${id}: ${text}?`, `/chat ${alice.name}`);
  await alice.messages(`${text}?`).waitFor();
  await alice.notice(`${name} joined the group`).waitFor();
  await alice.request(name).getByRole("button", { name: "Accept" }).click();
  await alice.tab(name).waitFor();
  await alice.tab("Lobby").click();
  await alice.messages(text).waitFor();
  await alice.messages(`${text}!`).waitFor();
  await alice.tick(name);
  assert.equal(await alice.panel.locator("label").textContent(), `To ${name} only`);
  await admin.page.locator("#users th", { hasText: name }).waitFor();
  for (const page of [alice.page, admin.page]) {
    assert.equal(await page.locator("img, b, body script").count(), 0);
  }
});

await check("the last messages are there on joining, and earlier ones when scrolled up to", async () => {
  const [alice, bob] = await people("alice", "bob");
  const id = await alice.createGroup("long");
  const writer = await speaker(alice, named("writer"));
  await writer.say(`/join ${id} long`, ...Array.from({ length: 130 }, (_, i) => `#${id}: line ${i}`));
  await alice.messages("line 129").waitFor();
  await bob.joinGroup(id, "long");
  await bob.messages("line 129").waitFor();
  assert.equal(await bob.panel.locator(".message").count(), 50);
  assert.equal(await bob.messages("line 79").count(), 0);
  const log = bob.panel.getByRole("log");
  await becomes(true, () => log.evaluate((l) => l.scrollHeight - l.scrollTop - l.clientHeight < 2)); // at the newest
  await log.focus();
  await bob.page.keyboard.press("Home");
  await bob.messages("line 30").waitFor({ state: "attached" });
  // What was at the top stays where it is read.
  const top = await bob.messages("line 80").evaluate((line) =>
    line.getBoundingClientRect().top - line.closest(".log").getBoundingClientRect().top);
  assert.ok(top > -40 && top < 200, `${top}`);
  // Not by the pointer, for which the button would be scrolled to: that alone brings the rest, and hides the button.
  await bob.panel.getByRole("button", { name: "Earlier messages" }).evaluate((button) => button.click());
  await bob.messages("line 0").waitFor({ state: "attached" });
  const texts = await bob.panel.locator(".message .text").allTextContents();
  assert.deepEqual(texts, Array.from({ length: 130 }, (_, i) => `line ${i}`), "each once, in order");
  await writer.say(`#${id}: and one more`);
  await bob.panel.getByRole("button", { name: "New messages below" }).click();
  assert.ok(await bob.messages("and one more").isVisible());
});

await check("a lost connection is told, comes back, and sends only what was not answered", async () => {
  const line = meddle();
  const [alice, bob] = await Promise.all([person("alice", { prepare: line.prepare }), person("bob")]);
  const id = await bob.createGroup("again");
  await alice.joinGroup(id, "again");
  await alice.notice("You joined").waitFor();
  await alice.say("answered");
  await alice.messages("answered").locator(".state", { hasText: "stored" }).waitFor();
  line.toPage = (event) => !["message", "stored"].includes(event.event); // the answers get lost
  await alice.say("arrived, unanswered");
  await bob.messages("arrived, unanswered").waitFor();
  line.toPage = () => true;
  let sent = [];
  line.toServer = (object) => sent.push(object.line);
  await line.cut();
  await alice.page.locator("#connection", { hasText: "connection is lost" }).waitFor();
  await alice.say("written meanwhile");
  await alice.messages("written meanwhile").locator(".state", { hasText: "waiting" }).waitFor();
  await alice.page.locator("#connection").waitFor({ state: "hidden" });
  for (const text of ["answered", "arrived, unanswered", "written meanwhile"]) {
    await alice.messages(text).locator(".state", { hasText: "stored" }).waitFor();
    await bob.messages(text).waitFor();
    assert.deepEqual([await alice.messages(text).count(), await bob.messages(text).count()], [1, 1], text);
  }
  assert.deepEqual(sent.filter((said) => said.includes(":")), [`#${id}: written meanwhile`]);
  await bob.say("welcome back");
  await alice.messages("welcome back").waitFor();
});

await check("the connection is tried ever more rarely while there is none", async () => {
  let tries = 0;
  const alice = await visitor("alice", { prepare: async (page) => {
    await page.addInitScript(() => { // the first waits take no time
      Math.random = () => 0.5;
      const wait = window.setTimeout;
      window.waits = [];
      window.setTimeout = (work, time) => {
        if (time < 500 || time === 10_000) return wait(work, time); // no wait for the next try
        window.waits.push(time);
        return wait(work, window.waits.length < 8 ? 0 : time);
      };
    });
    await page.routeWebSocket(/\/chat$/, (socket) => {
      ++tries;
      socket.close({ code: 3001 });
    });
  } });
  await becomes("500,1000,2000,4000,8000,15000,15000,15000", () => alice.page.evaluate(() => window.waits.join()));
  await alice.page.locator("#connection", { hasText: /Trying again in \d+ s/ }).waitFor();
  const before = tries;
  await alice.page.getByRole("button", { name: "Try now" }).click();
  await becomes(true, () => tries > before);
  await alice.logIn();
  await alice.page.locator("#name-error", { hasText: "no connection" }).waitFor();
});

await check("all of it by keyboard alone", async () => {
  const bob = await person("bob");
  const alice = await visitor("alice");
  const keys = alice.page.keyboard;
  /// Goes on by the Tab key until an element has the focus that is so called. The focus must be seen.
  const reach = async (name, key = "Tab") => {
    for (let i = 0; i < 60; ++i) {
      await keys.press(key);
      const [label, outline] = await alice.page.evaluate(() => {
        const at = document.activeElement;
        if (at === document.body) return ["", "of the browser"]; // past the end
        const label = at.labels?.[0]?.textContent ?? at.getAttribute("aria-label") ?? at.textContent;
        return [label, getComputedStyle(at).outlineStyle];
      });
      assert.notEqual(outline, "none", `the focus on ${label} is seen`);
      if (label.trim().startsWith(name)) return;
    }
    assert.fail(`${name} is not reached`);
  };
  await keys.type(alice.name);
  await keys.press("Enter");
  await alice.person(bob.name).waitFor();
  await keys.type("typed at once");
  await keys.press("Enter");
  await bob.messages("typed at once").waitFor();

  await reach(bob.name); // the box beside the name
  await keys.press("Space");
  await reach("Chat with " + bob.name);
  await keys.press("Enter");
  await reach("To " + bob.name, "Shift+Tab");
  await keys.type("for you");
  await keys.press("Enter");
  await bob.messages("for you").locator(".scope", { hasText: "to you only" }).waitFor();
  await bob.request(alice.name).getByRole("button", { name: "Accept" }).focus();
  await bob.page.keyboard.press("Enter");
  await alice.tab(bob.name).waitFor();

  await reach("Lobby", "Shift+Tab"); // of the tabs one is a stop; the arrows lead to the others
  await keys.press("ArrowRight");
  assert.equal(await alice.page.evaluate(() => document.activeElement.textContent), bob.name);
  assert.equal(await alice.tab(bob.name).getAttribute("aria-selected"), "true");
  await keys.press("ArrowRight");
  assert.equal(await alice.page.evaluate(() => document.activeElement.textContent), "Lobby");
  await keys.press("End");
  await reach("To " + bob.name);
  await keys.type("by keyboard");
  await keys.press("Enter");
  await bob.messages("by keyboard").waitFor();

  await reach("Password for who joins");
  await keys.type("secret");
  await keys.press("Enter");
  await alice.notice("You created group").waitFor();
  await keys.type("in the group");
  await keys.press("Enter");
  await alice.messages("in the group").locator(".state", { hasText: "stored" }).waitFor();
  await reach("Leave", "Shift+Tab");
  await keys.press("Enter");
  await becomes(0, () => alice.tab("Group").count());
  assert.ok(await focused(alice.page, ".panel:not([hidden]) input"), "the focus is not lost");
});

await check("roles, labels and live regions are those of the patterns", async () => {
  const [alice, bob] = await people("alice", "bob");
  await bob.person(alice.name).getByRole("button", { name: "Chat" }).click();
  await alice.request(bob.name).getByRole("button", { name: "Accept" }).click();
  await alice.tab(bob.name).waitFor();
  const wrong = await alice.page.evaluate(() => {
    const found = [];
    const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
    if (new Set(ids).size !== ids.length) found.push("an id is there twice");
    for (const element of document.querySelectorAll("[aria-controls], [aria-labelledby], [aria-describedby]")) {
      for (const name of ["aria-controls", "aria-labelledby", "aria-describedby"]) {
        for (const id of (element.getAttribute(name) ?? "").split(" ")) {
          if (id !== "" && document.getElementById(id) === null) found.push(`${name} to ${id}`);
        }
      }
    }
    for (const input of document.querySelectorAll("input")) {
      if (input.labels.length === 0) found.push(`no label: ${input.id}`);
    }
    const tabs = [...document.querySelectorAll("[role=tablist] > [role=tab]")];
    if (tabs.filter((tab) => tab.ariaSelected === "true").length !== 1) found.push("not one tab is selected");
    if (tabs.filter((tab) => tab.tabIndex === 0).length !== 1) found.push("not one tab is a stop");
    for (const tab of tabs) {
      const panel = document.getElementById(tab.getAttribute("aria-controls"));
      if (panel.getAttribute("role") !== "tabpanel") found.push("a tab without its panel");
      if (panel.querySelector("[role=log]") === null) found.push("a panel without a log");
    }
    if (document.querySelector("[role=status]") === null) found.push("no region for announcements");
    if (document.documentElement.lang !== "en") found.push("no language");
    if (document.querySelectorAll("h1").length !== 1) found.push("not one heading of the page");
    return found;
  });
  assert.deepEqual(wrong, []);
  await bob.say("said elsewhere");
  await becomes(true, async () => (await alice.page.locator("#announcement").textContent()).includes(bob.name));
});

/// A page with everything in it that has a colour of its own.
async function everything(options) {
  const [alice, bob] = await Promise.all([person("alice", options), person("bob")]);
  await bob.tick(alice.name);
  await bob.say("private");
  await alice.messages("private").waitFor();
  await alice.tick(bob.name);
  await alice.say("private, mine " + "long".repeat(60));
  const ghost = await speaker(bob, named("W".repeat(28)));
  await alice.tick(ghost.name);
  await ghost.say(`all: ${"unbroken".repeat(40)}`, `/chat ${alice.name}`);
  await alice.request(ghost.name).waitFor();
  await ghost.end();
  await alice.person(ghost.name).getByText("(left)").waitFor();
  await alice.say("to nobody");
  await alice.messages("to nobody").locator(".state", { hasText: ghost.name }).waitFor();
  await alice.joinGroup("1234567", "wrong");
  await alice.page.locator("#join-error", { hasText: /./ }).waitFor();
  await bob.person(alice.name).getByRole("button", { name: "Chat" }).click();
  await alice.request(bob.name).waitFor();
  return { alice, bob };
}

for (const colorScheme of ["light", "dark"]) {
  await check(`contrast is AA when ${colorScheme}`, async () => {
    const { alice, bob } = await everything({ colorScheme });
    assert.deepEqual(await weakContrasts(alice.page), []);
    await alice.request(bob.name).getByRole("button", { name: "Accept" }).click();
    await alice.tab(bob.name).waitFor();
    await alice.tab("Lobby").click();
    await bob.tab(alice.name).click();
    await bob.say("unread");
    await alice.tab("1 unread").waitFor();
    assert.deepEqual(await weakContrasts(alice.page), []);
    const stranger = await visitor("stranger", { colorScheme });
    await stranger.logIn(alice.name);
    await stranger.page.locator("#name-error", { hasText: "taken" }).waitFor();
    assert.deepEqual(await weakContrasts(stranger.page), []);
    const admin = await open(`/admin?token=${adminToken}`, { colorScheme });
    await admin.page.locator("#entries .kind.refused").first().waitFor();
    assert.deepEqual(await weakContrasts(admin.page), []);
    const back = await alice.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await alice.page.emulateMedia({ colorScheme: colorScheme === "dark" ? "light" : "dark" });
    assert.notEqual(await alice.page.evaluate(() => getComputedStyle(document.body).backgroundColor), back);
  });
}

await check("a telephone is not left sideways, and reaches everything", async () => {
  const narrow = async (page) => {
    const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide <= room, `${wide} > ${room}`);
  };
  const phone = { viewport: { width: 360, height: 700 }, hasTouch: true };
  const alice = await visitor("alice", phone);
  await narrow(alice.page);
  await alice.logIn();
  await alice.field.waitFor();
  const button = alice.page.getByRole("button", { name: "People and groups" });
  const ghost = await speaker(alice, named("W".repeat(28)));
  await ghost.say(`all: ${"unbroken".repeat(40)}`, `/chat ${alice.name}`);
  await alice.request(ghost.name).waitFor();
  await narrow(alice.page);
  assert.equal(await alice.person(ghost.name).isVisible(), false);
  await button.tap();
  assert.equal(await alice.page.locator("#people-button").getAttribute("aria-expanded"), "true");
  await alice.tick(ghost.name);
  await narrow(alice.page);
  await alice.page.getByRole("button", { name: "Back to the messages" }).tap();
  await alice.say("from the tram");
  await alice.messages("from the tram").locator(".state", { hasText: "stored" }).waitFor();
  const field = await alice.field.boundingBox();
  assert.ok(field.y + field.height <= 700, "the field is on the screen");
  await alice.request(ghost.name).getByRole("button", { name: "Accept" }).tap();
  await alice.tab(ghost.name).waitFor();
  await narrow(alice.page);
  const admin = await open(`/admin?token=${adminToken}`, phone);
  await admin.page.locator("#users th", { hasText: ghost.name }).waitFor();
  await narrow(admin.page);
});

await check("who runs the server sees its log and its users live, and no password", async () => {
  const admin = await open(`/admin?token=${adminToken}`);
  const rows = admin.page.locator("#users tr");
  const [alice, bob] = await people("alice", "bob");
  await rows.filter({ hasText: alice.name }).filter({ hasText: "web" }).waitFor();
  const entry = (kind, name) =>
    admin.page.locator("#entries li").filter({ has: admin.page.locator(`.kind.${kind}`) }).filter({ hasText: name });
  await entry("named", alice.name).waitFor();
  const id = await alice.createGroup("Tr0ub4dor");
  await bob.joinGroup(id, "wr0ng-horse");
  await entry("refused", bob.name).waitFor();
  await bob.joinGroup(id, "Tr0ub4dor");
  await entry("joined", bob.name).waitFor();
  await admin.page.locator("#groups tr", { hasText: `${alice.name}, ${bob.name}` }).waitFor();
  await bob.say("a secret of the group");
  await alice.messages("a secret of the group").waitFor();
  await bob.close();
  await becomes(0, () => rows.filter({ hasText: bob.name }).count());
  await entry("left", bob.name).first().waitFor();
  await admin.page.getByLabel("Only lines with").fill(bob.name);
  await admin.page.locator("#filtered", { hasText: "of" }).waitFor();
  assert.equal(await entry("named", alice.name).isVisible(), false);
  assert.ok(await entry("named", bob.name).isVisible());
  const carol = await person("carol");
  await entry("named", carol.name).waitFor({ state: "attached" });
  assert.equal(await entry("named", carol.name).isVisible(), false);
  const all = (await admin.page.content()) + server.log.join("\n");
  for (const secret of ["Tr0ub4dor", "wr0ng-horse", "a secret of the group"]) assert.ok(!all.includes(secret), secret);

  allowed = /403/;
  const stranger = await open("/admin?token=guessed");
  await stranger.page.locator("#connection", { hasText: "does not let this page in" }).waitFor();
  assert.equal(await stranger.page.locator("#entries li, #users tr").count(), 0);
});

await browser.close();
await server.stop();
console.log(failed === 0 ? "every use of the pages works" : `${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
