"""The municipalities of Telemark with their jobs by industry, as a panel folder.

Population and migration are those of the Norwegian panel. Jobs are the sum over the industries,
so that the shares of the industries are shares of all jobs; the panel's own series is chained
from other sources and has a break in 2017. The nation of this panel is its 17 places.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from attraktiv import names

COUNTY = "Telemark"
FILE = Path("telemark", "jobs_by_industry.csv")
UNKNOWN = "Uoppgitt"
# As Telemarksforsking divides private industries: those that sell elsewhere, those whose customers
# come to the place, and the rest.
INDUSTRIES = f"""industry,sector,dimension
"Jordbruk, skogbruk og fiske",private,basis
Bergverksdrift og utvinning,private,basis
Industri,private,basis
"Elektrisitet, vann og renovasjon",private,regional
Bygge- og anleggsvirksomhet,private,regional
"Varehandel, reparasjon av motorvogner",private,visit
Transport og lagring,private,regional
Overnattings- og serveringsvirksomhet,private,visit
Informasjon og kommunikasjon,private,basis
Finansiering og forsikring,private,regional
"Teknisk tjenesteyting, eiendomsdrift",private,basis
Forretningsmessig tjenesteyting,private,regional
"Off.adm., forsvar, sosialforsikring",public,none
Undervisning,public,none
Helse- og sosialtjenester,public,none
Personlig tjenesteyting,private,visit
{UNKNOWN},none,none
"""


def read_jobs(norway: Path) -> pd.DataFrame:
    """Read place, year, industry and jobs; places by their code instead of their name."""
    code = _places(norway).set_index(names.NAME)[names.PLACE]
    jobs = pd.read_csv(norway / FILE).rename(columns={"jobs_workplace": names.JOBS})
    columns = [names.PLACE, names.YEAR, names.INDUSTRY, names.JOBS]
    return jobs.assign(**{names.PLACE: jobs[names.NAME].map(code)})[columns]


def write_folder(norway: Path, folder: Path) -> Path:
    """Write the panel folder of Telemark's places, in the years in which industries are known.

    Parameters
    ----------
    norway : Path
        The folder of the Norwegian panel.
    folder : Path
        Made if it is not there.

    Returns
    -------
    Path
        The folder.
    """
    jobs = read_jobs(norway)
    total = jobs.groupby([names.PLACE, names.YEAR])[names.JOBS].sum().reset_index()
    panel = pd.read_csv(norway / "panel.csv", dtype={names.PLACE: str})
    columns = [names.PLACE, names.YEAR, names.POPULATION, names.NET_MIGRATION]
    columns += [names.NATURAL_INCREASE, names.BOUNDARY_TRANSFER]
    folder.mkdir(parents=True, exist_ok=True)
    total.merge(panel[columns]).to_csv(folder / "panel.csv", index=False)
    jobs.to_csv(folder / FILE.name, index=False)
    _places(norway).to_csv(folder / "places.csv", index=False)
    (folder / "industries.csv").write_text(INDUSTRIES, encoding="utf-8")
    (folder / "panel.toml").write_text(
        f'title = "{COUNTY}, jobs by industry"\nplace_names = "nb"\n', encoding="utf-8"
    )
    return folder


def _places(norway: Path) -> pd.DataFrame:
    places = pd.read_csv(norway / "places.csv", dtype=str)
    of_county = places["county_name"] == COUNTY
    return places.loc[of_county, [names.PLACE, names.NAME, "economic_region_name"]]
