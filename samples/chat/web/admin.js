// The page of who runs the server: its log and its users, as they change. The token is the one of the page's own address.
import { Connection, connectionBanner } from "./connection.js";
import { fill, fromTemplate, listed } from "./elements.js";

const mostShown = 1000; // lines of the log; above it the oldest go
const nearEnd = 48; // pixels from its end that count as being there

const byId = (id) => document.getElementById(id);
const token = new URLSearchParams(location.search).get("token") ?? "";
let wasOpen = false;
let repeated = 0; // lines of the log that come once more after a reconnection are left to be compared

function clock(time) {
  const at = new Date(time);
  return Number.isNaN(at.getTime()) ? String(time) : at.toLocaleTimeString([], { hour12: false });
}

function cell(tag, ...parts) {
  const made = document.createElement(tag);
  fill(made, ...parts);
  return made;
}

function row(name, ...cells) {
  const made = document.createElement("tr");
  const head = cell("th", ...name);
  head.scope = "row";
  made.append(head, ...cells);
  return made;
}

function showState({ users, groups, messages, stored }) {
  byId("users").replaceChildren(...users.map((user) => {
    const queued = cell("td", String(user.queued));
    queued.className = "number";
    return row([{ name: user.name }], cell("td", user.via), cell("td", user.address), cell("td", clock(user.since)),
      cell("td", user.groups.join(", ")), queued);
  }));
  byId("groups").replaceChildren(...groups.map(({ group, members }) =>
    row([String(group)], cell("td", ...listed(members)))));
  byId("users-count").textContent = String(users.length);
  byId("groups-count").textContent = String(groups.length);
  byId("counters").textContent = `Messages: ${messages}, stored: ${stored}`;
}

function filterEntry(entry) {
  const sought = byId("filter").value.trim().toLowerCase();
  entry.hidden = sought !== "" && !entry.textContent.toLowerCase().includes(sought);
}

function filterLog() {
  const entries = [...byId("entries").children];
  entries.forEach(filterEntry);
  const shown = entries.filter((entry) => !entry.hidden).length;
  byId("filtered").textContent = byId("filter").value.trim() === "" ? "" : `${shown} of ${entries.length} lines`;
}

function showEntry({ time, kind, name, address, text }) {
  const log = byId("log");
  const key = JSON.stringify([time, kind, name, address, text]);
  if (repeated > 0) {
    --repeated;
    if ([...byId("entries").children].some((entry) => entry.dataset.key === key)) return;
  }
  const wasAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < nearEnd;
  const entry = fromTemplate("entry-template");
  entry.dataset.key = key;
  entry.querySelector("time").dateTime = time;
  entry.querySelector("time").textContent = clock(time);
  entry.querySelector(".kind").textContent = kind;
  entry.querySelector(".kind").classList.add(kind);
  entry.querySelector(".name").textContent = name ?? "";
  entry.querySelector(".said-of").textContent = text ?? "";
  entry.querySelector(".address").textContent = address ?? "";
  filterEntry(entry);
  byId("entries").append(entry);
  if (byId("entries").childElementCount > mostShown) byId("entries").firstElementChild.remove();
  if (wasAtEnd) log.scrollTop = log.scrollHeight;
}

const banner = connectionBanner(() => connection.tryNow());
const connection = new Connection(`/admin/events?token=${encodeURIComponent(token)}`, {
  opened() {
    banner.found();
    if (wasOpen) byId("announcement").textContent = "Connected again";
    repeated = wasOpen ? 200 : 0;
    wasOpen = true;
  },
  received(event) {
    if (event?.event === "log") showEntry(event);
    else if (event?.event === "state") showState(event);
  },
  lost(delay) {
    const why = wasOpen ? "The connection is lost: what is shown is as it was."
      : "The server does not let this page in, or is not there. Open the address that it writes when it starts.";
    if (byId("connection").hidden) byId("announcement").textContent = why;
    banner.lost(why, delay);
  },
});
byId("filter").addEventListener("input", filterLog);
