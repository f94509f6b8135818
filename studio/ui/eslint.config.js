// Lint rules for the scripts of the page; `npm run lint`.

import js from "@eslint/js";
import globals from "globals";

const browser = {
  files: ["*/*.js"],
  languageOptions: { ecmaVersion: 2024, sourceType: "module", globals: globals.browser },
  rules: {
    complexity: ["error", 14],
    "consistent-return": "off", // a handler that refuses returns what showing the problem returns
    curly: ["error", "multi-line"],
    eqeqeq: "error",
    "max-lines-per-function": ["error", { max: 50, skipBlankLines: true, skipComments: true }],
    "max-params": ["error", 6],
    "no-restricted-globals": ["error", "event", "name", "status", "open", "close", "find", "stop"],
    "no-restricted-properties": [
      "error",
      { object: "window", property: "ganRace", message: "It is for tests: import the module instead." },
    ],
    "no-restricted-syntax": [
      "error",
      { selector: "AssignmentExpression[left.property.name=/^(inner|outer)HTML$/]", message: "Use make() and text." },
    ],
    "no-shadow": "error",
    "no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true }],
    "no-var": "error",
    "object-shorthand": "error",
    "prefer-const": "error",
    "prefer-template": "error",
  },
};

const node = {
  files: ["eslint.config.js", "**/*.mjs"],
  languageOptions: { ecmaVersion: 2024, sourceType: "module", globals: globals.node },
};

const importMap = {
  files: ["import_map.js", "page_location.js"],
  languageOptions: { ecmaVersion: 2024, sourceType: "script", globals: globals.browser },
};

export default [{ ignores: ["node_modules/"] }, js.configs.recommended, browser, importMap, node];
