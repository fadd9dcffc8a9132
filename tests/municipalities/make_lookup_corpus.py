"""Makes `lookup_corpus.csv`: what people might type, and which municipality must come first.

Made from the register by the rules below with a fixed seed, without asking the lookup: run it as
`python tests/municipalities/make_lookup_corpus.py`. Each rule keeps only queries by which one place alone can be meant;
what that is, each rule says. The names compared are those of all municipalities, in plain letters, whole and without
what stands behind ` (`, `/`, ` am `, ` an der `, ` im `, ` in `, ` bei ` and official abbreviations of these.
"""

import csv
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

Town = dict[str, str]
SEED = 2026
LETTERS = "abcdefghijklmnopqrstuvwxyz"
PLAIN = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "ß": "ss", "-": " ", "/": " ", ".": " ", "(": " ", ")": " "})
SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
LEFT_OUT = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "Ä": "A", "Ö": "O", "Ü": "U"})
ABBREVIATIONS = {
    "01": "SH", "03": "Niedersachsen", "05": "NRW", "06": "Hessen", "07": "RLP", "08": "BW", "09": "Bayern",
    "10": "Saarland", "12": "Brandenburg", "13": "MV", "14": "Sachsen", "15": "Sachsen-Anhalt", "16": "Thüringen",
}  # fmt: skip


def plain(name: str) -> str:
    return " ".join(re.sub(r"[^a-zß0-9 ]", "", name.lower().translate(PLAIN)).split())


def short(name: str) -> str:
    return re.split(r" \(|/| am | an der | im | in | bei | [aibv]\.", name)[0]


def names_of(town: Town) -> set[str]:
    full, cut = town["name"], short(town["name"])
    return {plain(full), plain(cut), plain(full.translate(SPELLED)), plain(cut.translate(SPELLED))}


def distance(one: str, other: str) -> int:
    """Damerau-Levenshtein (optimal string alignment), plain and slow: independent of the code under test."""
    table = [
        [row + column if 0 in (row, column) else 0 for column in range(len(other) + 1)] for row in range(len(one) + 1)
    ]
    for row in range(1, len(one) + 1):
        for column in range(1, len(other) + 1):
            table[row][column] = min(
                table[row - 1][column] + 1,
                table[row][column - 1] + 1,
                table[row - 1][column - 1] + (one[row - 1] != other[column - 1]),
            )
            if row > 1 and column > 1 and one[row - 1] == other[column - 2] and one[row - 2] == other[column - 1]:
                table[row][column] = min(table[row][column], table[row - 2][column - 2] + 1)
    return table[-1][-1]


class Maker:
    def __init__(self) -> None:
        self.random = random.Random(SEED)
        self.towns = self.table("municipalities.csv")
        self.districts = {row["ags"]: row for row in self.table("districts.csv")}
        self.owners: dict[str, set[str]] = defaultdict(set)
        self.words: dict[str, set[str]] = defaultdict(set)
        for town in self.towns:
            for name in names_of(town):
                self.owners[name].add(town["ags"])
                for word in name.split():
                    self.words[word].add(town["ags"])
        self.by_length: dict[int, list[str]] = defaultdict(list)
        for name in self.owners:
            self.by_length[len(name)].append(name)
        self.codes: dict[str, set[str]] = defaultdict(set)
        for row in self.table("postal_codes.csv"):
            self.codes[row["postal_code"]].add(row["municipality_ags"])

    def table(self, file: str) -> list[Town]:
        with (ROOT / "data" / file).open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))

    def is_alone(self, town: Town) -> bool:
        """No other municipality goes by one of its names."""
        return all(self.owners[name] == {town["ags"]} for name in names_of(town))

    def alone(self, condition: Callable[[str], object] = bool) -> Iterator[Town]:
        """Municipalities in random order whose names are theirs alone."""
        for town in self.random.sample(self.towns, len(self.towns)):
            if condition(town["name"]) and self.is_alone(town):
                yield town

    def beginning(self, name: str) -> str | None:
        """The shortest beginning (from 4 letters) with which no other municipality's name begins."""
        own = self.owners[name]
        for length in range(4, len(name)):
            start = name[:length]
            if not start.endswith(" ") and all(self.owners[n] == own for n in self.owners if n.startswith(start)):
                return start
        return None

    def typo(self, name: str) -> str | None:
        """The name with one error, which is no part of a name, and nearer to this name than to any other."""
        at = self.random.randrange(1, len(name) - 1)
        kind = self.random.choice(["left out", "doubled", "swapped", "changed", "added"])
        letter = self.random.choice(LETTERS)
        broken = {
            "left out": name[:at] + name[at + 1 :],
            "doubled": name[:at] + name[at] + name[at:],
            "swapped": name[:at] + name[at + 1] + name[at] + name[at + 2 :],
            "changed": name[:at] + letter + name[at + 1 :],
            "added": name[:at] + letter + name[at:],
        }[kind]
        own = self.owners[name]
        if broken == name or any(broken in other for other in self.owners):
            return None
        reach = [other for length in range(len(broken) - 1, len(broken) + 2) for other in self.by_length[length]]
        if any(self.owners[other] != own and distance(broken, other) <= 1 for other in reach):
            return None
        return broken

    def rules(self) -> dict[str, tuple[int, Callable[[], Iterator[tuple[str, str]]]]]:
        """Name of the rule: how many queries, and the queries with the key that must come first."""
        umlaut, sharp_s, hyphen = re.compile("[äöüÄÖÜ]").search, re.compile("ß").search, re.compile("-").search
        several_words = re.compile(r"^[\w -]+[- ][\w -]+$").search
        return {
            "name": (40, lambda: ((town["name"], town["ags"]) for town in self.alone())),
            "name, other case": (20, lambda: ((t["name"].upper(), t["ags"]) for t in self.alone())),
            "umlauts spelled out": (
                40,
                lambda: ((t["name"].translate(SPELLED), t["ags"]) for t in self.alone(umlaut)),
            ),
            "umlauts left out": (
                40,
                lambda: ((t["name"].translate(LEFT_OUT), t["ags"]) for t in self.alone(umlaut)),
            ),
            "ß as ss": (20, lambda: ((t["name"].replace("ß", "ss"), t["ags"]) for t in self.alone(sharp_s))),
            "hyphens as spaces": (30, lambda: ((t["name"].replace("-", " "), t["ags"]) for t in self.alone(hyphen))),
            "in one word": (
                20,
                lambda: ((re.sub("[- ]", "", t["name"]), t["ags"]) for t in self.alone(several_words)),
            ),
            "beginning": (60, self.beginnings),
            "typo": (120, self.typos),
            "part": (50, self.parts),
            "other order": (30, self.other_orders),
            "abbreviated": (40, self.abbreviated),
            "designation": (
                30,
                lambda: ((f"{t['designation'].split()[-1]} {t['name']}", t["ags"]) for t in self.alone()),
            ),
            "everyday words": (40, self.everyday),
            "with district": (40, self.with_district),
            "with state": (30, self.with_state),
            "postal code and name": (30, self.code_and_name),
            "postal code": (20, self.codes_alone),
            "key": (15, lambda: ((t["ags"], t["ags"]) for t in self.alone())),
            "second name": (15, self.second_names),
        }  # fmt: skip

    def beginnings(self) -> Iterator[tuple[str, str]]:
        for town in self.alone():
            if found := self.beginning(plain(town["name"])):
                yield found, town["ags"]

    def typos(self) -> Iterator[tuple[str, str]]:
        for town in self.alone(lambda name: len(plain(name)) >= 6):
            if found := self.typo(plain(short(town["name"]))):
                yield found, town["ags"]

    def parts(self) -> Iterator[tuple[str, str]]:
        """A word (from 5 letters) of a name of several, with which no word of another name begins."""
        for town in self.alone(lambda name: len(plain(name).split()) > 1):
            word = max(plain(town["name"]).split(), key=len)
            others = (w for w in self.words if w.startswith(word) and self.words[w] != {town["ags"]})
            if len(word) > 4 and next(others, None) is None:
                yield word, town["ags"]

    def other_orders(self) -> Iterator[tuple[str, str]]:
        for town in self.alone(lambda name: 1 < len(plain(name).split()) < 4 and not re.search(r"[.(/]", name)):
            words = re.split("[ -]", town["name"])
            yield " ".join(reversed(words)), town["ags"]

    def abbreviated(self) -> Iterator[tuple[str, str]]:
        """All words but the longest cut to one letter; no other name has words that begin so."""
        for town in self.alone(lambda name: 1 < len(plain(name).split()) < 4 and not re.search(r"[.(/]", name)):
            words = plain(town["name"]).split()
            longest = max(words, key=len)
            others = {ags for w in self.words if w.startswith(longest) for ags in self.words[w]} - {town["ags"]}
            if len(longest) > 4 and not others:
                yield " ".join(word if word == longest else f"{word[0]}." for word in words), town["ags"]

    def everyday(self) -> Iterator[tuple[str, str]]:
        phrases = [
            "wer ist zuständig für {}", "Ansprechpartner {}", "Ansprechperson für {}", "Rathaus {}", "Kontakt {}",
            "Wer ist in {} zuständig?", "{} Ansprechpartnerin", "Stadtverwaltung {}", "Integration {}", "in {}",
        ]  # fmt: skip
        for number, town in enumerate(self.alone()):
            yield phrases[number % len(phrases)].format(town["name"]), town["ags"]

    def namesakes(self, key: Callable[[str], str]) -> Iterator[Town]:
        """Towns that share their name with others, none of which has the same key (of district or state)."""
        for town in self.random.sample(self.towns, len(self.towns)):
            owners = self.owners[plain(town["name"])]
            if len(owners) > 1 and Counter(key(ags) for ags in owners)[key(town["ags"])] == 1:
                yield town

    def with_district(self) -> Iterator[tuple[str, str]]:
        forms = ["{name}, {district}", "{name} ({district})", "{name} {district}", "{name}, {full}"]
        for number, town in enumerate(self.namesakes(lambda ags: ags[:5])):
            district = self.districts[town["district_ags"]]
            form = forms[number % len(forms)]
            yield form.format(name=town["name"], district=district["name"], full=district["full_name"]), town["ags"]

    def with_state(self) -> Iterator[tuple[str, str]]:
        for number, town in enumerate(self.namesakes(lambda ags: ags[:2])):
            yield f"{town['name']}{', ' if number % 2 else ' '}{ABBREVIATIONS[town['ags'][:2]]}", town["ags"]

    def code_and_name(self) -> Iterator[tuple[str, str]]:
        for number, town in enumerate(self.namesakes(lambda ags: ags)):
            code = town["postal_code"]
            if len(self.codes[code] & self.owners[plain(town["name"])]) == 1:
                yield (f"{code} {town['name']}" if number % 3 else f"{town['name']} {code}"), town["ags"]

    def codes_alone(self) -> Iterator[tuple[str, str]]:
        for code in self.random.sample(sorted(self.codes), len(self.codes)):
            if len(self.codes[code]) == 1:
                yield code, next(iter(self.codes[code]))

    def second_names(self) -> Iterator[tuple[str, str]]:
        shared = Counter(plain(town["name_alt"]) for town in self.towns)
        for town in self.alone():
            if len(town["name_alt"]) > 4 and shared[plain(town["name_alt"])] == 1:
                yield town["name_alt"], town["ags"]

    def misses(self) -> Iterator[str]:
        """Random letters (from 7, far from every name) and numbers that are no codes."""
        while True:
            text = "".join(self.random.choice("bcdfghjklmnpqrstvwxyz") for _ in range(self.random.randrange(5, 12)))
            near = [name for length in range(len(text) - 2, len(text) + 3) for name in self.by_length[length]]
            if all(distance(text, name) > 2 for name in near):
                yield text

    def unknown_codes(self) -> Iterator[str]:
        keys = {town["ags"] for town in self.towns}
        while True:
            code, key = f"{self.random.randrange(100_000):05}", f"{self.random.randrange(100_000_000):08}"
            if code not in self.codes:
                yield code
            if key not in keys:
                yield key

    def write(self, target: Path) -> None:
        with target.open("w", encoding="utf-8", newline="") as lines:
            writer = csv.writer(lines, lineterminator="\n")
            writer.writerow(["rule", "typed", "first"])
            for rule, (count, queries) in self.rules().items():
                found = queries()
                writer.writerows((rule, *next(found)) for _ in range(count))
            misses, codes = self.misses(), self.unknown_codes()
            writer.writerows(("nonsense", next(misses), "") for _ in range(25))
            writer.writerows(("unknown code", next(codes), "") for _ in range(15))


if __name__ == "__main__":
    Maker().write(Path(__file__).with_name("lookup_corpus.csv"))
