import { dictionary } from "../i18n";

export const copyTexts = dictionary(
  { copy: "Copy", copied: "Copied", refused: "The browser does not let the console copy. Select the text and copy it yourself." },
  { copy: "Copier", copied: "Copié", refused: "Le navigateur ne laisse pas la console copier. Sélectionnez le texte et copiez-le vous-même." },
);

/** Has the browser save a text as a file. It never leaves this machine. */
export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
