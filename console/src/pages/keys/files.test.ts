import { expect, test } from "vitest";
import { keyFiles } from "./files";

test("the files of a key", () => {
  const files = keyFiles({ accessKey: "SCWX", secretKey: "s-1", organizationId: "o-1", projectId: "p-1", apiUrl: "https://iam.example" });
  expect(files.map(({ place, text }) => [place, text])).toEqual([
    [".env", "SCW_ACCESS_KEY=SCWX\nSCW_SECRET_KEY=s-1\nSCW_DEFAULT_ORGANIZATION_ID=o-1\nSCW_DEFAULT_PROJECT_ID=p-1\nSCW_API_URL=https://iam.example\n"],
    ["~/.config/scw/config.yaml", "access_key: SCWX\nsecret_key: s-1\ndefault_organization_id: o-1\ndefault_project_id: p-1\napi_url: https://iam.example\n"],
    ["~/.aws/credentials", "[bailiwick]\naws_access_key_id = SCWX\naws_secret_access_key = s-1\n"],
  ]);
});
