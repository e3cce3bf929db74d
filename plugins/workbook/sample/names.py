"""Invented but believable names and places for sample workbooks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Land:
    """What records of one country look like."""

    country: str
    currency: str
    dial: str
    domain: str
    vat: str
    forms: tuple[str, ...]
    families: tuple[str, ...]
    trades: tuple[str, ...]
    cities: tuple[tuple[str, str], ...]
    streets: tuple[str, ...]
    first_names: tuple[str, ...]


LANDS = (
    Land(
        "DK",
        "DKK",
        "+45",
        "dk.example",
        "DK{:08d}",
        ("A/S", "ApS", "I/S"),
        ("Søndergaard", "Holm", "Kjær", "Bruun", "Lindegaard", "Skov", "Thorsen", "Vestergaard", "Bech", "Dam"),
        ("Maskinfabrik", "Byg", "Teknik", "Transport", "Møbler", "El-service", "Handel", "Emballage", "Tømrerfirma"),
        (("8000", "Aarhus C"), ("5000", "Odense C"), ("9000", "Aalborg"), ("7100", "Vejle"), ("2100", "København Ø")),
        ("Havnegade", "Industrivej", "Nørregade", "Møllevej", "Fabriksvej", "Østergade"),
        ("Ida", "Mads", "Freja", "Anders", "Sofie", "Rasmus", "Karen", "Jeppe", "Mette", "Lars"),
    ),
    Land(
        "NL",
        "EUR",
        "+31",
        "nl.example",
        "NL{:09d}B01",
        ("B.V.", "V.O.F.", "N.V."),
        ("Van Dijk", "De Boer", "Jansen", "Visser", "Smit", "Mulder", "Bakker", "Dekker", "Hoekstra", "Prins"),
        (
            "Installaties",
            "Bouw",
            "Groothandel",
            "Metaal",
            "Logistiek",
            "Bakkerij",
            "Tuinbouw",
            "Techniek",
            "Verpakking",
        ),
        (("1012 AB", "Amsterdam"), ("3511 CD", "Utrecht"), ("5611 EF", "Eindhoven"), ("9711 GH", "Groningen")),
        ("Kanaalstraat", "Marktplein", "Havenweg", "Molenlaan", "Stationsweg", "Dorpsstraat"),
        ("Sanne", "Daan", "Lotte", "Bram", "Femke", "Sem", "Anouk", "Thijs", "Marieke", "Ruben"),
    ),
    Land(
        "NO",
        "NOK",
        "+47",
        "no.example",
        "NO{:09d}MVA",
        ("AS", "ANS"),
        ("Fjord", "Haugen", "Solberg", "Nygård", "Lie", "Moen", "Dahl", "Strand", "Berge", "Hagen"),
        ("Teknik", "Bygg", "Sjømat", "Elektro", "Transport", "Treindustri", "Maskin", "Handel", "Verft"),
        (("0150", "Oslo"), ("5003", "Bergen"), ("7010", "Trondheim"), ("4006", "Stavanger")),
        ("Storgata", "Kaigata", "Industriveien", "Skolegata", "Fjordveien", "Bryggen"),
        ("Kari", "Ola", "Ingrid", "Lars", "Astrid", "Henrik", "Silje", "Magnus", "Hanne", "Sindre"),
    ),
    Land(
        "DE",
        "EUR",
        "+49",
        "de.example",
        "DE{:09d}",
        ("GmbH", "GmbH & Co. KG", "OHG", "AG"),
        ("Müller", "Schäfer", "Krüger", "Vogel", "Brandt", "Lorenz", "Böhm", "Ziegler", "Hartmann", "Jung"),
        ("Maschinenbau", "Holzbau", "Elektrotechnik", "Spedition", "Feinkost", "Metallbau", "Werkzeuge", "Großhandel"),
        (("20095", "Hamburg"), ("50667", "Köln"), ("70173", "Stuttgart"), ("04109", "Leipzig"), ("90402", "Nürnberg")),
        ("Hafenstraße", "Gewerbering", "Lindenallee", "Bahnhofstraße", "Am Mühlbach", "Industriestraße"),
        ("Anna", "Jonas", "Lena", "Felix", "Katrin", "Moritz", "Sabine", "Tobias", "Heike", "Lukas"),
    ),
)

POSITIONS = ("Managing director", "Purchasing", "Accounting", "Sales", "Production", "Warehouse", "Project manager")
TITLES = ("", "", "", "Dr.", "Ing.", "")
PRODUCTS = (
    ("Hinge, steel, 80 mm", "pcs", "2.4500"),
    ("Drawer runner, soft close, pair", "set", "14.9000"),
    ("Wood screw 4 × 40, box of 200", "box", "6.7500"),
    ("Edge band, oak, 22 mm", "m", "0.8600"),
    ("Plywood, birch, 18 mm", "m2", "38.2000"),
    ("Door handle, brushed", "pcs", "19.9500"),
    ("Wood glue D3, 750 ml", "pcs", "8.4000"),
    ("LED strip 24 V, 5 m", "pcs", "29.0000"),
    ("Assembly, per hour", "h", "62.5000"),
    ("Delivery, pallet", "pcs", "45.0000"),
    ("Worktop, laminate, 38 mm", "m", "54.3000"),
    ("Levelling foot, 100 mm", "pcs", "1.1500"),
)
LISTS: dict[str, dict[str, str]] = {
    "Country": {"DK": "Denmark", "NL": "Netherlands", "NO": "Norway", "DE": "Germany", "SE": "Sweden"},
    "Currency": {"DKK": "Danish krone", "EUR": "Euro", "NOK": "Norwegian krone", "SEK": "Swedish krona"},
    "PaymentTerms": {
        "net_14": "14 days net",
        "net_30": "30 days net",
        "net_60": "60 days net",
        "prepaid": "Cash in advance",
    },
    "CustomerGroup": {"retail": "Retail", "wholesale": "Wholesale", "industry": "Industry", "public": "Public sector"},
    "Unit": {"pcs": "Piece", "set": "Set", "box": "Box", "m": "Metre", "m2": "Square metre", "h": "Hour"},
    "VatCode": {"0": "No VAT", "low": "Reduced", "std": "Standard"},
}
