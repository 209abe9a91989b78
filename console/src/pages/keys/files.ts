export type Credentials = { accessKey: string; secretKey: string; organizationId: string; projectId: string; apiUrl: string };

/** A file with a new key: its name, where it belongs, and what is in it. */
export type KeyFile = { id: "env" | "config" | "aws"; name: string; place: string; text: string };

/** The files in which programs look for a key. None of the values can hold a character that these forms would have to escape. */
export function keyFiles(c: Credentials): KeyFile[] {
  return [
    {
      id: "env",
      name: "bailiwick.env",
      place: ".env",
      text: `SCW_ACCESS_KEY=${c.accessKey}\nSCW_SECRET_KEY=${c.secretKey}\nSCW_DEFAULT_ORGANIZATION_ID=${c.organizationId}\nSCW_DEFAULT_PROJECT_ID=${c.projectId}\nSCW_API_URL=${c.apiUrl}\n`,
    },
    {
      id: "config",
      name: "config.yaml",
      place: "~/.config/scw/config.yaml",
      text: `access_key: ${c.accessKey}\nsecret_key: ${c.secretKey}\ndefault_organization_id: ${c.organizationId}\ndefault_project_id: ${c.projectId}\napi_url: ${c.apiUrl}\n`,
    },
    {
      id: "aws",
      name: "credentials",
      place: "~/.aws/credentials",
      text: `[bailiwick]\naws_access_key_id = ${c.accessKey}\naws_secret_access_key = ${c.secretKey}\n`,
    },
  ];
}
