import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { useSearchParams } from "react-router";
import { count } from "../i18n/format";
import { useLocale, useTexts } from "../i18n";
import { Action } from "./Action";
import { ApiError } from "./ApiError";
import { texts } from "./texts";

/** What a table asks the server for. */
export type TablePage = { page: number; pageSize: number; orderBy: string; search: string };

export type Column<Row> = {
  id: string;
  header: string;
  cell: (row: Row) => ReactNode;
  /** The values of the list's order_by; without them the column cannot be sorted by. */
  order?: { asc: string; desc: string };
};

type Props<Row> = {
  /** Names the table for who cannot see it. */
  caption: string;
  columns: readonly Column<Row>[];
  rowKey: (row: Row) => string;
  /** Begins the key in the cache: invalidate it after a change. */
  queryKey: readonly unknown[];
  load: (page: TablePage) => Promise<{ rows: Row[]; total: number }>;
  defaultOrder: string;
  /** Without it there is no search: the list of the API has none. */
  searchLabel?: string;
  /** Shown when there is nothing at all: what these objects are for, and how to make the first. */
  empty: ReactNode;
  /** More filters, beside the search. */
  filters?: ReactNode;
  /** Whether these filters leave anything out; without it they may. */
  filtered?: boolean;
  /** The last column of a row. */
  actions?: (row: Row) => ReactNode;
};

const pageSize = 20;
const searchDelay = 250;

/** The state of a table in the address, so that "back" and a link lead to the same rows. */
function useTableState(defaultOrder: string) {
  const [params, setParams] = useSearchParams();
  const state: TablePage = {
    page: Math.max(1, Math.trunc(Number(params.get("page") ?? 1)) || 1),
    pageSize,
    orderBy: params.get("order") ?? defaultOrder,
    search: params.get("q") ?? "",
  };
  const change = (values: { page?: string; order?: string; q?: string }) =>
    setParams(
      (before) => {
        for (const [name, value] of Object.entries(values)) {
          if (value) before.set(name, value);
          else before.delete(name);
        }
        return before;
      },
      { replace: true },
    );
  return { state, change };
}

function Search({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  const [typed, setTyped] = useState(value);
  useEffect(() => {
    if (typed === value) return undefined;
    const timer = setTimeout(() => onChange(typed), searchDelay);
    return () => clearTimeout(timer);
  }, [typed, value, onChange]);
  return <input type="search" className="search" dir="auto" aria-label={label} placeholder={label} value={typed} onChange={(event) => setTyped(event.target.value)} />;
}

/** A filter of a table, whose value is in the address under its name; "" is none. */
export function Filter({ name, label, options }: { name: string; label: string; options: readonly { value: string; label: string }[] }) {
  const [params, setParams] = useSearchParams();
  const change = (value: string) =>
    setParams(
      (before) => {
        before.delete("page");
        if (value) before.set(name, value);
        else before.delete(name);
        return before;
      },
      { replace: true },
    );
  return (
    <label className="filter">
      <span>{label}</span>
      <select value={params.get(name) ?? ""} onChange={(event) => change(event.target.value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </label>
  );
}

function Header<Row>({ column, orderBy, onOrder }: { column: Column<Row>; orderBy: string; onOrder: (order: string) => void }) {
  const { order, header } = column;
  if (!order) return <th scope="col">{header}</th>;
  const sorted = orderBy === order.asc ? "ascending" : orderBy === order.desc ? "descending" : undefined;
  return (
    <th scope="col" aria-sort={sorted ?? "none"}>
      <button type="button" className="sort" onClick={() => onOrder(sorted === "ascending" ? order.desc : order.asc)}>
        {header} <span aria-hidden="true">{sorted === "ascending" ? "↑" : sorted === "descending" ? "↓" : "↕"}</span>
      </button>
    </th>
  );
}

function Pages({ page, shown, total, onPage }: { page: number; shown: number; total: number; onPage: (page: number) => void }) {
  const t = useTexts(texts);
  const locale = useLocale();
  const first = (page - 1) * pageSize + 1;
  const n = (value: number) => count(value, locale);
  return (
    <nav className="pages" aria-label={t.pages}>
      <span role="status">{t.rows(n(first), n(first + shown - 1), n(total))}</span>
      <Action size="small" label={t.previous} disabled={page <= 1} onClick={() => onPage(page - 1)}>
        ←
      </Action>
      <Action size="small" label={t.next} disabled={page * pageSize >= total} onClick={() => onPage(page + 1)}>
        →
      </Action>
    </nav>
  );
}

/** A list of the API as a table: the server searches, sorts and pages. */
export function DataTable<Row>({ caption, columns, rowKey, queryKey, load, defaultOrder, searchLabel, empty, filters, filtered = filters !== undefined, actions }: Props<Row>) {
  const t = useTexts(texts);
  const { state, change } = useTableState(defaultOrder);
  const { data, error, refetch, isFetching } = useQuery({
    queryKey: [...queryKey, state],
    queryFn: () => load(state),
    placeholderData: keepPreviousData,
  });
  const bare = data?.total === 0 && state.search === "" && !filtered;
  return (
    <div className="table" aria-busy={isFetching}>
      {(searchLabel || filters) && !bare && (
        <div className="table-tools">
          {searchLabel && <Search label={searchLabel} value={state.search} onChange={(q) => change({ q, page: "" })} />}
          {filters}
        </div>
      )}
      {error && <ApiError error={error} onRetry={() => void refetch()} />}
      {!data && !error && <p role="status">{t.loading}</p>}
      {bare && empty}
      {data && !bare && data.rows.length === 0 && <p role="status">{t.noRows}</p>}
      {data && data.rows.length > 0 && (
        <table role="table">
          <caption className="hidden">{caption}</caption>
          <thead role="rowgroup">
            <tr role="row">
              {columns.map((column) => (
                <Header key={column.id} column={column} orderBy={state.orderBy} onOrder={(order) => change({ order, page: "" })} />
              ))}
              {actions && (
                <th scope="col">
                  <span className="hidden">{t.actions}</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody role="rowgroup">
            {data.rows.map((row) => (
              <tr key={rowKey(row)} role="row">
                {columns.map((column) => (
                  <td key={column.id} role="cell" data-label={column.header}>
                    <span className="value">{column.cell(row)}</span>
                  </td>
                ))}
                {actions && (
                  <td role="cell" className="row-actions">
                    {actions(row)}
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {data && data.rows.length > 0 && <Pages page={state.page} shown={data.rows.length} total={data.total} onPage={(page) => change({ page: page === 1 ? "" : String(page) })} />}
    </div>
  );
}
