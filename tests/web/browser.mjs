// The browser that is installed, driven by playwright-core.
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

function findBrowser() {
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const paths = (process.env.PATH ?? "").split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  return [process.env.ENCAP_CHROMIUM ?? "", ...paths].find((path) => {
    try {
      if (path !== "") accessSync(path, constants.X_OK);
      return path !== "";
    } catch {
      return false;
    }
  });
}

/// A browser without a window, or the reason why there is none.
export async function openBrowser() {
  const executablePath = findBrowser();
  if (executablePath === undefined) return { reason: "there is no chromium; scripts/setup test installs it" };
  let playwright;
  try {
    playwright = await import("playwright-core");
  } catch {
    return { reason: "there is no playwright-core; scripts/setup test installs it" };
  }
  // Its sandbox refuses to run as root; the pages are our own.
  return { browser: await playwright.chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] }) };
}
