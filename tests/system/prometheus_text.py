"""Reads Prometheus' text format 0.0.4, and takes nothing that its description does not allow."""

import dataclasses
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)')
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)")
PARTS = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("",), "gauge": ("",)}


@dataclasses.dataclass
class Family:
    help: str
    type: str
    samples: dict  # (name, ((label, value), …)) → number

    def label_names(self):
        return {label for _, labels in self.samples for label, _ in labels} - {"le"}

    def value(self, **labels):
        """Of the one sample that has these labels among its own."""
        wanted = labels.items()
        [found] = [number for (_, have), number in self.samples.items() if wanted <= dict(have).items()]
        return found

    def total(self, **labels):
        """Of all samples that have these labels among their own."""
        return sum(number for (_, have), number in self.samples.items() if labels.items() <= dict(have).items())


def read_labels(text):
    labels, rest = [], text or ""
    while rest:
        found = LABEL.match(rest)
        assert found, f"no labels: {text}"
        labels.append((found[1], found[2]))
        rest = rest[found.end():]
    assert len({name for name, _ in labels}) == len(labels), f"a label twice: {text}"
    return tuple(sorted(labels))


def parse(text):
    """The families by name. Each is a HELP, a TYPE, and its samples, all together."""
    assert text.endswith("\n"), "the last line has no end"
    families, current = {}, None
    lines = text.split("\n")[:-1]
    for line in lines:
        if line.startswith("# HELP "):
            name, help = line.removeprefix("# HELP ").split(" ", 1)
            assert re.fullmatch(NAME, name) and name not in families, f"{name} comes twice"
            current = families[name] = Family(help, "", {})
            current_name = name
        elif line.startswith("# TYPE "):
            name, type = line.removeprefix("# TYPE ").split(" ")
            assert name == current_name and not current.type and type in PARTS, line
            current.type = type
        else:
            found = SAMPLE.fullmatch(line)
            assert found, f"no sample: {line!r}"
            assert found[1] in [current_name + part for part in PARTS[current.type]], f"{line} under {current_name}"
            key = (found[1], read_labels(found[2]))
            assert key not in current.samples, f"{line} comes twice"
            current.samples[key] = float(found[3])  # Prometheus' numbers are those of Go, as these are
    for name, family in families.items():
        check(name, family)
    return families


def check(name, family):
    assert family.help and family.type, name
    if family.type == "counter":
        assert name.endswith("_total") and all(number >= 0 for number in family.samples.values()), name
    if family.type == "histogram":
        check_histogram(name, family)


def check_histogram(name, family):
    series = {}
    for (part, labels), number in family.samples.items():
        own = tuple(label for label in labels if label[0] != "le")
        bounds = [float(value) for label, value in labels if label == "le"]
        series.setdefault(own, {}).setdefault(part.removeprefix(name), []).append((*bounds, number))
    for parts in series.values():
        buckets, [(count,)], [(total,)] = parts["_bucket"], parts["_count"], parts["_sum"]
        assert buckets == sorted(buckets) and len({bound for bound, _ in buckets}) == len(buckets), name
        counts = [number for _, number in buckets]
        assert counts == sorted(counts), f"{name} is not cumulative"
        assert buckets[-1] == (float("inf"), count) and total >= 0, name
