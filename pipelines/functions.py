"""The functions an expression may call, and what the compiler must know of each.

An allow-list: whatever is not named here is refused, so a function that DuckDB gains tomorrow is not let through by
default. Nothing here reads a file, the environment, a setting, the clock or a random source.
"""

from __future__ import annotations

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SCALARS: Final = _words("""
    abs ceil ceiling floor round trunc sign greatest least coalesce ifnull nullif if mod gcd lcm
    lower upper lcase ucase trim ltrim rtrim length len strlen char_length character_length substring substr left right
    replace concat concat_ws contains starts_with ends_with prefix suffix position strpos instr split_part string_split
    str_split string_to_array lpad rpad repeat reverse translate regexp_matches regexp_full_match regexp_replace
    regexp_extract regexp_extract_all strip_accents nfc_normalize ascii chr unicode ord levenshtein editdist3
    damerau_levenshtein jaccard jaro_similarity jaro_winkler_similarity md5 sha256
    url_decode url_encode regexp_escape
    format printf hamming hex bin to_base regexp_split_to_array string_split_regex str_split_regex
    factorial xor bit_count round_even fdiv fmod dayofmonth decade century to_quarters
    date date_trunc datetrunc date_part datepart extract year month day hour minute second millisecond quarter week
    weekofyear yearweek dayofweek weekday isodow dayofyear isoyear dayname monthname last_day date_diff datediff
    date_sub datesub date_add make_date make_time make_timestamp strftime strptime try_strptime to_days to_months
    to_years to_hours to_minutes to_seconds to_weeks to_timestamp epoch_ms epoch age time_bucket timezone
    isnan isfinite isinf sqrt ln log log10 log2 exp pow power sin cos tan asin acos atan atan2 pi degrees radians cbrt
    list_value list_contains list_has array_contains list_sum list_avg list_min list_max list_count list_sort
    list_distinct list_unique list_reverse list_reverse_sort array_reverse_sort list_position
    list_has_any list_has_all list_append list_prepend list_median
    list_extract array_extract element_at array_length list_concat array_to_string list_slice flatten
    json_extract json_extract_string json_array_length json_keys json_type json_valid json_value json_contains
    json_exists struct_extract typeof
""")

AGGREGATES: Final = _words("""
    count sum min max count_if bool_and bool_or bit_and bit_or bit_xor product median quantile_disc quantile_cont mode
    avg mean fsum favg kahan_sum stddev stddev_pop stddev_samp var_pop var_samp variance corr covar_pop covar_samp
    skewness kurtosis arg_min arg_max min_by max_by first last any_value arbitrary list array_agg string_agg
    group_concat listagg quantile mad entropy sem regr_slope regr_intercept regr_r2 regr_count
""")

WINDOWS: Final = _words("""
    row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value
""")

TABLES: Final = _words("unnest range generate_series")
"""Allowed in a whole SELECT only (the sql step), and in FROM."""

ALLOWED: Final = SCALARS | AGGREGATES | WINDOWS

MADE: Final = _words("list_transform epoch_us")
"""Functions that steps write into their own SQL and an expression may not call: one takes a function."""

INEXACT: Final = _words("""
    avg mean favg fsum kahan_sum median quantile_cont product stddev stddev_pop stddev_samp var_pop var_samp
    variance corr covar_pop covar_samp skewness kurtosis cume_dist percent_rank epoch jaccard jaro_similarity
    jaro_winkler_similarity list_avg pi sqrt ln log log10 log2 exp pow power sin cos tan asin acos atan atan2
    degrees radians cbrt list_median mad entropy sem regr_slope regr_intercept regr_r2 fdiv fmod
""")
"""Floating-point arithmetic is in the result, whatever type it is cast to afterwards."""

ORDERED_AGGREGATES: Final = _words("""
    arg_min arg_max min_by max_by first last any_value arbitrary list array_agg string_agg group_concat listagg mode
""")
"""Equal input rows in another order can give another result."""

ORDERED_WINDOWS: Final = _words("row_number ntile lag lead first_value last_value nth_value")

CLOCKS: Final = _words("""
    now today current_date current_timestamp current_time localtime localtimestamp get_current_time
    get_current_timestamp current_localtime current_localtimestamp transaction_timestamp current_datetime
    currentdate currenttimestamp currenttime localtimestamp currentdatetime currenttimestampltz
""")
RANDOMS: Final = _words("random rand randn uuid gen_random_uuid uuidv4 uuidv7 setseed")

UNORDERED: Final = _words("""
    list_sort list_reverse_sort list_unique list_count list_contains list_has array_contains list_has_any list_has_all
    list_min list_max len length array_length
""")
"""What takes a list and does not care for the order of its elements."""

ELSEWHERE: Final = {
    **dict.fromkeys(("nvl", "isnull"), "coalesce(value, other); to ask, value is null"),
    "iif": "if(condition, one, other)",
    "countif": "count_if(condition)",
    "sumif": "sum(case when condition then amount else 0 end)",
    "sumifs": "sum(case when condition then amount else 0 end)",
    "averageif": "avg(case when condition then amount end)",
    "average": "avg(amount)",
    "counta": "count(column)",
    "textjoin": "string_agg(text, ', ' order by ...), in an 'aggregate' step",
    "concatenate": "concat(one, other)",
    "charindex": "strpos(text, piece)",
    "mid": "substr(text, start, length)",
    "find": "strpos(text, piece)",
    "substitute": "replace(text, old, new)",
    "proper": "a 'text' step with case: title",
    "initcap": "a 'text' step with case: title",
    "regexp_like": "regexp_matches(text, pattern)",
    "regexp_substr": "regexp_extract(text, pattern)",
    "regexp_count": "len(regexp_extract_all(text, pattern))",
    "soundex": "jaro_winkler_similarity(one, other), or a 'standardise' step",
    "to_date": "a 'cast' step with a format, or cast(strptime(text, '%d/%m/%Y') as date)",
    "datevalue": "a 'cast' step with a format, or cast(strptime(text, '%d/%m/%Y') as date)",
    "to_char": "strftime(date, '%Y-%m')",
    "date_format": "strftime(date, '%Y-%m')",
    "to_number": "a 'cast' step, or try_cast(text as decimal(18,2))",
    "dateadd": "date + interval 3 day",
    "datetimeadd": "date + interval 3 day",
    "datetimediff": "date_diff('day', start, end)",
    "datedif": "date_diff('day', start, end)",
    "eomonth": "last_day(date)",
    "edate": "date + interval 3 month",
    "networkdays": "a 'workdays' step",
    "workday": "a 'workdays' step with add",
    "weeknum": "week(date), or a 'calendar' step",
    "vlookup": "a 'join' step",
    "xlookup": "a 'join' step",
    "roundup": "ceil(value * 100) / 100",
    "rounddown": "floor(value * 100) / 100",
    "int": "floor(value)",
    "percentile": "quantile_cont(column, 0.9)",
    "percentile_cont": "quantile_cont(column, 0.9)",
    "percentile_disc": "quantile_disc(column, 0.9)",
    "geomean": "exp(avg(ln(column)))",
    "weighted_avg": "sum(value * weight) / sum(weight)",
    "forecast": "a 'forecast' step",
    "list_transform": "an 'explode' or 'split' step, which makes rows of a list",
    "list_filter": "an 'explode' or 'split' step, which makes rows of a list",
    **dict.fromkeys(("urldecode", "decode_url", "url_unquote", "unquote"), "url_decode(text)"),
    **dict.fromkeys(("urlencode", "encode_url"), "url_encode(text)"),
    "parse_url": "regexp_extract(url, '://([^/:?#]+)', 1), or an 'extract' step with a group for each piece",
    "zn": "coalesce(value, 0)",
    "isblank": "column is null",
    "countifs": "count_if(condition and condition)",
    "datename": "strftime(date, '%B')",
    "dateparse": "a 'cast' step with a format, or cast(strptime(text, '%d/%m/%Y') as date)",
    "makedate": "make_date(year, month, day)",
    "isdate": "try_cast(text as date) is not null",
    "isnumber": "try_cast(text as double) is not null",
    "isoweek": "week(date), or a 'calendar' step",
    "regexp_extract_nth": "regexp_extract(text, pattern, n)",
    "glob": "like 'a%', or regexp_matches(text, pattern)",
    "split": "string_split(text, ','), split_part(text, ',', 2) for one piece, or a 'split' step",
    "similarity": "jaro_winkler_similarity(one, other), or a 'standardise' step",
    **dict.fromkeys(("running_sum", "running_avg", "window_sum", "window_avg", "previous_value"), "a 'window' step"),
    "approx_count_distinct": "count(distinct column)",
    "approx_quantile": "quantile_cont(column, 0.9)",
}
"""Names that other systems have for what is said differently here."""

EXAMPLES: Final = (
    ("whole years, as an age", "date_sub('year', date '1990-06-15', date '2026-06-14')", "35"),
    ("years on the calendar", "date_diff('year', date '1990-06-15', date '2026-06-14')", "36"),
    ("days between", "date '2026-03-01' - date '2026-01-30'", "30"),
    ("so many months on, also of a column", "date '2026-01-31' + to_months(1)", "2026-02-28"),
    ("first day of the month", "date_trunc('month', date '2026-02-14')", "2026-02-01"),
    ("day of the week, 1 is Monday", "isodow(date '2026-03-01')", "7"),
    ("ISO week as text", "strftime(date '2027-01-01', '%G-W%V')", "2026-W53"),
    ("a date as text", "strftime(date '2026-03-05', '%-d %B %Y')", "5 March 2026"),
    ("minutes between times of a day", "date_diff('minute', time '09:30', time '11:00')", "90"),
    ("minutes as hours", "printf('%d:%02d', 95 // 60, 95 % 60)", "1:35"),
    ("a share as text", "printf('%.1f%%', 100 * 0.1234)", "12.3%"),
    ("with its sign", "printf('%+d', 5)", "+5"),
    ("with thousands", "format('{:,.2f}', 1234567.891)", "1,234,567.89"),
    ("zeros in front", "lpad(cast(7 as varchar), 3, '0')", "007"),
    ("a piece between signs, from 1", "split_part('2026-UK-017', '-', 2)", "UK"),
    ("a piece at a place, from 1", "substr('AB1234', 3, 2)", "12"),
    ("a piece by a pattern", "regexp_extract('Order #1042', '#([0-9]+)', 1)", "1042"),
    ("nothing in place of a blank", "nullif(regexp_extract('none', '[0-9]+'), '')", ""),
    ("every match replaced", "regexp_replace('a1b22', '[0-9]+', '-', 'g')", "a-b-"),
    ("an entry of a list, from 1", "string_split('a,b,c', ',')[2]", "b"),
    ("letters for letters, as in a cipher", "translate('CAB', 'ABC', 'BCD')", "DBC"),
    ("how many changes apart", "levenshtein('cart', 'cat')", "1"),
    ("a value in JSON text", """json_extract_string('{"a": {"b": [5, 6]}}', '$.a.b[1]')""", "6"),
    ("a text out of a URL", "url_decode('caf%C3%A9')", "café"),
)
"""What is asked for most, how it is written, and what that gives; the page of functions shows it, a test runs it."""

# SQLGlot parses a known function into a class of its own and keeps no written name; this maps each class back.
# A test regenerates the table from the lists above.
CLASSES: Final[dict[str, str]] = {
    "Abs": "abs",
    "Acos": "acos",
    "AnyValue": "any_value",
    "ArgMax": "arg_max",
    "ArgMin": "arg_min",
    "ArrayAgg": "array_agg",
    "ArrayAppend": "list_append",
    "ArrayConcat": "list_concat",
    "ArrayContains": "array_contains",
    "ArrayDistinct": "list_distinct",
    "ArrayMax": "list_max",
    "ArrayMin": "list_min",
    "ArrayOverlaps": "list_has_any",
    "ArrayPrepend": "list_prepend",
    "ArraySize": "array_length",
    "ArraySort": "list_sort",
    "ArrayToString": "array_to_string",
    "Ascii": "ascii",
    "Asin": "asin",
    "Atan": "atan",
    "Atan2": "atan2",
    "Avg": "avg",
    "BitwiseAndAgg": "bit_and",
    "BitwiseOrAgg": "bit_or",
    "BitwiseXor": "xor",
    "BitwiseXorAgg": "bit_xor",
    "Cbrt": "cbrt",
    "Ceil": "ceil",
    "Chr": "chr",
    "Coalesce": "coalesce",
    "Concat": "concat",
    "ConcatWs": "concat_ws",
    "Contains": "contains",
    "Corr": "corr",
    "Cos": "cos",
    "Count": "count",
    "CountIf": "count_if",
    "CovarPop": "covar_pop",
    "CovarSamp": "covar_samp",
    "CumeDist": "cume_dist",
    "Date": "date",
    "DateAdd": "date_add",
    "DateBin": "time_bucket",
    "DateDiff": "date_diff",
    "DateFromParts": "make_date",
    "DateTrunc": "date_trunc",
    "Day": "day",
    "DayOfMonth": "dayofmonth",
    "DayOfWeek": "dayofweek",
    "DayOfWeekIso": "isodow",
    "DayOfYear": "dayofyear",
    "Dayname": "dayname",
    "Degrees": "degrees",
    "DenseRank": "dense_rank",
    "EndsWith": "ends_with",
    "Exp": "exp",
    "Explode": "unnest",
    "Factorial": "factorial",
    "First": "first",
    "FirstValue": "first_value",
    "Flatten": "flatten",
    "Floor": "floor",
    "Format": "format",
    "GenerateSeries": "generate_series",
    "Greatest": "greatest",
    "GroupConcat": "group_concat",
    "Hex": "hex",
    "Hour": "hour",
    "IsInf": "isinf",
    "IsNan": "isnan",
    "JSONKeys": "json_keys",
    "JSONType": "json_type",
    "JarowinklerSimilarity": "jaro_winkler_similarity",
    "Kurtosis": "kurtosis",
    "Lag": "lag",
    "Last": "last",
    "LastDay": "last_day",
    "LastValue": "last_value",
    "Lead": "lead",
    "Least": "least",
    "Left": "left",
    "Length": "char_length",
    "Levenshtein": "editdist3",
    "Ln": "ln",
    "Log": "log",
    "LogicalAnd": "bool_and",
    "LogicalOr": "bool_or",
    "Lower": "lcase",
    "MD5": "md5",
    "Max": "max",
    "Median": "median",
    "Min": "min",
    "Minute": "minute",
    "Mode": "mode",
    "Month": "month",
    "Monthname": "monthname",
    "NthValue": "nth_value",
    "Ntile": "ntile",
    "Nullif": "nullif",
    "Pad": "lpad",
    "PercentRank": "percent_rank",
    "PercentileCont": "quantile_cont",
    "PercentileDisc": "quantile_disc",
    "Pi": "pi",
    "Pow": "pow",
    "Quantile": "quantile",
    "Quarter": "quarter",
    "Radians": "radians",
    "Rank": "rank",
    "RegexpExtract": "regexp_extract",
    "RegexpExtractAll": "regexp_extract_all",
    "RegexpFullMatch": "regexp_full_match",
    "RegexpLike": "regexp_matches",
    "RegexpReplace": "regexp_replace",
    "RegexpSplit": "string_split_regex",
    "RegrCount": "regr_count",
    "RegrIntercept": "regr_intercept",
    "RegrR2": "regr_r2",
    "RegrSlope": "regr_slope",
    "Repeat": "repeat",
    "Replace": "replace",
    "Reverse": "reverse",
    "Right": "right",
    "Round": "round",
    "RowNumber": "row_number",
    "SHA2": "sha256",
    "Second": "second",
    "Sign": "sign",
    "Sin": "sin",
    "Skewness": "skewness",
    "Split": "str_split",
    "SplitPart": "split_part",
    "Sqrt": "sqrt",
    "StartsWith": "starts_with",
    "Stddev": "stddev",
    "StddevPop": "stddev_pop",
    "StddevSamp": "stddev_samp",
    "StrPosition": "instr",
    "StrToTime": "strptime",
    "StructExtract": "struct_extract",
    "Substring": "substr",
    "Sum": "sum",
    "Tan": "tan",
    "TimeFromParts": "make_time",
    "TimeToStr": "strftime",
    "TimeToUnix": "epoch",
    "TimestampFromParts": "make_timestamp",
    "TimestampTrunc": "date_trunc",
    "ToDays": "to_days",
    "Translate": "translate",
    "Trim": "ltrim",
    "Trunc": "trunc",
    "Typeof": "typeof",
    "Unicode": "unicode",
    "UnixToTime": "epoch_ms",
    "Upper": "ucase",
    "Variance": "var_samp",
    "VariancePop": "var_pop",
    "Week": "week",
    "WeekOfYear": "weekofyear",
    "Year": "year",
}

BEFORE_PAREN: Final = _words("""
    in and or not over filter when then else case like ilike between is as by on where select from union all intersect
    except exists values cast try_cast interval distinct using any having with similar to escape limit offset qualify
    join decimal numeric varchar char bpchar text struct map enum timestamp time cube rollup sets exclude zone
""")
"""Words that may stand before a parenthesis and call nothing: keywords, and types with parameters."""

STRUCTURE: Final = _words("""
    Column Identifier Literal RawString Boolean Null Placeholder Paren And Or Not EQ NEQ GT GTE LT LTE NullSafeEQ
    NullSafeNEQ Is In Between Like ILike SimilarTo Escape Add Sub Mul Div IntDiv Mod Neg DPipe Case If Cast TryCast
    DataType DataTypeParam Interval IntervalSpan Var Distinct Star Filter Where Window WindowSpec Order Ordered Tuple
    Array Bracket Slice Dot AtTimeZone Extract IgnoreNulls RespectNulls Any
    JSONExtract JSONExtractScalar JSONPath JSONPathRoot JSONPathKey JSONPathSubscript JSONPathWildcard ColumnDef
    Struct PropertyEQ
""")
"""Node classes of SQLGlot that are operators or punctuation of an expression."""

QUERY_STRUCTURE: Final = _words("""
    Select From Join Table Subquery With CTE TableAlias Group Having Qualify Limit Offset Union Intersect Except Alias
    Exists Values Unnest Lateral Cube Rollup GroupingSets Fetch
""")
"""Node classes of a read-only SELECT around expressions."""
