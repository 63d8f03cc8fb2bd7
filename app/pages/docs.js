// Swagger UI has a dark scheme but leaves it to the page when to use it.
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

// Colouring a page of a hundred records makes 20,000 elements and holds the browser up for seconds.
const COLOURED_CHARACTERS = 50000;

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
  },
});

SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  plugins: [fitting],
  validatorUrl: null,
  deepLinking: true,
  filter: true,
  tryItOutEnabled: true,
  supportedSubmitMethods: ["get"],
  displayRequestDuration: true,
  docExpansion: "list",
  syntaxHighlight: { theme: "obsidian" }, // its colours pass WCAG AA, those of the default do not
  defaultModelsExpandDepth: 0,
  defaultModelRendering: "example",
});
