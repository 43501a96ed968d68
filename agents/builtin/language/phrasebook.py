"""Phrases of which questions are built, whatever they are about.

A line holds the kind, what it says (- for nothing), and after the colon the phrases.
"""

from __future__ import annotations

_BOOK = """
howmany -: how many / number of / the number of / no. of / no of / count of / counts of / numbers of
howmany often: how often
howmany -: total number of / total count of / total no. of
howmuch -: how much
unit hour: hour of the day / hour of day / hours of the day / time of day / time of the day
unit weekday: day of the week / days of the week / day of week / days of week / day in the week
cmp >=: at least / no less than / not less than / no fewer than / a minimum of / minimum of
cmp >=: greater than or equal to / >=
cmp <=: at most / no more than / not more than / a maximum of / maximum of / up to / not exceeding
cmp <=: less than or equal to / <=
cmp =: equal to / equals / exactly / = / ==
cmp !=: not equal to / != / <>
cmp >: >
cmp <: <
post >=: or more / or above / or higher / or greater / and above / or older
post <=: or less / or fewer / or below / or lower / and below / or under
like start: starts with / start with / starting with / begins with / begin with / beginning with
like start: starts with the letter / start with the letter / starting with the letter
like start: beginning with the letter / begins with the letter
like end: ends with / end with / ending with / ending in / ends in / ending with the letter / end in
like in: contains / containing / contain / contains the word / containing the word / with the word
like in: includes the word / that include the word
group -: per / for each / for every / in each / within each / by each / of each / at each / from each / on each
group -: to each / in every / of every / for each of / in each of / grouped by / group by / broken down by
group -: breakdown by / break down by / split by / divided by / segmented by / across different / across various
group -: across / for different / and by / by each of / vary by / separately for each
group -: among different
group each: each / every
group by: by / according to
group forall: for all
order -: ordered by / order by / sorted by / sort by / ranked by / arranged by / in order of / ordered from
order -: sorted from / sorted in / ordered in / order the results by / sort the results by / order results by
order -: ordered / sorted / sort them by / order them by / in order by / arranged in / ranked from / order from
order -: order the results in / order the result by
direction desc: in descending order / descending order / descending / desc / decreasing order
direction desc: in decreasing order / from highest to lowest / highest to lowest / from largest to smallest
direction desc: largest to smallest / from most to least / most to least / from newest to oldest
direction desc: newest to oldest / from latest to earliest / newest first / highest first / largest first
direction desc: latest first / most recent first / starting from the top / from the top
direction desc: highest to lowest participants
direction asc: in ascending order / ascending order / ascending / asc / increasing order
direction asc: from lowest to highest / lowest to highest / from smallest to largest / smallest to largest
direction asc: from least to most / from oldest to newest / oldest to newest / from earliest to latest
direction asc: oldest first / lowest first / smallest first
direction alpha: alphabetically / in alphabetical order / alphabetical order
direction time: chronologically / in chronological order
neg -: not / no / never / without / without any / not any / not a / non / neither / zero / cannot / no longer
neg -: lacking / lack
neg except: excluding / except / except for / other than / apart from / ignoring / exclude / leaving out
distinct -: distinct / unique / different / distinct list of
distinct count: distinct number of / unique number of / number of distinct / number of unique
distinct count: number of different / how many distinct / how many different / how many unique
distinct count: count of distinct / count of unique / total number of distinct / total number of unique
ratio -: ratio of / ratio between
ratio 100: percentage ratio of
share 100: percentage of / percent of / what percentage of / what percent of / share of / % of / percentage
share 100: percent
share 1: proportion of / fraction of
diff -: difference between / difference in / difference of
conj and: and / and also / plus / and the / & / and their / and its / but
conj or: or
conj ,: , / ;
conj andhowmany: and how many
conj either: either
conj both: both
rel -: that / which / who / where / when / whom / what / through which / in which / for which / do / does / did
rel whose: whose
rel with: having / with / have / has / had
rel there: are there
prep -: of / in / on / at / for / from / to / into / within / among / amongst / to all / during / through
prep -: about / across all / over all
group -: vary across all / varies across all / vary across / varies across / differ across / differs across
prep limit: limited to
prep between: between
prep name: named / called / with the name / with name
prep poss: 's
prep is: is / are / was / were / be / been
prep than: than
prep as: as
show -: showing / along with / together with / alongside / and show / and return / displaying / and list
show -: and give / return / and include / and display / also return / also show / as well as
rate -: rate / rates
times -: times / time
empty -: is empty / is null / is missing / is blank / is not set / is unset / are empty / are missing / is not filled
empty -: was empty / empty / is none / is not known / is unknown
cmp <=: on or before / no later than / not later than / not after
cmp >=: on or after / not before
before <: before / earlier than
before >: after / later than
versus -: vs / vs. / versus / compared to / compared with / against / in comparison to / in comparison with
end -: . / ? / !
sum sum: total sum of / sum of / total amount of / total value of / sum total of
"""


def _read() -> dict[tuple[str, ...], tuple[str, str]]:
    found: dict[tuple[str, ...], tuple[str, str]] = {}
    for line in _BOOK.strip().splitlines():
        lead, _, phrases = line.partition(": ")
        kind, _, data = lead.partition(" ")
        for phrase in phrases.split(" / "):
            found[tuple(phrase.split())] = (kind, "" if data == "-" else data)
    return found


PHRASES = _read()
LONGEST = max(len(words) for words in PHRASES)
