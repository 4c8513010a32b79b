---@meta
-- SPDX-License-Identifier: EUPL-1.2
-- For editors. Made by scripts/types/generate.py from engine/rules/bind.c.

---@class Side
---@field kind string "NEED", "OFFER" ...
---@field categories string[] in ascending order, as all sets
---@field languages string[] the party's when the listing names none
---@field requires string[]
---@field provides string[] with the party's certificates that are valid now
---@field reach_m number
---@field within_m number
---@field remote boolean
---@field duration_min number
---@field capacity number
---@field room number
---@field urgency number
---@field age_days number
---@field buurt string?
---@field wijk string?
---@field gemeente string?
---@field load_30d number
---@field open_suggestions number
---@field days_since_asked number?
---@field attributes table<string, string|number|boolean>

---@class Pair
---@field distance_m number?
---@field overlap_min number
---@field longest_min number
---@field closeness number

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
---@field threshold number
---@field category string?

---@class Notify
---@field channel string?
---@field wave integer?
---@field wait string?
---@field max_per_day integer?
---@field max_per_week integer?
---@field quiet { from: string, to: string }?

---@class Example
---@field [1] string the name
---@field need table?
---@field offer table?
---@field pair table?
---@field expect table

---@class RuleSet
---@field name string
---@field based_on string?
---@field policy string?
---@field threshold number?
---@field limits { per_need: integer?, per_helper: integer? }?

text = {}
set = {}

--- A value as text. Tables and functions are refused, since their addresses differ each time.
---@param value string|number|boolean|nil
---@return string
function tostring(value) end

--- Read a file of the rule library, once. Its result cannot be changed.
---@param name string for instance "lib/buurt"
---@return table
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

--- A lower threshold for needs that have waited.
---@param rule Relax
---@return any
function relax(rule) end

--- How people are told of a suggestion.
---@param rule Notify
---@return any
function notify(rule) end

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
