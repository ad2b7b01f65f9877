// The same question as a file.

import { file } from "./api.js";
import { el } from "./dom.js";
import { t } from "./words.js";

const FORMATS = [["csv", "csv"], ["parquet", "parquet"], ["netcdf", "netCDF"]];

export const downloads = (run, name, parameters) =>
  el("p", { class: "downloads" }, `${t("download")}: `,
    FORMATS.map(([format, label]) =>
      el("a", { href: file(run, name, parameters, format), download: true, "data-format": format }, label)));
