// explain_pictures.mjs ENCAPSULATE SOURCE: takes the pictures of docs, explain-light.png and explain-dark.png.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { openBrowser } from "./browser.mjs";

const [encapsulate, source] = process.argv.slice(2);
const { browser, reason } = await openBrowser();
if (reason !== undefined) {
  console.error(`explain_pictures: ${reason}`);
  process.exit(1);
}
const work = mkdtempSync(join(tmpdir(), "encap-pictures-"));
const file = join(work, "page.html");
const line = ["samples/http_basic.csv", "-q", "--explain", "1", "--format", "html"];
writeFileSync(file, execFileSync(encapsulate, line, { cwd: source }));
for (const colorScheme of ["light", "dark"]) {
  const page = await browser.newPage({ viewport: { width: 1360, height: 1000 }, colorScheme });
  await page.goto(pathToFileURL(file).href);
  await page.locator('xpath=//tr[th/code="http.request.uri"]').evaluate((row) =>
    row.focus({ preventScroll: true }));
  await page.screenshot({ path: join(source, `docs/explain-${colorScheme}.png`) });
}
await browser.close();
rmSync(work, { recursive: true });
