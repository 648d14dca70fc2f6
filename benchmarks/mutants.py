"""Do the tests of the matching engine notice when its code is wrong?

    python -m benchmarks.mutants [--only WORD]

Each planned mutant puts one small fault into a copy of the code and runs the tests of that file. Prints which
are killed and which survive; ends with 1 when any does, or when the line that was to be changed is gone.
Takes some minutes.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from config import ROOT

LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "var", "build", "__pycache__", ".hypothesis", ".*_cache")
SECONDS = 300
CONFTEST = """from hypothesis import settings
settings.register_profile("bare", deadline=None, max_examples=25)
settings.load_profile("bare")
"""
"""What the tests of the engine need of the house: not its databases and browsers, which take long to load."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: in which file of `matching`, what stands there, what is put for it, and whose tests look."""

    file: str
    old: str
    new: str
    tests: str


MUTANTS = (
    # the formula
    Mutant(
        "tfidf", "1.0 + np.log(np.maximum(counts, 1.0))", "1.0 + np.maximum(counts, 1.0)", "worked_example"
    ),
    Mutant("tfidf", "(1 + self.n_pieces) / (1 +", "(2 + self.n_pieces) / (1 +", "tfidf"),
    Mutant("tfidf", "product * long if is_request", "product / long if is_request", "worked_example"),
    Mutant("tfidf", "LENGTH + LENGTH * _sums(", "LENGTH + _sums(", "worked_example"),
    Mutant("bags", "len(words) >= SHORTEST_PIECE)", "len(words) > SHORTEST_PIECE)", "likeness"),
    Mutant("bags", "for bag in alone:", "for bag in alone[1:]:", "likeness"),
    # words of a pair
    Mutant("likeness", "np.sort(np.minimum(grid, 1.0), axis=None)", "np.sort(grid, axis=None)", "likeness"),
    Mutant("likeness", "grid = np.minimum(self._grid(row), 1.0)", "grid = self._grid(row)", "likeness"),
    Mutant("likeness", "values[held] = np.minimum(sums[held] *", "values[held] = (sums[held] *", "likeness"),
    Mutant("likeness", "np.diff(first) * len(self.subject.pieces), BEST)", "BEST, BEST)", "likeness"),
    Mutant("likeness", "float(grid[one, other]) / len(best)", "float(grid[one, other])", "likeness"),
    Mutant("across", "ACROSS * weight * likely", "weight * likely", "edges"),
    Mutant("explain", "left_over > 0 else n_largest - 1", "left_over > 0 else 0", "edges"),
    # parts and weights
    Mutant("score", "ends - starts + 1, 1)", "ends - starts, 1)", "edges"),
    Mutant("score", "first <= last)", "first < last)", "edges"),
    Mutant(
        "score", "np.minimum(offer.ceiling[given] / ", "(lambda x, _: x)(offer.ceiling[given] / ", "edges"
    ),
    Mutant("score", "settings.words_across_languages, 0.0)", "0.0, 0.0)", "score"),
    Mutant("score", "parts *= weights > 0", "pass", "edges"),
    # what rules out
    Mutant("gates", "last_day < today.toordinal()", "last_day <= today.toordinal()", "gates"),
    Mutant(
        "gates", "(offer.until_day < request.from_day) |", "(offer.until_day <= request.from_day) |", "gates"
    ),
    Mutant("gates", "request.names_support & ~request.only_money)", "request.names_support)", "gates"),
    Mutant("gates", "offer.left == 0.0", "offer.left <= 1.0", "edges"),
    # the search
    Mutant("choice", "+ weight * np.float32(likeness.slack)", "", "choice"),
    Mutant("choice", "enough = _kth(scores.score, top) -", "enough = _kth(scores.score, 1) -", "choice"),
    Mutant("choice", "scores.score[order] > least]", "scores.score[order] >= least]", "edges"),
    Mutant("rank", "self.is_current & ~self.is_blocked)", "~self.is_blocked)", "edges"),
    # meaning
    Mutant("meaning", "sqrt(model.weight) * _unit", "model.weight * _unit", "meaning"),
    Mutant("meaning", "answers = np.maximum.reduceat", "answers = np.minimum.reduceat", "meaning"),
    Mutant("meaning", "n_letters + _length(sentence) / 2 > wanted", "n_letters > wanted", "meaning"),
    Mutant("meaning", "if len(found) == MOST_PASSAGES:", "if len(found) > MOST_PASSAGES:", "edges"),
    # words and names
    Mutant("text", "len(word) - len(stem) <= _SHORT_ENDING", "True", "text"),
    Mutant("word_forms", "<= _LONGEST_ENDING", "< _LONGEST_ENDING", "edges"),
    Mutant("names", "len(letters) < _SHORTEST_INITIALS", "len(letters) <= _SHORTEST_INITIALS", "edges"),
    Mutant("names", "is_telling = min(", "is_telling = max(", "edges"),
    Mutant("romanised", "_ARABIC_SERVANT.sub(", "(lambda _, name: name)(", "romanised"),
    Mutant("fixed_phrases", "(?<!不)", "", "fixed_phrases"),
    Mutant("duplicates", "sqrt(here * there)", "max(here, there)", "edges"),
    Mutant("lexicon", "if value >= LEAST", "if value > 0", "edges"),
    # beyond one pair
    Mutant("coverage", "return named | set(top_regions(places))", "return named", "coverage"),
    Mutant("coverage", "if not any(cell in requests_in", "if not all(cell in requests_in", "coverage"),
    Mutant("bundles", "if 2 * held[column] > n]", "if 2 * held[column] >= n]", "bundles"),
    Mutant(
        "bundles",
        "(-len(one.ids), -one.cohesion, one.ids)",
        "(-len(one.ids), one.cohesion, one.ids)",
        "bundles",
    ),
    Mutant(
        "learning", "min(n_accepted, n_declined) < FEWEST_ANSWERS", "n_accepted < FEWEST_ANSWERS", "learning"
    ),
    Mutant("learning", "0.5 * (apart == 0)", "(apart == 0)", "learning"),
    Mutant("expertise", "and not p.regions & r.regions", "", "expertise"),
)


def main() -> None:
    """Try every mutant."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", default="", help="only those of files whose name holds this")
    wanted = [one for one in MUTANTS if parser.parse_args().only in one.file]
    with tempfile.TemporaryDirectory(prefix="capmatch-mutants-") as name:
        copy = Path(name) / "code"
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
        (copy / "tests" / "conftest.py").write_text(CONFTEST, encoding="utf-8")
        n_alive = sum(not _is_killed(copy, one) for one in wanted)
    print(f"{len(wanted)} mutants, {n_alive} not killed")
    sys.exit(1 if n_alive else 0)


def _is_killed(copy: Path, one: Mutant) -> bool:
    path = copy / "matching" / f"{one.file}.py"
    source = path.read_text(encoding="utf-8")
    if one.old not in source:
        print(f"GONE      {one.file}: {one.old}", flush=True)
        return False
    path.write_text(source.replace(one.old, one.new, 1), encoding="utf-8")
    tests = ["-q", "-x", "-p", "no:cacheprovider", f"tests/matching/test_{one.tests}.py"]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *tests],
            cwd=copy,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        done = 1
    finally:
        path.write_text(source, encoding="utf-8")
    said = {0: "SURVIVED", 1: "killed"}.get(done, f"ERROR {done}")
    print(f"{said:<9} {one.file}: {one.old} -> {one.new or 'nothing'}", flush=True)
    return done == 1


if __name__ == "__main__":
    main()
