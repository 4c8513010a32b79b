/* SPDX-License-Identifier: EUPL-1.2 */
#include "model/text.h"
#include "model/validate.h"

/* Parties, with what they prove and how they are reached, and the connectors. */

#define MINUTES_OF_DAY 1440

/* ---- Party ---- */

static sk_status check_certificate(const sk_certificate *certificate, int index, sk_error *err)
{
    sk_path checked_by = sk_path_of("certificates", index, ".checkedBy");
    sk_path checked_on = sk_path_of("certificates", index, ".checkedOn");
    sk_path valid_until = sk_path_of("certificates", index, ".validUntil");
    sk_status st = SK_OK;

    if (!sk_trait_valid(certificate->type))
        return sk_fail_field(err, SK_EINVAL, sk_path_of("certificates", index, ".type").text,
                             "must be a trait code such as \"vog\"");
    if ((st = sk_text_check(checked_by.text, certificate->checked_by, 200, err)) != SK_OK)
        return st;
    if (sk_bsn_valid(certificate->checked_by))
        return sk_fail_field(err, SK_EINVAL, checked_by.text,
                             "looks like a citizen service number (BSN), which is not allowed");
    if (certificate->checked_on_ms == 0)
        return sk_fail_field(err, SK_EINVAL, checked_on.text, "is required");
    if ((st = sk_time_check(checked_on.text, certificate->checked_on_ms, err)) != SK_OK)
        return st;
    if (certificate->valid_until_ms == 0)
        return sk_fail_field(err, SK_EINVAL, valid_until.text, "is required");
    if ((st = sk_time_check(valid_until.text, certificate->valid_until_ms, err)) != SK_OK)
        return st;
    if (certificate->valid_until_ms <= certificate->checked_on_ms)
        return sk_fail_field(err, SK_EINVAL, valid_until.text, "must be after checkedOn");
    return SK_OK;
}

static sk_status check_certificates(const sk_party *party, sk_error *err)
{
    sk_status st = SK_OK;

    if (party->certificate_count > SK_MAX_CERTIFICATES)
        return sk_fail_field(err, SK_EINVAL, "certificates",
                             "has %zu entries, at most %d are allowed", party->certificate_count,
                             SK_MAX_CERTIFICATES);
    for (size_t i = 0; i < party->certificate_count && st == SK_OK; i++)
        st = check_certificate(&party->certificates[i], (int)i, err);
    return st;
}

static sk_status check_blocks(const sk_party *party, sk_error *err)
{
    sk_status st = sk_codes_check("blocks", party->blocks, SK_MAX_BLOCKS, sk_id_valid,
                                  "an id of 1 to 64 of A-Z a-z 0-9 . _ : and hyphen", err);

    for (size_t i = 0; i < party->blocks.count && st == SK_OK; i++)
        st = sk_id_check(sk_path_of("blocks", (int)i, "").text, party->blocks.items[i], err);
    return st;
}

static sk_status check_preferences(const sk_preferences *preferences, sk_error *err)
{
    sk_status st = sk_time_check("preferences.pauseUntil", preferences->pause_until_ms, err);

    if (st != SK_OK)
        return st;
    if (preferences->channel.size != 0 && !sk_trait_valid(preferences->channel))
        return sk_fail_field(err, SK_EINVAL, "preferences.channel",
                             "must be a name of 1 to 64 of a-z 0-9 . and hyphen");
    if (preferences->has_quiet && preferences->quiet_from_min >= MINUTES_OF_DAY)
        return sk_fail_field(err, SK_EINVAL, "preferences.quietFrom",
                             "is not between 00:00 and 23:59");
    if (preferences->has_quiet && preferences->quiet_to_min >= MINUTES_OF_DAY)
        return sk_fail_field(err, SK_EINVAL, "preferences.quietTo",
                             "is not between 00:00 and 23:59");
    if (preferences->has_quiet && preferences->quiet_from_min == preferences->quiet_to_min)
        return sk_fail_field(err, SK_EINVAL, "preferences.quietTo",
                             "is the same as quietFrom; for no messages at all, pause them");
    if (preferences->quiet_days == 0x7f)
        return sk_fail_field(err, SK_EINVAL, "preferences.quietDays",
                             "leaves no day; for no messages at all, pause them");
    if (preferences->language.size && !sk_language_valid(preferences->language))
        return sk_fail_field(err, SK_EINVAL, "preferences.language",
                             "an ISO 639-1 code such as \"nl\"");
    if (preferences->max_per_day > 1000)
        return sk_fail_field(err, SK_EINVAL, "preferences.maxPerDay", "%u is more than 1000",
                             preferences->max_per_day);
    if (preferences->max_per_week > 1000)
        return sk_fail_field(err, SK_EINVAL, "preferences.maxPerWeek", "%u is more than 1000",
                             preferences->max_per_week);
    return SK_OK;
}

/* A telephone number has ten digits, or eleven with +31; nine that pass are something else. */
static sk_status check_phone(sk_str phone, sk_error *err)
{
    char digits[9];
    size_t count = 0;

    for (size_t i = 0; i < phone.size; i++) {
        if (phone.data[i] < '0' || phone.data[i] > '9')
            continue;
        if (count < sizeof(digits))
            digits[count] = phone.data[i];
        count++;
    }
    if (count == sizeof(digits) && sk_bsn_valid((sk_str){digits, count}))
        return sk_fail_field(err, SK_EINVAL, "contact.phone",
                             "looks like a citizen service number (BSN), which is not allowed");
    return SK_OK;
}

static sk_status check_contact(const sk_contact *contact, sk_error *err)
{
    sk_status st = SK_OK;

    if ((st = sk_text_check("contact.name", contact->name, 200, err)) != SK_OK ||
        (st = sk_text_check("contact.phone", contact->phone, 40, err)) != SK_OK ||
        (st = check_phone(contact->phone, err)) != SK_OK ||
        (st = sk_text_check("contact.email", contact->email, 200, err)) != SK_OK ||
        (st = sk_text_check("contact.address", contact->address, 500, err)) != SK_OK)
        return st;
    return sk_text_check("contact.note", contact->note, 2000, err);
}

static sk_status check_represented_by(const sk_party *party, sk_error *err)
{
    if (party->represented_by.size == 0)
        return SK_OK;
    if (sk_str_eq(party->represented_by, party->id))
        return sk_fail_field(err, SK_EINVAL, "representedBy", "is the party itself");
    return sk_id_check("representedBy", party->represented_by, err);
}

sk_status sk_party_check(const sk_party *party, int64_t now_ms, sk_error *err)
{
    sk_status st = SK_OK;

    if (party->id.size != 0 && (st = sk_id_check("id", party->id, err)) != SK_OK)
        return st;
    if (party->kind < SK_PARTY_RESIDENT || party->kind > SK_PARTY_PROFESSIONAL)
        return sk_fail_field(err, SK_EINVAL, "kind",
                             "must be RESIDENT, ORGANISATION or PROFESSIONAL");
    if ((st = sk_codes_check("languages", party->languages, SK_MAX_CODES, sk_language_valid,
                             "an ISO 639-1 code such as \"nl\"", err)) != SK_OK ||
        (st = check_certificates(party, err)) != SK_OK ||
        (st = check_blocks(party, err)) != SK_OK ||
        (st = check_represented_by(party, err)) != SK_OK ||
        (st = check_preferences(&party->preferences, err)) != SK_OK)
        return st;
    if (party->has_contact && (st = check_contact(&party->contact, err)) != SK_OK)
        return st;
    if ((st = sk_time_check("createdAt", party->created_ms, err)) != SK_OK)
        return st;
    if (party->created_ms > now_ms)
        return sk_fail_field(err, SK_EINVAL, "createdAt", "is in the future");
    return SK_OK;
}

/* ---- Connector ---- */

static bool area_code_valid(sk_str code)
{
    if (code.size < 1 || code.size > 32)
        return false;
    for (size_t i = 0; i < code.size; i++) {
        char c = code.data[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
            c != '-' && c != '_' && c != '.')
            return false;
    }
    return true;
}

static sk_status check_absence(const sk_connector *connector, sk_error *err)
{
    sk_status st = SK_OK;

    if ((st = sk_time_check("absentFrom", connector->absent_from_ms, err)) != SK_OK ||
        (st = sk_time_check("absentUntil", connector->absent_until_ms, err)) != SK_OK)
        return st;
    if (connector->absent_from_ms == 0 && connector->absent_until_ms == 0)
        return SK_OK;
    if (connector->absent_until_ms <= connector->absent_from_ms)
        return sk_fail_field(err, SK_EINVAL, "absentUntil", "must be after absentFrom");
    return SK_OK;
}

sk_status sk_connector_check(const sk_connector *connector, sk_error *err)
{
    sk_status st = SK_OK;

    if ((st = sk_id_check("id", connector->id, err)) != SK_OK ||
        (st = sk_text_require("name", connector->name, 200, err)) != SK_OK ||
        (st = sk_codes_check("areas", connector->areas, SK_MAX_AREAS, area_code_valid,
                             "an area code such as \"BU02680101\"", err)) != SK_OK ||
        (st = check_absence(connector, err)) != SK_OK)
        return st;
    if (connector->substitute_id.size == 0)
        return SK_OK;
    if (sk_str_eq(connector->substitute_id, connector->id))
        return sk_fail_field(err, SK_EINVAL, "substituteId", "is the connector itself");
    return sk_id_check("substituteId", connector->substitute_id, err);
}
