//! The contract of object storage: what Telecine relies on, held by the embedded endpoint and by real servers alike.

use futures::future::LocalBoxFuture;
use telecine_tests::storage::{RunningServer, TestBucket};
use tempfile::TempDir;

/// A test of the contract, in a bucket of its own.
pub(super) type Test = for<'a> fn(&'a TestBucket) -> LocalBoxFuture<'a, ()>;

/// Each of these is a test on the embedded endpoint, and one line of the test on a real server.
macro_rules! contract {
    ($($file:ident: $($test:ident),+;)+) => {
        /// Every test with its name.
        pub(super) const CONTRACT: &[(&str, Test)] = &[$($((
            concat!(stringify!($file), "::", stringify!($test)),
            |s3| Box::pin(super::$file::$test(s3)),
        )),+),+];

        mod on_embedded {
            $(mod $file {
                $(#[tokio::test]
                async fn $test() {
                    crate::storage::contract::on_embedded(crate::storage::$file::$test).await;
                })+
            })+
        }
    };
}

contract! {
    bodies:
        a_body_that_does_not_match_its_md5_is_refused_and_the_old_object_stands,
        a_cut_connection_leaves_the_old_object,
        type_disposition_encoding_caching_and_metadata_come_back_with_the_bytes,
        deleting_what_is_not_there_is_fine;
    client:
        small_and_large_files_come_back_as_they_went,
        a_stream_of_unknown_length_comes_back_as_it_went_or_leaves_nothing,
        a_download_wants_the_object_it_was_asked_for,
        a_small_read_does_not_take_a_large_object,
        a_file_that_is_not_there_is_an_error_about_the_file;
    conditions:
        a_write_if_absent_or_if_unchanged_never_replaces_another_object,
        a_write_if_unchanged_needs_an_object,
        a_read_is_304_for_what_the_client_has_and_412_for_what_is_no_more,
        many_writers_if_absent_have_one_winner;
    copies:
        a_copy_has_the_bytes_and_the_headers_of_its_source_and_outlives_it,
        a_copy_replaces_headers_when_asked_to_also_of_the_object_itself,
        a_copy_of_nothing_is_an_error,
        parts_are_copied_from_ranges_and_from_whole_objects,
        a_copy_of_a_multipart_object_is_whole;
    forms:
        a_form_stores_its_file_and_answers_as_it_was_asked,
        a_form_is_held_to_its_policy,
        a_policy_holds_until_it_expires_however_long_ago_it_was_signed,
        a_form_with_another_signature_or_none_is_refused,
        the_name_of_the_file_takes_its_place_in_the_key,
        a_form_that_breaks_off_leaves_the_old_object;
    keys:
        a_file_and_a_directory_of_one_name_live_side_by_side,
        keys_that_walk_stay_where_they_are,
        leading_slashes_control_characters_and_other_scripts_are_part_of_the_key,
        long_keys_up_to_1024_bytes_work_and_longer_ones_do_not,
        the_client_refuses_keys_that_an_address_would_change,
        a_missing_bucket_is_404_and_stays_missing;
    lists:
        objects_are_listed_in_byte_order_with_size_and_etag,
        pages_join_without_gap_or_repetition_also_over_common_prefixes,
        the_first_version_of_lists_pages_with_markers,
        a_list_starts_after_a_key_and_below_a_prefix,
        keys_are_encoded_when_asked_for,
        everything_under_a_prefix_is_deleted_and_nothing_else;
    multipart:
        parts_in_any_order_and_with_gaps_become_one_object_and_completing_twice_gives_the_same,
        a_missing_part_a_wrong_etag_and_a_small_part_are_refused_and_cost_nothing,
        parts_are_listed_in_order_with_sizes_and_the_last_sending_wins,
        a_list_of_parts_is_paged,
        the_parts_of_an_upload_that_never_was_are_gone_and_its_abort_is_fine,
        after_an_abort_nothing_is_left_and_no_part_is_taken,
        a_part_under_another_key_is_refused,
        open_uploads_are_listed_by_prefix,
        open_uploads_are_listed_in_pages,
        a_completed_upload_replaces_the_object_and_carries_location_and_key;
    ranges:
        first_to_last_open_and_suffix_ranges_give_their_bytes,
        a_range_crosses_the_border_of_two_parts,
        an_empty_object_is_an_object;
    signatures:
        a_presigned_put_takes_exactly_the_signed_length_and_type,
        a_presigned_get_gives_the_bytes_until_it_expires,
        a_presigned_get_can_name_the_download,
        a_tampered_address_is_refused,
        a_wrong_secret_is_an_error_that_says_so,
        presigned_parts_go_straight_to_the_upload,
        an_unsigned_request_is_refused;
}

async fn on_embedded(test: impl AsyncFn(&TestBucket)) {
    let root = TempDir::new().unwrap();
    let server = RunningServer::start(root.path()).await;
    let bucket = server.bucket("contract");
    bucket.store.ensure_bucket().await.unwrap();
    test(&bucket).await;
    drop(bucket);
    server.stop().await;
}
