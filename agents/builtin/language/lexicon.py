"""General English and business vocabulary. Nothing here names a table, a column or a database of anyone."""

from __future__ import annotations

from functools import cache

from agents.builtin.language.words import stem

# Words of one line may stand for each other in a name; the order means nothing.
_SYNONYMS = """
revenue sales turnover income takings proceeds
takings amount
revenue amount
revenue total
sales total
turnover total
income total
sales amount
spend spending amount
amount total value sum
amount paid
amount price
price cost charge
fee charge
fare price
cost expense expenditure
salary wage pay compensation
profit margin gain
discount rebate
customer client buyer patron shopper
customer user
customer member guest
client member guest
amount money
customer account client
user member account
user person
person people individual
employee staff worker personnel
salesperson seller salesman rep representative agent
assignee agent
building property
manager boss supervisor
product item article good goods merchandise
sku product
category type kind class group
type sort
store shop outlet
warehouse depot
supplier vendor
company firm organization organisation business
department division
quantity units count number qty
quantity pieces
stock inventory
order purchase
buy purchase
purchase sale
sell sale
pay payment
bill invoice
refund return
ship shipment
deliver delivery
book booking reserve reservation
visit appointment
phone telephone mobile
mail email
zip postcode postal
city town
country nation
state province
region area territory
area size
population people inhabitant resident citizen
people person
address location
location place
street address
name title
date day time
time hour
created made added opened registered
join joined joining signup registered created
signup registration
hire hired employed
terminate fired termination left
birth born birthday
start begin begun
start hired
vessel ship boat
trip journey voyage
end finish expire expiry
due deadline
rating score stars
score mark grade point
review comment feedback
comment note remark text message
message text
description detail
doctor physician
jab vaccination vaccine vaccinated shot inoculation
patient client
teacher instructor professor lecturer tutor
instructor professor teacher lecturer
student pupil
course class lesson
school college university
car vehicle auto automobile
flight trip
movie film
song track
book title
author writer
write author
paper publication article
publish publication
journal magazine
status state condition
gender sex
age old
height tall high altitude elevation
altitude elevation height high
length long
width wide
weight heavy
depth deep
duration length time
speed fast
distance far
temperature hot cold
population populous
density dense
currency ccy
symbol ticker code
code id
border neighbor neighbour adjacent adjoin
traverse cross run flow pass through
contain include
own owner
recipient receiver
success successful succeed
fail failed failure
active enabled
cancel cancelled canceled
profession occupation job
job position role
employee person
campaign promotion
hourly hour
complaint claim
vehicle van truck lorry
parcel package consignment shipment
branch store shop outlet
colleague employee staff
voucher coupon promo
session class lesson workshop
coach trainer instructor
apartment flat property
tenant renter lodger
repair job
part component spare
mechanic technician engineer
loan borrowing checkout
plan tier subscription
lead prospect enquiry inquiry
quote estimate
visitor guest
child kid
courier driver
dish meal
animal pet
outcome status
reason cause
daily day
weekly week
monthly month
yearly annual year
"""

# Shortened words as they stand in names.
ABBREVIATIONS = {
    "acct": "account", "addr": "address", "amt": "amount", "appt": "appointment", "avg": "average",
    "bal": "balance", "cat": "category", "ccy": "currency", "cd": "code", "cnt": "count", "co": "company",
    "ctry": "country", "curr": "currency", "cust": "customer", "dept": "department", "desc": "description",
    "descr": "description", "dob": "birth date", "doc": "document", "dt": "date", "emp": "employee",
    "eff": "effective", "exp": "expiry", "fname": "first name", "forename": "first name",
    "firstname": "first name", "freq": "frequency",
    "govt": "government", "grp": "group", "hr": "hour", "hrs": "hours", "img": "image", "inv": "invoice",
    "lname": "last name", "lastname": "last name", "surname": "last name", "loc": "location", "lat": "latitude",
    "lng": "longitude", "lon": "longitude", "max": "maximum", "mgr": "manager", "min": "minimum", "mgmt": "management",
    "msg": "message", "mth": "month", "nbr": "number", "nm": "name", "num": "number", "ord": "order",
    "org": "organization",
    "pct": "percent", "perc": "percent", "ph": "phone", "pmt": "payment", "pos": "position", "prod": "product",
    "pub": "publication", "purch": "purchase", "qty": "quantity", "rcvd": "received", "ref": "reference",
    "reg": "region", "rev": "revenue", "sal": "salary", "seq": "sequence", "sess": "session",
    "src": "source", "stat": "status", "std": "standard", "svc": "service", "tel": "telephone", "temp": "temperature",
    "tot": "total", "trans": "transaction", "ts": "timestamp", "tx": "transaction", "txn": "transaction",
    "trx": "transaction",
    "wt": "weight", "wgt": "weight", "sz": "size", "nr": "number",
    "usr": "user", "val": "value", "vol": "volume", "wh": "warehouse", "yr": "year",
    "crtd": "created", "upd": "updated", "lvl": "level", "gpa": "gpa", "vin": "vin", "hq": "headquarters",
    "tkt": "ticket", "pax": "passengers", "dest": "destination", "orig": "origin", "dep": "departure",
    "arr": "arrival", "diag": "diagnosis", "rx": "prescription", "med": "medication", "amnt": "amount",
    "proj": "project", "prj": "project", "tgt": "target", "trgt": "target", "lang": "language", "clnt": "client",
    "clt": "client", "stf": "staff", "disct": "discount", "pd": "paid", "dlv": "delivered", "dlvd": "delivered",
    "shpd": "shipped", "cncl": "cancelled", "canc": "cancelled", "rtn": "return", "pymt": "payment",
    "contr": "contract",
    "supp": "supplier", "suppl": "supplier", "vend": "vendor", "veh": "vehicle", "drv": "driver", "stud": "student",
    "tchr": "teacher", "instr": "instructor", "crs": "course", "lsn": "lesson", "bkg": "booking", "bkng": "booking",
    "resv": "reservation", "rsv": "reservation", "mbr": "member", "memb": "member", "trtmt": "treatment",
    "mech": "mechanic", "tech": "technician", "eqp": "equipment", "equip": "equipment", "matl": "material",
    "cmt": "comment", "cmnt": "comment", "rmk": "remark", "dur": "duration", "len": "length", "hgt": "height",
    "dist": "distance", "prc": "price", "bgt": "budget", "subscr": "subscription", "ctgy": "category", "typ": "type",
    "ttl": "title", "insur": "insurance", "grd": "grade", "schd": "scheduled", "sched": "scheduled", "plnd": "planned",
    "actv": "active", "wk": "week", "wks": "weeks", "mins": "minutes", "ppl": "people", "wrkr": "worker",
    "asgn": "assignment", "wrd": "word", "wrds": "words", "appr": "approved", "rt": "rate",
    "hrly": "hourly", "dly": "daily", "wkly": "weekly", "mthly": "monthly", "mnthly": "monthly", "qtrly": "quarterly",
    "yrly": "yearly", "cr": "credit", "lim": "limit", "lmt": "limit", "cap": "capacity", "chan": "channel",
    "chnl": "channel", "cls": "class", "cxl": "cancel", "rsn": "reason", "repl": "replacement", "insp": "inspection",
    "ret": "returned", "mob": "mobile", "bldg": "building", "flr": "floor",
    "dst": "destination", "flg": "flag", "ind": "indicator", "mfr": "manufacturer", "mdl": "model",
    "wty": "warranty", "stk": "stock", "ot": "overtime", "comm": "commission", "deliv": "delivery", "occ": "occupancy",
}  # fmt: skip
# What names of tables begin with to say only that they are tables, or of which sort.
TABLE_MARKS = frozenset("tbl tab lkp lkup lookup dim fact fct stg vw".split())

# A superlative: +1 the greatest, -1 the least; then the words of the quantity it speaks of ("" = the noun it
# stands with).
SUPERLATIVES: dict[str, tuple[int, tuple[str, ...]]] = {
    "most": (1, ()), "highest": (1, ()), "greatest": (1, ()), "maximum": (1, ()), "max": (1, ()), "top": (1, ()),
    "maximal": (1, ()), "peak": (1, ()), "utmost": (1, ()),
    "fewest": (-1, ()), "least": (-1, ()), "lowest": (-1, ()), "minimum": (-1, ()), "min": (-1, ()),
    "minimal": (-1, ()), "bottom": (-1, ()),
    "largest": (1, ("area", "size", "population", "capacity", "amount", "total", "value", "quantity", "revenue")),
    "biggest": (1, ("area", "size", "population", "capacity", "amount", "total", "value", "quantity", "revenue")),
    "smallest": (-1, ("area", "size", "population", "capacity", "amount", "total", "value", "quantity")),
    "longest": (1, ("length", "duration", "distance", "minutes", "hours", "days")),
    "shortest": (-1, ("length", "duration", "distance", "height", "minutes", "hours", "days")),
    "tallest": (1, ("height", "altitude", "elevation")), "widest": (1, ("width",)), "deepest": (1, ("depth",)),
    "heaviest": (1, ("weight",)), "lightest": (-1, ("weight",)),
    "fastest": (1, ("speed",)), "slowest": (-1, ("speed",)),
    "oldest": (1, ("age",)), "youngest": (-1, ("age",)), "eldest": (1, ("age",)),
    "latest": (1, ("date",)), "newest": (1, ("date",)), "recent": (1, ("date",)), "last": (1, ("date",)),
    "earliest": (-1, ("date",)), "first": (-1, ("date",)),
    "cheapest": (-1, ("price", "cost", "fee", "amount", "rate")), "costliest": (1, ("price", "cost", "amount")),
    "priciest": (1, ("price", "cost", "amount")), "dearest": (1, ("price", "cost", "fee", "amount", "rate")),
    "commonest": (1, ("#",)), "rarest": (-1, ("#",)),  "expensive": (1, ("price", "cost", "fee", "amount", "rate")),
    "best": (1, ("rating", "score", "grade")), "worst": (-1, ("rating", "score", "grade")),
    "richest": (1, ("salary", "income", "wealth", "revenue")), "poorest": (-1, ("salary", "income", "wealth")),
    "populous": (1, ("population",)), "populated": (1, ("population",)), "densest": (1, ("density",)),
    "sparsest": (-1, ("density",)), "dense": (1, ("density",)),
    "hottest": (1, ("temperature",)), "warmest": (1, ("temperature",)), "coldest": (-1, ("temperature",)),
    "popular": (1, ("#",)), "frequent": (1, ("#",)), "common": (1, ("#",)), "busiest": (1, ("#",)),
    "active": (1, ("#",)), "frequently": (1, ("#",)), "often": (1, ("#",)), "commonly": (1, ("#",)),
    "closest": (-1, ("distance",)), "nearest": (-1, ("distance",)), "farthest": (1, ("distance",)),
    "furthest": (1, ("distance",)), "valuable": (1, ("value", "amount", "price", "revenue")),
    "profitable": (1, ("profit", "margin")), "productive": (1, ("#",)),
}  # fmt: skip
# These are superlatives only after "most" or "least".
AFTER_MOST = frozenset(
    "recent expensive populous populated dense popular frequent common active frequently often commonly valuable "
    "profitable productive".split()
)
# "older than", "taller than": comparisons that name their quantity.
COMPARATIVES: dict[str, tuple[str, tuple[str, ...]]] = {
    "more": (">", ()), "greater": (">", ()), "higher": (">", ()), "over": (">", ()), "above": (">", ()),
    "exceeding": (">", ()), "exceeds": (">", ()), "exceed": (">", ()), "beyond": (">", ()),
    "larger": (">", ("area", "size", "population", "amount")),
    "bigger": (">", ("area", "size", "population", "amount")), "better": (">", ("rating", "score")),
    "less": ("<", ()), "fewer": ("<", ()), "lower": ("<", ()), "under": ("<", ()), "below": ("<", ()),
    "smaller": ("<", ("area", "size", "population", "amount")), "worse": ("<", ("rating", "score")),
    "older": (">", ("age",)), "younger": ("<", ("age",)),
    "longer": (">", ("length", "duration", "pages", "minutes", "hours", "days")),

    "shorter": ("<", ("length", "duration", "pages", "height", "minutes", "hours", "days")),
    "taller": (">", ("height", "altitude")),
    "heavier": (">", ("weight",)), "lighter": ("<", ("weight",)), "cheaper": ("<", ("price", "cost")),
    "pricier": (">", ("price", "cost")), "dearer": (">", ("price", "cost")),
    "faster": (">", ("speed",)), "slower": ("<", ("speed",)),
    "farther": (">", ("distance",)), "further": (">", ("distance",)), "deeper": (">", ("depth",)),
}  # fmt: skip
# "how long is", "how tall": the quantity asked for.
HOW_ADJECTIVES: dict[str, tuple[str, ...]] = {
    "long": ("length", "duration", "minutes", "hours"), "tall": ("height", "altitude"),
    "high": ("height", "altitude", "elevation"),
    "big": ("area", "size", "population"), "large": ("area", "size", "population"), "old": ("age",),
    "deep": ("depth",), "wide": ("width",), "heavy": ("weight",), "fast": ("speed",), "far": ("distance",),
    "expensive": ("price", "cost"), "hot": ("temperature",), "cold": ("temperature",), "dense": ("density",),
    "populous": ("population",), "populated": ("population",),
}  # fmt: skip
AGGREGATES: dict[str, str] = {
    "average": "avg", "mean": "avg", "avg": "avg", "averaged": "avg",
    "sum": "sum", "total": "sum", "totals": "sum", "combined": "sum", "overall": "sum",
    "altogether": "sum",
    "median": "median", "count": "count", "variance": "var_samp", "stddev": "stddev_samp",
}  # fmt: skip
GRAINS: dict[str, str] = {
    "daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter", "yearly": "year", "annual": "year",
    "annually": "year", "hourly": "hour",
}  # fmt: skip
GRAIN_NOUNS = {
    "day": "day",
    "week": "week",
    "month": "month",
    "quarter": "quarter",
    "year": "year",
    "hour": "hour",
    "date": "day",
}
MONTHS = {
    name: number
    for number, names in enumerate(
        [
            ("january", "jan"), ("february", "feb"), ("march", "mar"), ("april", "apr"), ("may",), ("june", "jun"),
            ("july", "jul"), ("august", "aug"), ("september", "sep", "sept"), ("october", "oct"),
            ("november", "nov"), ("december", "dec"),
        ],
        start=1,
    )
    for name in names
}  # fmt: skip
WEEKDAYS = {
    name: number
    for number, names in enumerate(
        [
            ("monday", "mon"), ("tuesday", "tue", "tues"), ("wednesday", "wed"), ("thursday", "thu", "thurs"),
            ("friday", "fri"), ("saturday", "sat"), ("sunday", "sun"),
        ]
    )
    for name in names
}  # fmt: skip

# Words that carry no claim about the data: a question reads the same without them.
FILLER = frozenset(
    stem(word)
    for word in """
a an the this these those there here it its they them their theirs he she his her him we us our my me i you your be am
do does did have has had having will would can could shall should may might must please kindly just also too only
so very really actually currently now then well let get give show list tell find return display provide want need
know like see retrieve fetch report compute calculate determine identify see look question answer query
data database record records entry entries row rows table tables dataset information info detail details system
made make making placed place placing done happen happened occur occurred exist exists existing present available
recorded registered appear appears take taken took use used using based associated related corresponding respective
respectively belong belonging include included show showing come comes go goes overall various different
certain any some all every each entire whole full both either own such other
of in on at for from to by with within into onto per as about regarding concerning terms than that which who whom whose
what when where why how and or not no but if while during between among amongst across through via out off up down
list one ones result results output many much number amount kind exactly value values name's 's ever yet still
considering along together plus including following did't been being were was are is find me ranked ranking
looking made performed carried total unique distinct different particular specific given generate generated
correspond received receive according involve involved call called named titled labelled labeled located situated
found live lives living lie lies reside residing consist contain contains containing hold holding bring brought
sort column columns field fields please  how's much's around approximately roughly
whether today's throughout ok dollar dollars euro euros usd eur cent cents pence hi hello thanks thank basis case
time times combination combinations since metric
metrics integer together pair pairs corresponds say today currently separately individually respective plus side
share alongside totals listing broken simply overall distribution breakdown did number's
""".split()
)
# Verbs that only say that two things belong together; which way they do is for the keys to tell.
RELATING = frozenset(
    stem(word)
    for word in """
score log see look treat come
offer post publish submit present produce provide manage handle process undertake teach attend study work serve
issue raise open
participate own play run visit stay travel lead supervise report assign teach treat prescribe perform apply request
contribute feature earn gain obtain achieve collect generate accumulate charge collect make place receive buy
purchase order
sell pay write author cover carry operate host organize conduct associate link tie connect relate concern use employ
enrol enroll take declare join register teach contain consist accept send rent borrow lend read watch rate
review mention
end sell turn supply ship deliver dispatch find exist appear locate base situate complete represent vary change
differ change offer find affiliate put
""".split()
)
PEOPLE = frozenset(
    stem(word)
    for word in (
        "customer client user member employee staff worker student teacher doctor patient author "
        "instructor salesperson driver person people player agent manager guest tenant mechanic technician "
        "subscriber contact supplier seller buyer professor nurse artist director actor lawyer citizen "
        "owner participant volunteer passenger rep candidate applicant trainer coach operator editor "
        "speaker host crew skipper captain pilot waiter cook chef carer dentist vet therapist translator cleaner "
        "gardener clerk cashier assistant apprentice musician donor pupil tutor learner trainee attendee visitor "
        "resident patron linguist interpreter consultant"
    ).split()
)
# Words for a flow of money: without another word they mean its sum.
FLOWS = frozenset(
    stem(word)
    for word in (
        "revenue revenues sales turnover income earnings spend spending takings proceeds profit profits "
        "expenses expenditure money"
    ).split()
)
# What data cannot say, whatever it holds.
OPINIONS = frozenset(
    "recommend recommended recommendation advice advise suggest suggestion opinion think feel "
    "believe predict prediction "
    "forecast forecasted meaning purpose philosophy joke poem story explain why should".split()
)
CHANGES = frozenset(
    "delete drop remove insert update truncate alter modify overwrite erase rename purge set create grant".split()
)


@cache
def is_english(word: str) -> bool:
    """Whether a folded word is one that this vocabulary already understands as English."""
    if word in ABBREVIATIONS or word in SUPERLATIVES or word in COMPARATIVES or word in AGGREGATES or word in GRAINS:
        return True
    one = stem(word)
    return one in FILLER or word in MONTHS or word in WEEKDAYS or one in RELATING or one in _table()


@cache
def synonyms(word: str) -> frozenset[str]:
    """Stems that may stand for this stem in a name, itself left out."""
    return _table().get(word, frozenset()) | _derived(word)


def _derived(word: str) -> frozenset[str]:
    """The noun of a verb and the other way round: enrol and enrolment, graduate and graduation."""
    if len(word) < 4:
        return frozenset()
    found = {f"{word}ment", f"{word}ion", f"{word}ation", f"{word}ing", f"{word}al", *_NOUNS_OF_VERBS.get(word, ())}
    found |= {f"{word}er", f"{word}or", f"{word[:-1]}ier" if word.endswith("y") else f"{word}r"}
    for ending in ("ment", "ation", "ion", "ing", "al"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            found.add(word[: -len(ending)])
    return frozenset(found)


_NOUNS_OF_VERBS = {
    stem(a): (stem(b),)
    for pair in (
        "admission admit|arrival arrive|departure depart|delivery deliver|sale sell|receipt receive|"
        "purchase buy|death die|birth born|renewal renew|removal remove|approval approve|choice choose|"
        "decision decide|description describe|flight fly|growth grow|loss lose|marriage marry|permission "
        "permit|prescription prescribe|refusal refuse|response respond|subscription subscribe|transmission "
        "transmit|submission submit|assistant assist|consultant consult|applicant apply|participant participate"
    ).split("|")
    for a, b in [tuple(pair.split()), tuple(reversed(pair.split()))]
}


@cache
def _table() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in _SYNONYMS.strip().splitlines():
        stems = [stem(word) for word in line.split()]
        for one in stems:
            found.setdefault(one, set()).update(other for other in stems if other != one)
    return {word: frozenset(others) for word, others in found.items()}
