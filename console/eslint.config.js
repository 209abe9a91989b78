import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist", "stubs", ".cache", "eslint.config.js"] },
  tseslint.configs.strictTypeChecked,
  reactHooks.configs.flat.recommended,
  { languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } } },
  {
    rules: {
      eqeqeq: "error",
      "no-console": "error",
      "no-eval": "error",
      // What users write is text. Markup that comes from data is how their scripts would run here.
      "no-restricted-syntax": [
        "error",
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: "Text of users is shown as text." },
        { selector: "MemberExpression[property.name=/^(innerHTML|outerHTML|insertAdjacentHTML)$/]", message: "Text of users is shown as text." },
      ],
      "no-restricted-globals": ["error", { name: "fetch", message: "Use call() or the clients of useConsole(): they bring the header of the bridge and wait for a new session." }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
    },
  },
  { files: ["src/api/bridge.ts", "src/api/session.ts", "src/app/Layout.tsx", "e2e/**"], rules: { "no-restricted-globals": "off" } },
  { files: ["e2e/**", "scripts/**"], extends: [tseslint.configs.disableTypeChecked] },
);
