// axe-core on the HTML pages, in Chromium: light and dark, on a desktop and on a phone. node accessibility.js ORIGIN
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [origin] = process.argv.slice(2);
const axe = readFileSync(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const LAYOUTS = [[1280, "light"], [1280, "dark"], [390, "light"], [390, "dark"]];
const FLAGS = [
  "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
  `--user-data-dir=${mkdtempSync(join(tmpdir(), "axe-"))}`,
];

const driver = spawn("chromedriver", ["--port=0"]);
const port = await new Promise((resolve, reject) => {
  driver.stdout.on("data", (text) => {
    const found = /started successfully on port (\d+)/.exec(String(text));
    if (found) resolve(found[1]);
  });
  driver.on("error", reject);
});

let session = "";
const call = async (path, body) => {
  const response = await fetch(`http://127.0.0.1:${port}${session}${path}`, { method: "POST", body: JSON.stringify(body) });
  const { value } = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(value));
  return value;
};
const cdp = (cmd, params) => call("/goog/cdp/execute", { cmd, params });

const addresses = ["/", "/docs", "/problems", "/problems/not-found", "/search", "/search?q=antidepressants", "/search?q=zxqvw", "/none", "/side-effects/none", "/strains?vein=none", "/side-effects?seriousness=serious&q=heart", "/side-effects?seriousness=none&sort=none", "/search?q=antidepresants"];
const index = await (await fetch(`${origin}/v1`)).json();
for (const { name } of index.data.resources) {
  addresses.push(`/${name}`);
  const page = await (await fetch(`${origin}/v1/${name}?limit=100`)).json();
  // The records with the least and the most to show.
  const bySize = page.data.map((record) => [JSON.stringify(record).length, record.slug]).sort(([a], [b]) => a - b);
  for (const [, slug] of [bySize[0], bySize.at(-1)]) addresses.push(`/${name}/${slug}`);
}

let findings = 0;
try {
  const options = { binary: "/usr/bin/chromium", args: FLAGS };
  const { sessionId } = await call("/session", { capabilities: { alwaysMatch: { "goog:chromeOptions": options } } });
  session = `/session/${sessionId}`;
  for (const [width, scheme] of LAYOUTS) {
    await cdp("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
    await cdp("Emulation.setDeviceMetricsOverride", { width, height: 900, deviceScaleFactor: 1, mobile: width < 500 });
    for (const address of addresses) {
      await call("/url", { url: origin + address });
      await call("/execute/sync", { script: `for (const each of document.querySelectorAll("details")) each.open = true; ${axe}`, args: [] });
      // Swagger UI is another project's; its page is checked for what is ours, though both have a main part.
      const context = address === "/docs" ? { exclude: [["#swagger-ui"]] } : null;
      const rules = address === "/docs" ? { "landmark-no-duplicate-main": { enabled: false } } : { "target-size": { enabled: true } };
      const violations = await call("/execute/async", {
        script: "const [context, rules, done] = arguments; axe.run(context ?? document, { rules }).then((result) => done(result.violations));",
        args: [context, rules],
      });
      for (const { id, nodes } of violations) {
        findings += 1;
        console.log(`${address} at ${width} px, ${scheme}: ${id}: ${nodes[0].html.slice(0, 160)}`);
      }
    }
  }
  await fetch(`http://127.0.0.1:${port}${session}`, { method: "DELETE" });
} finally {
  driver.kill();
}
console.log(`${addresses.length} pages in ${LAYOUTS.length} layouts: ${findings} findings`);
process.exit(findings ? 1 : 0);
