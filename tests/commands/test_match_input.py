"""The command `match` on what files really hold: spreadsheets, faults of every kind, strange texts."""

from __future__ import annotations

import codecs
import json
import math

import pytest

from tests.commands.match_files import lines, run, write_jsonl


def problems(result):
    """Everything said, but the count at the end."""
    return result.stderr.splitlines()[:-1]


def refused(folder, text, name="bad.csv"):
    """What is said about a bad file of offers; nothing may be written."""
    content = text if isinstance(text, bytes) else text.encode()
    (folder / name).write_bytes(content)
    result = run(folder, offers=name)
    assert result.exit_code == 1
    assert sorted(path.name for path in folder.iterdir()) == sorted({name, "requests.jsonl", "offers.jsonl"})
    return problems(result)


CSV = (
    "Id;Text;Support;countries;amount;from;until;capacity;language\r\n"
    'OFF-1;"Training on\nwetland ""assessment""";training;KEN|tanzania;50 000,50;2026-01-01;;3;EN\r\n'
    '\r\nOFF-2;"[""Formation"", ""zones humides""]";"training; in kind";global;;;;;fr\r\n'
)


@pytest.mark.parametrize(
    "content",
    [
        CSV.encode(),
        codecs.BOM_UTF8 + CSV.encode(),
        CSV.replace("\r\n", "\n").encode(),
        CSV.encode("utf-16"),
        CSV.replace("training; in kind", "training, in kind").replace(";", "\t").encode(),
    ],
    ids=["plain", "byte order mark", "unix", "utf-16", "tabs"],
)
def test_match_reads_csv_as_spreadsheets_write_it(folder, content):
    (folder / "offers.csv").write_bytes(content)

    result = run(folder, "--reasons", offers="offers.csv")

    assert (result.exit_code, result.stderr) == (0, "")
    by_pair = {(line["request"], line["offer"]): line for line in lines(folder)}
    assert (
        by_pair["REQ-2", "OFF-1"]["reasons"]["place"]
        == "Help is needed in Kenya; the offer is for Kenya and United Republic of Tanzania."
    )
    assert by_pair["REQ-2", "OFF-2"]["reasons"]["support"] == "Both name training."
    assert [term["term"] for term in by_pair["REQ-1", "OFF-2"]["terms"]] == ["formation", "humides", "zones"]


def test_match_names_columns_it_does_not_use_and_countries_it_does_not_know(folder):
    write_jsonl(folder / "offers.jsonl", [{"id": "1", "text": "soil", "contries": "x", "countries": "Kenia"}])

    result = run(folder)

    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        "offers.jsonl: Not used: contries. Fields are id, text, title, language, languages, support, needs,"
        " initiatives, countries, amount, from, until and capacity.",
        "offers.jsonl, countries: Not known as countries, such as KEN or Kenya, and compared as written:"
        " Kenia (row 1; Kenya?).",
    ]


def test_match_names_every_problem_of_every_row_at_once(folder):
    text = (
        "id;text;amount;from;until;capacity;language\n"
        "1;;NaN;2026-13-01;;x;Ænglisc\n"
        "2;ok;-3;2026-05-01;2026-01-01;1.5;en\n"
        "3;fine;;;;;\n"
        "3;again;;;;;\n"
        "4;many;;;;;;;\n"
        ";nameless;;;;;\n"
    )

    assert refused(folder, text) == [
        "bad.csv, text: In 1 row no word of the text counts (row 5): words cannot match it.",
        "bad.csv, row 2, text: It is missing or empty; every row needs one.",
        "bad.csv, row 2, language: “Ænglisc” is no language code; write one such as en, fr or zh.",
        "bad.csv, row 2, amount: “NaN” is no amount; write a number of 0 or more, such as 50000.",
        "bad.csv, row 2, from: “2026-13-01” is no day; write it like 2026-03-31.",
        "bad.csv, row 2, capacity: “x” is no count; write a whole number of 0 or more.",
        "bad.csv, row 3, amount: “-3” is no amount; write a number of 0 or more, such as 50000.",
        "bad.csv, row 3, capacity: “1.5” is no count; write a whole number of 0 or more.",
        "bad.csv, row 3, until: 2026-01-01 lies before 2026-05-01; write the later day here.",
        "bad.csv, row 5, id: “3” stands already in row 4; give each row its own.",
        "bad.csv, row 6: The row has 9 cells, the header 7.",
        "bad.csv, row 7, id: It is missing or empty; every row needs one.",
    ]


def test_match_names_every_row_of_very_many_bad_ones(folder):
    bad = [{"id": str(n), "text": " "} for n in range(1, 1_600)] + [{"id": "x", "text": "soil"}]
    write_jsonl(
        folder / "bad.jsonl", [*bad, {"id": "y", "text": ""}, {"id": "z", "text": "soil", "amount": -1}]
    )

    said = run(folder, offers="bad.jsonl").stderr.splitlines()

    assert said[0] == "bad.jsonl, row 1, text: It is missing or empty; every row needs one."
    assert said[1_000:] == [
        "bad.jsonl, rows 1001-1599, 1601, text: 600 more like this one:"
        " It is missing or empty; every row needs one.",
        "bad.jsonl, rows 1602, amount: 1 more like this one:"
        " “-1” is no amount; write a number of 0 or more, such as 50000.",
        "Nothing was written: 1601 problems to correct.",
    ]


def test_match_counts_the_problems_of_both_files(folder):
    write_jsonl(folder / "requests.jsonl", [{"id": "1"}])
    write_jsonl(folder / "offers.jsonl", [{"text": "soil"}])

    result = run(folder)

    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "requests.jsonl, row 1, text: It is missing or empty; every row needs one.",
        "offers.jsonl, row 1, id: It is missing or empty; every row needs one.",
        "Nothing was written: 2 problems to correct.",
    ]


GOOD = {"id": "1", "text": "soil"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"id": True}, "id: It is neither a text nor a whole number; write one of them."),
        ({"id": "a\u0007"}, "id: It is too long or holds control characters; write up to 200 plain signs."),
        ({"id": "x" * 201}, "id: It is too long or holds control characters; write up to 200 plain signs."),
        ({"text": " \n"}, "text: It is missing or empty; every row needs one."),
        ({"text": []}, "text: It is missing or empty; every row needs one."),
        ({"text": ["", " "]}, "text: It is missing or empty; every row needs one."),
        ({"text": 5}, "text: It is no text; write a text, or a list of texts."),
        ({"text": ["a", None]}, "text: It is no text; write a text, or a list of texts."),
        ({"title": ["a"]}, "title: It is no text; write a text."),
        ({"language": 5}, "language: “5” is no language code; write one such as en, fr or zh."),
        ({"support": [{"a": 1}]}, "support: It holds something that is no code; write a list of codes."),
        ({"amount": float("nan")}, "amount: “nan” is no amount; write a number of 0 or more, such as 50000."),
        ({"amount": float("inf")}, "amount: “inf” is no amount; write a number of 0 or more, such as 50000."),
        ({"amount": True}, "amount: “True” is no amount; write a number of 0 or more, such as 50000."),
        ({"amount": "1,2,3"}, "amount: “1,2,3” is no amount; write a number of 0 or more, such as 50000."),
        ({"from": 20260301}, "from: “20260301” is no day; write it like 2026-03-31."),
        ({"from": "01.03.2026"}, "from: “01.03.2026” is no day; write it like 2026-03-31."),
        ({"until": "2026-02-30"}, "until: “2026-02-30” is no day; write it like 2026-03-31."),
        ({"capacity": -1}, "capacity: “-1” is no count; write a whole number of 0 or more."),
    ],
)
def test_match_says_what_is_wrong_with_a_value_and_what_would_be_right(folder, wrong, said):
    assert refused(folder, json.dumps(GOOD | wrong), "bad.jsonl") == [f"bad.jsonl, row 1, {said}"]


@pytest.mark.parametrize(
    "right",
    [
        {"id": 7},
        {"amount": "USD 50,000.00"},
        {"amount": "50\u202f000"},
        {"amount": 0},
        {"from": "2026-03-01T00:00:00Z"},
        {"capacity": "3"},
        {"capacity": 3.0},
        {"needs": [1.1, "ILK"]},
        {"language": "de"},
        {"language": "Français"},
        {"languages": "English; sw"},
        {"language": None, "support": "", "countries": []},
        {"text": "the of"},
        {"text": "\u200f\u0001 x"},
    ],
    ids=str,
)
def test_match_takes_a_value_that_can_only_mean_one_thing(folder, right):
    write_jsonl(folder / "offers.jsonl", [GOOD | right])

    assert run(folder).exit_code == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "bad.csv: The file is empty; write at least one row."),
        ("id,text\n", "bad.csv: The file holds no rows; write at least one."),
        (
            "id,words\n1,soil\n",
            "bad.csv, row 1, text: There is no such column; the first row must name the columns.",
        ),
        ("id,text,text\n1,soil,soil\n", "bad.csv, row 1, text: The column stands twice; keep one."),
        (
            'id,text\n1,soil\n2,"open\n',
            "bad.csv, row 3: The quotes do not close; write a quote inside a quoted cell twice.",
        ),
        (
            b"id,text\n1,soil\n2,\xe9t\xe9\n",
            "bad.csv, row 3: The row is not in UTF-8; save the file as UTF-8.",
        ),
        ("[]", "bad.csv, row 1: The file is one JSON array; write one object on each line instead (JSONL)."),
        (
            '{"id": "1", "text": "soil"}\n\n{"id": \n',
            "bad.csv, row 3: The line is not JSON; write one object a line, closed on that line.",
        ),
        ('{"id": "1", "text": "soil"}\n5\n', 'bad.csv, row 2: The line is no JSON object; write {"id": …}.'),
    ],
)
def test_match_says_what_is_wrong_with_a_file(folder, content, said):
    assert refused(folder, content) == [said]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"support": "Formation; In-kind"}, {"support": ["training", "in_kind"]}),
        ({"support": ["Data or knowledge access", "FUNDS"]}, {"support": ["data_access", "financial"]}),
        ({"needs": ["Need 1.1", 2.0, "ilk"]}, {"needs": ["1.1", "2", "ILK"]}),
        ({"initiatives": "1(a), 2B"}, {"initiatives": ["1a", "2b"]}),
        ({"countries": "ke|Tanzania|404"}, {"countries": ["KEN", "TZA"]}),
        ({"countries": "Korea, Republic of"}, {"countries": ["KOR"]}),
        (
            {"countries": ["Least developed countries", "Западная Африка"]},
            {"countries": ["ldc", "west_africa"]},
        ),
        ({"languages": ["English", "zh-Hans", "fra"]}, {"languages": ["en", "zh", "fr"]}),
    ],
    ids=str,
)
def test_match_knows_codes_by_their_names(folder, written, meant):
    every = {
        "support": ["training", "in_kind", "data_access", "financial"],
        "needs": ["1.1", "2", "ILK"],
        "initiatives": ["1a", "2b"],
        "countries": ["KEN", "TZA", "KOR", "ldc", "west_africa"],
        "languages": ["en", "zh", "fr"],
    }
    write_jsonl(folder / "offers.jsonl", [GOOD | every])
    write_jsonl(folder / "written.jsonl", [GOOD | written])
    write_jsonl(folder / "meant.jsonl", [GOOD | meant])

    said = run(folder, "--reasons", requests="written.jsonl", output="written.out").stderr
    run(folder, "--reasons", requests="meant.jsonl", output="meant.out")

    assert said == ""
    assert lines(folder, "written.out") == lines(folder, "meant.out")


def test_match_names_codes_it_does_not_know_and_still_compares_them(folder):
    own = {"support": ["trainning", "Seed money"], "needs": "A-7", "initiatives": ["x"], "language": "tlh"}
    write_jsonl(folder / "requests.jsonl", [GOOD | own])
    write_jsonl(folder / "offers.jsonl", [GOOD | own])

    result = run(folder)

    assert result.exit_code == 0
    assert [line.partition(". Known")[0] for line in result.stderr.splitlines()[:4]] == [
        "requests.jsonl, support: Not known, and compared as written: Seed money (row 1)"
        " and trainning (row 1; training?)",
        "requests.jsonl, needs: Not known, and compared as written: A-7 (row 1)",
        "requests.jsonl, initiatives: Not known, and compared as written: x (row 1)",
        "requests.jsonl, language: Words are compared as they stand, without their stems, in tlh.",
    ]
    found = lines(folder)[0]["parts"]
    assert (found["support"], found["needs"]) == (1.0, 1.0)


def test_match_knows_where_countries_lie(folder):
    asks = GOOD | {"countries": ["KEN"]}
    gives = [
        GOOD | {"id": place, "countries": [place]} for place in ("Africa", "americas", "developing countries")
    ]
    write_jsonl(folder / "requests.jsonl", [asks])
    write_jsonl(folder / "offers.jsonl", gives)

    run(folder, "--include-blocked")

    assert [(line["offer"], line["rank"], line["parts"]["place"]) for line in lines(folder)] == [
        ("Africa", 1, 0.9),
        ("developing countries", 2, 0.8),
        ("americas", None, 0.0),
    ]


STRANGE = {
    "five megabytes": "wetland training for rangers " * 180_000,
    "one long word": "a" * 5_000_000,
    "one word": "wetland",
    "only stop words": "the of and",
    "control characters": "wet\x00land \x01training\x1b[31m",
    "right-to-left marks": "\u202ewetland\u202c \u200ftraining\u200e",
    "half a pair of surrogates": "wetland \ud800 training",
    "mixed languages": "wetland training 湿地培训 formation zones humides تدريب",
    "a language outside the six": "Ausbildung zu Feuchtgebieten",
}


@pytest.mark.parametrize("name", STRANGE)
def test_match_has_an_answer_for_strange_texts(folder, name):
    plain = {"id": "plain", "text": "Wetland training for rangers"}
    strange = {"id": "strange", "text": STRANGE[name]}
    (folder / "offers.jsonl").write_text(json.dumps(plain) + "\n" + json.dumps(strange))
    write_jsonl(folder / "requests.jsonl", [plain | {"id": "R"}])

    result = run(folder, "--reasons")

    remark = "In 1 row no word of the text counts (row 2): words cannot match it."
    assert result.exit_code == 0
    assert result.stderr == (f"offers.jsonl, text: {remark}\n" if name == "only stop words" else "")
    found = lines(folder)
    assert found[0]["offer"] in {"plain", "strange"}
    for line in found:
        assert math.fsum(term["share"] for term in line["terms"]) == pytest.approx(
            line["parts"]["text"], abs=1e-9
        )


def test_match_ranks_identical_texts_alike_by_their_ids(folder):
    write_jsonl(folder / "offers.jsonl", [GOOD | {"id": name} for name in ("c", "a", "b")])
    write_jsonl(folder / "requests.jsonl", [GOOD])

    run(folder)

    assert [(line["offer"], line["score"]) for line in lines(folder)] == [("a", 1.0), ("b", 1.0), ("c", 1.0)]
