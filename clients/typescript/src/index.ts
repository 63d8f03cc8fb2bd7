export * from "./generated/index.js";
export { createClient } from "./generated/client/index.js";
export * from "./sync.js";
