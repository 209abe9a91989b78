import { Alert, Button } from "@ultraviolet/ui";
import { setsWith, useCatalog } from "../api/catalog";
import { faultOf } from "../api/fault";
import { useTexts } from "../i18n";
import { texts } from "./texts";

const maxSets = 3;

/** Names a permission that the reader lacks, and the sets that would give it. */
export function Missing({ permission }: { permission: string }) {
  const t = useTexts(texts);
  const { data: catalog } = useCatalog();
  const sets = catalog && setsWith(catalog, permission);
  return (
    <>
      {t.missing(permission.replace(/^:/, ""))} {sets && (sets.length > 0 ? t.missingSet(sets.slice(0, maxSets).join(", ")) : t.missingNoSet)}
    </>
  );
}

function useMessage(status: number): string {
  const t = useTexts(texts);
  switch (status) {
    case 0:
      return t.faultOffline;
    case 401:
      return t.fault401;
    case 404:
      return t.fault404;
    case 409:
      return t.fault409;
    case 412:
      return t.fault412;
    case 429:
    case 503:
      return t.fault429;
    case 501:
      return t.fault501;
    default:
      return t.fault;
  }
}

/** Says what went wrong with a call of the API, and which permission set is missing. */
export function ApiError({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const t = useTexts(texts);
  const fault = faultOf(error);
  const message = useMessage(fault.status);
  const fields = Object.entries(fault.fields);
  return (
    <div role="alert" className="api-error">
      <Alert sentiment={fault.status === 403 ? "warning" : "danger"}>
        {fault.missing.length > 0 ? (
          fault.missing.map((permission) => (
            <p key={permission}>
              <Missing permission={permission} />
            </p>
          ))
        ) : (
          <p>
            {message} {fault.message && <span lang="en">({fault.message})</span>}
          </p>
        )}
        {fields.map(([name, help]) => (
          <p key={name} lang="en">
            <code>{name}</code>: {help}
          </p>
        ))}
        {onRetry && (
          <Button size="small" variant="outlined" sentiment="neutral" onClick={onRetry}>
            {t.retry}
          </Button>
        )}
      </Alert>
    </div>
  );
}
