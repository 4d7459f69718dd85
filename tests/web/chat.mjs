// A chat server that runs for as long as a test does, and people who use its page.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export const adminToken = "token-of-the-test";

/// Starts the server on ports that are free, its state in memory. Gives the address of its page, the lines of its log
/// so far, and stop().
export async function startServer(program, ...options) {
  const server = spawn(program, ["--port", "0", "--web-port", "0", "--db", ":memory:", "--rate", "0",
    "--admin-token", adminToken, ...options], { stdio: ["ignore", "ignore", "pipe"] });
  const log = [];
  const lines = createInterface({ input: server.stderr });
  const url = await new Promise((found, failed) => {
    const end = (why) => failed(new Error(`${program} ${why}:\n${log.join("\n")}`));
    const timer = setTimeout(() => end("does not say where it listens"), 60_000);
    server.on("error", failed);
    server.on("exit", (code) => end(`ended with ${code}`));
    lines.on("line", (line) => {
      log.push(line);
      const place = line.match(/listening web (\S+:\d+)/);
      if (place === null) return;
      clearTimeout(timer);
      found(`http://${place[1]}`);
    });
  });
  const stop = async () => {
    server.kill("SIGTERM");
    if (server.exitCode === null && server.signalCode === null) await once(server, "exit");
  };
  return { url, log, stop };
}

const idle = []; // pages that are used again: each new one takes the browser a process, and a second

async function makePage(browser, kind, options) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(60_000); // machines may be busy
  const made = { kind, page: await context.newPage(), problems: [] };
  made.page.on("console", (message) => made.problems.push(message.text()));
  made.page.on("pageerror", (error) => made.problems.push(error.message));
  made.page.on("dialog", (dialog) => {
    made.problems.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  return made;
}

/// A page that is open, and what goes wrong in it. `prepare` gets the page before it is opened.
export async function openPage(browser, url, options = {}) {
  const { prepare, colorScheme = "light", viewport = { width: 1100, height: 760 }, ...rest } = options;
  const kind = JSON.stringify([viewport, rest]);
  const at = idle.findIndex((made) => prepare === undefined && made.kind === kind);
  const made = at < 0 ? await makePage(browser, kind, { viewport, ...rest }) : idle.splice(at, 1)[0];
  const { page } = made;
  const problems = made.problems = [];
  await page.emulateMedia({ colorScheme });
  await prepare?.(page);
  await page.goto(url);
  let isOpen = true;
  const close = async () => {
    if (!isOpen) return;
    isOpen = false;
    if (prepare !== undefined) {
      await page.context().close();
      return;
    }
    await page.goto("about:blank");
    idle.push(made);
  };
  return { page, problems, close };
}

/// Somebody in a browser window: what is on the page, by what it is for.
export class Person {
  constructor(name, { page, problems, close }) {
    Object.assign(this, { name, page, problems, close });
  }

  /// The conversation that is shown.
  get panel() {
    return this.page.locator(".panel:not([hidden])");
  }
  get field() {
    return this.panel.getByRole("textbox");
  }
  /// Messages shown that have this text.
  messages(text) {
    return this.panel.locator(".message").filter({ has: this.page.locator(".text").getByText(text, { exact: true }) });
  }
  notice(text) {
    return this.panel.locator(".notice", { hasText: text });
  }
  person(name) {
    return this.page.locator(".person").filter({ has: this.page.locator("bdi").getByText(name, { exact: true }) }).first();
  }
  tab(name) {
    return this.page.getByRole("tab", { name });
  }
  request(name) {
    return this.page.locator("#requests li", { hasText: name });
  }

  async logIn(name = this.name) {
    await this.page.getByLabel("Your name").fill(name);
    await this.page.getByRole("button", { name: "Enter" }).click();
  }
  async say(text) {
    await this.field.fill(text);
    await this.field.press("Enter");
  }
  async tick(...names) {
    for (const name of names) await this.person(name).getByRole("checkbox").check();
  }
  async createGroup(password) {
    await this.page.getByLabel("Password for who joins").fill(password);
    await this.page.getByRole("button", { name: "Create" }).click();
    await this.notice("You created group").waitFor();
    return (await this.tab("Group").last().textContent()).match(/\d+/)[0];
  }
  async joinGroup(id, password) {
    await this.page.getByLabel("Number").fill(id);
    await this.page.getByLabel("Password", { exact: true }).fill(password);
    await this.page.getByRole("button", { name: "Join" }).click();
  }
}
