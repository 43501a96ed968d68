"""Normalising: phrases that say the same are brought to one wording, and remarks about technique are taken out."""

from __future__ import annotations

import re
from collections.abc import Callable

from agents.builtin.language.leads import led
from agents.builtin.language.periods import SPOKEN_NUMBERS
from agents.builtin.language.turns import turned
from agents.builtin.language.words import plural

_SIDE = {"highest": "highest", "best": "highest", "lowest": "lowest", "worst": "lowest"}


def _top_so_many(match: re.Match[str]) -> str:
    """As in "the 3 customers with the highest revenue"."""
    side = "bottom" if match[3].lower().startswith(("low", "small", "few")) else "top"
    counted = "number of " if match[3].lower().endswith(("most", "fewest", "of")) else ""
    return f"{side} {match[1]} {match[2]} by {counted}"


_ADJECTIVES = {"hour": "hourly", "day": "daily", "week": "weekly", "month": "monthly", "year": "yearly"}


def _paid_per(match: re.Match[str]) -> str:
    """As in "the best paid teacher per hour"."""
    return f"{match[2]} with the {_SIDE[match[1].lower()]} {_ADJECTIVES[match[3].lower()]} pay"


def _strongest(match: re.Match[str]) -> str:
    """As in "best month for takings"."""
    side = "highest" if match[1].lower() in {"best", "strongest"} else "lowest"
    return f"which {match[2]} has the {side} "


def _any_of(match: re.Match[str]) -> str:
    """As in "never sent us a single parcel"."""
    return f"{match[1]}{match[2]} any {plural(match[3])}"


_SO_MANY = rf"\b(?:the |our )?(?:top |bottom )?(\d+|{'|'.join(SPOKEN_NUMBERS)}) ([\w-]+) "
_WITH = r"(?:with|that have|who have) the "
_THINGS = r"((?:phone|telephone|mobile|fax|account|customer|order|invoice|room|house|serial|tax) numbers?)"
_HAPPEN = r"(?: (?:happen|made|placed|take place|occur|fall|arrive|start))*"
_VERSUS = r"(?:vs\.?|versus|compared (?:to|with)|against)"
_ASKED = r"(?:and )?how many(?: (?:are|is|were|was) (?:there|that|they|it))?(?: of them)?"
_WHEN = (
    r"(?:the |this |last |early |late |mid-?)?(?:\d|[qh][1-4]|spring|summer|autumn|winter|january|february|march|april|"
    r"may|june|july|august|september|october|november|december|month|year|week|quarter|first|second|past)"
)
_LED = r"^(?!how many|number)"
_DASH = r"(?:\s+[-\u2013\u2014]\s*|\s*[:,(]\s*)"
_NEVER = r"(?:do not|don't|does not|doesn't|should not|shouldn't)"
_LAST = r"(?=\s*[?.]?\s*$)"
_PART = r"((?:[\w-]+ ){1,4}?(?:\([^()]*\) )?)"
_REWRITES: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    # "suppliers without an address - how many?" asks for their number.
    (
        rf"{_LED}(?!(?:which|who|what)\b.*\band how many\b)(?P<what>[^?]{{8,}}?){_DASH}[(]?{_ASKED}\s*[?.)]*\s*$",
        r"how many \g<what>",
    ),
    (rf"{_LED}([^?]{{8,}}?)(?:\s+[-\u2013\u2014]\s*|\s*:\s*)(?:number(?: of)?|count)\s*[?.]*\s*$", r"how many \1"),
    (
        rf"{_LED}([^?]{{8,}}?){_DASH}how many (?:different|distinct)(?: ones)?\s*[?.]*\s*$",
        r"how many different \1",
    ),
    (rf"\(\s*((?:[\w-]+ )+?)(?:ones? )?{_NEVER} count\s*\)", r"excluding \1"),
    (rf"[,(]?\s*\bin (?:%|percent)(?:ages?)?\s*\)?{_LAST}|,\s*(?:%|percent)\s*\)?{_LAST}", ""),
    (r"\b(?!(?:many|of|our|the|new|all)\b)(\w+?)s? (?:signups|sign-ups|registrations)\b", r"number of \1s"),
    (rf"\b(?:logged|logging|log|logs|signed|signing) in(?:to)?\b(?! {_WHEN})", "login"),
    (r"\b(highest|lowest|best|worst)[- ]paid ([\w-]+) per (hour|day|week|month|year)\b", _paid_per),
    (r"\b(highest|lowest|best|worst)[- ]paid ([\w-]+)", lambda m: f"{m[2]} with the {_SIDE[m[1].lower()]} salary"),
    (r"\b(highest|lowest)[- ]priced ([\w-]+)", r"\2 with the \1 price"),
    (r"\be-?mail ad?dress(es)?\b", r"email"),
    (r"\b(of|is|are|was|were|equals?|to|than|at) zero\b", r"\1 0"),
    (r"\b(?:overall|general|[a-z]+[- ]wide) (average|mean|median)\b", r"\1"),
    (rf"\b{_THINGS} of (?=(?-i:[A-Z]))", r"\1 for "),
    (r"\b(?:the |our )?(\d+) (?:biggest|largest|best|top) ([\w-]+(?: [\w-]+)?) by\b", r"top \1 \2 by"),
    (r"\b(?:biggest|largest) (customers?|clients?|accounts?|suppliers?|guests?) by\b", r"top \1 by"),
    (rf"{_SO_MANY}{_WITH}(highest|largest|biggest|lowest|smallest) (?!number)", _top_so_many),
    (rf"{_SO_MANY}{_WITH}(most|fewest|highest number of|lowest number of) ", _top_so_many),
    (
        r"\b(?:share|percentage|percent|proportion|%)(?: of)? ([\w-]+) among (?:the |our |all )?([\w-]+(?: [\w-]+)?)",
        r"percentage of \2 that are \1",
    ),
    (
        (
            r"\bon (?:which|what) (?:weekday|day of the week) (?:do|did|does|are|were) (?:the )?most (.+?)"
            rf"{_HAPPEN}\s*\??$"
        ),
        r"which weekday has the most \1",
    ),
    (
        (
            r"\bnot (\w+)( [\w ]+?)? for (?:at least |more than |over |the last |the past )?"
            r"(\d+ (?:days|weeks|months|years))\b"
        ),
        r"not \1\2 in the last \3",
    ),
    (r"\b(?:signed|signing) up\b", "joined"),
    (r"\bsign(?:s)? up\b", "join"),
    (r"\bgot fired\b|\bgetting fired\b", "terminated"),
    (r"\b(no|nr)\. ?of\b", "number of"),
    (r"\bhe/she\b|\bhis/her\b", "they"),
    (r"\bsales (representative|rep|agent|associate|man|people|person)(s?)\b", r"salesperson\2"),
    (r"\bmore expensive (?=than\b)", "pricier "),
    (r"\bless expensive (?=than\b)", "cheaper "),
    # "That cost more than 5", and not "a unit cost above 5".
    (
        (
            r"(?:(?<=that )|(?<=which )|(?<=they )|(?<=\bit )|(?<=[a-z]{2}s ))costs? "
            r"(?=less|more|under|over|above|below|at least|at most|exactly|between|[$€£\d])"
        ),
        "price ",
    ),
    (r"\bhow much (?:does|do|did) (.+?) cost\b", r"what is the price of \1"),
    (r"\bcounting (?:only )?((?:[\w-]+ ){1,3}?)only\b|\bcounting only (?=\w)", r"for \1"),
    (
        rf"\b(?:share|percentage|proportion) of {_PART}(?:in|of|at|on) (?:the )?(?:total|all) ((?:[\w-]+ ?){{1,3}})",
        r"percentage ratio of \1to \2",
    ),
    (
        (
            r",? and (?:what|how much) (?:do|does|did|would) (?:they|these|those|it|that) (?:come|add up|amount|sum up|"
            r"total up) to(?: in total| altogether| together)?(?= (?:per|by|for each|each)\b|\s*[?.]*$)"
        ),
        " and what is the total amount",
    ),
    # "What percentage of web orders is late, and of phone orders?" sets two sorts side by side.
    (
        (
            r"^(what (?:percentage|percent|share|proportion)) of (?:our |the )?([\w-]+) (?:is|are|was|were) "
            r"([\w -]+?),? and (?:what percentage )?of (?:our |the )?([\w-]+)\s*\??$"
        ),
        r"\1 of \2 and \4 are \3, \2 vs \4",
    ),
    (r"\bfor (?:the )?([\w-]+) ([\w-]+),? and for (?:the )?([\w-]+) (?:ones|\2)\b", r"for \1 vs \3 \2"),
    (r"\btoo (late|early)\b", r"\1"),
    (r"(?<=\w) on time\b|\bin time\b(?=\s*[,.?!]|\s*$)", " punctual"),
    (r"\b(without|no|not)( [a-z]+ing)? (?:even )?(?:a|one) single\b", r"\1\2 any"),
    (r"(\b(?:never|not|cannot)|n't)\b((?: [\w']+){1,5}?) (?:even )?(?:an?|one) single ([\w-]+)\b", _any_of),
    (
        (
            r",? (?:all|both) (?:of )?(?:their|its|his|her|the) [\w-]+ (?:(?:taken|put|counted|added) )?"
            r"(?:together|combined|up)(?=\s*[?.!,]|\s*$)"
        ),
        "",
    ),
    (r"\b(had|have|has|got) a single\b", r"\1 any"),
    (r"\b(?:put |kept |entered |noted )?(?:in|on) (?:the |our )?(?:diary|calendar|books|ledger|records)\b", ""),
    (r"\b(?:single|very) (?=(?:highest|lowest|largest|biggest|smallest|most|best|worst|longest|latest|oldest)\b)", ""),
    (r"\b(?:end|ended|ending|turn|turned|turning) (?:up|out)(?: as| being| to be)?\b", "are"),
    (r"\b(?:coming|lying|due) (?:up|ahead)(?= (?:in|over|within|during|on|next|this|the next)\b)", ""),
    (
        r"\b(?:that of |those of |the )?(?:every(?:one|body) else|all (?:the )?other(?:s| ones)|the remaining ones)\b",
        "others",
    ),
    (r"\bgoing by (?:the |its |their )?", "by "),
    (
        (
            r"^on average,? how many ([\w-]+(?: [\w-]+)?) (?:are|were|is|was|do|does|did|have|has)(?: there)? "
            r"(?:in|on|to|for|with) (?:one|an?|each|every) ([\w-]+(?: [\w-]+)?)\s*\??$"
        ),
        r"average number of \1 per \2",
    ),
    (r"\bcount\s*\(\s*\*\s*\)", "number of rows"),
    (r"\bcount\s*\(\s*distinct ([^()]+)\)", r"number of distinct \1"),
    (r"\b(?:sum)\s*\(([^()]+)\)", r"sum of \1"),
    (r"\b(?:avg|average)\s*\(([^()]+)\)", r"average \1"),
    (r"\bmin\s*\(([^()]+)\)", r"lowest \1"),
    (r"\bmax\s*\(([^()]+)\)", r"highest \1"),
    (r"\b(avg|average|max|min)_(\w+)", lambda m: f"{m[1]} {m[2].replace('_', ' ')}"),
    (r"\b(?:num|count|number)_(?:of_)?(\w+)", lambda m: f"number of {m[1].replace('_', ' ')}"),
    (r"\b(first|given) and (last|family) names?\b", r"\1 name and \2 name"),
    (r"\bin terms of\b", "by"),
    (r"\bon a (daily|weekly|monthly|quarterly|yearly) basis\b", r"\1"),
    (r"\bmonth[- ]by[- ]month\b", "by month"),
    (r"\byear[- ]by[- ]year\b", "by year"),
    (r"\bday[- ]by[- ]day\b", "by day"),
    (r"\bover the years\b|\bover (?:the )?years\b", "by year"),
    (r"\bover time\b", "by month"),
    (r"\bno longer\b", "not"),
    (r"\b(?:sorted|ordered|ranked) (?:alphabetically )?by\b", "ordered by"),
    (r"\bnumber of (?:rows|records|entries) (?:in|of) (?:the )?(?=\w)", "number of "),
    (r"\bnumber of times\b", "number of"),
    (r"\bhow many times\b", "how many"),
    # Turns of speech that say nothing about which rows are meant.
    (
        (
            r"\b(?:right now|at the moment|at present|as we speak|with us|at all|in all|so far|of ours|in the system|"
            r"overall|to date|on file|on record|on our books)\b(?=\s*[,.:;?!)]|\s*$)"
        ),
        "",
    ),
    (r"\b(?:any|some)(?:one|body)\b|\b(?:any|some)thing\b", ""),
    (
        r"\b(?:in|at|on|for|of|across|over) all ((?:[\w-]+ ){1,3}?)(?:(?:taken |put )?together|combined)\b",
        r"across all \1",
    ),
    # The name of what is theirs is how it is shown.
    (
        (
            r"\b((?:with|and|plus|along with|together with|alongside) (?:their|its|his|her) [\w-]+(?: [\w-]+)?)"
            r"(?:'s|s') (?:full )?names?\b"
        ),
        r"\1",
    ),
    # "which country do most of our guests come from" asks for the one with the most.
    (
        (
            r"^(?:in|on|from|at)?\s*(which|what) ([\w-]+(?: [\w-]+)?) (?:do|does|did|are|were|is|was|have|has) "
            r"(?:the )?most (?:of )?(?:our |the |all )?([\w-]+(?: [\w-]+)?)(?: (?:come|came|live|lived|made|placed|"
            r"happen|happened|take place|took place|occur|occurred|start|started|based|located|from|in|on|at))*\s*\??$"
        ),
        r"which \2 has the most \3",
    ),
    (r"\bnumber of ([\w-]+(?: [\w-]+)? per [\w-]+(?: [\w-]+)?),? on average\b", r"average number of \1"),
    (r"\bhow many ((?:[\w-]+ ){1,6}?)on average\b", r"average number of \1"),
    (r"^(.{3,60}?)\s+(?:against|vs\.?|versus|to) (.{3,60}?) as a ratio\b", r"ratio of \1 to \2"),
    (r"\b([\w ]{3,40}?) as an? (?:percent|percentage|share|%) of (?!(?:the )?total\b)", r"percentage ratio of \1 to "),
    (r"^(?:what|how much) (?:did|do|have) we (invoice|bill|refund|charge|donate|order)d?\b", r"total amount of \1s"),
    (
        r"^compare (?:the |our )?(.{3,60}?) (in|for|of|between) (.{2,40}?) (?:and|with|to|vs\.?) (.+)$",
        r"\1 \2 \3 vs \4",
    ),
    (r"\b(?:vs\.?|versus|against|compared (?:to|with)) (?:the )?(?:others|rest|other ones)\b", "vs others"),
    (r"\b((?:19|20)\d\d) and ((?:19|20)\d\d)(,?) compared\b(?! (?:to|with)\b)", r"\1 vs \2\3"),
    (
        rf"\blast (month|week|quarter|year) ({_VERSUS} )(?:the )?(?:\1 before|one before|previous \1)\b",
        r"last \1 \2\1 before last",
    ),
    (rf"\b(this|last) (month|week|quarter|year) ({_VERSUS} )(?:the )?previous \2\b", r"\1 \2 \3last \2"),
    (r"\b(what|which) (?:%|pct|perc) of\b", r"\1 percentage of"),
    # "3 towns most of our customers come from": the three with the most of them.
    (
        (
            r"^(?:the |our |top )?(\d+) ([\w-]+(?: [\w-]+)?) (?:that |which |where )?most (?:of )?(?:our |the )?"
            r"([\w-]+) (?:come|came|live|are|were|order|book|buy|go)(?: from| in| at| to)?\s*[?.]*$"
        ),
        r"top \1 \2 by number of \3",
    ),
    (
        (
            r"^(?:(?:which|what)(?: was| is)? )?(?:our |the )?(best|worst|strongest|weakest) "
            r"(day|week|month|quarter|year|weekday) (?:for|in|by) "
        ),
        _strongest,
    ),
    (
        (
            r"^what (?:do|did|does|will) (?:all )?([^?]+?) (?:come|add up|amount|sum up) to"
            r"(?: in (?:euros?|eur|total|all|money))*\s*[?.]*$"
        ),
        r"total money of \1",
    ),
    (
        r"\b([\w-]+) (?:that |which )?(?:nobody|no one|noone) (?:has |have )?(?:ever )?([a-z]+ed|bought|sold|taken)\b",
        r"\1 that were never \2",
    ),
    (r"\b(?:have|has|had|with) (?:nobody|no one|noone|nothing) (?:on|in|at|for|under) (?=[a-z])", "without "),
    (r"\b(but|and) (?:on |had |made |with |placed )?none (?=in|since|during|this|last|on)", r"\1 not "),
    (r"\b(before|after|until|from|at|by) noon\b", r"\1 12:00"),
    (r"\b(before|after|until|from|at|by) midnight\b", r"\1 00:00"),
    (
        (
            r"^(?:for|in|of|at) how many ([\w -]+?) (?:is|are|was) (?:the |their |its )?(.+?)(?: field| column)? "
            r"(?:empty|missing|blank|not filled(?: in)?|unknown)\s*[?.]*$"
        ),
        r"how many \1 without \2",
    ),
    (
        (
            r"^(?:(?:which|what)(?: is| was)? )?(?:our |the )?(biggest|largest|smallest) ([\w-]+)"
            r"(?: (?:that )?we (?:have |had )?(?:ever )?(?:had|done|made|sold|taken|served)?| ever)?,? "
            r"(?:by|in terms of|measured by|judged by) (?:the )?"
            r"(?:number of )?([^?]+?)\s*[?.]*$"
        ),
        lambda m: f"{'bottom' if m[1].lower() == 'smallest' else 'top'} {m[2]} by {m[3]}",
    ),
    (r"\bbest[- ]?sellers\b", "best selling products"),
    (
        (
            r"\b(?:(?:who|that) )?(?:are |is |were |was |aged )?(\d{1,3})(?: years)? (?:(?:or|and) (?:older|over|"
            r"above)|plus)\b"
            r"(?: today| now)?"
        ),
        lambda m: f"older than {int(m[1]) - 1}",
    ),
    (r"\b(?:still |yet )?to be (?:paid|settled)(?: yet| still)?\b|\b(?:still )?left to (?:be paid|pay)\b", "unpaid"),
    (
        (
            r"\b(has|have|had) (?:ever )?(?:put in|placed|made|filed|raised|submitted|logged|lodged|sent in|handed in) "
            r"(?=(?:more than|at least|over|fewer than|less than|at most|exactly|only|no|\d+|one|two|three|four|"
            r"five|six|"
            r"ten|twelve)\b)"
        ),
        r"\1 ",
    ),
    (r"\b(the most|the least) (?:in total|altogether|overall|in all)\b", r"\1"),
    (r"\b(pay|paid|fee|wage) per (hour|day|week|month|year)\b", lambda m: f"{_ADJECTIVES[m[2].lower()]} {m[1]}"),
    (r"\bbest[- ]?seller\b", "best selling product"),
    (r"\b(?:at some (?:point|time|stage)|at any (?:time|point))\b", ""),
    (r"\bbest-selling\b", "best selling"),
    (
        (
            r"(?:\s*[,;.?!(]\s*|\s+[-\u2013\u2014]\s+)(?:and |but |please )*(?:ignore|skip|omit|disregard|drop) "
            r"(?:the |any |all )?((?:[\w-]+ ?){1,4}?)\)?(?=\s*[,.;?!]|\s*$)"
        ),
        r" excluding \1",
    ),
    (
        (
            r"(?:\s*[,;.?!(]\s*|\s+[-\u2013\u2014]\s+)((?:[\w-]+ ){1,3}?)"
            r"(?:(?:do not|does not|don't|doesn't|dont|doesnt) count|"
            r"(?:are |is )?(?:ignored|skipped|omitted|disregarded))"
            r"\)?(?=\s*[,.;?!]|\s*$)"
        ),
        r" excluding \1",
    ),
    (
        (
            r"\b(?:not counting|leav(?:e|ing) (?:out|aside)|ignoring|disregarding|skipping|not including|besides|"
            r"do(?:n't| not) (?:count|include)(?! duplicates))\b"
        ),
        "excluding",
    ),
    (r"\b(?:leave|leaving|keep|keeping) ((?:[\w-]+ ){1,4}?)out\b", r"excluding \1"),
    (r"\(((?:[\w-]+ ){1,3}?)out\)", r"excluding \1"),
    (r"\bwithout (?:the )?((?:[\w-]+ ){1,2}?)ones\b", r"excluding \1ones"),
    (r"\bnon[- ](?=[a-z]{4,})", "not "),
    (r"\bkilos?\b|\bkilograms?\b", "kg"),
    (r",?\s*\b(?:even though|although|though)\b", " and"),
    (r"\b(?:with|for) us (?=(?:the )?(?:longest|shortest))", ""),
    (
        (
            r"[,;?.]?\s*(?:and )?((?:[\w-]+ ){1,3}?)(?:ones? )?(?:are |were |is )?"
            r"(?:left out|left aside|set aside|aside|not counted|not included|excluded)\b"
        ),
        r" excluding \1",
    ),
    (r"([,(:;?]\s*(?:[\w-]+ ){1,5}?)only(?=\s*[,.:;?!)]|\s*$)", r"\1"),
    (r"\bmost (\w+) first\b", r"ordered by number of \1 descending"),
    (r"\bas a percentage of (?:the )?total\b", "percentage of total"),
    (r"\bwhat (?:is|are|was|were) the names? and\b", "what is the name and"),
    (r"\bcombinations? of\b", ""),
    (r"\bpart of\b", "in"),
    (r"\bso far this (year|month|week|quarter)\b", r"this \1"),
    (r"(?<!per )(?<!by )(?<!each )(?<!every )\b(year|month|week|quarter)s? so far\b", r"this \1"),
    (r"\bwithin the (last|past)\b", r"in the \1"),
    (r"\b((?:last|this|previous|next) (?:week|month|quarter|year)|yesterday|today)['’]s ([^,.;?!]+)", r"\2 \1"),
    (r"\bas at\b", "as of"),
    (r"\bhow much money (?:did|have|has)\b", "what total amount did"),
    (r"\b(more than|at least|only|exactly|less than|fewer than|at most) once\b", r"\1 1 times"),
    (r"\b(more than|at least|only|exactly|less than|fewer than|at most) twice\b", r"\1 2 times"),
    (r"\bmore than one\b", "more than 1"),
    (r"\bat least one\b", "at least 1"),
    (r"\bonly one\b|\bexactly one\b", "exactly 1"),
    (r"\bprovide (?:me )?(?:with )?a list of\b|\ba list of\b|\bthe list of\b|\blist of\b", "list"),
)  # fmt: skip
_ASIDE = r"\s*(?:[,(]|\s[-\u2013\u2014])\s*"
_THEIR = r"(?:the |their |its )?"
_INSTEAD = r"(?:and )?(?:not|instead of|rather than)(?: by)? "
_CODES = rf"{_THEIR}(?:codes?|ids?|abbreviations?)"
_REMARKS = (
    # Names are shown anyway where there are some.
    rf"{_ASIDE}(?:by |with |show |use )?{_THEIR}(?:(?:full|proper) )?(?:[\w-]+ )?names?,? {_INSTEAD}{_CODES}\s*\)?",
    rf"{_ASIDE}(?:all of them,? )?whatever (?:the|their|its) [\w-]+\s*\)?(?=\s*[-,.?!]|\s*$)",
    r"[,(]?\s*\b(?:no matter|regardless of|irrespective of) \w+[^,.?!;()]*[)]?",
    r",?\s*by (?:doing|performing|using) an? (?:left|inner|right|outer|full)?\s*join\b[^.?!]*",
    r",?\s*based on joining\b[^.?!]*",
    r",?\s*\(?(?:\bi\.e\.|\be\.g\.|\beg\b|\bfor example\b)[^.?!()]*\)?",
    r"\b(?:represent|format|express|show|return|give)\s+(?:each|the)\s+(?:quarter|month|week|date|year)\s+as\b[^.?!]*",
    r"\bas (?:a|an) (?:date|integer|number|percentage|decimal|float)\b",
    r"\b(?:give|return|provide) (?:the|your) answer as\b[^.?!]*",
    r",?\s*\brounded to (?:the nearest \w+|\d+ (?:decimal places?|decimals|digits))",
    r"\bdo not (?:return|include|show) duplicates\b",
)
# What limits the rows that are meant is no remark, wherever it stands.
_LIMITS = re.compile(
    r"\b(?:not|never|none|nobody|nothing|without|only|just|solely|except|excluding|excluded|exclude|but|aside|apart|"
    r"out|"
    r"ignor\w+|skip\w*|omit\w*|drop\w*|leav\w+|lacking|who|whom|where|unless|since|before|after|until|"
    r"more than|less than|fewer|at least|at most|(?<!no )(?<!some )other than|no(?! matter))\b|n't\b",
    re.IGNORECASE,
)
_MEANS = re.compile(r"\bi\.e\.", re.IGNORECASE)
_PICKS = re.compile(r"\b(?:those|ones|that|which|with|having|in|from|\d+)\b", re.IGNORECASE)
_ROUNDED = re.compile(r"\brounded to (\d+) (?:decimal places?|decimals|digits)", re.IGNORECASE)


def normalise(text: str) -> str:
    """The question in plainer words; what is cut says nothing about which rows are meant."""
    plain = re.sub(r"\s+", " ", text.strip().replace("“", '"').replace("”", '"').replace("`", "'"))
    for pattern in _REMARKS:
        plain = re.sub(pattern, lambda found: " " if _is_remark(found[0]) else found[0], plain, flags=re.IGNORECASE)
    plain = turned(re.sub(r"\s+", " ", plain).strip())
    for pattern, wording in _REWRITES:
        plain = re.sub(pattern, wording, plain, flags=re.IGNORECASE)
    return led(re.sub(r"\s+", " ", plain).strip())


def remarks(text: str) -> list[str]:
    """What is cut as a remark, in the person's own words: about technique, form, or an example."""
    found = [match for pattern in _REMARKS for match in re.finditer(pattern, text, re.IGNORECASE)]
    return [said for match in found if _is_remark(match[0]) and (said := " ".join(match[0].split()).strip(" ,()"))]


def _is_remark(said: str) -> bool:
    """Whether a clause limits nothing: "i.e. without the void ones" and "e.g. no samples" say which rows are meant."""
    instead = re.search(rf"{_INSTEAD}{_CODES}", said, re.IGNORECASE) is not None
    return instead or not (_LIMITS.search(said) or (_MEANS.search(said) and _PICKS.search(said)))


def decimals(text: str) -> int | None:
    """How many decimals were asked for, if the question says so."""
    found = _ROUNDED.search(text)
    return int(found[1]) if found else None
