// Swagger UI has a dark scheme but leaves it to the page when to use it.
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

// Colouring a page of a hundred records makes 20,000 elements and holds the browser up for seconds.
const COLOURED_CHARACTERS = 50000;

// The root of the service, which a proxy may serve under a prefix.
const root = new URL(".", location.href).pathname;

const fitting = ({ React, getComponent }) => ({
  components: {
    // Swagger UI asks for this to edit a list of integers, has none, and says so in the console.
    JsonSchema_integer_int32: (props) => React.createElement(getComponent("JsonSchema_string"), props),
  },
  wrapComponents: {
    SyntaxHighlighter: (Coloured) => (props) =>
      props.children.length > COLOURED_CHARACTERS
        ? React.createElement("pre", { className: "microlight" }, props.children)
        : React.createElement(Coloured, props),
    // The names of the headers are enough for most readers.
    headers: (Headers) => (props) =>
      React.createElement(
        "details",
        { className: "response-headers" },
        React.createElement("summary", null, `Headers: ${props.headers.keySeq().join(", ")}`),
        React.createElement(Headers, props),
      ),
  },
  statePlugins: {
    spec: {
      wrapActions: {
        updateJsonSpec: (update) => (spec) => update({ ...spec, servers: [{ url: root }] }),
      },
    },
  },
});

// Swagger UI fills every field with its example; sent together they narrow a list to one record. Fill only what is required,
// and show the default and the example of everything else beside its description.
const optionalFieldsEmpty = ({ React }) => ({
  statePlugins: {
    spec: {
      wrapSelectors: {
        // Swagger UI hands over the state, and a selector that has it already.
        parameterWithMetaByIdentity: (select) => (state, ...identity) => {
          const parameter = select(...identity);
          return parameter?.get("required") ? parameter : parameter?.delete("example");
        },
      },
    },
  },
  wrapComponents: {
    parameterRow: (Row) => (props) => {
      if (props.rawParam.get("required")) return React.createElement(Row, props);
      const shown = [
        ["Default", props.rawParam.getIn(["schema", "default"])],
        ["Example", props.rawParam.get("example")],
      ].flatMap(([label, value]) => (value === undefined ? [] : [`${label}: \`${value.join?.(",") ?? value}\``]));
      const param = (props.param ?? props.rawParam).update("description", (text) => [text, ...shown].join(" "));
      return React.createElement(Row, { ...props, param });
    },
  },
});

// The text in which the filter looks for words: a tag, or an operation with the named values of its parameters, in the words of
// the document.
const wordsOfTag = (tag, name) => [name, tag.getIn(["tagDetails", "description"])];
const resolved = (part, document) =>
  part?.has("$ref") ? document.getIn(part.get("$ref").slice("#/".length).split("/")) : part;
const wordsOfParameter = (part, document) => {
  const parameter = resolved(part, document);
  const values = resolved(parameter.getIn(["schema", "items"]) ?? parameter.get("schema"), document);
  const named = ["enum", "x-enum-descriptions"].flatMap((list) => values?.get(list)?.toArray() ?? []);
  return [parameter.get("name"), parameter.get("description"), ...named];
};
const wordsOfOperation = (entry, document) => [
  entry.get("path"),
  entry.getIn(["operation", "operationId"]),
  entry.getIn(["operation", "summary"]),
  entry.getIn(["operation", "description"]),
  ...(entry.getIn(["operation", "parameters"])?.toArray() ?? []).flatMap((parameter) => wordsOfParameter(parameter, document)),
];
const wordsOfExample = (entry) => [
  JSON.stringify(entry.getIn(["operation", "responses", "200", "content", "application/json", "example"]) ?? ""),
];

const filterByWords = ({ React, specSelectors, layoutActions, layoutSelectors }) => ({
  fn: {
    // An operation matches when it and its tag contain every word. When none does, their example records are searched.
    opsFilter: (tags, phrase) => {
      const document = specSelectors.specJson();
      const words = phrase.toLowerCase().split(/\s+/).filter(Boolean);
      const matching = (wordsOf) =>
        tags
          .map((tag, name) =>
            tag.update("operations", (operations) =>
              operations.filter((entry) => {
                const text = [...wordsOfTag(tag, name), ...wordsOf(entry, document)].join("\n").toLowerCase();
                return words.every((word) => text.includes(word));
              }),
            ),
          )
          .filter((tag) => tag.get("operations").size);
      const found = matching(wordsOfOperation);
      return found.size ? found : matching(wordsOfExample);
    },
  },
  components: {
    FilterContainer: () =>
      React.createElement(
        "div",
        { className: "filter-container wrapper" },
        React.createElement("input", {
          className: "operation-filter-input",
          type: "search",
          placeholder: "Filter operations by words, such as: side effects",
          "aria-label": "Filter operations by words",
          defaultValue: "",
          onChange: (event) => layoutActions.updateFilter(event.target.value),
        }),
      ),
  },
  wrapComponents: {
    operations: (Operations) => (props) =>
      specSelectors.taggedOperations().size
        ? React.createElement(Operations, props)
        : React.createElement("p", { role: "status" }, `No operation contains: ${layoutSelectors.currentFilter()}`),
  },
});

SwaggerUIBundle({
  url: `${root}openapi.json`,
  dom_id: "#swagger-ui",
  plugins: [fitting, optionalFieldsEmpty, filterByWords],
  validatorUrl: null,
  deepLinking: true,
  filter: true,
  tryItOutEnabled: true,
  supportedSubmitMethods: ["get"],
  displayRequestDuration: true,
  docExpansion: "list",
  syntaxHighlight: { theme: "obsidian" }, // its colours pass WCAG AA, those of the default do not
  defaultModelsExpandDepth: 0,
  defaultModelExpandDepth: 2,
  defaultModelRendering: "example",
});
