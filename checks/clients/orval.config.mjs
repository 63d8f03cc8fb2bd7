export default {
  kratom: {
    input: "../../openapi.json",
    output: {
      target: "../generated/orval/client.ts",
      schemas: "../generated/orval/model",
      mode: "single",
      client: "fetch",
      clean: true,
      override: { mutator: { path: "./orval-fetch.ts", name: "fromServer" } },
    },
  },
};
