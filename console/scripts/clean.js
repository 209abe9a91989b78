// Empties dist but for the one file that is in the repository, without which package console
// would not compile.
import { readdirSync, rmSync } from "node:fs";

for (const name of readdirSync("dist")) {
  if (name !== ".gitignore") rmSync(`dist/${name}`, { recursive: true });
}
