/* SPDX-License-Identifier: EUPL-1.2 */
#include "engine/state.h"

/* The taxonomy is replaced as a whole, and only by one that has every code that listings use. */

sk_status load_taxonomy(sk_engine *e, sk_error *err)
{
    sk_status st = sk_store_get_taxonomy(e->store, &e->taxonomy, err);

    if (st == SK_ENOTFOUND)
        return sk_taxonomy_new(NULL, 0, NULL, 0, &e->taxonomy, err);
    return st;
}

static sk_status check_in_use(sk_engine *e, const sk_taxonomy *taxonomy, sk_error *err)
{
    uint32_t slots = sk_index_slots(e->index);

    for (uint32_t slot = 0; slot < slots; slot++) {
        const sk_facts *f = sk_index_facts(e->index, slot);
        sk_ids codes;

        if (!f)
            continue;
        codes = sk_facts_categories(f);
        for (uint32_t i = 0; i < codes.count; i++) {
            sk_str code = sk_intern_str(e->words, codes.ids[i]);

            if (sk_taxonomy_find(taxonomy, code) < 0)
                return sk_fail_field(err, SK_ECONFLICT, "categories",
                                     "listing %.*s uses '%.*s', which this taxonomy lacks",
                                     SK_STR_ARG(sk_index_id(e->index, slot)), SK_STR_ARG(code));
        }
    }
    return SK_OK;
}

static sk_status replace(sk_engine *e, sk_taxonomy *taxonomy, sk_error *err)
{
    sk_taxonomy *old = e->taxonomy;
    sk_status st = sk_index_set_taxonomy(e->index, taxonomy, err);

    if (st != SK_OK) {
        sk_taxonomy_free(taxonomy);
        return command_broken(e, st);
    }
    e->taxonomy = taxonomy;
    sk_taxonomy_free(old);
    return SK_OK;
}

sk_status sk_engine_put_taxonomy(sk_engine *e, const sk_call *call, const sk_category *categories,
                                 size_t count, const sk_related *related, size_t related_count,
                                 sk_receipt *out, sk_error *err)
{
    sk_taxonomy *taxonomy = NULL;
    sk_status st = require_right(call->actor, RIGHT_REFERENCE, err);

    if (st != SK_OK || (st = command_begin(e, call, out, err)) != SK_OK || out->repeated)
        return st;
    st = sk_taxonomy_new(categories, count, related, related_count, &taxonomy, err);
    if (st == SK_OK)
        st = check_in_use(e, taxonomy, err);
    if (st != SK_OK) {
        sk_taxonomy_free(taxonomy);
        command_cancel(e);
        return st;
    }
    sk_batch_put_taxonomy(e->cmd.batch, categories, count, related, related_count);
    emit(e, "taxonomy.changed", SK_STR(""), SK_STR(""), SK_STR(""), SK_STR(""));
    audit(e, "taxonomy.changed", SK_STR(""));
    pending_begin(e, false);
    if ((st = command_commit(e, SK_STR(""), count, false, out, err)) != SK_OK) {
        sk_taxonomy_free(taxonomy);
        return st;
    }
    if ((st = replace(e, taxonomy, err)) != SK_OK)
        return st;
    return pending_start(e, err);
}

sk_status sk_engine_get_taxonomy(sk_engine *e, const sk_actor *actor, const sk_taxonomy **out,
                                 sk_error *err)
{
    sk_status st = question_begin(e, actor, RIGHT_READ, err);

    if (st == SK_OK)
        *out = e->taxonomy;
    return st;
}
