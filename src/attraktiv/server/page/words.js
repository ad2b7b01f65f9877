// Texts, numbers and sorting by language.

const TEXTS = {
  nb: {
    title: "Hvor attraktiv er kommunen?", overview: "Kart og rangering", run: "Kjøring",
    language: "Språk", skip: "Gå til innholdet", level: "Nivå", place: "Sted", own: "Egen gruppe",
    from: "Fra", to: "Til", kind: "Type attraktivitet", min: "Minste folketall", prob: "Bånd",
    find: "Finn et sted", map: "Kart", list: "Rangering", rank: "Plass", name: "Navn",
    attractiveness: "Attraktivitet", ranks: "Plassering", above: "Over snittet",
    choose: "Velg", compare: "Sammenlign", sum: "Se som egen gruppe", clear: "Fjern valgte",
    chosen: "Valgte steder", tooMany: "Sammenligning tar inntil fem steder.",
    grey: "Kan ikke skilles fra gjennomsnittet", more: "Mer attraktiv enn snittet",
    less: "Mindre attraktiv enn snittet", noMap: "Kartet vises når serveren startes med --panel.",
    download: "Last ned", figures: "Tallene", share: "Kopier lenke", copied: "Lenken er kopiert.",
    overTime: "Attraktivitet over tid", decomposition: "Hva veksten består av",
    people: "Folketall", jobs: "Arbeidsplasser", forecast: "Framskriving",
    scenario: "Scenario", pyramid: "Alder og kjønn", ageGroups: "Aldersgrupper",
    alike: "Steder med lignende struktur", other: "Klassisk og bayesiansk",
    classical: "klassisk", bayesian: "bayesiansk", distance: "Avstand",
    low: "fra", high: "til", mean: "Snitt", year: "År", term: "Ledd", age: "Alder",
    continued: "Som anslått", neutral: "Nøytral", scenario_low: "Lav", scenario_high: "Høy",
    residential: "Bosted", business: "Næring", visit: "Besøk", total: "Samlet",
    residential_long: "Bostedsattraktivitet", business_long: "Næringsattraktivitet",
    visit_long: "Besøksattraktivitet", total_long: "Samlet attraktivitet",
    percentYear: "prosent av folketallet per år", percentJobs: "prosent av arbeidsplassene per år",
    persons: "personer", loading: "Henter …", failed: "Noe gikk galt:", back: "Til kart og rangering",
    removed: "Fjern", add: "Velg stedet", median: "Median", left: "Menn", right: "Kvinner",
    structure: "Struktur", fitted: "Kjøringen", notFitted: "ikke med i estimeringen",
    observed: "Registrert", none: "Ingen steder er så store.", lasting: "Varig del",
    hold: "Grått: båndet rommer null, så stedet kan ikke skilles fra gjennomsnittet.",
    cannot: (name) => `${name} kan ikke skilles fra gjennomsnittet.`,
    isAbove: (name) => `${name} er mer attraktiv enn gjennomsnittsstedet.`,
    isBelow: (name) => `${name} er mindre attraktiv enn gjennomsnittsstedet.`,
    band: (prob, low, high) => `Med ${prob} prosent sannsynlighet ligger verdien mellom ${low} og ${high}.`,
    rankBand: (low, high, count) => `Plassering mellom ${low} og ${high} av ${count}.`,
    probAbove: (share) => `Sannsynligheten for å ligge over gjennomsnittet er ${share} prosent.`,
    personsYear: (low, high) => `Det svarer til mellom ${low} og ${high} personer i året.`,
    shown: (count) => `${count} vises.`,
    noForecast: "Kjøringen har ingen framskriving: attraktiv forecast RUN PANEL --horizon N",
    noPanel: "Vises når serveren startes med --panel.",
    ahead: (from) => `Median og bånd fra 1. januar ${from}. Andre scenarioer er stiplet.`,
    declines: (share, year) => `Sannsynligheten for færre innbyggere i ${year} enn nå er ${share} prosent.`,
    bandOf: (prob) => `Båndene rommer ${prob} prosent.`,
  },
  en: {
    title: "How attractive is the place?", overview: "Map and ranking", run: "Run",
    language: "Language", skip: "Go to the content", level: "Level", place: "Place",
    own: "Own group", from: "From", to: "Until", kind: "Kind of attractiveness",
    min: "Smallest population", prob: "Band", find: "Find a place", map: "Map", list: "Ranking",
    rank: "No.", name: "Name", attractiveness: "Attractiveness", ranks: "Rank",
    above: "Above average", choose: "Choose", compare: "Compare", sum: "See as own group",
    clear: "Clear choice", chosen: "Chosen places", tooMany: "Up to five places can be compared.",
    grey: "Cannot be told from average", more: "More attractive than average",
    less: "Less attractive than average", noMap: "The map is shown when the server starts with --panel.",
    download: "Download", figures: "The figures", share: "Copy link", copied: "The link is copied.",
    overTime: "Attractiveness over time", decomposition: "What growth consists of",
    people: "Population", jobs: "Jobs", forecast: "Forecast", scenario: "Scenario",
    pyramid: "Age and sex", ageGroups: "Age groups", alike: "Places of like structure",
    other: "Classical and Bayesian", classical: "classical", bayesian: "Bayesian",
    distance: "Distance", low: "from", high: "to", mean: "Mean", year: "Year", term: "Term",
    age: "Age", continued: "As estimated", neutral: "Neutral", scenario_low: "Low",
    scenario_high: "High", residential: "Residential", business: "Business", visit: "Visit",
    total: "Total", residential_long: "Residential attractiveness",
    business_long: "Business attractiveness", visit_long: "Visit attractiveness",
    total_long: "Total attractiveness", percentYear: "percent of population per year",
    percentJobs: "percent of jobs per year", persons: "persons", loading: "Loading …",
    failed: "Something went wrong:", back: "To map and ranking", removed: "Remove",
    add: "Choose this place", median: "Median", left: "Men", right: "Women", structure: "Structure",
    fitted: "The run", notFitted: "left out of the fit", observed: "Recorded",
    none: "No place is that large.", lasting: "Lasting part",
    hold: "Grey: the band holds zero, so that the place cannot be told from average.",
    cannot: (name) => `${name} cannot be told from average.`,
    isAbove: (name) => `${name} is more attractive than the average place.`,
    isBelow: (name) => `${name} is less attractive than the average place.`,
    band: (prob, low, high) => `With a probability of ${prob} percent the value lies between ${low} and ${high}.`,
    rankBand: (low, high, count) => `Rank between ${low} and ${high} of ${count}.`,
    probAbove: (share) => `The probability of being above average is ${share} percent.`,
    personsYear: (low, high) => `That is between ${low} and ${high} persons a year.`,
    shown: (count) => `${count} are shown.`,
    noForecast: "The run has no forecast: attraktiv forecast RUN PANEL --horizon N",
    noPanel: "Shown when the server starts with --panel.",
    ahead: (from) => `Median and band from 1 January ${from}. Other scenarios are dashed.`,
    declines: (share, year) => `The probability of fewer residents in ${year} than now is ${share} percent.`,
    bandOf: (prob) => `The bands hold ${prob} percent.`,
  },
};

// Terms of growth, columns and factors: Norwegian, English.
const TERMS = {
  natural_increase: ["Fødselsoverskudd", "Natural increase"],
  other_migration: ["Annen flytting", "Other migration"],
  national_level: ["Nasjonalt nivå", "National level"],
  structure: ["Struktur i alt", "Structure, sum"],
  attractiveness: ["Attraktivitet i alt", "Attractiveness, sum"],
  regional_attractiveness: ["Regional attraktivitet", "Regional attractiveness"],
  residential_attractiveness: ["Bostedsattraktivitet", "Residential attractiveness"],
  business_attractiveness: ["Næringsattraktivitet", "Business attractiveness"],
  visit_attractiveness: ["Besøksattraktivitet", "Visit attractiveness"],
  own_jobs_structure: ["Egne jobber: struktur", "Own jobs: structure"],
  own_jobs_attractiveness: ["Egne jobber: attraktivitet", "Own jobs: attractiveness"],
  own_jobs_noise: ["Egne jobber: støy", "Own jobs: noise"],
  own_jobs_other: ["Egne jobber: annet", "Own jobs: other"],
  noise: ["Årets støy", "Noise of the year"],
  boundary_transfer: ["Grenseendring", "Border transfer"],
  rounding: ["Avrunding", "Rounding"],
  observed_growth: ["Vekst i alt", "Growth"],
  own_job_growth: ["Egen arbeidsplassvekst", "Own job growth"],
  neighbour_job_growth: ["Naboers arbeidsplassvekst", "Neighbours' job growth"],
  centrality: ["Sentralitet", "Centrality"],
  population: ["Folketall", "Population"],
  population_growth: ["Befolkningsvekst", "Population growth"],
  industry_mix: ["Næringsstruktur", "Industry mix"],
  labour_market_integration: ["Arbeidsmarkedsintegrasjon", "Labour-market integration"],
  share_20_39: ["Andel 20–39 år", "Share aged 20–39"],
  county_name: ["Fylke", "County"],
  economic_region_name: ["Region", "Region"],
  labour_market_region_name: ["Arbeidsmarkedsregion", "Labour-market region"],
  centrality_class: ["Sentralitetsklasse", "Centrality class"],
  region: ["Region", "Region"],
  "(unknown)": ["(ukjent)", "(unknown)"],
};

const LAG = { nb: (text, years) => `${text}, ${years} år før`, en: (text, years) => `${text}, ${years} y. before` };
const LOG = { nb: (text) => `${text} (log)`, en: (text) => `${text} (log)` };

let language = "nb";
let texts = TEXTS.nb;
let numbers = {};

export const LANGUAGES = [["nb", "Norsk"], ["en", "English"]];

export function speak(wanted) {
  const browser = navigator.language.toLowerCase();
  const norwegian = /^(nb|nn|no)/.test(browser);
  language = wanted in TEXTS ? wanted : norwegian ? "nb" : "en";
  texts = TEXTS[language];
  numbers = {};
  document.documentElement.lang = language;
  document.title = texts.title;
}

export const t = (key, ...values) =>
  typeof texts[key] === "function" ? texts[key](...values) : texts[key];

/** The name of a term, a factor or a column; as it is written where there is none. */
export function term(name) {
  const lag = /^lag\((.+), (\d+)\)$/.exec(name);
  if (lag) return LAG[language](term(lag[1]), lag[2]);
  const log = /^log\((.+)\)$/.exec(name);
  if (log) return LOG[language](term(log[1]));
  const known = TERMS[name];
  return known ? known[language === "nb" ? 0 : 1] : name;
}

export function number(value, decimals = 2, signed = false) {
  if (value === null || value === undefined) return "–";
  const key = `${decimals}${signed}`;
  numbers[key] ??= new Intl.NumberFormat(language === "nb" ? "nb-NO" : "en-GB", {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
    signDisplay: signed ? "exceptZero" : "auto",
  });
  return numbers[key].format(value);
}

export const whole = (value) => number(value, 0);
export const percent = (share) => number(100 * share, 0);
/** A share of draws: none and all of some thousand are not the same as never and always. */
export const chance = (share) => (share < 0.005 ? `< ${whole(1)}` : share > 0.995 ? `> ${whole(99)}` : percent(share));
export const collator = () => new Intl.Collator(language);
/** What Vega writes numbers with. */
export const decimalMark = () => (language === "nb" ? "," : ".");
export const scenarioName = (name) => texts[`scenario_${name}`] ?? texts[name] ?? name;
