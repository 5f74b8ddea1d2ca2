#include "mfad/service/jwks_cache.hpp"

#include "vectors.hpp"

#include <boost/test/unit_test.hpp>

using namespace mfad::service;
using namespace mfad::platform;
using namespace std::chrono_literals;
using Next = JwksCache::Next;

namespace {

const std::string url = "https://idp.example/jwks";
const JwksCache::Time start{1000h};

std::string jwk(std::string_view kid) {
    std::string text =
        R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")";
    if (!kid.empty()) text.append(R"(,"kid":")").append(kid).append("\"");
    return text + "}";
}

JwksCache::Keys keys(std::string_view kid) {
    return std::make_shared<const JwkSet>(*JwkSet::parse("{\"keys\":[" + jwk(kid) + "]}"));
}

/// A cache that has fetched a set with the key "a" at `start`.
JwksCache filled() {
    JwksCache cache;
    BOOST_CHECK(cache.look(url, "a", start).next == Next::fetch);
    cache.fetched(url, keys("a"), start);
    return cache;
}

} // namespace

BOOST_AUTO_TEST_SUITE(jwks_cache_tests)

BOOST_AUTO_TEST_CASE(the_first_token_causes_a_fetch_that_others_wait_for) {
    JwksCache cache;
    const auto first = cache.look(url, "a", start);
    BOOST_CHECK(first.next == Next::fetch);
    BOOST_CHECK(!first.keys);
    BOOST_CHECK(cache.look(url, "a", start + 1s).next == Next::wait);
    cache.fetched(url, keys("a"), start + 1s);
    const auto later = cache.look(url, "a", start + 2s);
    BOOST_CHECK(later.next == Next::answer);
    BOOST_TEST(find_key(later.keys->keys(), "a"));
}

BOOST_AUTO_TEST_CASE(keys_are_good_for_ten_minutes_and_then_fetched_again) {
    JwksCache cache = filled();
    BOOST_CHECK(cache.look(url, "a", start + 10min - 1ms).next == Next::answer);
    const auto stale = cache.look(url, "a", start + 10min);
    BOOST_CHECK(stale.next == Next::fetch);
    BOOST_CHECK(stale.keys); // good in case that it fails
    cache.fetched(url, keys("b"), start + 10min);
    const auto renewed = cache.look(url, "b", start + 11min);
    BOOST_CHECK(renewed.next == Next::answer);
    BOOST_TEST(!find_key(cache.look(url, "b", start + 11min).keys->keys(), "a"));
}

BOOST_AUTO_TEST_CASE(an_unknown_kid_causes_one_fetch_a_minute) {
    JwksCache cache = filled();
    BOOST_CHECK(cache.look(url, "b", start + 1min - 1ms).next == Next::answer);
    BOOST_CHECK(cache.look(url, "b", start + 1min).next == Next::fetch);
    BOOST_CHECK(cache.look(url, "c", start + 1min).next == Next::wait);
    BOOST_CHECK(cache.look(url, "a", start + 1min).next == Next::answer); // needs nobody
    cache.fetched(url, keys("a"), start + 1min);
    BOOST_CHECK(cache.look(url, "d", start + 2min - 1ms).next == Next::answer);
    BOOST_CHECK(cache.look(url, "d", start + 2min).next == Next::fetch);
}

BOOST_AUTO_TEST_CASE(the_last_good_keys_serve_for_a_day_of_outage) {
    JwksCache cache = filled();
    BOOST_CHECK(cache.look(url, "a", start + 10min).next == Next::fetch);
    cache.failed(url);
    const auto meanwhile = cache.look(url, "a", start + 11min - 1ms);
    BOOST_CHECK(meanwhile.next == Next::answer); // nobody waits but once a minute
    BOOST_CHECK(meanwhile.keys);
    BOOST_CHECK(cache.look(url, "a", start + 11min).next == Next::fetch);
    cache.failed(url);
    BOOST_CHECK(cache.keys(url, start + 24h - 1ms));
    BOOST_CHECK(!cache.keys(url, start + 24h));
    BOOST_CHECK(!cache.look(url, "a", start + 24h).keys);
}

BOOST_AUTO_TEST_CASE(without_keys_it_is_tried_again_soon_and_not_at_once) {
    JwksCache cache;
    BOOST_CHECK(cache.look(url, "a", start).next == Next::fetch);
    cache.failed(url);
    const auto then = cache.look(url, "a", start + 5s - 1ms);
    BOOST_CHECK(then.next == Next::answer);
    BOOST_CHECK(!then.keys);
    BOOST_CHECK(cache.look(url, "a", start + 5s).next == Next::fetch);
}

BOOST_AUTO_TEST_CASE(sets_do_not_meet) {
    JwksCache cache = filled();
    BOOST_CHECK(cache.look("https://other.example/", "a", start).next == Next::fetch);
    BOOST_CHECK(!cache.keys("https://other.example/", start));
}

BOOST_AUTO_TEST_CASE(no_more_sets_are_kept_than_is_said) {
    JwksCacheOptions options;
    options.max_sets = 2;
    JwksCache cache(options);
    for (int i = 0; i < 3; ++i) {
        const std::string name = "https://" + std::to_string(i);
        BOOST_CHECK(cache.look(name, "a", start + std::chrono::seconds(i)).next == Next::fetch);
        cache.fetched(name, keys("a"), start + std::chrono::seconds(i));
    }
    BOOST_CHECK(!cache.keys("https://0", start + 5s));
    BOOST_CHECK(cache.keys("https://1", start + 5s));
    BOOST_CHECK(cache.keys("https://2", start + 5s));
}

BOOST_AUTO_TEST_CASE(a_lone_key_need_not_be_named) {
    const auto named = keys("a");
    const auto nameless = keys("");
    BOOST_TEST(find_key(named->keys(), "a"));
    BOOST_TEST(find_key(named->keys(), ""));
    BOOST_TEST(!find_key(named->keys(), "b"));
    BOOST_TEST(find_key(nameless->keys(), "b"));
    BOOST_TEST(!find_key({}, ""));
}

BOOST_AUTO_TEST_SUITE_END()
