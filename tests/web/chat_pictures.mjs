// chat_pictures.mjs CHAT_SERVER SOURCE: takes the pictures of docs, chat-group, chat-private and chat-error, each light
// and dark.
import { join } from "node:path";
import { openBrowser } from "./browser.mjs";
import { openPage, Person, startServer } from "./chat.mjs";

const [program, source] = process.argv.slice(2);
const { browser, reason } = await openBrowser();
if (reason !== undefined) {
  console.error(`chat_pictures: ${reason}`);
  process.exit(1);
}

async function enter(server, name, colorScheme) {
  const options = { viewport: { width: 940, height: 640 }, colorScheme, timezoneId: "UTC", locale: "en-GB" };
  const who = new Person(name, await openPage(browser, server.url, options));
  await who.logIn();
  await who.person(name).waitFor();
  return who;
}

for (const colorScheme of ["light", "dark"]) {
  const server = await startServer(program);
  const alice = await enter(server, "Alice", colorScheme);
  const noor = await enter(server, "نور", colorScheme);
  const bob = await enter(server, "Bob", colorScheme);
  const picture = (name) => alice.page.screenshot({ path: join(source, `docs/chat-${name}-${colorScheme}.png`) });
  const exchange = async (...lines) => { // [who says it, who reads it, what]
    for (const [who, reader, text] of lines) {
      await who.say(text);
      await reader.messages(text).waitFor();
    }
    await alice.panel.locator(".message.mine").last().locator(".state", { hasText: "stored" }).waitFor();
  };

  const id = await alice.createGroup("a long password");
  await bob.joinGroup(id, "a long password");
  await alice.notice("Bob joined").waitFor();
  await exchange([alice, bob, "Does the capture run? 🦈"],
    [bob, alice, "Since a minute ago. I see the handshake, then this line: 👀"],
    [alice, bob, "Good. Leave the FIN to me."], [bob, alice, "שלום, that one reads from right to left"]);
  await alice.field.fill("Then let us look at it toge");
  await picture("group");

  await noor.person("Alice").getByRole("button", { name: "Chat" }).click();
  await alice.request("نور").getByRole("button", { name: "Accept" }).click();
  await noor.tab("Alice").click();
  await exchange([noor, alice, "مرحبا أليس 👋"], [alice, noor, "Hello! Only you and I read this here."],
    [noor, alice, "And whoever captures on the way: nothing is encrypted."]);
  await bob.say("Are you still there?");
  await alice.tab("1 unread").waitFor();
  await picture("private");

  await alice.tab("Lobby").click();
  await bob.tab("Lobby").click();
  await exchange([alice, bob, "Good morning"], [bob, alice, "Good morning, Alice"]);
  await alice.tick("Bob", "نور");
  await noor.close();
  await alice.person("نور").getByText("(left)").waitFor();
  await alice.say("Lunch at twelve?");
  await alice.messages("Lunch at twelve?").locator(".state", { hasText: "نور" }).waitFor();
  await alice.joinGroup("7", "a guess");
  await alice.page.locator("#join-error", { hasText: /./ }).waitFor();
  await picture("error");
  await alice.close();
  await bob.close();
  await server.stop();
}
await browser.close();
