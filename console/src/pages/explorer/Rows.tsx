/** A table of what is already here; on a narrow screen rows are cards. */
export function Rows({ caption, headers, rows }: { caption: string; headers: readonly string[]; rows: readonly { key: string; cells: readonly string[] }[] }) {
  return (
    <table role="table">
      <caption className="hidden">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {headers.map((header) => (
            <th key={header} scope="col">
              {header}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map(({ key, cells }) => (
          <tr key={key} role="row">
            {cells.map((cell, i) => (
              <td key={headers[i]} role="cell" data-label={headers[i]}>
                <span className="value" dir="auto">
                  {cell}
                </span>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
