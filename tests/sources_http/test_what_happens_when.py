"""docs/what-happens-when.md: each row about services over HTTP is shown by a test."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "what-happens-when.md"

# the beginning of a row's input, and the test that shows it
SHOWN = {
    "a key with a dot": "test_ends.test_a_path_that_page_1_does_not_have_is_an_error_and_not_the_last_page",
    "an object with an array under": "test_ends.test_rows_of_pages_need_a_path_where_other_keys_stand_beside_them",
    "an object with an array of objects": "test_pagination.test_rows_deeper_in_the_pages_are_refused_with_their_path",
    "a document with null": "test_ends.test_a_single_document_without_its_list_is_empty_only_where_that_is_allowed",
    "`errors` or `error`": "test_ends.test_an_error_in_the_place_of_the_list_is_an_error",
    "page 1 without the key": "test_ends.test_one_page_may_leave_the_path_out_if_an_option_says_so_or_it_has_no_rows",
    "404 after page 1": "test_ends.test_a_page_that_is_not_found_after_the_first_is_the_end",
    "400 after page 1": "test_ends.test_a_refused_page_is_the_end_only_where_an_option_or_the_answer_says_so",
    "204, an empty body": "test_ends.test_no_content_is_the_end",
    "a page that came before": "test_ends.test_the_last_page_again_is_the_end_where_an_option_or_the_answer_says_so",
    "a page with fewer rows": "test_pagination.test_a_short_page_is_not_taken_for_the_last_one",
    "the number of rows": "test_ends.test_a_count_a_short_page_or_a_flag_saves_the_request_beyond_the_end",
    "`has_more = false`": "test_ends.test_a_cursor_is_not_followed_where_the_answer_says_that_there_is_no_more",
    "`has_more = true`": "test_ends.test_more_without_a_cursor_is_an_error",
    "a cursor, link or URL": "test_ends.test_tokens_that_go_round_in_a_circle_are_found_out",
    "a malformed `Link`": "test_links.test_a_malformed_header_with_a_next_page_is_an_error_and_no_end",
    "a link to `http://`": "test_redirects.test_a_next_page_of_the_same_host_is_asked_for_by_https",
    "a row that moves": "test_ends.test_rows_that_come_twice_are_dropped_by_their_key_and_counted",
    "a row that is deleted": "test_protocols.test_pages_that_moved_are_an_error_where_their_total_tells",
    "304 for page 1": "test_conditional.test_pages_are_unchanged_if_page_1_is_and_an_option_says_so",
    "202, accepted": "test_statuses.test_accepted_for_too_long_is_an_error",
    "403 with Retry-After": "test_statuses.test_a_forbidden_that_is_a_rate_limit_is_waited_for",
    "attempts of a source": "test_budget.test_attempts_are_the_product_up_to_the_budget_of_the_run",
    "a redirect to the same URL": "test_statuses.test_a_cookie_of_a_redirect_to_the_same_url_is_sent_back",
    "an HTML page": "test_content.test_an_html_page_in_the_place_of_data_is_an_error",
    "a body that is gzip": "test_content.test_an_archive_in_the_place_of_text_is_named_with_what_to_do",
    "a `Content-Encoding`": "test_content.test_a_content_encoding_that_is_none_is_passed_over_with_a_warning",
    "a charset": "test_content.test_the_charset_of_the_answer_is_respected",
    "braces in a JSON body": "test_content.test_braces_of_a_query_are_written_twice",
    "a cursor in the variables": "test_content.test_a_cursor_goes_under_the_variables_of_a_query",
}


def test_every_row_is_shown_by_a_test():
    section = PAGE.read_text().split("## Services over HTTP\n", 1)[1].split("\n## ", 1)[0]
    inputs = re.findall(r"^\| (?!Input|---)(.*?) \|", section, re.M)
    unshown = [text for text, begin in zip(inputs, SHOWN, strict=True) if not text.startswith(begin)]
    assert not unshown, "name the test of the row in SHOWN, in the order of the page"
    for place in SHOWN.values():
        module, name = place.split(".")
        assert callable(getattr(import_module(f"tests.sources_http.{module}"), name))
