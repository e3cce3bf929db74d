"""The rules of the sync engine once more, in plain dicts: what two ERPs and the hub hold after each run.

One type of record, with a name and two fields that may be blank. Every record has a number, by which those of the three
sides are recognised: it is the match field, and no side has two of a number. An ERP is 0 or 1, the hub "crm". Nothing
here knows of databases, pages, batches or calls, and nothing is taken from the engine.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

FIELDS = ("name", "phone", "note")
CRM = "crm"

Values = dict[str, str | None]
Side = int | str


@dataclass
class Entity:
    """A record of the hub; `origins` tell which side each value came from."""

    values: Values
    origins: dict[str, Side]


@dataclass
class Pair:
    """A pairing; `bases` are {field: (ERP's value, hub's value)} as last settled."""

    state: str = "paired"
    bases: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)


@dataclass
class Link:
    """A link, and what its next run has to look at: numbers of records, or all of them."""

    directions: dict[str, str]
    policy: str = "priority"
    unpaired: str = "create"
    pairs: dict[str, Pair] = field(default_factory=dict)
    news: set[str] = field(default_factory=set)
    outbox: set[str] = field(default_factory=set)
    full_read: bool = False
    full_push: bool = False

    def goes(self, way: str) -> list[str]:
        """Return the fields that go this way, `to_crm` or `to_erp`."""
        return [name for name, direction in self.directions.items() if direction in {"both", way}]


class Model:
    """Three sides and what people and runs do to them."""

    def __init__(self) -> None:
        self.hub: dict[str, Entity] = {}
        self.erps: list[dict[str, Values]] = [{}, {}]
        self.links = [Link(dict.fromkeys(FIELDS, "both")) for _ in self.erps]
        self.ranking: Sequence[Side] = (CRM, 0, 1)

    # -- what people do ------------------------------------------------------------------------------------------------

    def add(self, side: Side, number: str, values: Values) -> None:
        if side == CRM:
            self.hub[number] = Entity(dict(values), dict.fromkeys(FIELDS, CRM))
            self._queue(number, FIELDS, CRM)
        else:
            self.erps[int(side)][number] = dict(values)
            self.links[int(side)].news.add(number)

    def edit(self, side: Side, number: str, name: str, value: str | None) -> None:
        if side == CRM:
            self._take(number, {name: value}, CRM)
        else:
            self.erps[int(side)][number][name] = value
            self.links[int(side)].news.add(number)

    def delete(self, side: Side, number: str) -> None:
        if side != CRM:
            del self.erps[int(side)][number]
            return
        del self.hub[number]
        for link in self.links:
            link.outbox.discard(number)
            if number in link.pairs:
                link.pairs[number] = Pair("tombstone")

    def disconnect(self, link: int, number: str) -> None:
        self.links[link].pairs[number] = Pair("tombstone")
        self.links[link].outbox.discard(number)

    def lift(self, link: int, number: str) -> None:
        del self.links[link].pairs[number]
        self._ask(link, number)

    def pair(self, link: int, number: str) -> None:
        self.links[link].pairs[number] = Pair()
        self._ask(link, number)

    def remap(self, place: int, directions: dict[str, str], policy: str, unpaired: str) -> None:
        """Map anew; what may be taken now and was passed over before is looked at in full."""
        link = self.links[place]
        reach = ["ignore", "pair", "create"].index
        before = {way: set(link.goes(way)) for way in ("to_crm", "to_erp")}
        more = reach(unpaired) > reach(link.unpaired)
        link.directions, link.policy, link.unpaired = directions, policy, unpaired
        link.full_read = link.full_read or more or not set(link.goes("to_crm")) <= before["to_crm"]
        link.full_push = link.full_push or more or not set(link.goes("to_erp")) <= before["to_erp"]

    # -- what a run does -----------------------------------------------------------------------------------------------

    def run(self, place: int) -> None:
        link, erp = self.links[place], self.erps[place]
        for number, pair in link.pairs.items():
            if pair.state == "paired" and number not in erp:
                pair.state = "gone"
        for number in sorted(erp if link.full_read else link.news & set(erp)):
            self._pull(place, number)
        link.news, link.full_read = set(), False
        # its own writes are news of the ERP too, but of fields that are settled
        for number in sorted(self.hub if link.full_push else link.outbox & set(self.hub)):
            self._push(place, number)
        link.outbox, link.full_push = set(), False

    def _pull(self, place: int, number: str) -> None:
        link, told = self.links[place], self.erps[place][number]
        pulled = link.goes("to_crm")
        if number in link.pairs:
            if link.pairs[number].state == "paired":
                self._merge(place, number, pulled, push=False)
        elif link.unpaired == "ignore":
            return
        elif number in self.hub:
            link.pairs[number] = Pair()
            self._merge(place, number, pulled, push=False)
            if "to_erp" in link.directions.values():
                # those fields were never looked at
                link.outbox.add(number)
        elif link.unpaired == "create":
            values = {name: told[name] if name in pulled else None for name in FIELDS}
            self.hub[number] = Entity(values, dict.fromkeys(FIELDS, place))
            link.pairs[number] = Pair(bases={name: (told[name], told[name]) for name in pulled})
            self._queue(number, [name for name in FIELDS if values[name] is not None], place)

    def _push(self, place: int, number: str) -> None:
        link, erp = self.links[place], self.erps[place]
        mapped = [name for name in FIELDS if link.directions[name]]
        if number in link.pairs:
            if link.pairs[number].state == "paired":
                self._merge(place, number, mapped, push=True)
        elif link.unpaired == "ignore":
            return
        elif number in erp:
            link.pairs[number] = Pair()
            self._merge(place, number, mapped, push=True)
        elif link.unpaired == "create":
            values = self.hub[number].values
            sent = {name: values[name] if name in link.goes("to_erp") else None for name in FIELDS}
            erp[number] = sent
            link.pairs[number] = Pair(bases={name: (value, value) for name, value in sent.items() if value is not None})
            # what was left blank, and what the ERP fills by itself, comes with the next run
            link.news.add(number)

    def _merge(self, place: int, number: str, names: Iterable[str], *, push: bool) -> None:
        """Bring the two sides of a pairing together; what the ERP owes is written by the push only."""
        link, told, entity = self.links[place], self.erps[place][number], self.hub[number]
        bases = link.pairs[number].bases
        taken: Values = {}
        for name in names:
            erp, hub, base = told[name], entity.values[name], bases.get(name)
            if erp == hub:
                is_news = base is None or base[0] != erp
                if is_news and name in link.goes("to_crm") and self._rank(place) < self._rank(entity.origins[name]):
                    # this link stands behind the value too, and ranks higher than who wrote it
                    entity.origins[name] = place
                bases[name] = erp, hub
                continue
            winner = self._winner(place, name, erp, hub, base, entity.origins[name])
            if winner == "erp":
                taken[name] = erp
                bases[name] = erp, erp
            elif winner == "hub" and push:
                told[name] = hub
                bases[name] = hub, hub
            elif winner == "hub":
                link.outbox.add(number)
            elif link.directions[name] == "to_erp":
                bases[name] = erp, hub
        self._take(number, taken, place)

    def _winner(
        self,
        place: int,
        name: str,
        erp: str | None,
        hub: str | None,
        base: tuple[str | None, str | None] | None,
        origin: Side,
    ) -> str:
        """Return who wins where the two sides differ: "erp", "hub", or nobody."""
        direction = self.links[place].directions[name]
        if base is None:
            if direction != "both":
                return "erp" if direction == "to_crm" else "hub"
            if erp is None or hub is None:
                return "hub" if erp is None else "erp"
            return self._preferred(place, origin)
        erp_counts = erp != base[0] and direction != "to_erp"
        hub_counts = hub != base[1] and direction != "to_crm"
        if erp_counts and hub_counts:
            return self._preferred(place, origin)
        return "erp" if erp_counts else "hub" if hub_counts else ""

    def _preferred(self, place: int, origin: Side) -> str:
        policy = self.links[place].policy
        if policy != "priority":
            return "erp" if policy == "erp" else "hub"
        return "erp" if self._rank(place) <= self._rank(origin) else "hub"

    def _rank(self, side: Side) -> int:
        return list(self.ranking).index(side)

    def _take(self, number: str, values: Values, origin: Side) -> None:
        """Write values of a record of the hub, and tell the links that bring them to their ERPs."""
        entity = self.hub[number]
        changed = [name for name, value in values.items() if entity.values[name] != value]
        entity.values.update(values)
        entity.origins.update(dict.fromkeys(changed, origin))
        self._queue(number, changed, origin)

    def _queue(self, number: str, names: Iterable[str], origin: Side) -> None:
        for place, link in enumerate(self.links):
            if place != origin and set(names) & set(link.goes("to_erp")):
                link.outbox.add(number)

    def _ask(self, link: int, number: str) -> None:
        self.links[link].news.add(number)
        self.links[link].outbox.add(number)
