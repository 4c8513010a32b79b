---@meta
-- SPDX-License-Identifier: EUPL-1.2
-- For editors. Made by scripts/types/generate.py; change what it is made from.

---@class Side
---@field kind string What the listing is: NEED or INITIATIVE on the need's side; OFFER, SKILL, PLACE or ACTIVITY on the other.
---@field categories string[] What it is about: codes of the taxonomy.
---@field languages string[] Languages, as two letters of ISO 639-1: the listing's own, or the party's when the listing names none.
---@field requires string[] Traits that the other one must have. Matching itself sees to it.
---@field provides string[] Traits that this one has, with the party's certificates that are valid now.
---@field reach_m number How far this one is willing to travel; 0: the other comes here. In metres.
---@field within_m number How near the other must be; 0: no bound. In metres.
---@field remote boolean Can it be done by telephone or online?
---@field duration_min number How long one meeting takes; 0: not said. In minutes.
---@field capacity number How many pairs it can hold at once.
---@field room number What is left of the capacity.
---@field urgency number 0 (it can wait) to 3 (today).
---@field age_days number Time since it was created, with fractions. In days.
---@field buurt string? CBS code of the buurt, BU and eight digits; missing outside all areas.
---@field wijk string? CBS code of the wijk, WK and six digits; missing outside all areas.
---@field gemeente string? CBS code of the gemeente, GM and four digits; missing outside all areas.
---@field load_30d number How often the party was connected in the last 30 days.
---@field open_suggestions number How many open suggestions the party has.
---@field days_since_asked number? Time since the party's latest suggestion; missing when never asked. In days.
---@field attributes table<string, string|number|boolean>

---@class Pair
---@field distance_m number? As the crow flies; missing when both are remote, or a place is not known. In metres.
---@field overlap_min number Time that both have in the next 28 days. In minutes.
---@field longest_min number The longest stretch of that. In minutes.
---@field closeness number How near the categories are: 1 the same, 0.7 one level apart, down to what still counts as a match.

---@class Hard
---@field [1] string the name
---@field expr string?
---@field lua (fun(need: Side, offer: Side, pair: Pair): boolean?)?
---@field when string?
---@field why string?

---@class Term
---@field [1] string the name
---@field weight number
---@field expr string?
---@field lua (fun(need: Side, offer: Side, pair: Pair): number?)?
---@field when string?
---@field why string?

---@class Relax
---@field after string such as "3d" or "12h"
---@field category string?
---@field threshold number?
---@field reach string? such as "5 km"
---@field languages string? "any"
---@field closeness number? 0.1 to 0.3

---@class Notify
---@field [1] string the name
---@field on string such as "suggestion.created"
---@field to "connector"|"need_party"|"offer_party"|"role:admin"|"role:rule_author"
---@field when string?
---@field channel string? such as "mail"
---@field subject table<string, string>? by language
---@field text table<string, string> by language; `nl` is required
---@field off boolean? true: removes the base's
---@field digest { at: string, days: string[]? }? collected until then
---@field breaks ("quiet"|"budget"|"digest")[]? what it does not wait for

---@class Pacing
---@field quiet { from: string?, to: string?, days: string[]? }|false?
---@field max_per_day integer?
---@field max_per_week integer?
---@field channel string?

---@class Example
---@field [1] string the name
---@field need table?
---@field offer table?
---@field pair table?
---@field expect table

---@alias AttributeType "number"|"boolean"|"string"

---@class Attribute
---@field type AttributeType
---@field unit "m"|"min"|"d"|nil
---@field note string?

---@class RuleSet
---@field name string
---@field based_on string?
---@field policy string?
---@field threshold number?
---@field limits { per_need: integer?, per_helper: integer? }?
---@field attributes table<string, AttributeType|Attribute>?

text = {}
set = {}

---@class lib.eerlijk
---@field verdeeld_expr string 1 for who was not connected in the last 30 days, a half after one connection, ever less.
---@field tot_expr fun(meest: number): string 1 for who was not connected in the last 30 days, straight down to 0 at `meest` connections.
---@field open_expr fun(meest: number): string 1 for who has no open suggestions, straight down to 0 at `meest` of them.
---@field stilzitter fun(offer: Side, dagen: number): number Idle helpers first: 1 for who was never asked; then what rest (`dagen` days since the last question) and load leave of it.

---@class lib.gebied
---@field samen_expr string 1 in the same buurt, 0.6 in the same wijk, 0.2 in the same gemeente, else 0. Missing when one of them lies outside all areas.
---@field zelfde_buurt_expr string 1 in the same buurt, else 0.
---@field zelfde_wijk_expr string 1 in the same wijk, else 0.
---@field zelfde_gemeente_expr string 1 in the same gemeente, else 0.
---@field samen fun(need: Side, offer: Side): number? As `samen_expr`, as a function for use inside another one. A part that is not known does not count; without a gemeente it gives nil.

---@class lib.huishouden
---@field zelfde_expr fun(naam: string): string True when both name the same `naam`; missing when one of them names none. For a `when`.
---@field samen_expr fun(naam: string): string 1 when both name the same `naam`, 0 when they name different ones.

---@class lib.leeftijd
---@field zelfde_groep_expr fun(naam: string): string 1 when both are of the same group, else 0.
---@field dichtbij_expr fun(naam: string, jaren: number): string 1 at the same age, a half at `jaren` years apart, ever less.
---@field is_expr fun(naam: string, groep: string): string True when the helper is of this group. For a `hard` rule, with a `when`.

---@class lib.rust
---@field genoeg_expr fun(dagen: number): string From 0 for who was asked just now to 1 after `dagen` days. Does not count for who was never asked; use `genoeg` where they should come first.
---@field genoeg fun(offer: Side, dagen: number): number As `genoeg_expr`, but 1 for who was never asked. A function, since an expression cannot make something of what is missing.

---@class lib.taak
---@field een_van_expr fun(codes: string[]): string True when the need is about one of these branches of the taxonomy. For a `when`.
---@field een_van fun(plaatsing: Side, codes: string[]): boolean As `een_van_expr`, of either listing, as a function for use inside another one.

---@class lib.taal
---@field gedeeld_expr string True when they share a language. Matching by itself also accepts who names none.
---@field gelijk_expr string How alike what they speak is, 0 to 1; missing when neither names a language.
---@field leert_expr fun(code: string): string True when the helper speaks `code`, which the other one does not name.
---@field maatje_expr fun(code: string): string A language buddy: 1 when the helper speaks `code` and a language that they share, 0.5 with one of the two, else 0. When the shared one is `code` itself, that is one of the two.

---@class lib.tijd
---@field samen_expr fun(uren: number): string From 0 to 1 when both have `uren` hours in the next four weeks.
---@field aaneen_expr fun(uren: number): string From 0 to 1 when both have `uren` hours on end.
---@field zelfde_deel_expr fun(naam: string): string 1 when both prefer the same part of the day or week, an attribute that the municipality keeps, such as `dagdeel` ("ochtend", "middag", "avond") or `weekdeel` ("week", "weekend"). Does not count when one of them has none.

---@class lib.vervoer
---@field half table<string, number> At how many metres a distance counts for half: `lopen` 500, `fiets` 2,000, `ov` 5,000, `auto` 8,000.
---@field nabij_expr fun(wijze: string): string How near, for who comes by `wijze`: "lopen", "fiets", "ov" or "auto".
---@field nabij_met_expr fun(kenmerk: string, wijze: string): string How near, when who has the trait `kenmerk` comes by car and all others by `wijze`.
---@field band_expr fun(banden: number[][]): string How near, in steps: a list of { up to how many metres, value }, nearest first; 0 beyond the last.
---@field komt_expr string True when the helper travels at least as far as the distance. Both may travel: a helper who does not can still be the one who is visited.

---@class lib.wachten
---@field lang_expr fun(dagen: number): string From 0 for a new need to 1 for one of `dagen` days. Brings old needs up in a helper's list; in a need's own list it is the same for everybody.
---@field haast_expr string The urgency as 0 to 1.
---@field langer_dan_expr fun(dagen: number): string True when the need has waited longer than `dagen` days. For a `when`.

---@class lib.weer
---@field zwaarte table<string, number> How heavy a warning is: groen 0, geel 1, oranje 2, rood 3. For weights.
---@field kwetsbaar_expr fun(naam: string): string True when the listing that asks has this attribute as `true`, such as `alleenwonend`. For a `when`.
---@field eerst_expr fun(naam: string): string 1 when the listing that asks has this attribute as `true`, 0 when it has it as `false`. Brings them up in a helper's list.

--- A value as text. Tables and functions are refused, since their addresses differ each time.
---@param value string|number|boolean|nil
---@return string
function tostring(value) end

--- The number that a text of at most 64 characters says, or nil.
---@param value any
---@param base integer? 2 to 36
---@return number?
function tonumber(value, base) end

--- Read a file of the rule library, once. Its result cannot be changed.
---@param name string for instance "lib/buurt"
---@return table
---@overload fun(name: "lib/eerlijk"): lib.eerlijk
---@overload fun(name: "lib/gebied"): lib.gebied
---@overload fun(name: "lib/huishouden"): lib.huishouden
---@overload fun(name: "lib/leeftijd"): lib.leeftijd
---@overload fun(name: "lib/rust"): lib.rust
---@overload fun(name: "lib/taak"): lib.taak
---@overload fun(name: "lib/taal"): lib.taal
---@overload fun(name: "lib/tijd"): lib.tijd
---@overload fun(name: "lib/vervoer"): lib.vervoer
---@overload fun(name: "lib/wachten"): lib.wachten
---@overload fun(name: "lib/weer"): lib.weer
function require(name) end

--- The whole rule set; a rule file ends with `return ruleset { ... }`.
---@param definition RuleSet
---@return any
function ruleset(definition) end

--- A rule that every pair must meet.
---@param rule Hard
---@return any
function hard(rule) end

--- A part of the score.
---@param rule Term
---@return any
function term(rule) end

--- What needs that have waited are allowed beyond what is usual.
---@param rule Relax
---@return any
function relax(rule) end

--- Who is told of what: see notifications.md.
---@param rule Notify
---@return any
function notify(rule) end

--- How the municipality spares people: see notifications.md.
---@param rule Pacing
---@return any
function pacing(rule) end

--- A pair with its expected outcome, judged by `schakel rules test` and before activation.
---@param example Example
---@return any
function example(example) end

--- Does a text start with another?
---@param s string
---@param start string
---@return boolean
function text.starts(s, start) end

--- Does a text end with another?
---@param s string
---@param ending string
---@return boolean
function text.ends(s, ending) end

--- Does a text occur in another, letter by letter? There are no patterns.
---@param s string
---@param part string
---@return boolean
function text.contains(s, part) end

--- A text with A-Z as a-z; other letters stay as they are.
---@param s string
---@return string
function text.lower(s) end

--- Is a category code another, or below it: text.under("vervoer.ziekenhuis", "vervoer").
---@param code string
---@param top string
---@return boolean
function text.under(code, top) end

--- How many members a set has.
---@param list string[]
---@return integer
function set.count(list) end

--- Is a value in a set?
---@param list string[]
---@param value string
---@return boolean
function set.has(list, value) end

--- Is some category code of a set `top` or below it?
---@param list string[]
---@param top string
---@return boolean
function set.under(list, top) end

--- The members of `a` that are in `b` too, in the order of `a`.
---@param a string[]
---@param b string[]
---@return string[]
function set.common(a, b) end

--- Are all members of `a` in `b`?
---@param a string[]
---@param b string[]
---@return boolean
function set.subset(a, b) end

--- How alike two sets are: common members / all members; nil for two empty sets.
---@param a string[]
---@param b string[]
---@return number?
function set.jaccard(a, b) end
