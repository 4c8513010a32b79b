/* SPDX-License-Identifier: EUPL-1.2 */
#include "model/taxonomy.h"

#include "model/text.h"
#include "model/validate.h"

#include <stdlib.h>

/* Problem: matching asks for the closeness of two codes millions of times, and starts each search
 * from the codes that are near one.
 *
 * Layout: codes sorted bytewise, each with its parent, its depth and the end of its subtree. In
 * that order the codes under x (they start with "x.") stand together, though not right behind x:
 * "x-y" sorts between "x" and "x.y".
 *
 *     nodes:  x   x-y   x.a   x.a.b   x.c   y        below(x) = [2, 5)
 *
 * A related entry (x, y, v) is kept as two links, x to y and y to x, sorted, so that the links of a
 * code stand together. Codes a and b are related by an entry when it links an ancestor of a, or a
 * itself, with one of b: at most 36 look-ups, as a code has at most six parts. Of double links only
 * the closest stays; else a heap of equal entries would cost a heap of equal work.
 *
 * The near lists are made once, one after the other in one array. Entries between large subtrees
 * could make them as long as the square of the taxonomy, so their sum is bounded.
 *
 * Threads: immutable once made. */

typedef struct node {
    int parent; /* -1 for a root */
    int depth;  /* 0 for a root */
    int below_begin, below_end;
    size_t links_begin, links_end;
} node;

typedef struct link {
    int from, to;
    double closeness;
} link;

struct sk_taxonomy {
    sk_arena *arena;
    sk_category *categories;
    node *nodes;
    size_t count;
    sk_related *related;
    size_t related_count;
    link *links;
    size_t link_count;
    sk_near *near;
    size_t near_count, near_capacity;
    size_t *near_begin; /* count + 1 */
};

/* What near lists are made with: the best closeness of each code so far, and which have one. */
typedef struct scratch {
    double *best;
    int *touched;
    size_t touched_count;
} scratch;

static sk_status no_memory(sk_error *err)
{
    return sk_fail(err, SK_ENOMEM, "out of memory for the taxonomy");
}

/* ---- Categories ---- */

/* A category with its place in the input, which errors name. */
typedef struct entry {
    sk_category category;
    int place;
} entry;

static int entry_order(const void *a, const void *b)
{
    const entry *left = a, *right = b;
    int order = sk_str_cmp(left->category.code, right->category.code);

    return order ? order : left->place - right->place;
}

static sk_status check_category(const sk_category *category, int place, sk_error *err)
{
    sk_status st = SK_OK;

    if (!sk_category_code_valid(category->code))
        return sk_fail_field(
            err, SK_EINVAL, sk_path_of("categories", place, ".code").text,
            "must be 1 to 6 parts of a-z 0-9 and hyphen with dots between, at most "
            "64 bytes");
    st = sk_text_check(sk_path_of("categories", place, ".label.nl").text, category->label_nl, 200,
                       err);
    if (st == SK_OK)
        st = sk_text_check(sk_path_of("categories", place, ".label.en").text, category->label_en,
                           200, err);
    return st;
}

static sk_status copy_categories(sk_taxonomy *t, const entry *sorted, sk_error *err)
{
    for (size_t i = 0; i < t->count; i++) {
        const sk_category *from = &sorted[i].category;
        sk_category *to = &t->categories[i];

        if (i > 0 && sk_str_eq(from->code, sorted[i - 1].category.code))
            return sk_fail_field(err, SK_EINVAL,
                                 sk_path_of("categories", sorted[i].place, ".code").text,
                                 "\"%.*s\" is there twice", SK_STR_ARG(from->code));
        to->code = sk_arena_str(t->arena, from->code);
        to->label_nl = sk_arena_str(t->arena, from->label_nl);
        to->label_en = sk_arena_str(t->arena, from->label_en);
        if (!to->code.data || !to->label_nl.data || !to->label_en.data)
            return no_memory(err);
    }
    return SK_OK;
}

/* The first code that is not below `code`. */
static int lower_bound(const sk_taxonomy *t, sk_str code)
{
    size_t low = 0, high = t->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (sk_str_cmp(t->categories[middle].code, code) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return (int)low;
}

static sk_status link_parent(sk_taxonomy *t, size_t index, int place, sk_error *err)
{
    sk_str code = t->categories[index].code;
    node *n = &t->nodes[index];
    size_t dot = code.size;

    while (dot > 0 && code.data[dot - 1] != '.')
        dot--;
    n->parent = -1;
    n->depth = 0;
    if (dot == 0)
        return SK_OK;
    n->parent = sk_taxonomy_find(t, (sk_str){code.data, dot - 1});
    if (n->parent < 0)
        return sk_fail_field(err, SK_EINVAL, sk_path_of("categories", place, ".code").text,
                             "\"%.*s\" has no parent \"%.*s\"", SK_STR_ARG(code), (int)(dot - 1),
                             code.data);
    /* A parent sorts before its children, so its depth is known. */
    n->depth = t->nodes[n->parent].depth + 1;
    return SK_OK;
}

static void bound_subtree(sk_taxonomy *t, size_t index)
{
    sk_str code = t->categories[index].code;
    char edge[66];

    memcpy(edge, code.data, code.size);
    edge[code.size] = '.';
    t->nodes[index].below_begin = lower_bound(t, (sk_str){edge, code.size + 1});
    edge[code.size] = '.' + 1;
    t->nodes[index].below_end = lower_bound(t, (sk_str){edge, code.size + 1});
}

static sk_status take_categories(sk_taxonomy *t, const sk_category *categories, size_t count,
                                 sk_error *err)
{
    entry *sorted = sk_arena_calloc(t->arena, count, sizeof(*sorted));
    sk_status st = SK_OK;

    t->categories = sk_arena_calloc(t->arena, count, sizeof(*t->categories));
    t->nodes = sk_arena_calloc(t->arena, count, sizeof(*t->nodes));
    if (!sorted || !t->categories || !t->nodes)
        return no_memory(err);
    for (size_t i = 0; i < count; i++) {
        if ((st = check_category(&categories[i], (int)i, err)) != SK_OK)
            return st;
        sorted[i] = (entry){categories[i], (int)i};
    }
    if (count > 1)
        qsort(sorted, count, sizeof(*sorted), entry_order);
    t->count = count;
    if ((st = copy_categories(t, sorted, err)) != SK_OK)
        return st;
    for (size_t i = 0; i < count; i++) {
        if ((st = link_parent(t, i, sorted[i].place, err)) != SK_OK)
            return st;
        bound_subtree(t, i);
    }
    return SK_OK;
}

/* ---- Related entries ---- */

static int related_order(const void *a, const void *b)
{
    const sk_related *left = a, *right = b;
    int order = sk_str_cmp(left->a, right->a);

    if (order == 0)
        order = sk_str_cmp(left->b, right->b);
    return order ? order
                 : (left->closeness < right->closeness) - (left->closeness > right->closeness);
}

/* By ends, the closest first. */
static int link_order(const void *a, const void *b)
{
    const link *left = a, *right = b;

    if (left->from != right->from)
        return left->from < right->from ? -1 : 1;
    if (left->to != right->to)
        return left->to < right->to ? -1 : 1;
    return (left->closeness < right->closeness) - (left->closeness > right->closeness);
}

static sk_status take_one(sk_taxonomy *t, const sk_related *given, int place, sk_error *err)
{
    int a = sk_taxonomy_find(t, given->a);
    int b = sk_taxonomy_find(t, given->b);

    if (a < 0 || b < 0)
        return sk_fail_field(err, SK_EINVAL, sk_path_of("related", place, a < 0 ? ".a" : ".b").text,
                             "is not a code of this taxonomy");
    if (!(given->closeness > 0 && given->closeness <= 1))
        return sk_fail_field(err, SK_EINVAL, sk_path_of("related", place, ".closeness").text,
                             "%g is outside (0, 1]", given->closeness);
    t->related[place] =
        (sk_related){t->categories[a].code, t->categories[b].code, given->closeness};
    t->links[t->link_count++] = (link){a, b, given->closeness};
    t->links[t->link_count++] = (link){b, a, given->closeness};
    return SK_OK;
}

/* Sort the links, keep the closest of equal ones, and tell each node where its links are. */
static void arrange_links(sk_taxonomy *t)
{
    size_t kept = 0;

    if (t->link_count > 1)
        qsort(t->links, t->link_count, sizeof(*t->links), link_order);
    for (size_t i = 0; i < t->link_count; i++) {
        const link *before = kept > 0 ? &t->links[kept - 1] : NULL;

        if (!before || before->from != t->links[i].from || before->to != t->links[i].to)
            t->links[kept++] = t->links[i];
    }
    t->link_count = kept;
    for (size_t i = 0, at = 0; i < t->count; i++) {
        t->nodes[i].links_begin = at;
        while (at < kept && t->links[at].from == (int)i)
            at++;
        t->nodes[i].links_end = at;
    }
}

static sk_status take_related(sk_taxonomy *t, const sk_related *related, size_t count,
                              sk_error *err)
{
    sk_status st = SK_OK;

    t->related = sk_arena_calloc(t->arena, count, sizeof(*t->related));
    t->links = sk_arena_calloc(t->arena, count, 2 * sizeof(*t->links));
    if (!t->related || !t->links)
        return no_memory(err);
    for (size_t i = 0; i < count; i++) {
        if ((st = take_one(t, &related[i], (int)i, err)) != SK_OK)
            return st;
    }
    t->related_count = count;
    if (count > 1)
        qsort(t->related, count, sizeof(*t->related), related_order);
    arrange_links(t);
    return SK_OK;
}

/* ---- Near lists ---- */

/* The contract's literals, by levels apart. */
static double level_closeness(int levels)
{
    static const double closeness[] = {1, 0.7, 0.49, 0.343, 0.2401};

    return levels < 5 ? closeness[levels] : 0;
}

static void touch(scratch *s, int code, double closeness)
{
    if (closeness < SK_CLOSENESS_RELAXED_LEAST)
        return;
    if (s->best[code] == 0)
        s->touched[s->touched_count++] = code;
    if (closeness > s->best[code])
        s->best[code] = closeness;
}

static void touch_family(const sk_taxonomy *t, int index, scratch *s)
{
    const node *n = &t->nodes[index];

    for (int up = index, levels = 0; up >= 0; up = t->nodes[up].parent, levels++)
        touch(s, up, level_closeness(levels));
    for (int down = n->below_begin; down < n->below_end; down++)
        touch(s, down, level_closeness(t->nodes[down].depth - n->depth));
}

static void touch_related(const sk_taxonomy *t, int index, scratch *s)
{
    for (int up = index; up >= 0; up = t->nodes[up].parent) {
        for (size_t i = t->nodes[up].links_begin; i < t->nodes[up].links_end; i++) {
            const link *l = &t->links[i];

            touch(s, l->to, l->closeness);
            for (int b = t->nodes[l->to].below_begin; b < t->nodes[l->to].below_end; b++)
                touch(s, b, l->closeness);
        }
    }
}

static int near_order(const void *a, const void *b)
{
    const sk_near *left = a, *right = b;

    if (left->closeness != right->closeness)
        return left->closeness > right->closeness ? -1 : 1;
    return left->index - right->index;
}

/* Move what was touched to the end of the near array, sorted, and clear the scratch. */
static sk_status keep_touched(sk_taxonomy *t, scratch *s, sk_error *err)
{
    size_t begin = t->near_count;
    void *near = t->near;

    if (begin + s->touched_count > SK_TAXONOMY_MAX_NEAR)
        return sk_fail_field(err, SK_ELIMIT, "related",
                             "makes more than %d pairs of near codes; relate narrower codes",
                             SK_TAXONOMY_MAX_NEAR);
    if (!sk_grow(&near, &t->near_capacity, begin + s->touched_count, sizeof(*t->near)))
        return no_memory(err);
    t->near = near;
    for (size_t i = 0; i < s->touched_count; i++) {
        int code = s->touched[i];

        t->near[begin + i] = (sk_near){code, s->best[code]};
        s->best[code] = 0;
    }
    t->near_count += s->touched_count;
    qsort(t->near + begin, s->touched_count, sizeof(*t->near), near_order);
    s->touched_count = 0;
    return SK_OK;
}

static sk_status make_near(sk_taxonomy *t, sk_error *err)
{
    scratch s = {0};
    sk_status st = SK_OK;

    s.best = sk_calloc(t->count, sizeof(*s.best));
    s.touched = sk_calloc(t->count, sizeof(*s.touched));
    t->near_begin = sk_arena_calloc(t->arena, t->count + 1, sizeof(*t->near_begin));
    if (!s.best || !s.touched || !t->near_begin) {
        st = no_memory(err);
        goto out;
    }
    for (size_t i = 0; i < t->count && st == SK_OK; i++) {
        touch_family(t, (int)i, &s);
        touch_related(t, (int)i, &s);
        st = keep_touched(t, &s, err);
        t->near_begin[i + 1] = t->near_count;
    }
out:
    sk_free(s.best);
    sk_free(s.touched);
    return st;
}

/* ---- Face ---- */

sk_status sk_taxonomy_new(const sk_category *categories, size_t count, const sk_related *related,
                          size_t related_count, sk_taxonomy **out, sk_error *err)
{
    sk_taxonomy *t = NULL;
    sk_status st = SK_OK;

    if (count > SK_TAXONOMY_MAX_CODES)
        return sk_fail_field(err, SK_ELIMIT, "categories",
                             "has %zu entries, at most %d are allowed", count,
                             SK_TAXONOMY_MAX_CODES);
    if (related_count > SK_TAXONOMY_MAX_RELATED)
        return sk_fail_field(err, SK_ELIMIT, "related", "has %zu entries, at most %d are allowed",
                             related_count, SK_TAXONOMY_MAX_RELATED);
    if ((t = sk_calloc(1, sizeof(*t))) == NULL || (t->arena = sk_arena_new(0)) == NULL) {
        st = no_memory(err);
        goto out;
    }
    if ((st = take_categories(t, categories, count, err)) != SK_OK ||
        (st = take_related(t, related, related_count, err)) != SK_OK ||
        (st = make_near(t, err)) != SK_OK)
        goto out;
    *out = t;
    t = NULL;
out:
    sk_taxonomy_free(t);
    return st;
}

void sk_taxonomy_free(sk_taxonomy *taxonomy)
{
    if (!taxonomy)
        return;
    sk_free(taxonomy->near);
    sk_arena_free(taxonomy->arena);
    sk_free(taxonomy);
}

size_t sk_taxonomy_count(const sk_taxonomy *taxonomy)
{
    return taxonomy->count;
}

size_t sk_taxonomy_related_count(const sk_taxonomy *taxonomy)
{
    return taxonomy->related_count;
}

const sk_category *sk_taxonomy_at(const sk_taxonomy *taxonomy, size_t index)
{
    return &taxonomy->categories[index];
}

const sk_related *sk_taxonomy_related_at(const sk_taxonomy *taxonomy, size_t index)
{
    return &taxonomy->related[index];
}

int sk_taxonomy_find(const sk_taxonomy *taxonomy, sk_str code)
{
    int at = lower_bound(taxonomy, code);

    return (size_t)at < taxonomy->count && sk_str_eq(taxonomy->categories[at].code, code) ? at : -1;
}

static double link_closeness(const sk_taxonomy *t, int from, int to)
{
    size_t low = t->nodes[from].links_begin, high = t->nodes[from].links_end;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (t->links[middle].to == to)
            return t->links[middle].closeness;
        if (t->links[middle].to < to)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

/* 0 unless one of the two is above the other. */
static double family_closeness(const sk_taxonomy *t, int a, int b)
{
    int levels = t->nodes[a].depth - t->nodes[b].depth;
    int low = levels >= 0 ? a : b;
    int high = levels >= 0 ? b : a;

    levels = levels >= 0 ? levels : -levels;
    for (int i = 0; i < levels; i++)
        low = t->nodes[low].parent;
    return low == high ? level_closeness(levels) : 0;
}

double sk_taxonomy_closeness(const sk_taxonomy *taxonomy, int a, int b)
{
    double best = family_closeness(taxonomy, a, b);

    for (int x = a; x >= 0; x = taxonomy->nodes[x].parent) {
        if (taxonomy->nodes[x].links_begin == taxonomy->nodes[x].links_end)
            continue;
        for (int y = b; y >= 0; y = taxonomy->nodes[y].parent) {
            double closeness = link_closeness(taxonomy, x, y);

            if (closeness > best)
                best = closeness;
        }
    }
    return best;
}

const sk_near *sk_taxonomy_near(const sk_taxonomy *taxonomy, int index, size_t *out_count)
{
    size_t begin = taxonomy->near_begin[index];

    *out_count = taxonomy->near_begin[index + 1] - begin;
    return taxonomy->near + begin;
}
