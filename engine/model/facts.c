/* SPDX-License-Identifier: EUPL-1.2 */
#include "model/facts.h"

static bool before(const sk_attr_facts *a, const sk_attr_facts *b)
{
    unsigned x = sk_attr_bucket(a->name), y = sk_attr_bucket(b->name);

    return x != y ? x < y : a->name < b->name;
}

static void sort(sk_attr_facts *attrs, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        sk_attr_facts moved = attrs[i];
        size_t at = i;

        for (; at > 0 && before(&moved, &attrs[at - 1]); at--)
            attrs[at] = attrs[at - 1];
        attrs[at] = moved;
    }
}

void sk_facts_set_attrs(sk_facts *facts, sk_attr_facts *attrs, size_t count)
{
    sort(attrs, count);
    facts->attrs = attrs;
    facts->attr_count = (uint8_t)count;
    facts->attr_first = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned bucket = sk_attr_bucket(attrs[i].name);

        if (i == 0 || sk_attr_bucket(attrs[i - 1].name) != bucket)
            facts->attr_first |= (uint16_t)((i < 14 ? i + 1 : 15) << (4 * bucket));
    }
}
