/* SPDX-License-Identifier: EUPL-1.2 */
#pragma once

/* What a hostile or careless rule file can try, one attempt a line: shared by the test that each
 * ends with its reason and leaves the engine unharmed, and by the measurement of how long it takes.
 */

#include <stddef.h>

typedef struct attempt {
    const char *text;
    const char *reason; /**< NULL: it works, and gives 0.5 each time. */
} attempt;

/* ---- While loading ---- */

static const attempt loading[] = {
    {"while true do end", "too many steps"},
    {"::a:: goto a", "too many steps"},
    {"for i = 1, math.huge do end", "too many steps"},
    {"repeat until false", "too many steps"},
    {"local function f() return f() end f()", "too many steps"},
    {"local function f() return 1 + f() end f()", "512 KiB"},
    {"local t = {} for i = 1, 1e9 do t[i] = i end", "512 KiB"},
    {"local t = {} while true do t = {t, t, t} end", "512 KiB"},
    {"local s = 'x' while true do s = s .. s end", "16 KiB"},
    {"local s = 'x' while true do s = s .. 'y' end", "too many steps"},
    {"local t = {} for i = 1, 1e6 do t[i] = 'k' .. i end", "512 KiB"},
    {"local t = {} for i = 1, 1e6 do t[i] = function() return i end end", "512 KiB"},
    {"\x1bLua", "compiled Lua"},
    {"_ENV.x = 1", "_ENV"},
    {"local _ENV = {}", "_ENV"},
    {"local _ENV <const> = 1", "_ENV"},
    {"x = 1", "not local"},
    {"function f() end", "not local"},
    {"ruleset = nil", "not local"},
    {"math.floor = nil", "may not be changed"},
    {"math.pi = 3", "may not be changed"},
    {"text.extra = 1", "may not be changed"},
    {"os.exit(1)", "global 'os'"},
    {"io.open('x')", "global 'io'"},
    {"debug.getregistry()", "global 'debug'"},
    {"package.loadlib('x', '*')", "global 'package'"},
    {"string.rep('x', 1e9)", "global 'string'"},
    {"local s = ('x'):rep(1e9)", "index a string value"},
    {"table.concat({})", "global 'table'"},
    {"utf8.char(1)", "global 'utf8'"},
    {"coroutine.wrap(function() end)()", "global 'coroutine'"},
    {"load('return 1')()", "global 'load'"},
    {"loadstring('x')", "global 'loadstring'"},
    {"dofile('x')", "global 'dofile'"},
    {"pcall(function() end)", "global 'pcall'"},
    {"xpcall(function() end, function() end)", "global 'xpcall'"},
    {"error('x')", "global 'error'"},
    {"setmetatable({}, {})", "global 'setmetatable'"},
    {"getmetatable('x').__index = 1", "global 'getmetatable'"},
    {"rawset(math, 'x', 1)", "global 'rawset'"},
    {"collectgarbage('stop')", "global 'collectgarbage'"},
    {"for k in next, {} do end", "call a nil value"},
    {"for k in pairs({}) do end", "global 'pairs'"},
    {"math.random()", "field 'random'"},
    {"math.randomseed(1)", "field 'randomseed'"},
    {"tostring({})", "tostring takes"},
    {"tostring(tostring)", "tostring takes"},
    {"require('os')", "rule library"},
    {"require('lib/../../etc/passwd')", "rule library"},
    {"require('lib/')", "rule library"},
    {"require('lib/bestaat-niet')", "no rule file"},
    {"require('lib/proef')", "requires itself"},
    {"local x = 1 // 0", "divide by zero"},
    {"local x = 1 % 0", "'n%"},
    {"local x = {} .. 'a'", "concatenate"},
    {"local x <close> = {}", "non-closable"},
    {"local x = #nil", "length"},
    {"term(1)", "takes a table"},
    {"term{ 'a' }.kind = 1", "index a schakel.item"},
    {"return ruleset(ruleset{ name = 'x' })", "takes a table"},
    {"return 1", "return ruleset"},
    {"return setmetatable", "return ruleset"},
    {"", "return ruleset"},
    {"syntax error here", "near"},
    /* Finalisers, error handlers, patterns. */
    {"setmetatable({}, { __gc = function() while true do end end })", "global 'setmetatable'"},
    {"local x <close> = setmetatable({}, { __close = function() end })", "global 'setmetatable'"},
    {"xpcall(function() error('x') end, function() while true do end end)", "global 'xpcall'"},
    {"error({ code = 1 })", "global 'error'"},
    {"assert(false, {})", "global 'assert'"},
    {"string.find(('a'):rep(9999), ('.-'):rep(99) .. 'b')", "global 'string'"},
    {"string.format('%99999999d', 1)", "global 'string'"},
    {"string.dump(function() end)", "global 'string'"},
    {"warn('@on')", "global 'warn'"},
    {"print('x')", "global 'print'"},
    /* Environments and names. */
    {"_G.x = 1", "global '_G'"},
    {"local function f(_ENV) return x end", "_ENV"},
    {"local e = { ['_' .. 'ENV'] = 1 } return e", "return ruleset"},
    {"return require('lib/proef')['_' .. 'ENV'].x", "requires itself"},
    {"getfenv(1)", "global 'getfenv'"},
    {"module('x')", "global 'module'"},
    {"ruleset.x = 1", "index a function value"},
    {"hard { 'a' }[1] = 2", "index a schakel.item"},
    /* The compiler. */
    {"goto nowhere", "no visible label"},
    {"break", "break outside"},
    {"local x = '\\u{110000000}'", "UTF-8 value too large"},
    {"local x = '\\q'", "invalid escape"},
    {"local x = 'open", "unfinished string"},
    {"--[==[ open", "unfinished long comment"},
    {"local x <konst> = 1", "unknown attribute"},
    {"local x <const> = 1 x = 2", "attempt to assign to const"},
    {"#!/usr/bin/lua\nreturn 1", "near"},
    {"\xef\xbb\xbfreturn 1", "near"},
    {"return '\xff'", "not UTF-8"},
    {"local x = 0x"
     "p1",
     "malformed number"},
    {"local x = 1e", "malformed number"},
    /* Integers and numbers. */
    {"for i = 1, 10, 0 do end", "'for' step is zero"},
    {"for i = {}, 2 do end", "initial value"},
    {"local x = 1.5 | 1", "no integer representation"},
    {"local x = 2^70 // 1 | 0", "no integer representation"},
    {"local x = math.fmod(1, 0)", "zero"},
    {"local x = 'a' + 1", "arithmetic on a string"},
    {"local x = '10' + 1", "arithmetic on a string"},
    {"local x = tonumber('1', 99)", "base out of range"},
    {"local x = math.floor('16')", "number expected"},
    {"local x = math.floor({})", "number expected"},
    {"local x = 1 < 'a'", "compare number with string"},
    {"local function f(...) return f(1, ...) end f()", "more than 256 arguments"},
    /* Long texts, which one instruction compares or reads. */
    {"local a = 'abcdefgh' for i = 1, 10 do a = a .. a end local b = a .. 'x' a = a .. 'y'\n"
     "while b < a do end",
     "too many steps"},
    {"local a = 'abcdefgh' for i = 1, 10 do a = a .. a end local b = a .. 'x' a = a .. 'y'\n"
     "while a ~= b do end",
     "too many steps"},
    {"local d = '1' for i = 1, 13 do d = d .. d end while true do local x = tonumber(d) end",
     "too many steps"},
    {"local a = 'abcdefgh' for i = 1, 10 do a = a .. a end\n"
     "while true do local x = text.lower(a) end",
     "too many steps"},
    {"local a = 'abcdefgh' for i = 1, 10 do a = a .. a end\n"
     "while not text.contains(a, a .. 'x') do end",
     "too many steps"},
    {"local d = '1' for i = 1, 13 do d = d .. d end while true do for i = d, 0 do end end",
     "too many steps"},
    {"local x = 0.1 while true do local s = x .. '' end", "too many steps"},
    {"local a = 'x' for i = 1, 13 do a = a .. a end local t = {}\n"
     "for i = 1, 256 do t[i] = a end while set.has(t, 'y' .. a) == false do end",
     "too many steps"},
    /* What rules reach. */
    {"local t = {} for i = 1, 70 do t = { t } end\n"
     "return ruleset { name = 'x', term { 't', weight = 1, lua = function() return t end } }",
     "nested too deeply"},
    {"local t = { [print or ruleset] = 1 }\n"
     "return ruleset { name = 'x', term { 't', weight = 1, lua = function() return t end } }",
     "table or function as key"},
    {"return ruleset { name = 'x', term { 't', weight = 1, lua = ruleset } }",
     "must be a function"},
    {"local t = {} for i = 1, 33 do t[i] = term { 't' .. i, weight = 1, expr = '1' } end\n"
     "t.name = 'x' return ruleset(t)",
     "more than 32"},
    {"local t = { name = 'x' } for i = 1, 65 do t[i] = example { 'e', expect = {} } end\n"
     "return ruleset(t)",
     "example e occurs twice"},
    {"return ruleset { name = 'x', attributes = { a = 'number', ['a\\0'] = 'number' } }",
     "is no name"},
};
#define LOADING (sizeof loading / sizeof loading[0])

/** Makes `a`, of 8 KiB. */
#define LONG_TEXT "local a = 'abcdefgh' for i = 1, 10 do a = a .. a end "

/* ---- In a function ---- */

static const attempt calling[] = {
    {"while true do end", "too many steps"},
    {"::a:: goto a", "too many steps"},
    {"for i = 1, math.huge do local t = {} end", "512 KiB"},
    {"local function f() return f() end return f()", "too many steps"},
    {"local function f() return 1 + f() end return f()", "512 KiB"},
    {"local function f(...) return f(1, ...) end return f()", "256 arguments"},
    {"local t = {} for i = 1, 1e9 do t[i] = i end", "512 KiB"},
    {"local s = 'x' while true do s = s .. s end", "16 KiB"},
    {"local s = '' while true do s = s .. 'y' end", "512 KiB"},
    {"local t = {} while true do t = {t} end", "512 KiB"},
    {"local t = {} for i = 1, 256 do t[i] = i end while true do set.jaccard(t, t) end",
     "too many steps"},
    {"local t = {} for i = 1, 257 do t[i] = i end return set.count(t)", "at most 256"},
    {"global = 1", "not local"},
    {"need.reach_m = 1", "may not be changed"},
    {"need.attributes.x = 1", "may not be changed"},
    {"pair.distance_m = 1", "may not be changed"},
    {"shared.x = 1", "may not be changed"},
    {"shared.inner.x = 1", "may not be changed"},
    {"shared.list[1] = 2", "may not be changed"},
    {"library.keep.x = 1", "may not be changed"},
    {"return need.nonsense", "unknown field 'nonsense'"},
    {"return need.categorie", "did you mean 'categories'"},
    {"return pair.distance", "did you mean 'distance_m'"},
    {"return 0 / 0", "not finite"},
    {"return 1 / 0", "not finite"},
    {"return -1e308 * 10", "not finite"},
    {"return '0.5'", "gives string"},
    {"return true", "gives boolean"},
    {"return {}", "gives table"},
    {"return need", "gives table"},
    {"return 1 // 0", "divide by zero"},
    {"return math.mininteger // -1 % 0", "'n%"},
    {"return nil + 1", "arithmetic"},
    {"return require('lib/buurt')", "only while"},
    {"return tostring(need)", "tostring takes"},
    {"return ('x'):len()", "index a string"},
    {"counter = counter + 1 return counter == 1 and 0.5 or 9", NULL},
    {"bump() bump() return counter == 2 and 0.5 or 9", NULL},
    {"note = note or {} note[1] = (note[1] or 0) + 1 return note[1] == 1 and 0.5 or 9", NULL},
    {"return library.count() == 1 and 0.5 or 9", NULL},
    {"local own = {} own.x = 1 return own.x / 2", NULL},
    {"for i, v in ipairs(shared.list) do if v ~= 7 then return 9 end end return #shared.list / 6",
     NULL},
    {"return math.floor(0.9) + math.max(0.5, 0.1)", NULL},
    {"local t for i = 1, 7000 do t = {} end return 0.5", NULL},
    {"return set.has(need.categories, 'zorg') and 0.5 or 0.5", NULL},
    /* Finalisers, error handlers, coroutines. */
    {"return setmetatable({}, { __gc = function() counter = 9 end })", "global 'setmetatable'"},
    {"local x <close> = { __close = function() counter = 9 end }", "non-closable"},
    {"return xpcall(function() end, function() while true do end end)", "global 'xpcall'"},
    {"while true do pcall(bump) end", "global 'pcall'"},
    {"error({})", "global 'error'"},
    {"return coroutine.wrap(function() while true do end end)()", "global 'coroutine'"},
    {"return coroutine.yield(1)", "global 'coroutine'"},
    {"return load('return 1')()", "global 'load'"},
    {"return string.rep('x', 1e9)", "global 'string'"},
    {"return _G.math", "global '_G'"},
    {"return need['_' .. 'ENV']", "unknown field '_ENV'"},
    {"return pair['__index']", "unknown field '__index'"},
    {"return need.attributes['__index'] == nil and 0.5 or 9", NULL},
    {"return shared['__index'] == nil and 0.5 or 9", NULL},
    {"return library['__newindex'] == nil and 0.5 or 9", NULL},
    {"return math['__metatable'] == nil and 0.5 or 9", NULL},
    {"return debug or io or os or package or rawset or next or 0.5", NULL},
    /* State that should outlive the pair. */
    {"math.seen = 1", "may not be changed"},
    {"set.seen = 1", "may not be changed"},
    {"text.lower = nil", "may not be changed"},
    {"ruleset.seen = 1", "index a function value"},
    {"need[1] = 1", "may not be changed"},
    {"pair.closeness = nil", "may not be changed"},
    {"shared.list[#shared.list + 1] = 7", "may not be changed"},
    {"shared.inner.back.x = 1", "may not be changed"},
    {"('x').seen = 1", "index a string"},
    {"note = need return note ~= nil and counter == 0 and 0.5 or 9", NULL},
    {"local was = note note = function() return need end return was == nil and 0.5 or 9", NULL},
    {"return tick() == 1 and tick() == 2 and 0.5 or 9", NULL},
    {"local t = term { 'x' } return t ~= nil and 0.5 or 9", NULL},
    {"return type(require) == 'function' and 0.5 or 9", NULL},
    /* Integers and numbers. */
    {"return math.mininteger // -1 == math.mininteger and 0.5 or 9", NULL},
    {"return math.mininteger % -1 == 0 and 0.5 or 9", NULL},
    {"return math.maxinteger + 1 == math.mininteger and 0.5 or 9", NULL},
    {"return math.abs(math.mininteger) == math.mininteger and 0.5 or 9", NULL},
    {"return math.fmod(math.mininteger, -1) == 0 and 0.5 or 9", NULL},
    {"return 1 << 64 == 0 and 1 << -1 == 0 and 0.5 or 9", NULL},
    {"return math.ult(1, -1) and math.tointeger(3.0) == 3 and 0.5 or 9", NULL},
    {"local n = 0 for i = math.maxinteger - 1, math.maxinteger do n = n + 1 end return n / 4",
     NULL},
    {"local n = 0 for i = math.mininteger, math.mininteger + 1 do n = n + 1 end return n / 4",
     NULL},
    {"for i = 1, math.maxinteger do end", "too many steps"},
    {"for i = 1.0, math.huge do end", "too many steps"},
    {"for i = 1, 2, 0 do end", "'for' step is zero"},
    {"local n = 0 / 0 for i = n, 10 do return 0.5 end return 9", NULL},
    {"return math.maxinteger * 1.0 == 2^63 and 0.5 or 9", NULL},
    {"return tonumber('1e999')", "not finite"},
    {"return tonumber('nan') == nil and tonumber('inf') == nil and 0.5 or 9", NULL},
    {"return tonumber('0x7fffffffffffffff') + 1 == math.mininteger and 0.5 or 9", NULL},
    {"return 1.5 << 1", "no integer representation"},
    {"return '1' + 1", "arithmetic on a string"},
    {"return math.floor('1')", "number expected"},
    {"return math.max()", "value expected"},
    {"return math.sqrt(-1)", "not finite"},
    {"return math.log(0)", "not finite"},
    {"return #shared.list < 1e308 and -0.0 == 0.0 and 0.5 or 9", NULL},
    /* Recursion. */
    {"local f, g function f() return g() end function g() return f() end return f()",
     "too many steps"},
    {"local function f(n) local a, b, c, d, e = 1, 2, 3, 4, 5 return f(n + 1) + a end return f(1)",
     "512 KiB"},
    {"local t = {} t.t = t local n = 0 while t.t do t = t.t n = n + 1 end return n",
     "too many steps"},
    {"local function f(k) if k == 0 then return 0 end return 1 + f(k - 1) end\n"
     "return f(150) == 150 and 0.5 or 9",
     NULL},
    /* Long texts, which one instruction compares or reads. */
    {LONG_TEXT "local b = a .. 'x' a = a .. 'y' while b < a do end", "too many steps"},
    {LONG_TEXT "local b = a .. 'x' a = a .. 'y' while b <= a do end", "too many steps"},
    {LONG_TEXT "local b = a .. 'x' a = a .. 'y' while a ~= b do end", "too many steps"},
    {LONG_TEXT "local t = { [a] = 1 } local b = a .. '' while t[b] do end", "too many steps"},
    {"local d = '1' for i = 1, 13 do d = d .. d end while true do local x = tonumber(d) end",
     "too many steps"},
    {"local d = '0x' for i = 1, 12 do d = d .. 'ffff' end while tonumber(d) do end",
     "too many steps"},
    {"local d = '1' for i = 1, 13 do d = d .. d end while true do for i = d, 0 do end end",
     "too many steps"},
    {"local d = '.1' for i = 1, 11 do d = d .. '7' .. d end\n"
     "while true do for i = 1.5, d:x() do end end",
     "index a string"},
    {"local d = '7' for i = 1, 13 do d = d .. d end d = '.' .. d\n"
     "while true do for i = 1.5, d do end end",
     "too many steps"},
    {"local x = 0.1 while true do local s = x .. x end", "too many steps"},
    {"local x = 1e300 while true do local s = tostring(x) end", "too many steps"},
    {LONG_TEXT "while true do local s = text.lower(a) end", "512 KiB"},
    {LONG_TEXT "while true do text.contains(a, 'nooit') end", "too many steps"},
    {LONG_TEXT "local b = a .. 'x' while text.starts(b, a) do end", "too many steps"},
    {LONG_TEXT "local b = 'x' .. a while text.ends(b, a) do end", "too many steps"},
    {LONG_TEXT "local b = a .. '.x' while text.under(b, a) do end", "too many steps"},
    {LONG_TEXT "local t, u = {}, {} for i = 1, 200 do t[i] = a u[i] = 'x' .. a end\n"
               "while true do set.common(t, u) end",
     "512 KiB"},
    {LONG_TEXT "local b, t = a .. 'x', {} for i = 1, 256 do t[i] = a .. 'y' end\n"
               "while true do set.has(t, b) end",
     "512 KiB"},
    {LONG_TEXT "local y, t = a .. 'y', {} local x = a .. 'x' for i = 1, 256 do t[i] = y end\n"
               "while true do set.has(t, x) end",
     "too many steps"},
    {LONG_TEXT "local t = {} for i = 1, 256 do t[i] = a end while set.under(t, a) do end",
     "too many steps"},
    {"while true do set.under(shared.list, 'x') end", "too many steps"},
    {"while true do local n = ipairs(shared.list) end", "too many steps"},
    {"local n = 0 while true do n = n + #shared.list end", "too many steps"},
    {"while true do local c = need.categories end", "512 KiB"},
    {"while true do local k = need.kind == pair.closeness end", "too many steps"},
    {"local t = {} while true do t[#t + 1] = nil end", "too many steps"},
    {"local t = {} for i = 1, 1e6 do t['k' .. i % 64] = i t['k' .. (i + 32) % 64] = nil end",
     "too many steps"},
};
#define CALLING (sizeof calling / sizeof calling[0])

static const char head[] =
    "local counter, note = 0, nil\n"
    "local shared = { list = { 7, 7, 7 }, inner = {} }\n"
    "shared.inner.back = shared\n"
    "local library = require('lib/proef')\n"
    "local function bump() counter = counter + 1 end\n"
    "local function make() local n = 0 return function() n = n + 1 return n end end\n"
    "local tick = make()\n"
    "return ruleset { name = 'proef', term { 'deze', weight = 1,\n"
    "lua = function(need, offer, pair) ";
/* The neighbour needs memory of its own, whatever garbage the first one left. */
static const char tail[] = " end }, term { 'goed', weight = 1, lua = function(need, offer, pair)\n"
                           "local t = {} for i = 1, 9000 do t[i] = i end\n"
                           "return pair.closeness end } }";
static const char library[] = "local n = 0\n"
                              "return { keep = {}, count = function() n = n + 1 return n end }";
