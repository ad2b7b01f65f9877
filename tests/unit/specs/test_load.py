"""Model files: what is read, and which line is blamed for what cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from attraktiv.errors import SpecError
from attraktiv.specs import HalfNormal, ModelSpec, load_spec, models, models_folder, parse_spec

SHIPPED = sorted(path.stem for path in models_folder().glob("*.toml"))

SOUND = """\
id = "a_model"
title = "A model"
year = 2026
status = "experimental"
source = "Tests"
summary = "Small"

[equations.migration]
outcome = "net_migration_rate"
factors = "own_job_growth"
place_effect = 'static'
year_effect = "ar1"

[equations.migration.noise]
size_dependent = true
turnover = 0.09

[equations.migration.priors]
beta = { distribution = "normal", sigma = 0.5 }
mu_alpha = { distribution = "normal", sigma = 1.0 }
rho_alpha = { distribution = "beta", alpha = 2.0, beta = 2.0 }
sigma_alpha = { distribution = "half_normal", sigma = 0.5 }
tau = { distribution = "half_normal", sigma = 0.5 }
sigma = { distribution = "half_normal", sigma = 1.0 }
phi = { distribution = "log_normal", mu = 0.7, sigma = 0.7 }

[sampling]
chains = 2
"""
CLASSICAL = """\
id = "a_regression"
title = "A regression"
year = 2013
status = "historical"
source = "Tests"
summary = "Small"
engine = "least-squares"

[equations.migration]
outcome = "net_migration_rate"
factors = "own_job_growth"
year_effect = "fixed"
"""
TAU = 'tau = { distribution = "half_normal", sigma = 0.5 }'
RHO_ALPHA = 'rho_alpha = { distribution = "beta", alpha = 2.0, beta = 2.0 }'
BETA = 'beta = { distribution = "normal", sigma = 0.5 }'
OUTCOME = 'outcome = "net_migration_rate"'
YEAR = "year = 2026"
TURNOVER = "turnover = 0.09"
YEAR_EFFECT = 'year_effect = "ar1"'
PRIORS = "[equations.migration.priors]"
EQUATION = "[equations.migration]"


def line(text: str, row: str) -> int:
    """Number of the one row, from 1."""
    rows = text.splitlines()
    assert rows.count(row) == 1
    return rows.index(row) + 1


def changed(old: str, new: str, text: str = SOUND) -> str:
    assert text.count(old + "\n") == 1
    return text.replace(old + "\n", new + "\n" if new else "")


def test_the_sound_texts_are_sound() -> None:
    assert parse_spec(SOUND).migration.priors["tau"] == HalfNormal(
        distribution="half_normal", sigma=0.5
    )
    assert parse_spec(SOUND).sampling.chains == 2
    assert parse_spec(CLASSICAL).classical


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_model_loads_by_its_file_name(name: str) -> None:
    spec = load_spec(name)
    assert spec.id == name
    assert spec == load_spec(models_folder() / f"{name}.toml") == load_spec(spec)
    assert spec in models()


def test_every_generation_is_shipped_and_one_is_the_default() -> None:
    found = models()
    assert {spec.id for spec in found} >= {
        "barometer_2007",
        "pyramid_2010",
        "structural_2013",
        "published_2017",
        "book_2023",
        "book_2023_yearly",
        "hierarchical_static",
        "hierarchical_dynamic",
        "hierarchical_grouped",
        "hierarchical_robust",
        "hierarchical_spatial",
    }
    assert len(found) == len(SHIPPED)
    assert [spec.id for spec in found if spec.default] == ["hierarchical_dynamic"]
    assert [spec.year for spec in found] == sorted(spec.year for spec in found)


# What is wrong: the row that is replaced, what stands there instead, and the words of the error.
# The row to blame bears the comment "here".
FAULTS = {
    "key at the top": (YEAR, f"{YEAR}\nyaer = 2026  # here", "unknown key 'yaer'"),
    "key of the equation": (OUTCOME, f"{OUTCOME}\nfactor = 'x'  # here", "unknown key 'factor'"),
    "key of the noise": (TURNOVER, "turn_over = 0.1  # here", "unknown key 'turn_over'"),
    "key of a prior": (
        TAU,
        "tau = { distribution = 'half_normal', sigma = 1, mu = 0 }  # here",
        "unknown key 'mu'",
    ),
    "table": ("[sampling]", "[sampler]  # here", "unknown key 'sampler'"),
    "prior without its scale": (
        TAU,
        "tau = { distribution = 'half_normal' }  # here",
        "the key 'sigma' is missing",
    ),
    "support": (
        TAU,
        "tau = { distribution = 'normal', sigma = 0.5 }  # here",
        "prior of tau, normal, allows values from -inf to inf, but tau lies between 0 and inf",
    ),
    "support of a correlation": (
        RHO_ALPHA,
        "rho_alpha = { distribution = 'half_normal', sigma = 1 }  # here",
        "from 0 to inf, but rho_alpha lies between -1 and 1",
    ),
    "support of a uniform prior": (
        TAU,
        "tau = { distribution = 'uniform', lower = -0.1, upper = 1 }  # here",
        "allows values from -0.1 to 1, but tau",
    ),
    "uniform prior upside down": (
        TAU,
        "tau = { distribution = 'uniform', lower = 2, upper = 1 }  # here",
        r"lower 2\.0 is not below upper 1\.0",
    ),
    "uniform prior of one point": (
        TAU,
        "tau = { distribution = 'uniform', lower = 1, upper = 1 }  # here",
        r"lower 1\.0 is not below upper 1\.0",
    ),
    "negative scale": (
        TAU,
        "tau = { distribution = 'half_normal', sigma = -0.5 }  # here",
        r"greater than 0 \(found -0\.5\)",
    ),
    "infinite scale": (
        TAU,
        "tau = { distribution = 'half_normal', sigma = inf }  # here",
        r"finite number \(found inf\)",
    ),
    "unknown distribution": (
        TAU,
        "tau = { distribution = 'cauchy', sigma = 1 }  # here",
        "'cauchy'.* does not match any of the expected tags",
    ),
    "coefficient that is not normal": (
        BETA,
        "beta = { distribution = 'half_normal', sigma = 1 }  # here",
        "prior of beta must be normal, found half_normal",
    ),
    "missing prior": (f"{PRIORS}\n{BETA}", f"{PRIORS}  # here", "no prior for beta; add under"),
    "surplus prior": (
        TAU,
        f"{TAU}\nrho = {{ distribution = 'beta', alpha = 1, beta = 1 }}  # here",
        "a prior for rho, which this model does not have",
    ),
    "outcome": (
        OUTCOME,
        "outcome = 'happiness'  # here",
        "outcome 'happiness' is not one of net_migration_rate",
    ),
    "missing outcome": (
        f"{EQUATION}\n{OUTCOME}",
        f"{EQUATION}  # here",
        "the key 'outcome' is missing",
    ),
    "place effect": (
        "place_effect = 'static'",
        "place_effect = 'walk'  # here",
        r"'none', 'static' or 'ar1' \(found 'walk'\)",
    ),
    "classical with a place effect": (
        YEAR_EFFECT,
        "year_effect = 'fixed'  # here",
        "it has no place effect",
    ),
    "least squares for a hierarchical model": (
        YEAR,
        f"{YEAR}\nengine = 'least-squares'  # here",
        "its year effect asks for collapsed or nuts",
    ),
    "engine": (
        YEAR,
        f"{YEAR}\nengine = 'magic'  # here",
        "'auto', 'collapsed', 'nuts' or 'least-squares'",
    ),
    "another outcome that is unknown": (
        OUTCOME,
        f"{OUTCOME}\noutcome_otherwise = 'happiness'  # here",
        "outcome_otherwise 'happiness' is not one of net_migration_rate",
    ),
    "years by themselves in a hierarchical model": (
        YEAR_EFFECT,
        f"{YEAR_EFFECT}\nyearly = true  # here",
        "yearly = true is for classical models",
    ),
    "family of the noise": (
        TURNOVER,
        "family = 'cauchy'  # here",
        r"'normal' or 'student_t' \(found 'cauchy'\)",
    ),
    "noise without a variance": (
        TAU,
        f"{TAU}\nnu = {{ distribution = 'gamma', alpha = 2, beta = 0.1 }}  # here",
        "a prior for nu, which this model does not have",
    ),
    "negative turnover": (TURNOVER, "turnover = -1  # here", r"greater than 0 \(found -1\)"),
    "infinite turnover": (TURNOVER, "turnover = inf  # here", "finite number"),
    "year in words": (YEAR, "year = 'soon'  # here", r"valid integer.*\(found 'soon'\)"),
    "id with capitals": ('id = "a_model"', "id = 'A model'  # here", "match pattern"),
    "no chains": ("chains = 2", "chains = 0  # here", "greater than 0"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_blamed_on_its_line(fault: str) -> None:
    old, new, words = FAULTS[fault]
    text = changed(old, new)
    blamed = next(n for n, row in enumerate(text.splitlines(), 1) if row.endswith("# here"))
    with pytest.raises(SpecError, match=rf"line {blamed}[,:].*{words}") as caught:
        parse_spec(text, origin="my.toml")
    assert str(caught.value).startswith("my.toml is not a valid model: line ")
    assert "\n" not in str(caught.value)


def test_a_prior_in_a_table_of_its_own_is_blamed_on_the_line_of_its_number() -> None:
    table = "[equations.migration.priors.tau]\ndistribution = 'half_normal'\nsigma = -0.25\n"
    text = changed(TAU, "") + table
    with pytest.raises(SpecError, match=rf"line {line(text, 'sigma = -0.25')}, sigma: .*-0.25"):
        parse_spec(text)


def test_a_missing_key_at_the_top_is_named() -> None:
    with pytest.raises(SpecError, match=r"line 1: the key 'title' is missing"):
        parse_spec(changed('title = "A model"', ""))


def test_a_model_without_an_equation() -> None:
    head = SOUND[: SOUND.index(EQUATION)]
    with pytest.raises(SpecError, match=r"line 1: the key 'equations' is missing"):
        parse_spec(head)
    text = head + "[equations]\n"
    where = f"line {line(text, '[equations]')}"
    with pytest.raises(SpecError, match=rf"{where}, .*no equation; write a table \[equations.mig"):
        parse_spec(text)


def test_an_equation_that_is_not_known() -> None:
    text = SOUND + "\n[equations.housing]\noutcome = 'job_growth'\n"
    with pytest.raises(SpecError, match=rf"line {line(text, '[equations.housing]')}[,:].*unknown"):
        parse_spec(text)
    text = SOUND + "\n[equations.jobs.leisure]\noutcome = 'job_growth'\n"
    with pytest.raises(
        SpecError, match=rf"line {line(text, '[equations.jobs.leisure]')}[,:].*visit"
    ):
        parse_spec(text)


def test_equations_of_jobs() -> None:
    table = "\n[equations.jobs.visit]\noutcome = 'visit_job_growth'\nessential = false\n"
    (visit,) = parse_spec(CLASSICAL + table).equations.jobs.values()
    assert (visit.outcome, visit.factors, visit.essential) == ("visit_job_growth", "", False)
    for row, fault in (
        ("essential = false", "effect = 1"),
        ("outcome = 'visit_job_growth'", "outcome = 'own_job_growth'"),
        ("outcome = 'visit_job_growth'", "outcome = 'jobs'"),
    ):
        text = CLASSICAL + table.replace(row, fault)
        with pytest.raises(SpecError, match=rf"line {line(text, fault)}, {fault.split()[0]}: "):
            parse_spec(text)


JOINT = """
[equations.jobs.business]
outcome = "job_growth"
factors = "industry_mix"
place_effect = "static"
year_effect = "ar1"
noise = { size_dependent = false }

[equations.jobs.business.priors]
beta = { distribution = "normal", sigma = 1.0 }
mu_alpha = { distribution = "normal", sigma = 2.0 }
rho_alpha = { distribution = "beta", alpha = 2.0, beta = 2.0 }
sigma_alpha = { distribution = "half_normal", sigma = 1.0 }
tau = { distribution = "half_normal", sigma = 1.0 }
sigma = { distribution = "half_normal", sigma = 2.0 }

[equations.joint.priors]
correlation_lasting = { distribution = "uniform", lower = -1.0, upper = 1.0 }
"""


def test_a_joint_model_has_two_equations_and_what_ties_them() -> None:
    spec = parse_spec(SOUND + JOINT)
    assert spec.kinds == ("residential", "business")
    assert spec.main is spec.migration is spec.equation("residential")
    assert spec.equation("business").outcome == "job_growth"
    assert spec.equations.joint is not None
    assert set(spec.equations.joint.priors) == {"correlation_lasting"}
    assert ModelSpec.model_validate_json(spec.model_dump_json()) == spec
    # a table without priors: nothing is correlated
    loose = parse_spec(SOUND + JOINT[: JOINT.index("[equations.joint")] + "[equations.joint]\n")
    assert loose.equations.joint is not None
    assert not loose.equations.joint.priors


@pytest.mark.parametrize(
    ("old", "new", "row", "fault"),
    [
        ("correlation_lasting", "correlation", "correlation = {", "not a correlation"),
        ("correlation_lasting", "correlation_path", "correlation_path = {", 'place_effect = "ar1"'),
        ("lower = -1.0, upper", "lower = -2.0, upper", "correlation_lasting = {", "between -1 and"),
        (
            "[equations.jobs.business]",
            "[equations.jobs.visit]",
            "[equations.joint",
            "called business",
        ),
    ],
)
def test_what_a_joint_model_cannot_have(old: str, new: str, row: str, fault: str) -> None:
    text = SOUND + JOINT.replace(old, new)
    if "visit" in new:
        text = text.replace("jobs.business.priors", "jobs.visit.priors")
    (number,) = (i for i, r in enumerate(text.splitlines(), 1) if r.startswith(row))
    with pytest.raises(SpecError, match=rf"line {number}, .*{fault}"):
        parse_spec(text)


def test_equations_of_one_model_are_of_one_sort() -> None:
    jobs = "\n[equations.jobs.business]\noutcome = 'job_growth'\n"
    with pytest.raises(SpecError, match="one equation is classical and another is not"):
        parse_spec(SOUND + jobs)
    apart = JOINT[: JOINT.index("[equations.joint")]
    with pytest.raises(SpecError, match=r"estimated together; write a table \[equations.joint\]"):
        parse_spec(SOUND + apart)


def test_an_equation_by_itself() -> None:
    spec = load_spec("joint_2026")
    business = spec.alone("business")
    assert business.kinds == ("business",)
    assert business.main == spec.equation("business")
    with pytest.raises(SpecError, match="joint_2026 has no equation of net migration"):
        _ = business.migration
    residential = spec.alone("residential")
    assert residential.equations.migration == load_spec("hierarchical_dynamic").migration
    assert residential.equations.joint is None
    assert residential.kinds == ("residential",)
    assert business.equation("business") == load_spec("business_2026").main
    assert load_spec("pyramid_2010").alone("visit").kinds == ("visit",)


def test_a_model_of_the_jobs_of_a_sector() -> None:
    spec = load_spec("joint_2026").with_sector("private")
    assert spec.equation("business").outcome == "private_job_growth"
    assert spec.equation("business").factors == "private_industry_mix + lag(population_growth, 1)"
    assert spec.migration.outcome == "net_migration_rate"
    assert "lag(own_private_job_growth, 2)" in spec.migration.factors
    assert "neighbour_private_job_growth" in spec.migration.factors
    with pytest.raises(
        SpecError, match=r"published_2017 has no equation of all jobs .*private_job"
    ):
        load_spec("published_2017").with_sector("visit")
    with pytest.raises(SpecError, match=r"hierarchical_static .*\(none\)"):
        load_spec("hierarchical_static").with_sector("visit")


def test_every_fault_is_named_at_once() -> None:
    text = changed("year = 2026", "year = 'soon'", changed("chains = 2", "chains = 0"))
    with pytest.raises(SpecError, match=r"line 3, year: .*; line \d+, chains: "):
        parse_spec(text)


def test_a_classical_model_refuses_another_engine_groups_and_priors() -> None:
    text = changed('engine = "least-squares"', 'engine = "nuts"', CLASSICAL)
    with pytest.raises(SpecError, match='line 7, engine: engine "nuts" cannot estimate'):
        parse_spec(text)
    fixed = 'year_effect = "fixed"'
    for extra in ('groups = "county"', "noise = { size_dependent = true }"):
        text = changed(fixed, f"{fixed}\n{extra}", CLASSICAL)
        with pytest.raises(
            SpecError, match=r"line 12, year_effect: .* is the classical regression"
        ):
            parse_spec(text)
    text = changed(fixed, f"{fixed}\npriors.{BETA}", CLASSICAL)
    with pytest.raises(SpecError, match=r"line 13, beta: a prior for beta, .*it has no priors"):
        parse_spec(text)


STUDENT = changed(
    TAU,
    f"{TAU}\nnu = {{ distribution = 'gamma', alpha = 2, beta = 0.1, lower = 2 }}",
    changed(TURNOVER, "family = 'student_t'"),
)


def test_student_t_noise_needs_degrees_of_freedom_that_give_it_a_variance() -> None:
    spec = parse_spec(STUDENT)
    assert spec.migration.parameters[-1] == "nu"
    assert not spec.migration.gaussian
    text = STUDENT.replace(", lower = 2", "")
    with pytest.raises(SpecError, match=r"prior of nu, gamma, .* from 0 to inf, .* between 2 and"):
        parse_spec(text)
    with pytest.raises(SpecError, match=rf"line {line(SOUND, PRIORS)}, .*no prior for nu"):
        parse_spec(changed(TURNOVER, "family = 'student_t'"))


def test_student_t_noise_refuses_the_collapsed_engine_and_the_classical_regression() -> None:
    for engine in ("nuts", "auto"):
        parse_spec(changed(YEAR, f'{YEAR}\nengine = "{engine}"', STUDENT))
    text = changed(YEAR, f'{YEAR}\nengine = "collapsed"', STUDENT)
    with pytest.raises(SpecError, match=r'line 4, engine: .*needs normal noise; .*engine = "nuts"'):
        parse_spec(text)
    fixed = 'year_effect = "fixed"'
    noise = "noise = { family = 'student_t', size_dependent = false }"
    with pytest.raises(SpecError, match=r"line 12, year_effect: .* and normal noise"):
        parse_spec(changed(fixed, f"{fixed}\n{noise}", CLASSICAL))


def test_a_specification_with_another_equation_keeps_the_rest() -> None:
    spec = parse_spec(SOUND)
    other = spec.with_equation("residential", groups="county")
    assert (other.migration.groups, spec.migration.groups) == ("county", None)
    assert other.with_equation("residential", groups=None) == spec


def test_a_model_with_groups_needs_the_prior_of_their_spread() -> None:
    text = changed(YEAR_EFFECT, f'{YEAR_EFFECT}\ngroups = "county"')
    with pytest.raises(SpecError, match=rf"line {line(text, PRIORS)}, .*no prior for sigma_gamma"):
        parse_spec(text)


@pytest.mark.parametrize(
    ("text", "row"), [("id = \n", 1), (SOUND + "chains = 3\n", 29), ('id = "a"\nx\n', 2)]
)
def test_invalid_toml_names_the_line(text: str, row: int) -> None:
    with pytest.raises(SpecError, match=rf"my\.toml is not valid TOML: .*at line {row}, column"):
        parse_spec(text, origin="my.toml")


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    file = tmp_path / "åpen.toml"
    file.write_bytes(b'title = "\xc5s"\n')
    with pytest.raises(SpecError, match=r"åpen\.toml is not UTF-8 text \(byte 9\); save it"):
        load_spec(file)


def test_a_file_of_ones_own_with_norwegian_letters(tmp_path: Path) -> None:
    file = tmp_path / "ærlig.toml"
    file.write_text(SOUND.replace("A model", "Ærlig på Øya"), encoding="utf-8")
    assert load_spec(str(file)).title == "Ærlig på Øya"


def test_an_unknown_model_gets_a_suggestion() -> None:
    with pytest.raises(SpecError, match=r"no model 'hierarchical_dynamc'\. Did you mean hierarc"):
        load_spec("hierarchical_dynamc")
    with pytest.raises(SpecError, match=r"no model 'zzz'\. Known models: .*structural_2013"):
        load_spec("zzz")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"no model file .*gone\.toml"):
        load_spec(tmp_path / "gone.toml")
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(SpecError, match=r"no model file .*folder\.toml"):
        load_spec(tmp_path / "folder.toml")


def test_a_specification_is_frozen() -> None:
    spec = parse_spec(SOUND)
    frozen = "Instance is frozen"
    with pytest.raises(ValidationError, match=frozen):
        spec.title = "Another"
    with pytest.raises(ValidationError, match=frozen):
        spec.migration.outcome = "another"
    with pytest.raises(ValidationError, match=frozen):
        spec.migration.noise.turnover = 1.0
    tau = spec.migration.priors["tau"]
    assert isinstance(tau, HalfNormal)
    with pytest.raises(ValidationError, match=frozen):
        tau.sigma = 1.0
    with pytest.raises(TypeError, match="does not support item assignment"):
        spec.migration.priors["tau"] = spec.migration.priors["beta"]  # type: ignore[index]
    with pytest.raises(TypeError, match="does not support item assignment"):
        spec.equations.jobs["visit"] = None  # type: ignore[index]
    with pytest.raises(TypeError, match="does not support item assignment"):
        parse_spec(CLASSICAL).migration.priors["tau"] = 1  # type: ignore[index]


@pytest.mark.parametrize("name", SHIPPED)
def test_json_gives_the_same_specification_back(name: str) -> None:
    spec = load_spec(name)
    again = ModelSpec.model_validate_json(spec.model_dump_json())
    assert again == spec
    assert again.model_dump_json() == spec.model_dump_json()


@given(data=st.data())
def test_one_damaged_character_is_read_or_refused(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from((SOUND, CLASSICAL)))
    at = data.draw(st.integers(0, len(text) - 1))
    kind = data.draw(st.sampled_from(("delete", "replace", "insert")))
    new = "" if kind == "delete" else data.draw(st.characters())
    damaged = text[:at] + new + text[at + (kind != "insert") :]
    try:
        spec = parse_spec(damaged)
    except SpecError:
        return
    assert ModelSpec.model_validate_json(spec.model_dump_json()) == spec
