"""Writes a seed of any size: copies of the real records, each with its own name and sources."""

import json
import sys
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
SHARES: Final = {
    "side_effects": 0.40,
    "citations": 0.20,
    "claims": 0.15,
    "interactions": 0.10,
    "pharmacology": 0.05,
    "warning_signs": 0.05,
    "risk_groups": 0.045,
    "articles": 0.005,
}
"""Which collections the records are spread over; the others stay empty."""
NAMES: Final = ("name", "title", "topic", "sign")
CITED: Final = 3
"""How many sources each record cites."""

Record = dict[str, Any]


def write_seed(path: Path, size: int) -> int:
    """Write a seed of about `size` records and return their number; the same size always gives the same seed."""
    real = json.loads((ROOT / "data" / "seed.json").read_text(encoding="utf-8"))
    # A home page supports no statement, so none is copied as a source.
    real["citations"] = [record for record in real["citations"] if record["specificity"] != "homepage"]
    # Which records there are is another question here, so nothing said of single ones holds.
    search = real["search"] | {"aliases": {}, "topics": [topic | {"records": []} for topic in real["search"]["topics"]]}
    counts = {name: max(1, round(size * share)) for name, share in SHARES.items()}
    copies = Copies(real, counts)
    written = 0
    with path.open("w", encoding="utf-8") as file:
        file.write(f'{{"$schema": {json.dumps(real["$schema"])}, "release": {json.dumps(real["release"])}')
        file.write(f', "search": {json.dumps(search)}')
        for collection in (name for name, value in real.items() if isinstance(value, list)):
            file.write(f', "{collection}": [')
            for number in range(counts.get(collection, 0)):
                file.write(",\n" if number else "\n")
                json.dump(copies.record(collection, number), file, ensure_ascii=False)
                written += 1
                if sys.stderr.isatty() and (written % 1000 == 0 or written == sum(counts.values())):
                    print(f"\rwrote {written} of {sum(counts.values())} records", end="", file=sys.stderr, flush=True)
            file.write("]")
        file.write("}\n")
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return written


class Copies:
    """Copies of the real records that refer to each other."""

    def __init__(self, real: Record, counts: dict[str, int]) -> None:
        self.real = real
        self.counts = counts
        self.sources = 0
        """How many times a source has been named."""

    def record(self, collection: str, number: int) -> Record:
        """The record of this number: a copy of one of the real ones."""
        template = self._template(collection, number)
        record = _without_shares(template) | {"slug": self._slug(collection, number)}
        for name in NAMES:
            if name in template:
                # A title in square brackets has a meaning, so the number goes inside them.
                title = template[name].removeprefix("[")
                record[name] = "[" * template[name].startswith("[") + f"{number:07} {title}"
        if "citations" in template:
            record["citations"] = self._sources(CITED)
        if "related" in template:
            # Every interaction leads to a warning sign.
            leads_to = "warning_signs" if collection == "interactions" else "side_effects"
            record["related"] = [self._path(leads_to, number + 1)] if template["related"] else []
        if template.get("article_section"):
            record["article_section"] = self._section(number)
        match collection:
            case "claims":
                record |= self._section(number)
                record["bears_on"] = [self._path("side_effects", number * 7)]
            case "side_effects":
                record |= self._side_effect(template, record["citations"])
            case "articles":
                record["sections"] = [
                    section | {"records": [self._path("side_effects", number + place) for place in range(5)]}
                    for place, section in enumerate(template["sections"])
                ]
                record["omissions"] = self._each_with_sources(template["omissions"])
        return record

    def _side_effect(self, template: Record, sources: list[str]) -> Record:
        own: Record = {"frequency_sources": sources[:1] if template["frequency_sources"] else []}
        if symptoms := template.get("withdrawal_symptoms"):
            own["withdrawal_symptoms"] = self._each_with_sources(symptoms)
        if context := template.get("withdrawal_context"):
            own["withdrawal_context"] = self._each_with_sources([context])[0]
        return own

    def _each_with_sources(self, parts: list[Record]) -> list[Record]:
        return [_without_shares(part) | {"citations": self._sources(1)} for part in parts]

    def _template(self, collection: str, number: int) -> Record:
        templates = self.real[collection]
        template: Record = templates[number % len(templates)]
        return template

    def _slug(self, collection: str, number: int) -> str:
        # The number comes first, so that a page holds copies of different records whatever the size.
        return f"{number:07}-{self._template(collection, number)['slug'][:80]}"

    def _path(self, collection: str, number: int) -> str:
        return f"{collection.replace('_', '-')}/{self._slug(collection, number % self.counts[collection])}"

    def _section(self, number: int) -> Record:
        article = number % self.counts["articles"]
        sections = self._template("articles", article)["sections"]
        section = sections[number // self.counts["articles"] % len(sections)]
        return {"article": self._slug("articles", article), "section": section["slug"]}

    def _sources(self, count: int) -> list[str]:
        numbers = range(self.sources, self.sources + count)
        self.sources += count
        return [self._slug("citations", number % self.counts["citations"]) for number in numbers]


def _without_shares(record: Record) -> Record:
    """The record without what names single ones of its sources, as a copy has sources of its own."""
    return {name: value for name, value in record.items() if name not in ("background_citations", "citations_for")}


def main() -> None:
    """Write a seed: synthetic.py SIZE FILE."""
    write_seed(Path(sys.argv[2]), int(sys.argv[1]))


if __name__ == "__main__":
    main()
